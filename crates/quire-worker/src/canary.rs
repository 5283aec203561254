//! Canary document: a small document of known text, taken through a worker process as every other.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::MemfdFlags;

use super::jobs::WorkerJob;
use super::process::WorkerProcess;
use super::run_jobs::{JobObserver, JobResult, JobStats, run_jobs};
use super::session_stop::SessionStopSignal;
use super::settings::JobLimits;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::{DocumentLimits, DocumentSummary, Operation, OperationOptions};
use quire_domain::stage::Stage;

const DOCUMENT: &[u8] = include_bytes!("canary/one-page.pdf");
const TEXT: &str = "The canary sings.";

/// Takes the canary document through the process; none when the process was gone before it took it, which says nothing.
///
/// # Errors
/// The process's own failure, or [`FailureCode::EngineFailure`] when something else came out than must.
pub async fn run_canary(
    process: &mut WorkerProcess,
    rules: &JobLimits,
    limits: DocumentLimits,
) -> Result<Option<JobStats>, Failure> {
    let mut cage = CanaryOutput::default();
    let document = document().map_err(|error| Failure::new(FailureCode::DocumentUnreadable, error.to_string()))?;
    run_jobs(process, vec![job(document, limits)], rules, &SessionStopSignal::never(), &mut cage).await;
    let Some((summary, stats)) = cage.ended.transpose()? else { return Ok(None) };
    let text = String::from_utf8_lossy(&cage.bytes);
    if summary.pages != 1 || !text.contains(TEXT) {
        let detail = format!("one page with `{TEXT}` came out as {} pages with `{}`", summary.pages, text.trim());
        return Err(Failure::new(FailureCode::EngineFailure, detail));
    }
    Ok(Some(stats))
}

/// The canary's failure when no worker process was there to take its document.
pub fn process_unavailable_failure() -> Failure {
    Failure::new(FailureCode::WorkerUnavailable, "the process was gone before it took the document")
}

fn job(document: OwnedFd, limits: DocumentLimits) -> WorkerJob {
    WorkerJob {
        ticket: 1,
        operations: Arc::new([Operation::Text]),
        password: None,
        options: OperationOptions::default(),
        limits,
        document: Some(document),
        silence: None,
        script: None,
    }
}

/// A file in memory: the canary needs no disk.
fn document() -> io::Result<OwnedFd> {
    let file = rustix::fs::memfd_create("canary", MemfdFlags::CLOEXEC)?;
    rustix::io::write(&file, DOCUMENT)?;
    Ok(file)
}

/// Output of the canary document.
#[derive(Default)]
struct CanaryOutput {
    is_text: bool,
    bytes: Vec<u8>,
    ended: Option<Result<(DocumentSummary, JobStats), Failure>>,
}

impl JobObserver for CanaryOutput {
    fn progress(&mut self, _: u64, _: Stage, _: u32, _: u32) {}

    async fn artifact_begin(&mut self, _: u64, name: &str, _: &str, _: u64) -> Result<(), Failure> {
        self.is_text = name == "text.txt";
        Ok(())
    }

    async fn artifact_chunk(&mut self, _: u64, bytes: &[u8]) -> Result<(), Failure> {
        if self.is_text && self.bytes.len() < DOCUMENT.len() {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(())
    }

    async fn artifact_end(&mut self, _: u64) -> Result<(), Failure> {
        Ok(())
    }

    fn ended(&mut self, _: u64, conclusion: JobResult) {
        self.ended = Some(conclusion);
    }
}
