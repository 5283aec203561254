//! One chunk, from the lease of a process to the last report.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use futures_util::future::{Either, select};
use serde::Deserialize;

use super::observer::{ChunkObserver, JobOutput};
use super::report_on_drop::ReportOnDrop;
use crate::actors::engine::EngineContext;
use crate::actors::worker_pool::LeaseWorker;
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::tick::ClaimedItem;
use quire_base::failpoints::{Failpoint, failpoint};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::ItemAddress;
use quire_domain::item::YieldReason;
use quire_domain::operation::Operation;
use quire_store::batches::BatchView;
use quire_store::documents::{Document, DocumentSource};
use quire_store::vault::EncryptedText;
use quire_worker::{FaultScript, SessionStopSignal, Tenant, WorkerJob, run_jobs};

/// Works the chunk off; the guard reports when this is over, however it ends.
pub(super) async fn drive(context: Arc<EngineContext>, mut guard: ReportOnDrop, stop: SessionStopSignal) {
    let lease = std::pin::pin!(context.pool.ask(LeaseWorker(Tenant::Owner(guard.batch_view.record.owner))));
    let stopped = std::pin::pin!(stop.wait_for_interrupt());
    // Without a process nothing has begun: the guard hands everything back.
    let Either::Left((Ok(mut leased), _)) = select(lease, stopped).await else { return };
    let Some(process) = leased.process() else { return };
    guard.worker_pid = process.pid();

    let jobs = open_all(&context, &mut guard).await;
    let at_work = guard.at_work.clone();
    let mut listener =
        ChunkObserver::new(Arc::clone(&context), guard.batch_view.record.key, &guard.begun, at_work.clone());
    let work = run_jobs(process, jobs, &context.rules, &stop, &mut listener);
    let session_end = at_work.watch(work, context.tuning.start_told_after, guard.start_notifier()).await;
    drop(leased);

    let heard = std::mem::take(&mut listener.heard);
    drop(listener);
    if heard.iter().any(|heard| !heard.artifacts.is_empty()) {
        guard.worked();
    }
    for heard in heard {
        guard.begun.retain(|item| item.position != heard.item.position);
        let item = heard.item.clone();
        let report = conclude(&context, heard, guard.worker_pid).await;
        log(&guard.batch_view, &item, &report);
        failpoint(Failpoint::ReportMade);
        guard.reports.push(report);
    }
    let back: Vec<u64> = session_end.not_started.iter().map(|job| job.ticket).collect();
    let (not_started, lost) =
        std::mem::take(&mut guard.begun).into_iter().partition(|item| back.contains(&u64::from(item.position)));
    (guard.waiting, guard.begun) = (not_started, lost);
}

/// Opens the documents of the chunk; those that cannot be opened have failed already.
async fn open_all(context: &Arc<EngineContext>, guard: &mut ReportOnDrop) -> Vec<WorkerJob> {
    let mut jobs = Vec::with_capacity(guard.waiting.len());
    for item in std::mem::take(&mut guard.waiting) {
        let opened = match &item.document {
            None => Ok(None),
            Some(document) => open(context, document.clone()).await.map(Some),
        };
        match opened {
            Ok(document) => {
                jobs.push(job(context, &guard.batch_view, &item, document));
                guard.begun.push(item);
            }
            Err(failure) => {
                let report = item.unstarted_report(AttemptOutcome::Failed(failure));
                log(&guard.batch_view, &item, &report);
                guard.reports.push(report);
            }
        }
    }
    jobs
}

fn job(context: &EngineContext, batch_view: &BatchView, item: &ClaimedItem, document: Option<OwnedFd>) -> WorkerJob {
    let own = item.document.as_ref().and_then(|document| document.password.as_ref());
    let encrypted = own.or(batch_view.options.password.as_ref());
    let script =
        batch_view.options.scripts.get(&item.position).and_then(|script| FaultScript::deserialize(script).ok());
    WorkerJob {
        ticket: u64::from(item.position),
        operations: operations(batch_view),
        password: encrypted.and_then(|encrypted| decrypted(context, encrypted)).map(Arc::from),
        options: batch_view.options.operations,
        limits: context.limits,
        silence: context
            .last_silence()
            .tightened_limit(ItemAddress { batch: batch_view.record.key, position: item.position }),
        document,
        script: script.and_then(|script| script.for_attempt(item.fence.attempt)),
    }
}

