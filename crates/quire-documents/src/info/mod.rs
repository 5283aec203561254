//! The `info` operation: `info.json`, what the document says of itself.
//!
//! Read with lopdf. Where that engine does not cope, the artifact holds what the other one knows, its
//! `degraded` says why, and the summary carries a warning.

mod attachments;
pub(crate) mod engine;
mod features;
mod fonts;
mod locks;
mod metadata;
mod outline;
mod report;
mod walk;

use report::InfoReport;
use sha2::{Digest, Sha256};

use super::guard::shielded;
use super::open::OpenDocument;
use super::{DocumentRequest, DocumentSink, OutputBudget, labels};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentSummary;

const NAME: &str = "info.json";
const MEDIA_TYPE: &str = "application/json";

/// Consumes the document, so that only one engine holds it at a time.
pub(super) fn run(
    document: OpenDocument,
    request: &DocumentRequest<'_>,
    budget: &mut OutputBudget,
    summary: &mut DocumentSummary,
    sink: &mut dyn DocumentSink,
) -> Result<(), Failure> {
    let mut info = InfoReport {
        size_bytes: document.original.len() as u64,
        sha256: hex(&Sha256::digest(document.original.as_slice())),
        page_count: document.page_count,
        pdf_version: metadata::header_version(&document.original),
        ..InfoReport::default()
    };
    if let Some(pdf) = &document.pdf {
        info.page_labels = labels::of_pages(pdf).0;
        info.page_labels.truncate(report::MAX_LABEL_RANGES);
    }
    if let Err(reason) = read(&document, request, &mut info) {
        if let Some(pdf) = &document.pdf {
            metadata::from_pages_engine(pdf, &mut info);
        }
        summary.warnings.push(format!("the document's information is incomplete: {reason}"));
        info.degraded = Some(reason);
    }
    drop(document);
    let bytes = serde_json::to_vec_pretty(&info)
        .map_err(|error| Failure::new(FailureCode::EngineFailure, error.to_string()))?;
    budget.take(bytes.len())?;
    sink.artifact(NAME, MEDIA_TYPE, &bytes)
}

fn read(document: &OpenDocument, request: &DocumentRequest<'_>, info: &mut InfoReport) -> Result<(), String> {
    let loaded =
        engine::load(&document.original, request.password, &request.limits).map_err(|error| error.to_string())?;
    let limit = engine::stream_limit(&request.limits);
    // After a panic the fields filled so far are right; the rest stays unknown.
    shielded(|| report::fill(&loaded, limit, info))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
