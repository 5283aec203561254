//! Health endpoints: whether the process lives, and whether it can do its work.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::AppState;
use super::api::{Either, HandlerResult, JsonReply, Okay};
use crate::actors::stall_reasons;
use quire_base::clock::{self, rfc3339};
use quire_domain::waiting::{ActorDown, DownState};
use quire_store::StoreError;
use quire_supervision::{ActorOutage, ActorState, RestartPolicy};

/// Answers as long as there is a process; restarts of workers and actors do not concern it.
pub(super) async fn alive(app: web::Data<AppState>) -> HandlerResult<Okay<Alive>> {
    Ok(Okay::new(&Alive { status: AliveStatus::Ok, uptime_ms: app.started.elapsed().as_millis() as u64 }))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Alive {
    status: AliveStatus,
    uptime_ms: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AliveStatus {
    Ok,
}

/// Whether the server can do its work, and what keeps it from it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Readiness {
    status: ReadyStatus,
    checks: Checks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ReadyStatus {
    Ready,
    NotReady,
    Draining,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Checks {
    writer: Check,
    readers: Check,
    disk: Check,
    workers: Check,
    canary: Check,
    actors: Check,
}

impl Checks {
    fn all_pass(&self) -> bool {
        let Self { writer, readers, disk, workers, canary, actors } = self;
        [writer, readers, disk, workers, canary, actors].iter().all(|check| check.ok)
    }
}

/// One check, with its figures.
#[derive(Debug, Serialize, JsonSchema)]
struct Check {
    ok: bool,
    /// Fault, in words for an operator; none when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'static, str>>,
    #[serde(flatten)]
    figures: Map<String, Value>,
}

impl Check {
    fn new(wrong: Option<impl Into<Cow<'static, str>>>, figures: Value) -> Self {
        let detail = wrong.map(Into::into);
        let figures = match figures {
            Value::Object(figures) => figures,
            _ => Map::new(),
        };
        Self { ok: detail.is_none(), detail, figures }
    }
}

/// Each check with its figures; 503 when one of them fails.
pub(super) async fn ready(
    app: web::Data<AppState>,
) -> HandlerResult<Either<Okay<Readiness>, JsonReply<Readiness, 503>>> {
    let (writer, readers) = tokio::join!(writer(&app), readers(&app));
    let (disk, workers, canary, actors) = (disk(&app), workers(&app), canary(&app), actors(&app));
    let checks = Checks { writer, readers, disk, workers, canary, actors };
    let status = match (app.engine.engine_view().draining, checks.all_pass()) {
        (true, _) => ReadyStatus::Draining,
        (_, true) => ReadyStatus::Ready,
        _ => ReadyStatus::NotReady,
    };
    let seen = Readiness { status, checks };
    Ok(match status {
        ReadyStatus::Ready => Either::Left(Okay::new(&seen)),
        _ => Either::Right(JsonReply::new(&seen).header(header::RETRY_AFTER, "5")),
    })
}

const PATIENCE: Duration = Duration::from_secs(2);

async fn writer(app: &AppState) -> Check {
    let began = Instant::now();
    let db = &app.engine.context.db;
    let write = app.engine.probe_writer();
    let wrong = match tokio::time::timeout(PATIENCE, write).await {
        Ok(Ok(())) => None,
        Ok(Err(StoreError::Disk(trouble))) => {
            let since = db.disk_fault().map(|fault| rfc3339(fault.since));
            let figures = json!({ "full": trouble.full, "since": since });
            return Check::new(Some(format!("the disk does not take writes: {trouble}")), figures);
        }
        Ok(Err(StoreError::WriterStopped)) => Some("an administrator stopped root/db: nothing is written"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the writer is not ready");
            Some("the database does not take writes")
        }
        Err(_) => Some("a write took longer than 2 s"),
    };
    Check::new(wrong, json!({ "took_ms": began.elapsed().as_secs_f64() * 1e3 }))
}

async fn readers(app: &AppState) -> Check {
    let began = Instant::now();
    let owner = quire_domain::ids::OwnerKey::LOCAL;
    let read = app.engine.context.read(move |snapshot| snapshot.events_after(owner, i64::MAX - 1, 1));
    let wrong = match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the readers are not ready");
            Some("the database cannot be read")
        }
        Err(_) => Some("a read took longer than 2 s"),
    };
    Check::new(wrong, json!({ "took_ms": began.elapsed().as_secs_f64() * 1e3 }))
}

/// Room on the disk; a disk that does not take writes fails the writer's check.
fn disk(app: &AppState) -> Check {
    let disk = &app.engine.context.db.disk;
    let free_mib = disk.state().free_mib;
    let wrong = match (free_mib, disk.shortage()) {
        (None, _) => Some("the data directory cannot be looked at"),
        (_, Some(_)) => Some("there is less room than store.min_free_mib; no new documents are taken"),
        _ => None,
    };
    Check::new(wrong, json!({ "free_mib": free_mib, "min_free_mib": disk.min_free_mib }))
}

fn workers(app: &AppState) -> Check {
    let pool = app.engine.pool_view();
    let until = pool.unavailable_until.filter(|until| *until > clock::now());
    let broken = until.is_some() || pool.health.is_some_and(|health| health.breaker_open);
    let figures = json!({
        "processes": pool.health,
        // Unknown until the first worker process has started.
        "posture": pool.posture,
        "next_try_at": until.map(rfc3339),
    });
    Check::new(broken.then_some("no worker process can be started; the log says why"), figures)
}

/// A known document through a worker process: asked for here, answered with what came of the last one. Before the first
/// has come back nothing is known, and nothing is wrong.
fn canary(app: &AppState) -> Check {
    let view = app.engine.refresh_canary_view();
    let wrong = view.last.as_ref().is_some_and(|flight| flight.result.is_err());
    let last = view.last.map(|flight| {
        let (took, failure) = match flight.result {
            Ok(stats) => (Some(stats.micros as f64 / 1e3), None),
            Err(failure) => (None, Some(failure)),
        };
        json!({ "at": rfc3339(flight.ended_at), "took_ms": took, "failure": failure })
    });
    let figures = json!({ "last": last, "under_way_since": view.running_since.map(rfc3339) });
    Check::new(wrong.then_some("a known document did not come out of a worker process as it must"), figures)
}

/// Whoever is in the tree and does not receive. What is not permanent and failed is back in a moment, or its parent
/// sees to it.
fn actors(app: &AppState) -> Check {
    let troubles = app.engine.tree.unavailable_actors();
    let passes =
        |trouble: &ActorOutage| trouble.state == ActorState::Backoff && trouble.restart != RestartPolicy::Permanent;
    let down: Vec<_> =
        troubles.iter().filter(|trouble| !passes(trouble)).filter_map(stall_reasons::to_actor_down).collect();
    let named = down.iter().take(MOST_ACTORS_NAMED);
    let named = named.map(|down| json!({ "id": down.actor, "state": down.state, "since": rfc3339(down.since) }));
    let figures = json!({ "down": named.collect::<Vec<_>>(), "down_in_all": down.len() });
    Check::new(down.first().map(in_words), figures)
}

const MOST_ACTORS_NAMED: usize = 20;

fn in_words(down: &ActorDown) -> String {
    let (actor, since) = (&down.actor, rfc3339(down.since));
    match down.state {
        DownState::Stopped => format!(
            "an administrator stopped {actor} at {since}; POST /api/v1/admin/actors/{actor}/restart starts it again"
        ),
        DownState::Stopping => format!("{actor} is being stopped since {since}"),
        DownState::Backoff => format!("{actor} failed at {since} and is rebuilt soon; the log says why"),
        DownState::Escalated => format!(
            "{actor} failed too often and gave up at {since}, the log says why; POST /api/v1/admin/actors/{actor}/restart \
             starts it again"
        ),
        DownState::Stuck => format!("{actor} is at one message since {since}; the tree of actors says at which"),
    }
}
