//! Operations on documents. They run in the worker process only: nothing here may touch the network, the store or
//! another process.
//!
//! Hostile input is expected: panics of the engines are caught, walks are bounded, streams are weighed before they are
//! unpacked. An endless loop or an exhausted memory is not caught here but ends the process, which is its parent's
//! matter.

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod info;
mod labels;
mod open;
mod pages_json;
mod precheck;
mod revision;
pub mod samples;
mod text;
mod unpacking;

use std::sync::Arc;

use quire_domain::failure::Failure;
use quire_domain::operation::{DocumentLimits, DocumentSummary, Operation, OperationOptions};
use quire_domain::stage::Stage;

/// Request for the operations on one document.
#[derive(Debug, Clone, Copy)]
pub struct DocumentRequest<'a> {
    pub operations: &'a [Operation],
    /// Opens an encrypted document; the user's or the owner's.
    pub password: Option<&'a str>,
    pub options: OperationOptions,
    pub limits: DocumentLimits,
}

/// Sink for progress and results.
pub trait DocumentSink {
    /// Called at every stage change and before every page. `page` counts from 1; 0 when there is none.
    fn progress(&mut self, stage: Stage, page: u32, pages: u32);

    /// A finished artifact. `Err` when a limit is reached: the work stops and returns that failure.
    fn artifact(&mut self, name: &str, media_type: &str, bytes: &[u8]) -> Result<(), Failure>;
}

/// Does everything the request asks for, in the order `text`, `info`.
///
/// Both engines borrow the bytes, so the caller hands them over and no copy is made.
///
/// # Errors
/// The first failure that leaves a requested operation without an honest artifact. A page that fails
/// is an error on that page; a document of which every page fails is `EngineFailure`.
pub fn process(
    bytes: Vec<u8>,
    request: &DocumentRequest<'_>,
    sink: &mut dyn DocumentSink,
) -> Result<DocumentSummary, Failure> {
    let mut summary = DocumentSummary::default();
    if !request.operations.iter().any(|o| o.needs_document()) {
        return Ok(summary);
    }
    sink.progress(Stage::Validating, 0, 0);
    open::validate(&bytes, &request.limits)?;
    let wants = |operation| request.operations.contains(&operation);
    precheck::check(&bytes, &request.limits, wants(Operation::Text))?;

    sink.progress(Stage::Opening, 0, 0);
    let mut document = open::open(Arc::new(bytes), request.password, &request.limits)?;
    summary.pages = document.page_count;
    summary.warnings.append(&mut document.warnings);

    let mut budget = OutputBudget::new(request.limits.max_output_bytes);
    if wants(Operation::Text) {
        text::run(&document, request, &mut budget, &mut summary, sink)?;
    }
    if wants(Operation::Info) {
        sink.progress(Stage::ExtractingInfo, 0, document.page_count);
        info::run(document, request, &mut budget, &mut summary, sink)?;
    }
    Ok(summary)
}

/// Counts the bytes of all artifacts against `max_output_bytes`, also while they still grow in memory.
#[derive(Debug)]
pub(crate) struct OutputBudget {
    left: u64,
    limit: u64,
}

impl OutputBudget {
    fn new(limit: u64) -> Self {
        Self { left: limit, limit }
    }

    /// Takes what was just written; `OutputTooLarge` when it is more than is left.
    fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        match self.left.checked_sub(bytes as u64) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Failure::new(
                quire_domain::failure::FailureCode::OutputTooLarge,
                format!("the results of this document exceed {} bytes in total", self.limit),
            )),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