/// A password that cannot be decrypted is as good as none: the document then says that it needs one.
fn decrypted(context: &EngineContext, encrypted: &EncryptedText) -> Option<String> {
    let password = context.vault.decrypt_text(encrypted);
    if password.is_none() {
        tracing::warn!("a document's password cannot be decrypted: secret.key is not the one that encrypted it");
    }
    password
}

fn operations(batch_view: &BatchView) -> Arc<[Operation]> {
    batch_view.operations.as_slice().into()
}

/// Opening may wait for a slow disk, so it does so on a blocking thread.
async fn open(context: &Arc<EngineContext>, document: Document) -> Result<OwnedFd, Failure> {
    let context = Arc::clone(context);
    let opened = tokio::task::spawn_blocking(move || match &document.source {
        DocumentSource::Blob(sha256) => context.blobs.open_blob(sha256),
        // Without this flag a named pipe would be waited for until somebody writes into it.
        DocumentSource::Path(path) => File::options().read(true).custom_flags(NONBLOCK).open(path),
    });
    let file = opened.await.map_err(|error| Failure::new(FailureCode::DocumentUnreadable, error.to_string()))?;
    let file = file.map_err(|error| unreadable(&error))?;
    match file.metadata().map_err(|error| unreadable(&error))?.is_file() {
        true => Ok(file.into()),
        false => Err(Failure::new(FailureCode::NotAPdf, "it is not a regular file")),
    }
}

const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

fn unreadable(error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::NotFound => FailureCode::DocumentMissing,
        io::ErrorKind::PermissionDenied => FailureCode::DocumentForbidden,
        _ => FailureCode::DocumentUnreadable,
    };
    Failure::new(code, error.to_string())
}

/// A success counts when its artifacts are on disk.
async fn conclude(context: &EngineContext, heard: JobOutput, pid: Option<u32>) -> AttemptReport {
    let (started_at, worker_pid) = (heard.started_at, pid.filter(|_| heard.started_at.is_some()));
    let mut report = AttemptReport { started_at, worker_pid, ..heard.item.unstarted_report(AttemptOutcome::Stopped) };
    report.outcome = match heard.conclusion {
        Ok((summary, stats)) => {
            report.work_micros = Some(stats.micros);
            report.peak_memory_bytes = Some(stats.peak_memory_bytes);
            let mut artifacts = Vec::with_capacity(heard.artifacts.len());
            let mut failed = None;
            for finishing in heard.artifacts {
                match finishing.finish().await {
                    Ok(artifact) => artifacts.push(artifact),
                    Err(failure) => failed = Some(failure),
                }
            }
            let summary = heard.item.document.is_some().then_some(summary);
            failed.map_or(AttemptOutcome::Succeeded { summary, artifacts }, AttemptOutcome::Failed)
        }
        Err(failure) if failure.code == FailureCode::Interrupted => AttemptOutcome::Stopped,
        Err(failure) => AttemptOutcome::Failed(failure),
    };
    if matches!(&report.outcome, AttemptOutcome::Failed(failure) if failure.code == FailureCode::StorageFailed)
        && context.db.confirm_disk_fault().await.is_some()
    {
        // The disk is at fault, not the item.
        report.outcome = AttemptOutcome::Yielded(YieldReason::Unstored);
    }
    report
}

fn log(batch_view: &BatchView, item: &ClaimedItem, report: &AttemptReport) {
    let (batch, attempt) = (batch_view.record.id, item.fence.attempt);
    let correlation_id = &*item.correlation_id;
    match &report.outcome {
        AttemptOutcome::Failed(failure) => tracing::warn!(
            %batch, item = item.position, attempt, correlation_id, failure = failure.code.as_str(),
            detail = %failure.detail, "an attempt failed"
        ),
        AttemptOutcome::Succeeded { .. } => {
            tracing::debug!(%batch, item = item.position, attempt, correlation_id, "an attempt succeeded");
        }
        AttemptOutcome::Stopped => {
            tracing::debug!(%batch, item = item.position, attempt, correlation_id, "an attempt was stopped");
        }
        AttemptOutcome::Yielded(_) => {
            tracing::debug!(%batch, item = item.position, attempt, correlation_id, "the disk did not take the results");
        }
    }
}
