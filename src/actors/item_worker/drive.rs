//! One hand, from the lease of a process to the last report.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use futures_util::future::{Either, select};
use serde::Deserialize;

use super::guard::Guard;
use super::observer::{Heard, Listener};
use super::{Fate, ItemReport};
use crate::actors::engine::World;
use crate::actors::worker_pool::LeaseWorker;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::ids::ItemKey;
use crate::domain::operation::Operation;
use crate::planned::{Point, point};
use crate::store::batches::BatchView;
use crate::store::documents::{Document, Source};
use crate::store::turn::ClaimedItem;
use crate::store::vault::Sealed;
use crate::worker::{Job, Script, StopSignal, Tenant, conduct};

/// Works the hand off; the guard reports when this is over, however it ends.
pub async fn drive(world: Arc<World>, mut guard: Guard, stop: StopSignal) {
    let lease = std::pin::pin!(world.pool.ask(LeaseWorker(Tenant::Owner(guard.brief.held.owner))));
    let stopped = std::pin::pin!(stop.heard());
    // Without a process nothing has begun: the guard hands everything back.
    let Either::Left((Ok(mut leased), _)) = select(lease, stopped).await else { return };
    let Some(process) = leased.process() else { return };
    guard.worker_pid = process.pid();

    let jobs = open_all(&world, &mut guard).await;
    let at_work = guard.at_work.clone();
    let mut listener = Listener::new(Arc::clone(&world), guard.brief.held.key, &guard.begun, at_work.clone());
    let work = conduct(process, jobs, &world.rules, &stop, &mut listener);
    let conducted = at_work.watch(work, world.tuning.start_told_after, guard.teller()).await;
    drop(leased);

    let heard = std::mem::take(&mut listener.heard);
    drop(listener);
    if heard.iter().any(|heard| !heard.artifacts.is_empty()) {
        guard.worked();
    }
    for heard in heard {
        guard.begun.retain(|item| item.position != heard.item.position);
        let item = heard.item.clone();
        let report = conclude(&world, heard, guard.worker_pid).await;
        log(&guard.brief, &item, &report);
        point(Point::ReportMade);
        guard.reports.push(report);
    }
    let back: Vec<u64> = conducted.not_started.iter().map(|job| job.ticket).collect();
    let (not_started, lost) =
        std::mem::take(&mut guard.begun).into_iter().partition(|item| back.contains(&u64::from(item.position)));
    (guard.waiting, guard.begun) = (not_started, lost);
}

/// Opens the documents of the hand; those that cannot be opened have failed already.
async fn open_all(world: &Arc<World>, guard: &mut Guard) -> Vec<Job> {
    let mut jobs = Vec::with_capacity(guard.waiting.len());
    for item in std::mem::take(&mut guard.waiting) {
        let opened = match &item.document {
            None => Ok(None),
            Some(document) => open(world, document.clone()).await.map(Some),
        };
        match opened {
            Ok(document) => {
                jobs.push(job(world, &guard.brief, &item, document));
                guard.begun.push(item);
            }
            Err(failure) => {
                let report = ItemReport::bare(&item, Fate::Failed(failure));
                log(&guard.brief, &item, &report);
                guard.reports.push(report);
            }
        }
    }
    jobs
}

fn job(world: &World, brief: &BatchView, item: &ClaimedItem, document: Option<OwnedFd>) -> Job {
    let own = item.document.as_ref().and_then(|document| document.password.as_ref());
    let sealed = own.or(brief.options.password.as_ref());
    let script = brief.options.scripts.get(&item.position).and_then(|script| Script::deserialize(script).ok());
    Job {
        ticket: u64::from(item.position),
        operations: operations(brief),
        password: sealed.and_then(|sealed| unsealed(world, sealed)).map(Arc::from),
        text: brief.options.text,
        limits: world.limits,
        silence: world.silences().limit(ItemKey { batch: brief.held.key, position: item.position }),
        document,
        script: script.and_then(|script| script.for_attempt(item.fence.attempt)),
    }
}

/// A password that cannot be unsealed is as good as none: the document then says that it needs one.
fn unsealed(world: &World, sealed: &Sealed) -> Option<String> {
    let password = world.vault.unseal(sealed);
    if password.is_none() {
        tracing::warn!("a document's password cannot be unsealed: secret.key is not the one that sealed it");
    }
    password
}

fn operations(brief: &BatchView) -> Arc<[Operation]> {
    brief.operations.as_slice().into()
}

/// Opening may wait for a slow disk, so it does so on a blocking thread.
async fn open(world: &Arc<World>, document: Document) -> Result<OwnedFd, Failure> {
    let world = Arc::clone(world);
    let opened = tokio::task::spawn_blocking(move || match &document.source {
        Source::Blob(sha256) => world.blobs.read(sha256),
        // Without this flag a named pipe would be waited for until somebody writes into it.
        Source::Path(path) => File::options().read(true).custom_flags(NONBLOCK).open(path),
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
async fn conclude(world: &World, heard: Heard, pid: Option<u32>) -> ItemReport {
    let (started_at, worker_pid) = (heard.started_at, pid.filter(|_| heard.started_at.is_some()));
    let mut report = ItemReport { started_at, worker_pid, ..ItemReport::bare(&heard.item, Fate::Interrupted) };
    report.fate = match heard.conclusion {
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
            failed.map_or(Fate::Succeeded { summary, artifacts }, Fate::Failed)
        }
        Err(failure) if failure.code == FailureCode::Interrupted => Fate::Interrupted,
        Err(failure) => Fate::Failed(failure),
    };
    if matches!(&report.fate, Fate::Failed(failure) if failure.code == FailureCode::StorageFailed)
        && world.db.doubt().await.is_some()
    {
        // The disk is at fault, not the item.
        report.fate = Fate::Unstored;
    }
    report
}

fn log(brief: &BatchView, item: &ClaimedItem, report: &ItemReport) {
    let (batch, attempt) = (brief.held.id, item.fence.attempt);
    let correlation_id = &*item.correlation_id;
    match &report.fate {
        Fate::Failed(failure) => tracing::warn!(
            %batch, item = item.position, attempt, correlation_id, failure = failure.code.as_str(),
            detail = %failure.detail, "an attempt failed"
        ),
        Fate::Succeeded { .. } => {
            tracing::debug!(%batch, item = item.position, attempt, correlation_id, "an attempt succeeded");
        }
        Fate::Interrupted => {
            tracing::debug!(%batch, item = item.position, attempt, correlation_id, "an attempt was stopped");
        }
        Fate::Unstored => {
            tracing::debug!(%batch, item = item.position, attempt, correlation_id, "the disk did not take the results");
        }
    }
}
