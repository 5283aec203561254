//! Final totals of a run: every input once, its outcome, and the export of results that are still missing.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::export::{InputFacts, InputFailure, relative};
use super::outcome::{FailedInput, InputCounts};
use super::outputs::{Outputs, is_fatal};
use quire_domain::ids::{BatchKey, ItemAddress};
use quire_domain::item::ItemState;
use quire_store::blobs::{BlobStore, to_hex};
use quire_store::{ReadPool, StoreError, StoreSnapshot};

/// Failures that the summary on the screen names.
pub(super) const FAILURES_MAX: usize = 50;
const PAGE: u32 = 500;

/// The sum of all inputs, and their part of the report in a file.
#[derive(Debug)]
pub(super) struct RunTotals {
    pub tally: InputCounts,
    pub pages: u64,
    pub pages_failed: u64,
    pub failures: Vec<FailedInput>,
    /// JSON objects, one a line, separated by commas.
    pub lines: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    source: std::borrow::Cow<'a, str>,
    /// The exact name, when it is not UTF-8: its bytes in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_hex: Option<String>,
    status: &'static str,
    outputs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs_hex: Option<Vec<String>>,
    /// Its own name was taken, by another input or by a file that was there before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    renamed: bool,
    /// The results are of a file that is not there any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    source_gone: bool,
    pages: u32,
    warnings: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<InputFailure>,
}

pub(super) struct ReportBuilder {
    pub reads: ReadPool,
    pub blobs: BlobStore,
    pub outputs: Arc<Outputs>,
}

impl ReportBuilder {
    /// Goes through all inputs page by page. Blocks.
    ///
    /// # Errors
    /// When the store fails or the output folder takes no more files.
    pub(super) fn settle(&self) -> anyhow::Result<RunTotals> {
        let lines = self.outputs.unfinished();
        let mut file = BufWriter::new(File::create(&lines)?);
        let mut totals =
            RunTotals { tally: InputCounts::default(), pages: 0, pages_failed: 0, failures: Vec::new(), lines };
        let mut after = ItemAddress { batch: BatchKey(0), position: 0 };
        loop {
            let page = self.reads.run(|snapshot| page_after(snapshot, after))?;
            let Some(last) = page.last() else { break };
            after = last.key;
            for facts in &page {
                self.add(facts, &mut totals, &mut file)?;
            }
        }
        file.flush()?;
        Ok(totals)
    }

    fn add(&self, facts: &InputFacts, totals: &mut RunTotals, lines: &mut impl Write) -> io::Result<()> {
        let exported = match facts.is_exported(&self.outputs) {
            true => Ok(()),
            false => facts.export(&self.outputs, &self.blobs),
        };
        let failure = match exported {
            Err(error) if is_fatal(&error) => return Err(error),
            Err(error) => Some(not_written(&error)),
            Ok(()) => facts.failure(),
        };
        let line = Line::new(facts, failure.clone());
        if totals.tally.inputs > 0 {
            lines.write_all(b",\n")?;
        }
        serde_json::to_writer(lines, &line)?;
        totals.count(facts, line.status);
        if let Some(failure) = failure.filter(|_| totals.failures.len() < FAILURES_MAX) {
            totals.failures.push(FailedInput { path: facts.input.path.clone(), failure });
        }
        Ok(())
    }
}

impl RunTotals {
    fn count(&mut self, facts: &InputFacts, status: &str) {
        let summary = facts.summary();
        self.pages += u64::from(summary.pages);
        self.pages_failed += u64::from(summary.pages_failed);
        let tally = &mut self.tally;
        tally.inputs += 1;
        tally.renamed += u64::from(facts.input.renamed);
        tally.sources_gone += u64::from(is_gone(facts));
        *match status {
            "succeeded" => &mut tally.succeeded,
            "failed" => &mut tally.failed,
            "unfinished" => &mut tally.unfinished,
            _ => &mut tally.skipped,
        } += 1;
    }
}

impl<'a> Line<'a> {
    fn new(facts: &'a InputFacts, failure: Option<InputFailure>) -> Line<'a> {
        let stem = &facts.input.stem;
        let is_written = failure.as_ref().is_none_or(|failure| failure.code != NOT_WRITTEN);
        let suffixes = if is_written { facts.suffixes() } else { &[] };
        let bytes = |path: &std::path::Path| to_hex(path.as_os_str().as_encoded_bytes());
        let outputs_hex = || suffixes.iter().map(|suffix| bytes(&super::names::with_suffix(stem, suffix))).collect();
        Line {
            source: facts.input.path.to_string_lossy(),
            source_hex: facts.input.path.to_str().is_none().then(|| bytes(&facts.input.path)),
            status: if is_written { status(facts.state()) } else { "failed" },
            outputs: suffixes.iter().map(|suffix| relative(stem, suffix)).collect(),
            outputs_hex: stem.to_str().is_none().then(outputs_hex),
            renamed: facts.input.renamed,
            source_gone: is_gone(facts),
            pages: facts.summary().pages,
            warnings: facts.summary().warnings.len(),
            failure,
        }
    }
}

fn is_gone(facts: &InputFacts) -> bool {
    let found = facts.input.path.symlink_metadata();
    facts.state() == ItemState::Succeeded && found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn status(state: ItemState) -> &'static str {
    match state {
        ItemState::Queued | ItemState::Running | ItemState::RetryWait => "unfinished",
        ItemState::Succeeded | ItemState::Failed | ItemState::Cancelled | ItemState::Expired | ItemState::Skipped => {
            state.as_str()
        }
    }
}

const NOT_WRITTEN: &str = "result_not_written";

fn not_written(error: &io::Error) -> InputFailure {
    InputFailure {
        code: NOT_WRITTEN.into(),
        reason: None,
        detail: error.to_string(),
        remedy: "The document was processed; make room for its result, then go on with --resume.".into(),
    }
}

fn page_after(snapshot: &mut dyn StoreSnapshot, after: ItemAddress) -> Result<Vec<InputFacts>, StoreError> {
    let page = snapshot.run_input_page(after, PAGE)?;
    page.into_iter().map(|(key, input, item)| InputFacts::read(snapshot, key, input, item)).collect()
}
