//! One request after another, and when their results leave the process.
//!
//! **No finished result can be lost by a later death**: results leave before a document is opened and whenever no
//! further request waits. Requests that open nothing share one read and one write.

use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::budget::CpuBudget;
use super::inbox::Inbox;
use super::meter::Meter;
use super::wire::{Outbox, Wire};
use super::{ChildError, panics, perform, reader};
use crate::documents::{self, Request, Sink as _};
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::operation::Summary;
use crate::domain::stage::Stage;
use crate::worker::protocol::{FromWorker, Run, ToWorker};

/// What one reply may hold of each text, so that it always fits its frame.
const MAX_TEXT_BYTES: usize = 2_000;
const MAX_WARNINGS: usize = 50;

pub struct Server {
    inbox: Inbox,
    desk: Desk,
}

/// Everything of the server but its inbox, whose bytes a request borrows.
struct Desk {
    outbox: Outbox,
    meter: Meter,
    budget: CpuBudget,
}

impl Server {
    pub fn new(inbox: Inbox, meter: Meter, budget: CpuBudget) -> Result<Self, ChildError> {
        let outbox = Outbox::new(inbox.socket()?);
        Ok(Self { inbox, desk: Desk { outbox, meter, budget } })
    }

    /// Writes one frame at once.
    pub fn send(&mut self, frame: &FromWorker<'_>) -> Result<(), ChildError> {
        self.desk.outbox.push(frame)?;
        self.desk.outbox.flush()
    }

    /// Until the parent closes the channel.
    pub fn serve(mut self) -> Result<(), ChildError> {
        self.desk.budget.renew();
        loop {
            match self.inbox.decoder.next_frame()? {
                Some(ToWorker::Run(run)) => {
                    let document = if run.has_document { self.inbox.documents.pop_front() } else { None };
                    if run.has_document && document.is_none() {
                        return Err(ChildError::Parent("a job without its descriptor"));
                    }
                    self.desk.answer(&run, document)?;
                }
                Some(ToWorker::Setup(_)) => return Err(ChildError::Parent("a second setup")),
                None => {
                    self.desk.outbox.flush()?;
                    if !self.inbox.fill()? {
                        return Ok(());
                    }
                    self.desk.budget.renew_if_old();
                }
            }
        }
    }
}

impl Desk {
    fn answer(&mut self, run: &Run<'_>, document: Option<OwnedFd>) -> Result<(), ChildError> {
        let risky = document.is_some() || run.script.is_some();
        if risky {
            self.outbox.flush()?;
            self.budget.renew();
            self.meter.begin();
        }
        let mut wire = Wire::new(&mut self.outbox, run.ticket, run.limits.max_output_bytes, risky);
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

fn process(bytes: Vec<u8>, run: &Run<'_>, wire: &mut Wire<'_>) -> Result<Summary, Failure> {
    let request = Request {
        operations: &run.operations,
        password: run.password.map(|password| password.0),
        text: run.text,
        limits: run.limits,
    };
    let work = AssertUnwindSafe(|| match &run.script {
        Some(script) => perform::perform(script, bytes, &request, wire),
        None => documents::process(bytes, &request, wire),
    });
    catch_unwind(work).unwrap_or_else(|_| Err(Failure::new(FailureCode::EngineFailure, panics::last())))
}

fn bounded_summary(mut summary: Summary) -> Summary {
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
