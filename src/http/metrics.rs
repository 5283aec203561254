//! Metrics as JSON: the caller's own, and for administrators the server's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::AppState;
use super::auth::Authenticated;
use super::problem::HandlerResult;
use quire_base::clock;
use quire_domain::ids::{Micros, OwnerKey};
use quire_store::batches::OutcomeStats;
use quire_store::enum_text::to_text;
use quire_store::{StoreError, StoreSnapshot};
use quire_supervision::NotReceiving;

pub(super) async fn json(app: web::Data<AppState>, asker: Authenticated) -> HandlerResult {
    let now = clock::now();
    // Work of others is none of an owner's business.
    let owner = (!asker.is_admin).then_some(asker.key);
    let read = app.engine.context.read(move |snapshot| {
        let figures = snapshot.outcome_stats(owner)?;
        Ok((statuses(snapshot, owner, &figures, now)?, figures))
    });
    let (batches, figures) = read.await?;
    let mut answer = if asker.is_admin { server(&app) } else { json!({}) };
    answer["batches"] = json!(batches);
    answer["items"] = items(&figures);
    Ok(HttpResponse::Ok().json(answer))
}

fn server(app: &AppState) -> Value {
    let engine = &app.engine;
    let (stats, view) = (&engine.opened.stats, engine.view());
    let janitor = *engine.context.janitor_stats.borrow();
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    json!({
        "uptime_ms": app.started.elapsed().as_millis() as u64,
        "pages_done": engine.context.progress_tracker.pages_done(),
        "fenced_reports": engine.context.progress_tracker.fenced(),
        "store": {
            "commits": count(&stats.commits),
            "writes": count(&stats.writes),
            "refused_writes": count(&stats.refused_writes),
            "failed_commits": count(&stats.failed_commits),
            "altered_blobs": engine.context.blobs.altered(),
            "synchronous": engine.opened.sync_mode(),
        },
        "janitor": {
            "rounds": janitor.rounds,
            "collected_blobs": janitor.blobs,
            "collected_bytes": janitor.blob_bytes,
            "collected_temp_files": janitor.temp_files,
        },
        "engine": {
            "slots_total": view.slots_total,
            "slots_in_use": view.slots_in_use,
            "active_batches": view.active_batches,
            "draining": view.draining,
        },
        "actors_down": actors_down(&engine.tree.troubles()),
        "workers": engine.pool_view().health,
        "peak_memory_kib": clock::peak_memory_kib(),
    })
}

/// Number of actors that do not receive, by state.
fn actors_down(troubles: &[NotReceiving]) -> BTreeMap<String, u32> {
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
    figures: &[OutcomeStats],
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

fn items(figures: &[OutcomeStats]) -> Value {
    let sum = |of: fn(&OutcomeStats) -> i64| figures.iter().map(of).sum::<i64>();
    json!({
        "queued": sum(|row| row.queued),
        "running": sum(|row| row.running),
        "retry_wait": sum(|row| row.retry_wait),
        "succeeded": sum(|row| row.succeeded),
        "failed": sum(|row| row.failed),
        "cancelled": sum(|row| row.cancelled),
        "expired": sum(|row| row.expired),
        "skipped": sum(|row| row.skipped),
    })
}
