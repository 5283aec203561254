//! `GET /api/v1/events`: a page of the log; with `wait`, answered when there is something.

use std::pin::pin;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use super::log_reader::LogReader;
use super::query::PollQuery;
use crate::actors::live::buffer::event_view;
use crate::actors::live::sessions::{SessionRefusal, Transport};
use crate::http::access::AccessRevoked;
use crate::http::api::{HandlerResult, Okay, Query};
use crate::http::auth::Authenticated;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::{AppState, head};
use quire_domain::delivery::LogRange;
use quire_domain::event::EventView;
use quire_domain::live_frames::{ResetReason, Snapshot};

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventPage {
    epoch: String,
    events: Vec<EventView>,
    /// The newest `seq` of the owner.
    latest: i64,
    /// Place to go on from; behind the last event when the filter left some out.
    next_after: i64,
    /// The client is to forget all it knows; the snapshot takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<ResetReason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    snapshot: Vec<Snapshot>,
}

/// Events with a `seq` greater than `after`, oldest first.
pub(crate) async fn after(
    request: HttpRequest,
    Query(query): Query<PollQuery>,
    app: web::Data<AppState>,
    asker: Authenticated,
) -> HandlerResult<Okay<EventPage>> {
    let config = &app.engine.config;
    let (limit, wait) = (query.limit(config)?, query.wait(config)?);
    let (filter, after) = (query.place.filter()?, query.place.after()?.unwrap_or(0));
    let until = Instant::now() + wait;
    let mut reader = LogReader { app: app.clone(), owner: asker.key, filter, limit, after };
    let reach = reader.range().await?;
    if let Err(reason) = reach.resume_after(&reader.live().epoch, query.place.epoch(), after) {
        return start_anew(&reader, reason, reach).await;
    }
    let mut found = reader.look().await?;
    if reader.is_at_end(&found) && !wait.is_zero() && !head::is_asked(&request) {
        let (_seat, feed) = reader.take_place(Transport::Poll).await?;
        let lost = pin!(app.engine.keyring.wait_until_locked_out(asker.api_key_id));
        found = tokio::select! {
            () = lost => return Err(AccessRevoked::of(&app.engine.keyring, asker.api_key_id).into()),
            found = reader.wait(&feed, found, until) => found?,
        };
    }
    let (reach, events) = found;
    Ok(Okay::new(&EventPage {
        epoch: reader.live().epoch.to_string(),
        events: events.into_iter().map(event_view).collect(),
        latest: reach.latest,
        next_after: reader.after,
        reset: None,
        snapshot: Vec::new(),
    }))
}

/// Never a silent gap: the client hears why it cannot go on, and where things stand.
async fn start_anew(reader: &LogReader, reason: ResetReason, reach: LogRange) -> HandlerResult<Okay<EventPage>> {
    let snapshot = reader.live().snapshot(reader.owner, &reader.filter).await?;
    let as_of_seq = snapshot.first().map_or(reach.latest, |frame| frame.as_of_seq);
    Ok(Okay::new(&EventPage {
        epoch: reader.live().epoch.to_string(),
        events: Vec::new(),
        latest: as_of_seq,
        next_after: as_of_seq,
        reset: Some(reason),
        snapshot,
    }))
}

impl From<SessionRefusal> for Problem {
    fn from(full: SessionRefusal) -> Self {
        match full {
            SessionRefusal::Owner | SessionRefusal::Server => {
                Self::new(ProblemCode::Busy, format!("No place: {full}. Close a connection, or ask without `wait`."))
                    .retry_after(LATER_SECS)
            }
            SessionRefusal::Silent => Self::new(
                ProblemCode::Unavailable,
                format!("Nobody tells news: {full}. Ask /api/v1/events without `wait`; /readyz says since when it is stopped."),
            )
            .retry_after(LATER_SECS),
            SessionRefusal::Draining => Self::new(ProblemCode::Unavailable, "The server shuts down.").retry_after(LATER_SECS),
        }
    }
}

const LATER_SECS: u32 = Duration::from_secs(5).as_secs() as u32;
