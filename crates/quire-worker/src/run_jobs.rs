//! Runs jobs through one process and reports the result of each.
//!
//! All jobs are written at once; the process works them off in order. When it ends before its time, the first
//! unfinished job is to blame and the later ones come back unharmed.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

use super::exit_status::failure_of_exit;
use super::job_session::{JobSession, SessionEndReason};
use super::jobs::WorkerJob;
use super::process::WorkerProcess;
use super::session_stop::SessionStopSignal;
use super::settings::JobLimits;
use quire_domain::failure::Failure;
use quire_domain::operation::DocumentSummary;
use quire_domain::stage::Stage;

/// Result of one job.
pub type JobResult = Result<(DocumentSummary, JobStats), Failure>;

/// By the child's own word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobStats {
    /// Wall time of the processing.
    pub micros: u64,
    /// Highest resident size during the job.
    pub peak_memory_bytes: u64,
}

/// Hears what happens, in order. Between `artifact_begin` and `artifact_end` come chunks of the announced size
/// in sum; a job may end in between, and what was begun is then void.
///
/// While a returned future waits, the process's clocks stand still and no stop is heard: it may wait for room in a
/// channel to a writer, not for ever. An `Err` fails the job with it; the job's further artifacts are dropped unseen.
pub trait JobObserver {
    /// The latest of what came together: not every step is heard. Pages count from 1; `pages` 0 means unknown.
    fn progress(&mut self, ticket: u64, stage: Stage, page: u32, pages: u32);

    fn artifact_begin(
        &mut self,
        ticket: u64,
        name: &str,
        media_type: &str,
        size: u64,
    ) -> impl Future<Output = Result<(), Failure>>;

    /// At most 64 KiB.
    fn artifact_chunk(&mut self, ticket: u64, bytes: &[u8]) -> impl Future<Output = Result<(), Failure>>;

    fn artifact_end(&mut self, ticket: u64) -> impl Future<Output = Result<(), Failure>>;

    /// Exactly once for every job that does not come back in [`SessionLeftover::not_started`].
    fn ended(&mut self, ticket: u64, conclusion: JobResult);
}

/// Results of a session's jobs, and the jobs that never started.
pub struct SessionLeftover {
    /// Jobs that never started, in order; another process gets them, and they are not charged.
    pub not_started: Vec<WorkerJob>,
    /// Whether the process can take further jobs; if not, it is dead.
    pub usable: bool,
}

/// Takes the jobs through the process. If the future is dropped early, the process is not usable any more.
pub async fn run_jobs(
    process: &mut WorkerProcess,
    jobs: Vec<WorkerJob>,
    rules: &JobLimits,
    stop: &SessionStopSignal,
    observer: &mut impl JobObserver,
) -> SessionLeftover {
    if !process.usage.usable {
        return SessionLeftover { not_started: jobs, usable: false };
    }
    process.usage.usable = false;
    if !is_quiet(process).await {
        tracing::warn!(pid = process.pid(), "a worker process ended or spoke without a job; it is replaced");
        process.kill().await;
        return SessionLeftover { not_started: jobs, usable: false };
    }
    let mut session = JobSession::new(jobs, rules, observer);
    let end = go(process, &mut session, stop, observer).await;
    let failure = match end {
        SessionEndReason::Complete => {
            process.usage.usable = true;
            None
        }
        SessionEndReason::CutShort => {
            process.kill().await;
            None
        }
        SessionEndReason::Died => {
            let failure = failure_of_exit(&process.wait_or_kill().await);
            if !session.is_running_job_to_blame(process.usage) {
                tracing::warn!(%failure, "a worker process ended before it took its job; another one gets it");
            }
            Some(failure).filter(|_| session.is_running_job_to_blame(process.usage))
        }
        SessionEndReason::Blame(failure) => {
            process.kill().await;
            Some(failure)
        }
    };
    SessionLeftover { not_started: session.finish(failure, observer), usable: process.usage.usable }
}

/// Whether nothing has come since the last walk. What comes then is of no job of this one, so none is blamed for it.
async fn is_quiet(process: &mut WorkerProcess) -> bool {
    poll_fn(|context| {
        let is_silent = process.channel.poll_fill(context).is_pending();
        Poll::Ready(is_silent && process.poll_ended(context).is_pending())
    })
    .await
}

async fn go(
    process: &mut WorkerProcess,
    session: &mut JobSession,
    stop: &SessionStopSignal,
    observer: &mut impl JobObserver,
) -> SessionEndReason {
    if session.unfinished.is_empty() || stop.is_interrupted() {
        return SessionEndReason::Complete;
    }
    let alarm = tokio::time::sleep_until(session.deadlines.next_check_at());
    tokio::pin!(alarm);
    loop {
        let seen = stop.version();
        if let Some(end) = session.check_stop_and_deadlines(stop, Instant::now()) {
            return end;
        }
        if session.outbox.send_available(&process.channel, &mut session.unfinished).is_err() {
            session.outbox.clear();
        }
        set(alarm.as_mut(), session.deadlines.next_check_at());
        let woken = poll_fn(|context| poll_next(process, session, stop, seen, alarm.as_mut(), context)).await;
        match woken {
            Woken::Look => continue,
            Woken::Closed => return SessionEndReason::Died,
            Woken::Bytes => {}
        }
        if let Err(failure) = session.handle_frame(&mut process.channel.decoder, &mut process.usage, observer).await {
            return SessionEndReason::Blame(failure);
        }
        if session.unfinished.is_empty() {
            return if process.channel.decoder.is_empty() {
                SessionEndReason::Complete
            } else {
                SessionEndReason::CutShort
            };
        }
    }
}

enum Woken {
    Bytes,
    Closed,
    /// A clock, a stop, or room to write.
    Look,
}

fn poll_next(
    process: &mut WorkerProcess,
    session: &JobSession,
    stop: &SessionStopSignal,
    seen: u64,
    alarm: Pin<&mut Sleep>,
    context: &mut Context<'_>,
) -> Poll<Woken> {
    match process.channel.poll_fill(context) {
        Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Woken::Closed),
        Poll::Ready(Ok(_)) => return Poll::Ready(Woken::Bytes),
        Poll::Pending => {}
    }
    // All that it wrote came before its end, and was taken above.
    if process.poll_ended(context).is_ready() {
        return Poll::Ready(Woken::Closed);
    }
    process.stderr.poll_drain(context);
    let writable = !session.outbox.is_empty() && process.channel.poll_writable(context).is_ready();
    if writable || stop.poll_news(seen, context).is_ready() || alarm.poll(context).is_ready() {
        return Poll::Ready(Woken::Look);
    }
    Poll::Pending
}

/// Deadlines mostly move back while a job lives, so the timer is touched only when it is late or has rung.
fn set(alarm: Pin<&mut Sleep>, next: Instant) {
    if alarm.is_elapsed() || next < alarm.deadline() {
        alarm.reset(next);
    }
}
