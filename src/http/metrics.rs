//! The asker's figures as JSON, and for administrators the server's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::Front;
use super::auth::Asker;
use super::problem::Answer;
use crate::clock;
use crate::domain::ids::{Micros, OwnerKey};
use crate::store::figures::{self, Figures};
use crate::store::words::word;
use crate::store::{StoreError, batches};
use crate::supervision::Trouble;

pub async fn json(front: web::Data<Front>, asker: Asker) -> Answer {
    let now = clock::now();
    // What goes on beside an owner's own work is none of its business.
    let owner = (!asker.is_admin).then_some(asker.key);
    let read = front.engine.world.read(move |conn| {
        let figures = figures::by_outcome(conn, owner)?;
        Ok((statuses(conn, owner, &figures, now)?, figures))
    });
    let (batches, figures) = read.await?;
    let mut answer = if asker.is_admin { server(&front) } else { json!({}) };
    answer["batches"] = json!(batches);
    answer["items"] = items(&figures);
    Ok(HttpResponse::Ok().json(answer))
}

fn server(front: &Front) -> Value {
    let engine = &front.engine;
    let (stats, chores, view) = (&engine.opened.stats, &engine.world.chores, engine.view());
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    json!({
        "uptime_ms": front.started.elapsed().as_millis() as u64,
        "pages_done": engine.world.board.pages_done(),
        "fenced_reports": engine.world.board.fenced(),
        "store": {
            "commits": count(&stats.commits),
            "writes": count(&stats.writes),
            "refused_writes": count(&stats.refused_writes),
            "failed_commits": count(&stats.failed_commits),
            "altered_blobs": engine.world.blobs.altered(),
            "synchronous": engine.opened.sync_mode(),
        },
        "janitor": {
            "rounds": count(&chores.rounds),
            "collected_blobs": count(&chores.blobs),
            "collected_bytes": count(&chores.blob_bytes),
            "collected_temp_files": count(&chores.temp_files),
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

/// How many actors do not receive, by their states.
fn actors_down(troubles: &[Trouble]) -> BTreeMap<String, u32> {
    let mut by_state = BTreeMap::new();
    for trouble in troubles {
        *by_state.entry(word(trouble.state)).or_default() += 1;
    }
    by_state
}

const LIVE_PAGE: u32 = 1_000;

/// Ended batches by outcome, the others by their status, which is derived and not stored.
fn statuses(
    conn: &mut crate::store::SqliteConnection,
    owner: Option<OwnerKey>,
    figures: &[Figures],
    now: Micros,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let ended = figures.iter().filter_map(|row| Some((row.outcome.clone()?, row.batches)));
    let mut statuses: BTreeMap<String, i64> = ended.collect();
    let mut after = None;
    loop {
        let page = batches::live(conn, after, LIVE_PAGE)?;
        for held in page.iter().filter(|held| owner.is_none_or(|owner| owner == held.owner)) {
            *statuses.entry(word(held.batch.status(now))).or_default() += 1;
        }
        after = page.last().map(|held| (held.priority, held.key));
        if page.len() < LIVE_PAGE as usize {
            return Ok(statuses);
        }
    }
}

fn items(figures: &[Figures]) -> Value {
    let sum = |of: fn(&Figures) -> i64| figures.iter().map(of).sum::<i64>();
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
