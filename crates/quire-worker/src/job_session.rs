//! State of one session with a process: which job runs, what it has put out, how long it may take. Reads frames, never
//! the socket.

use std::future::Future;

use tokio::time::Instant;

use super::codec::FrameDecoder;
use super::deadlines::{ExpiredDeadline, JobDeadlines};
use super::jobs::{UnfinishedJobs, WorkerJob};
use super::last_silence::WorkPosition;
use super::output_quota::{OutputQuota, protocol_violation};
use super::pool::ProcessUsage;
use super::protocol::FromWorker;
use super::run_jobs::{JobObserver, JobStats};
use super::send_buffer::SendBuffer;
use super::session_stop::SessionStopSignal;
use super::settings::JobLimits;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentSummary;
use quire_domain::stage::Stage;

/// State of one session with a worker process: its unfinished jobs, deadlines and output quota.
pub struct JobSession {
    pub unfinished: UnfinishedJobs,
    pub outbox: SendBuffer,
    pub deadlines: JobDeadlines,
    rules: JobLimits,
    quota: OutputQuota,
    /// The latest progress, not yet passed on: a process may send more than anyone wants to hear.
    progress: Option<(u64, Stage, u32, u32)>,
    /// The last progress that was heard of the running job.
    reached: WorkPosition,
    /// Something was heard of the running job.
    taken: bool,
    interrupted: bool,
    /// A job has ended since the interrupt was seen.
    cut: bool,
}

/// Why a walk is over; in all cases but the first the process must die.
pub enum SessionEndReason {
    Complete,
    /// Stopped between two jobs.
    CutShort,
    Died,
    /// The running job is at fault.
    Blame(Failure),
}

impl JobSession {
    /// A job that fits no frame ends here.
    pub fn new(jobs: Vec<WorkerJob>, rules: &JobLimits, observer: &mut impl JobObserver) -> Self {
        let (mut unfinished, mut outbox) = (UnfinishedJobs::default(), SendBuffer::default());
        for job in jobs {
            match outbox.append_job(&job) {
                Ok(()) => unfinished.push(job),
                Err(error) => {
                    observer.ended(job.ticket, Err(protocol_violation(format!("the request is no frame: {error}"))))
                }
            }
        }
        let quota = quota_for(unfinished.running_job(), rules);
        let deadlines = JobDeadlines::new(*rules, Instant::now());
        let mut session = Self {
            unfinished,
            outbox,
            deadlines,
            rules: *rules,
            quota,
            progress: None,
            reached: None,
            taken: false,
            interrupted: false,
            cut: false,
        };
        session.apply_silence_limit();
        session
    }

    /// Whether a stop or a deadline ends the session now.
    pub fn check_stop_and_deadlines(&mut self, stop: &SessionStopSignal, now: Instant) -> Option<SessionEndReason> {
        if self.cut {
            return Some(SessionEndReason::CutShort);
        }
        self.deadlines.discount_parent_stall(now);
        let running = self.unfinished.running_job()?.ticket;
        self.interrupted = stop.is_interrupted();
        if self.interrupted || stop.is_cancelled(running) {
            self.deadlines.begin_grace(now);
        }
        self.deadlines.expired_deadline(now).map(|clock| SessionEndReason::Blame(self.overdue(clock)))
    }

    /// Whether the process, now dead, can have died of the running job: it took the job, or it is as new as can be and
    /// nothing else explains its end. One that worked or waited before may have been killed before it looked at the
    /// job.
    pub fn is_running_job_to_blame(&self, usage: ProcessUsage) -> bool {
        self.taken || !usage.rested || is_disabled(Safeguard::InnocentJobs)
    }

    /// Takes every whole frame; an `Err` is the running job's failure and the process's end.
    pub async fn handle_frame(
        &mut self,
        decoder: &mut FrameDecoder,
        usage: &mut ProcessUsage,
        observer: &mut impl JobObserver,
    ) -> Result<(), Failure> {
        self.deadlines.record_sign_of_life(Instant::now());
        while let Some(frame) = decoder.next_frame().map_err(|error| protocol_violation(error.to_string()))? {
            self.take(frame, usage, observer).await?;
        }
        self.tell_progress(observer);
        Ok(())
    }

    /// Ends the session: the running job with the failure, unless the process cannot know of it; gives back the rest.
    pub fn finish(mut self, failure: Option<Failure>, observer: &mut impl JobObserver) -> Vec<WorkerJob> {
        self.tell_progress(observer);
        if let (Some(failure), true) = (failure, self.unfinished.running_if_sent().is_some())
            && let Some(job) = self.unfinished.end_running_job()
        {
            observer.ended(job.ticket, Err(failure));
        }
        self.unfinished.into_remaining()
    }

