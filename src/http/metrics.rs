//! Metrics as JSON: the caller's own, and for administrators the server's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;

use super::AppState;
use super::api::{HandlerResult, Okay};
use super::auth::Authenticated;
use quire_base::clock;
use quire_domain::access::Scope;
use quire_domain::ids::{Micros, OwnerKey};
use quire_store::batches::BatchOutcomeTotals;
use quire_store::enum_text::to_text;
use quire_store::{StoreError, StoreSnapshot};
use quire_supervision::ActorOutage;
use quire_worker::PoolHealth;

/// Figures of the caller's own work; for an administrator of everybody's, and of the server.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Metrics {
    /// Number of batches by status, ended ones by outcome.
    batches: BTreeMap<String, i64>,
    items: ItemTotals,
    #[serde(flatten)]
    server: Option<ServerMetrics>,
}

/// Number of items by state.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemTotals {
    queued: i64,
    running: i64,
    retry_wait: i64,
    succeeded: i64,
    failed: i64,
    cancelled: i64,
    expired: i64,
    skipped: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ServerMetrics {
    uptime_ms: u64,
    pages_done: u64,
    /// Reports of attempts that were no longer the newest.
    fenced_reports: u64,
    store: StoreMetrics,
    janitor: JanitorMetrics,
    engine: EngineMetrics,
    actors_down: BTreeMap<String, u32>,
    /// Null before the first worker process.
    workers: Option<PoolHealth>,
    peak_memory_kib: Option<u64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct StoreMetrics {
    commits: u64,
    writes: u64,
    refused_writes: u64,
    failed_commits: u64,
    altered_blobs: u64,
    synchronous: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JanitorMetrics {
    rounds: u64,
    collected_blobs: u64,
    collected_bytes: u64,
    collected_temp_files: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct EngineMetrics {
    slots_total: u32,
    slots_in_use: u32,
    active_batches: u32,
    draining: bool,
}

pub(super) async fn json(app: web::Data<AppState>, asker: Authenticated) -> HandlerResult<Okay<Metrics>> {
    let now = clock::now();
    // Work of others is none of an owner's business.
    let sees_all = asker.rights.include(Scope::ServerRead);
    let owner = (!sees_all).then_some(asker.key);
    let read = app.engine.context.read(move |snapshot| {
        let figures = snapshot.outcome_stats(owner)?;
        Ok((statuses(snapshot, owner, &figures, now)?, figures))
    });
    let (batches, figures) = read.await?;
    Ok(Okay::new(&Metrics { batches, items: items(&figures), server: sees_all.then(|| server(&app)) }))
}

fn server(app: &AppState) -> ServerMetrics {
    let engine = &app.engine;
    let (stats, view) = (&engine.opened.stats, engine.engine_view());
    let janitor = *engine.context.janitor_stats.borrow();
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    ServerMetrics {
        uptime_ms: app.started.elapsed().as_millis() as u64,
        pages_done: engine.context.progress_tracker.pages_done(),
        fenced_reports: engine.context.progress_tracker.late_attempt_reports(),
        store: StoreMetrics {
            commits: count(&stats.commits),
            writes: count(&stats.writes),
            refused_writes: count(&stats.refused_writes),
            failed_commits: count(&stats.failed_commits),
            altered_blobs: engine.context.blobs.altered_blobs_seen(),
            synchronous: engine.opened.synchronous_pragma().to_string(),
        },
        janitor: JanitorMetrics {
            rounds: janitor.rounds,
            collected_blobs: janitor.blobs,
            collected_bytes: janitor.blob_bytes,
            collected_temp_files: janitor.temp_files,
        },
        engine: EngineMetrics {
            slots_total: view.slots_total,
            slots_in_use: view.slots_in_use,
            active_batches: view.active_batches,
            draining: view.draining,
        },
        actors_down: actors_down(&engine.tree.unavailable_actors()),
        workers: engine.pool_view().health,
        peak_memory_kib: clock::peak_memory_kib(),
    }
}

/// Number of actors that do not receive, by state.
fn actors_down(troubles: &[ActorOutage]) -> BTreeMap<String, u32> {
    let mut by_state = BTreeMap::new();
    for trouble in troubles {
        *by_state.entry(to_text(trouble.state)).or_default() += 1;
    }
    by_state
}

const LIVE_PAGE: u32 = 1_000;

/// Ended batches by outcome, the others by their status, which is derived and not stored.
fn statuses(
    snapshot: &mut dyn StoreSnapshot,
    owner: Option<OwnerKey>,
    figures: &[BatchOutcomeTotals],
    now: Micros,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let ended = figures.iter().filter_map(|row| Some((row.outcome.clone()?, row.batches)));
    let mut statuses: BTreeMap<String, i64> = ended.collect();
    let mut after = None;
    loop {
        let page = snapshot.live_batches(after, LIVE_PAGE)?;
        for record in page.iter().filter(|record| owner.is_none_or(|owner| owner == record.owner)) {
            *statuses.entry(to_text(record.batch.status(now))).or_default() += 1;
        }
        after = page.last().map(|record| (record.priority, record.key));
        if page.len() < LIVE_PAGE as usize {
            return Ok(statuses);
        }
    }
}

fn items(figures: &[BatchOutcomeTotals]) -> ItemTotals {
    let sum = |of: fn(&BatchOutcomeTotals) -> i64| figures.iter().map(of).sum::<i64>();
    ItemTotals {
        queued: sum(|row| row.queued),
        running: sum(|row| row.running),
        retry_wait: sum(|row| row.retry_wait),
        succeeded: sum(|row| row.succeeded),
        failed: sum(|row| row.failed),
        cancelled: sum(|row| row.cancelled),
        expired: sum(|row| row.expired),
        skipped: sum(|row| row.skipped),
    }
}
