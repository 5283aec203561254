//! Baseline of the benches: extraction without the engine, and the hardware's name.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::cli::run::FoundFile;
use quire_documents::{DocumentRequest, DocumentSink};
use quire_domain::failure::Failure;
use quire_domain::operation::{DocumentLimits, Operation, OperationOptions};
use quire_domain::stage::Stage;

/// Both loops read from the page cache.
pub(super) fn warm(files: &[FoundFile]) {
    for found in files {
        // One that cannot be read fails in the engine and is left out.
        let _ = std::fs::read(&found.path);
    }
}

/// The pages of one document, its text made and thrown away; none when it fails.
pub(super) fn extract(path: &Path, limits: DocumentLimits) -> Option<u32> {
    let bytes = std::fs::read(path).ok()?;
    let request = DocumentRequest {
        operations: &[Operation::Text],
        password: None,
        options: OperationOptions::default(),
        limits,
    };
    let work = AssertUnwindSafe(|| quire_documents::process(bytes, &request, &mut DiscardingSink));
    Some(catch_unwind(work).ok()?.ok()?.pages)
}

/// Results are made and thrown away.
pub(super) struct DiscardingSink;

impl DocumentSink for DiscardingSink {
    fn progress(&mut self, _: Stage, _: u32, _: u32) {}

    fn artifact(&mut self, _: &str, _: &str, _: &[u8]) -> Result<(), Failure> {
        Ok(())
    }
}

pub(super) fn hardware() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    format!("{cores} cores, {}", model.trim_start_matches([' ', '\t', ':']))
}
