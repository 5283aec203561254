//! The `text` operation: `text.txt` and `pages.json`.
//!
//! Per page: [`device`] takes the glyphs from the engine, [`fragments`] and [`words`] cut them into pieces of lines,
//! [`order`] puts these into reading order, [`lines`] makes lines and blocks, [`hyphens`] joins words; [`layout`] is
//! the whole of it. No page is kept once it is written out.

mod accents;
mod actual_text;
mod blanks;
mod code_map;
mod columns;
mod composite;
mod device;
mod duplicates;
mod fallback;
mod fields;
mod fragments;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzz;
mod glyph;
mod hyphens;
mod layout;
mod lines;
mod mending;
mod notes;
mod ocr;
mod order;
mod page;
mod rows;
mod silence;
mod spread;
mod stacks;
mod tracking;
mod unicode;
mod words;

use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentSummary;
use quire_domain::stage::Stage;

use super::open::OpenDocument;
use super::pages_json::PagesJson;
use super::{DocumentRequest, DocumentSink, OutputBudget, labels};

pub(super) use page::PageText;

const TEXT_NAME: &str = "text.txt";
const TEXT_TYPE: &str = "text/plain; charset=utf-8";
const PAGES_NAME: &str = "pages.json";
const PAGES_TYPE: &str = "application/json";
const FORM_FEED: char = '\u{c}';

/// Extracts page by page; a page that fails carries its own error.
pub(super) fn run(
    document: &OpenDocument,
    request: &DocumentRequest<'_>,
    budget: &mut OutputBudget,
    summary: &mut DocumentSummary,
    sink: &mut dyn DocumentSink,
) -> Result<(), Failure> {
    let mut output = Output::new(document.page_count, request.options.text.boxes);
    match &document.pdf {
        Some(pdf) => extract(
            mending::mended(pdf, request).as_ref().unwrap_or(pdf),
            document,
            request,
            &mut output,
            budget,
            summary,
            sink,
        )?,
        None => {
            let failure = document
                .pdf_error
                .clone()
                .unwrap_or_else(|| Failure::new(FailureCode::Damaged, "the pages cannot be read"));
            // Without another operation there is nothing to show for it.
            if request.operations.iter().filter(|o| o.needs_document()).count() < 2 {
                return Err(failure);
            }
            summary.pages_failed = document.page_count;
            summary.warnings.push(format!("no text could be read: {failure}"));
            output.pages.fail(&failure);
        }
    }
    output.hand_over(sink)
}

fn extract(
    pdf: &hayro_syntax::Pdf,
    document: &OpenDocument,
    request: &DocumentRequest<'_>,
    output: &mut Output,
    budget: &mut OutputBudget,
    summary: &mut DocumentSummary,
    sink: &mut dyn DocumentSink,
) -> Result<(), Failure> {
    let labels = labels::of_pages(pdf);
    let mut reader = page::PageReader::new(pdf, request.options.text, request.limits.max_decompressed_bytes);
    let (mut needs_ocr, mut incomplete) = (0u32, 0u32);
    let mut first_error = None;
    for index in 0..document.page_count {
        let number = index + 1;
        sink.progress(Stage::ExtractingText, number, document.page_count);
        let mut page = reader.read(index as usize);
        page.label = labels.label(index);
        summary.chars += page.char_count;
        needs_ocr += u32::from(!page.needs_ocr_reasons.is_empty());
        incomplete += u32::from(page.incomplete);
        if let Some(error) = &page.error {
            summary.pages_failed += 1;
            first_error.get_or_insert_with(|| (error.clone(), page.over_limit));
        }
        budget.take(output.add(number, &page))?;
    }
    if let Some((error, over_limit)) = first_error {
        if summary.pages_failed == summary.pages {
            let code = if over_limit { FailureCode::DecompressionLimit } else { FailureCode::EngineFailure };
            return Err(Failure::new(code, format!("no page could be read; the first one: {error}")));
        }
        let n = summary.pages_failed;
        summary.warnings.push(format!("{n} pages could not be read; the first error: {error}"));
    }
    if incomplete > 0 {
        summary.warnings.push(format!(
            "{incomplete} pages have content or fonts that cannot be read; some of their text may be missing"
        ));
    }
    if needs_ocr > 0 {
        summary
            .warnings
            .push(format!("{needs_ocr} of {} pages have too little readable text and need OCR", summary.pages));
    }
    Ok(())
}

/// Both artifacts while they grow.
struct Output {
    text: String,
    pages: PagesJson,
}

impl Output {
    fn new(page_count: u32, boxes: bool) -> Self {
        Self { text: String::new(), pages: PagesJson::new(page_count, boxes) }
    }

    /// Returns by how many bytes the output grew.
    fn add(&mut self, number: u32, page: &PageText) -> usize {
        let before = self.text.len() + self.pages.len();
        if number > 1 {
            self.text.push(FORM_FEED);
        }
        self.text.push_str(&page.text);
        self.pages.add(number, page);
        self.text.len() + self.pages.len() - before
    }

    fn hand_over(self, sink: &mut dyn DocumentSink) -> Result<(), Failure> {
        sink.artifact(TEXT_NAME, TEXT_TYPE, self.text.as_bytes())?;
        drop(self.text);
        sink.artifact(PAGES_NAME, PAGES_TYPE, &self.pages.finish())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
