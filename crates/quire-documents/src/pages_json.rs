//! `pages.json`: written page by page, so that no document is ever held as a tree of values.
//!
//! `{"unit":"pt","origin":"top_left","page_count":n,"pages":[…],"error":null}`; all boxes are
//! `[x0, y0, x1, y1]` in points, y down from the top left corner of the page as it is shown.

use kurbo::Rect;
use serde::Serialize;

use super::text::PageText;
use quire_domain::failure::Failure;

pub(crate) struct PagesJson {
    out: Vec<u8>,
    boxes: bool,
    first: bool,
    error: Option<Failure>,
}

#[derive(Serialize)]
struct Page<'a> {
    page: u32,
    label: &'a Option<String>,
    width_pt: f64,
    height_pt: f64,
    rotation: u16,
    text: &'a str,
    char_count: u64,
    unmapped_chars: u64,
    image_count: u32,
    image_coverage: f64,
    has_text_layer: bool,
    needs_ocr: bool,
    needs_ocr_reasons: &'a [&'static str],
    duration_ms: f64,
    error: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocks: Option<Vec<Block<'a>>>,
}

#[derive(Serialize)]
struct Block<'a> {
    bbox: [f64; 4],
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    bbox: [f64; 4],
    text: String,
    words: Vec<Word<'a>>,
}

#[derive(Serialize)]
struct Word<'a> {
    bbox: [f64; 4],
    text: &'a str,
}

impl PagesJson {
    pub(crate) fn new(page_count: u32, boxes: bool) -> Self {
        let head = format!(r#"{{"unit":"pt","origin":"top_left","page_count":{page_count},"pages":["#);
        Self { out: head.into_bytes(), boxes, first: true, error: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// `number` counts from 1.
    pub(crate) fn add(&mut self, number: u32, page: &PageText) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        let page = Page {
            page: number,
            label: &page.label,
            width_pt: rounded(page.width_pt),
            height_pt: rounded(page.height_pt),
            rotation: page.rotation,
            text: &page.text,
            char_count: page.char_count,
            unmapped_chars: page.unmapped_chars,
            image_count: page.image_count,
            image_coverage: (page.image_coverage * 1e4).round() / 1e4,
            has_text_layer: page.has_text_layer,
            needs_ocr: !page.needs_ocr_reasons.is_empty(),
            needs_ocr_reasons: &page.needs_ocr_reasons,
            duration_ms: rounded(page.duration_ms),
            error: &page.error,
            blocks: self.boxes.then(|| blocks(page)),
        };
        // Writing plain data into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, &page);
    }

    /// The whole document's error, beside the pages read so far.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.error = Some(failure.clone());
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(b"],\"error\":");
        let _ = serde_json::to_writer(&mut self.out, &self.error);
        self.out.extend_from_slice(b"}\n");
        self.out
    }
}

fn blocks(page: &PageText) -> Vec<Block<'_>> {
    let blocks = page.blocks.iter().filter(|block| !block.lines.is_empty());
    blocks
        .map(|block| Block {
            bbox: corners(block.bbox),
            lines: block
                .lines
                .iter()
                .map(|line| Line {
                    bbox: corners(line.bbox),
                    text: line.text(),
                    words: line.words.iter().map(|word| Word { bbox: corners(word.bbox), text: &word.text }).collect(),
                })
                .collect(),
        })
        .collect()
}

fn corners(bbox: Rect) -> [f64; 4] {
    [bbox.x0, bbox.y0, bbox.x1, bbox.y1].map(rounded)
}

/// To a hundredth.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
