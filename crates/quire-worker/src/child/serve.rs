//! Job server of the child: one request after another, and when their results leave the process.
//!
//! **No finished result can be lost by a later death**: results leave before a document is opened and whenever no
//! further request waits. Requests that open nothing share one read and one write.

use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::budget::CpuBudget;
use super::inbox::FrameInbox;
use super::meter::StageMeter;
use super::wire::{FrameBatch, JobChannel};
use super::{ChildError, panics, perform, reader};
use crate::protocol::{FromWorker, RunJob, ToWorker};
use quire_documents::{DocumentRequest, DocumentSink as _};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentSummary;
use quire_domain::stage::Stage;

/// Bytes of each text in a reply, so that it always fits its frame.
const MAX_TEXT_BYTES: usize = 2_000;
const MAX_WARNINGS: usize = 50;

pub(super) struct JobServer {
    inbox: FrameInbox,
    context: JobContext,
}

/// Everything of the server but its inbox, whose bytes a request borrows.
struct JobContext {
    outbox: FrameBatch,
    meter: StageMeter,
    budget: CpuBudget,
}

impl JobServer {
    pub(super) fn new(inbox: FrameInbox, meter: StageMeter, budget: CpuBudget) -> Result<Self, ChildError> {
        let outbox = FrameBatch::new(inbox.socket()?);
        Ok(Self { inbox, context: JobContext { outbox, meter, budget } })
    }

    /// Writes one frame at once.
    pub(super) fn send(&mut self, frame: &FromWorker<'_>) -> Result<(), ChildError> {
        self.context.outbox.push(frame)?;
        self.context.outbox.flush()
    }

    /// Until the parent closes the channel.
    pub(super) fn serve(mut self) -> Result<(), ChildError> {
        self.context.budget.renew();
        loop {
            match self.inbox.decoder.next_frame()? {
                Some(ToWorker::Run(run)) => {
                    let document = if run.has_document { self.inbox.documents.pop_front() } else { None };
                    if run.has_document && document.is_none() {
                        return Err(ChildError::Parent("a job without its descriptor"));
                    }
                    self.context.answer(&run, document)?;
                }
                Some(ToWorker::Setup(_)) => return Err(ChildError::Parent("a second setup")),
                None => {
                    self.context.outbox.flush()?;
                    if !self.inbox.fill()? {
                        return Ok(());
                    }
                    self.context.budget.renew_if_old();
                }
            }
        }
    }
}

impl JobContext {
    fn answer(&mut self, run: &RunJob<'_>, document: Option<OwnedFd>) -> Result<(), ChildError> {
        let risky = document.is_some() || run.script.is_some();
        if risky {
            self.outbox.flush()?;
            self.budget.renew();
            self.meter.begin();
        }
        let mut wire = JobChannel::new(&mut self.outbox, run.ticket, run.limits.max_output_bytes, risky);
        if risky {
            // The parent knows by this that the job was taken: whatever ends the process from here on may be its doing.
            wire.progress(Stage::Validating, 0, 0);
        }
        let bytes = document.map_or(Ok(Vec::new()), |file| reader::read_whole(&file, run.limits.max_file_bytes));
        let started = Instant::now();
        let result = bytes.and_then(|bytes| process(bytes, run, &mut wire));
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        if risky {
            self.meter.end();
        }
        self.outbox.check()?;
        self.outbox.push(&FromWorker::Done {
            ticket: run.ticket,
            result: result.map(bounded_summary).map_err(bounded_failure),
            micros,
            peak_memory_bytes: self.meter.peak_bytes(),
        })
    }
}

fn process(bytes: Vec<u8>, run: &RunJob<'_>, wire: &mut JobChannel<'_>) -> Result<DocumentSummary, Failure> {
    let request = DocumentRequest {
        operations: &run.operations,
        password: run.password.map(|password| password.0),
        options: run.options,
        limits: run.limits,
    };
    let work = AssertUnwindSafe(|| match &run.script {
        Some(script) => perform::perform(script, bytes, &request, wire),
        None => quire_documents::process(bytes, &request, wire),
    });
    catch_unwind(work).unwrap_or_else(|_| Err(Failure::new(FailureCode::EngineFailure, panics::last())))
}

fn bounded_summary(mut summary: DocumentSummary) -> DocumentSummary {
    if summary.warnings.len() > MAX_WARNINGS {
        let more = summary.warnings.len() - MAX_WARNINGS;
        summary.warnings.truncate(MAX_WARNINGS);
        summary.warnings.push(format!("and {more} more"));
    }
    summary.warnings.iter_mut().for_each(bound);
    summary
}

fn bounded_failure(mut failure: Failure) -> Failure {
    bound(&mut failure.detail);
    failure
}

fn bound(text: &mut String) {
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
}
