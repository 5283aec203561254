//! Admin endpoints for the actor tree: list, ping, restart, stop; in tests also panic.

use std::time::Duration;

use actix_web::web;
use schemars::JsonSchema;
use serde::Serialize;

use super::AppState;
use super::api::{Accepted, HandlerResult, Okay};
use super::audit::By;
use super::problem::{Problem, ProblemCode};
use crate::actors::live::sessions::LiveSessionsSummary;
use quire_domain::audit::AuditAction;
use quire_store::audit::{AuditActor, AuditNote};
use quire_supervision::{ActorView, UnknownActor};
use quire_worker::SandboxStatus;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Actors {
    actors: Vec<Actor>,
    /// The hub's temporary children: counted, and the slowest few, as there may be thousands.
    sessions: LiveSessionsSummary,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Actor {
    #[serde(flatten)]
    view: ActorView,
    /// Of the worker pool, once it has started a process: how far its processes are shut in.
    #[serde(skip_serializing_if = "Option::is_none")]
    posture: Option<SandboxStatus>,
}

impl Actor {
    fn new(view: ActorView, app: &AppState) -> Self {
        let is_pool = view.id == *app.engine.context.pool.id();
        Self { posture: app.engine.pool_view().posture.filter(|_| is_pool), view }
    }
}

/// All actors, parents before their children.
pub(super) async fn actors(app: web::Data<AppState>) -> HandlerResult<Okay<Actors>> {
    let engine = &app.engine;
    let actors = engine.tree.actor_views().into_iter().map(|view| Actor::new(view, &app)).collect();
    Ok(Okay::new(&Actors { actors, sessions: engine.live.sessions.summary() }))
}

pub(super) async fn actor(id: web::Path<String>, app: web::Data<AppState>) -> HandlerResult<Okay<Actor>> {
    Ok(Okay::new(&Actor::new(app.engine.tree.actor_view(id.as_str())?, &app)))
}

/// An actor answered a ping.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Pong {
    id: String,
    took_ms: f64,
}

const PING_DEADLINE: Duration = Duration::from_secs(5);

/// Through the actor's mailbox, behind all that waits there.
pub(super) async fn ping(id: web::Path<String>, app: web::Data<AppState>) -> HandlerResult<Okay<Pong>> {
    let took = app.engine.tree.ping_actor(id.as_str(), PING_DEADLINE).await?;
    Ok(Okay::new(&Pong { id: id.into_inner(), took_ms: took.as_secs_f64() * 1e3 }))
}

/// Orderly, at once, and not counted as a failure.
pub(super) async fn restart(
    id: web::Path<String>,
    app: web::Data<AppState>,
    By(by): By,
) -> HandlerResult<Accepted<ActorOrder>> {
    not_the_root(&id)?;
    app.engine.tree.restart_actor(id.as_str())?;
    noted(&app, by, AuditAction::ActorRestarted, &id).await;
    Ok(asked(&id, "restart"))
}

/// Orderly, until it is told to restart; what it needs others for waits meanwhile, and says so.
pub(super) async fn stop(
    id: web::Path<String>,
    app: web::Data<AppState>,
    By(by): By,
) -> HandlerResult<Accepted<ActorOrder>> {
    not_the_root(&id)?;
    app.engine.tree.stop_actor(id.as_str())?;
    noted(&app, by, AuditAction::ActorStopped, &id).await;
    Ok(asked(&id, "stop"))
}

/// For tests of the supervision; elsewhere there is no such address.
pub(super) async fn panic(
    id: web::Path<String>,
    app: web::Data<AppState>,
    By(by): By,
) -> HandlerResult<Accepted<ActorOrder>> {
    may_plant(&id, "panic", &app)?;
    not_the_root(&id)?;
    app.engine.tree.inject_panic(id.as_str())?;
    noted(&app, by, AuditAction::ActorPanicked, &id).await;
    Ok(asked(&id, "panic"))
}

/// As [`panic`]: the actor holds its thread until [`end_stall`].
pub(super) async fn stall(
    id: web::Path<String>,
    app: web::Data<AppState>,
    By(by): By,
) -> HandlerResult<Accepted<ActorOrder>> {
    may_plant(&id, "stall", &app)?;
    app.engine.tree.inject_stall(id.as_str())?;
    noted(&app, by, AuditAction::ActorStalled, &id).await;
    Ok(asked(&id, "stall"))
}

pub(super) async fn end_stall(
    id: web::Path<String>,
    app: web::Data<AppState>,
    By(by): By,
) -> HandlerResult<Accepted<ActorOrder>> {
    may_plant(&id, "stall", &app)?;
    app.engine.tree.end_injected_stall(id.as_str())?;
    noted(&app, by, AuditAction::ActorReleased, &id).await;
    Ok(asked(&id, "end of stall"))
}

/// An order is noted behind its act, and as well as it can be: the actor may be the very one that writes.
async fn noted(app: &AppState, by: AuditActor, action: AuditAction, id: &str) {
    let note = AuditNote { action, object: format!("actor:{id}"), before: None, after: None };
    let written = tokio::time::timeout(NOTE_PATIENCE, app.engine.note_in_audit(by.clone(), note)).await;
    if !matches!(written, Ok(Ok(()))) {
        tracing::error!(
            ?by,
            action = action.as_str(),
            actor = id,
            "an order is not in the audit log, which takes nothing"
        );
    }
}

/// Time in which a writer that was just told to restart is back.
const NOTE_PATIENCE: Duration = Duration::from_secs(3);

fn may_plant(id: &str, what: &str, app: &AppState) -> Result<(), UnknownActor> {
    let is_allowed = app.engine.config.testing.allow_planted_panics;
    is_allowed.then_some(()).ok_or_else(|| UnknownActor(format!("{id}/{what}")))
}

/// An actor planted under the root would not come back with it.
fn not_the_root(id: &str) -> Result<(), Problem> {
    if id == "root" {
        return Err(Problem::new(
            ProblemCode::Conflict,
            "The root ends with its process: send the server SIGTERM instead.",
        ));
    }
    Ok(())
}

/// What an operator told an actor to do.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ActorOrder {
    id: String,
    asked: &'static str,
}

fn asked(id: &str, what: &'static str) -> Accepted<ActorOrder> {
    tracing::warn!(actor = id, what, "an operator acted on an actor");
    Accepted::new(&ActorOrder { id: id.to_owned(), asked: what })
}