    async fn take(
        &mut self,
        frame: FromWorker<'_>,
        usage: &mut ProcessUsage,
        observer: &mut impl JobObserver,
    ) -> Result<(), Failure> {
        match frame {
            FromWorker::Ready { .. } => Err(protocol_violation("a second introduction")),
            FromWorker::Progress { ticket, stage, page, pages } => {
                self.expect(ticket)?;
                self.progress = Some((ticket, stage, page, pages));
                self.reached = Some((stage, page));
                self.apply_silence_limit();
                Ok(())
            }
            FromWorker::ArtifactBegin { ticket, name, media_type, size } => {
                self.expect(ticket)?;
                self.quota.begin_artifact(name, media_type, size)?;
                self.tell_progress(observer);
                self.keep(observer.artifact_begin(ticket, name, media_type, size)).await;
                Ok(())
            }
            FromWorker::ArtifactChunk { ticket, bytes } => {
                self.expect(ticket)?;
                self.quota.add_chunk(bytes.len())?;
                self.keep(observer.artifact_chunk(ticket, bytes)).await;
                Ok(())
            }
            FromWorker::ArtifactEnd { ticket } => {
                self.expect(ticket)?;
                self.quota.close_artifact()?;
                self.keep(observer.artifact_end(ticket)).await;
                Ok(())
            }
            FromWorker::Done { ticket, result, micros, peak_memory_bytes } => {
                self.expect(ticket)?;
                self.end(ticket, result, JobStats { micros, peak_memory_bytes }, usage, observer)
            }
        }
    }

    fn expect(&mut self, ticket: u64) -> Result<(), Failure> {
        match self.unfinished.running_if_sent() {
            Some(job) if job.ticket == ticket => {
                self.taken = true;
                Ok(())
            }
            _ => Err(protocol_violation("a frame for another job than the running one")),
        }
    }

    /// Waits for the keeper of artifacts, with the clocks standing still. A future that is not awaited does nothing.
    async fn keep(&mut self, kept: impl Future<Output = Result<(), Failure>>) {
        if self.quota.has_store_failure() {
            return;
        }
        let before = Instant::now();
        if let Err(failure) = kept.await {
            self.quota.refuse_artifact(failure);
        }
        self.deadlines.extend_by_pause(before.elapsed());
    }

    fn end(
        &mut self,
        ticket: u64,
        result: Result<DocumentSummary, Failure>,
        stats: JobStats,
        usage: &mut ProcessUsage,
        observer: &mut impl JobObserver,
    ) -> Result<(), Failure> {
        let refused = self.quota.finish_job()?;
        self.tell_progress(observer);
        let job = self.unfinished.end_running_job();
        usage.rested = true;
        usage.documents += u32::from(job.is_some_and(|job| job.document.is_some()));
        usage.peak_memory_bytes = usage.peak_memory_bytes.max(stats.peak_memory_bytes);
        self.taken = false;
        self.cut = self.interrupted;
        self.deadlines.reset_for_next_job(Instant::now());
        self.reached = None;
        self.apply_silence_limit();
        self.quota = quota_for(self.unfinished.running_job(), &self.rules);
        observer.ended(ticket, refused.map_or(result, Err).map(|summary| (summary, stats)));
        Ok(())
    }

    /// Less where an earlier try of the running job fell silent, and nowhere else.
    fn apply_silence_limit(&mut self) {
        let again = self
            .unfinished
            .running_job()
            .and_then(|job| job.silence)
            .filter(|silence| silence.applies_at(self.reached));
        let usual = self.rules.silence_timeout;
        let is_short = !is_disabled(Safeguard::SilenceAgain);
        self.deadlines.set_silence_limit(again.filter(|_| is_short).map_or(usual, |silence| usual.min(silence.limit)));
    }

    fn tell_progress(&mut self, observer: &mut impl JobObserver) {
        if let Some((ticket, stage, page, pages)) = self.progress.take() {
            observer.progress(ticket, stage, page, pages);
        }
    }

    fn overdue(&self, clock: ExpiredDeadline) -> Failure {
        let rules = &self.rules;
        match clock {
            ExpiredDeadline::Attempt => {
                Failure::new(FailureCode::TimedOutTotal, format!("no result within {:?}", rules.attempt_timeout))
            }
            ExpiredDeadline::Silence => {
                let patience = self.deadlines.silence_limit();
                let again =
                    if patience < rules.silence_timeout { ", at the place where it was silent before" } else { "" };
                Failure::new(FailureCode::TimedOutSilent, format!("no sign of life for {patience:?}{again}"))
            }
            ExpiredDeadline::Grace => {
                Failure::new(FailureCode::Interrupted, format!("stopped; not done within {:?} more", rules.grace))
            }
        }
    }
}

fn quota_for(job: Option<&WorkerJob>, rules: &JobLimits) -> OutputQuota {
    OutputQuota::new(rules.max_artifacts, job.map_or(0, |job| job.limits.max_output_bytes))
}
