//! Jobs of one session with a worker process, in their order; the first one is the running one.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::fault_script::FaultScript;
use super::last_silence::RetrySilenceLimit;
use quire_domain::operation::{DocumentLimits, Operation, OperationOptions};

/// One document's work for a worker process; not `Debug`, because of the password.
pub struct WorkerJob {
    /// Names the job in every call of the observer; unique within a walk.
    pub ticket: u64,
    pub operations: Arc<[Operation]>,
    pub password: Option<Arc<str>>,
    pub options: OperationOptions,
    pub limits: DocumentLimits,
    /// Place where an earlier try of it fell silent.
    pub silence: Option<RetrySilenceLimit>,
    /// Open for reading; read from its first byte, whatever its offset.
    pub document: Option<OwnedFd>,
    /// For tests.
    pub script: Option<FaultScript>,
}

/// The jobs of one session that have not ended, the running one first. Jobs are numbered from 0 by their place in the
/// session; a number stays the same when earlier jobs end.
#[derive(Default)]
pub struct UnfinishedJobs {
    jobs: VecDeque<WorkerJob>,
    ended: usize,
    /// Jobs below this number have left for the process.
    sent: usize,
}

impl UnfinishedJobs {
    pub fn push(&mut self, job: WorkerJob) {
        self.jobs.push_back(job);
    }

    /// The running job: the first that has not ended.
    pub fn running_job(&self) -> Option<&WorkerJob> {
        self.jobs.front()
    }

    /// The running job, if it was sent, so that the process can know of it.
    pub fn running_if_sent(&self) -> Option<&WorkerJob> {
        if self.ended < self.sent { self.jobs.front() } else { None }
    }

    /// Takes out the running job; the next one is the running one then.
    pub fn end_running_job(&mut self) -> Option<WorkerJob> {
        let job = self.jobs.pop_front()?;
        self.ended += 1;
        Some(job)
    }

    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Notes that the jobs below this number have left for the process.
    pub fn mark_sent(&mut self, until: usize) {
        self.sent = until;
    }

    /// The documents of the jobs with these numbers, which have not been sent yet.
    pub fn document_fds(&self, from: usize, until: usize) -> Vec<BorrowedFd<'_>> {
        let (from, until) = (from.saturating_sub(self.ended), until.saturating_sub(self.ended));
        let jobs = self.jobs.iter().skip(from).take(until - from);
        jobs.filter_map(|job| job.document.as_ref().map(AsFd::as_fd)).collect()
    }

    /// The jobs that remain, unharmed.
    pub fn into_remaining(self) -> Vec<WorkerJob> {
        self.jobs.into()
    }
}
