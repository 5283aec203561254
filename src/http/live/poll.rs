//! `GET /api/v1/events`: a page of the log; with `wait`, answered when there is something.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::query::PollQuery;
use crate::actors::live::LiveDelivery;
use crate::actors::live::buffer::view;
use crate::actors::live::feed::EventFeed;
use crate::actors::live::sessions::{SessionPermit, SessionsFull, Transport};
use crate::http::access::AccessRevoked;
use crate::http::api::{HandlerResult, Okay, Query};
use crate::http::auth::Authenticated;
use crate::http::problem::{Problem, ProblemCode};
use crate::http::{AppState, head};
use quire_domain::delivery::LogRange;
use quire_domain::delivery::filter::{EventMeta, OwnerFilter};
use quire_domain::event::{Event, EventView};
use quire_domain::frames::{ResetReason, Snapshot};
use quire_domain::ids::OwnerKey;

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

/// One question, as far as it has been answered.
struct LongPoll<'a> {
    app: &'a AppState,
    owner: OwnerKey,
    filter: OwnerFilter,
    limit: u32,
    /// Everything up to here was looked at.
    after: i64,
}

/// Range of the log, and the events wanted of it.
type Found = (LogRange, Vec<Event>);

/// Pages without anything wanted that one answer looks through; the client goes on behind them.
const PAGES_LOOKED_THROUGH: u32 = 64;

/// Events with a `seq` greater than `after`, oldest first.
pub(crate) async fn after(
    request: HttpRequest,
    Query(query): Query<PollQuery>,
    app: web::Data<AppState>,
    asker: Authenticated,
) -> HandlerResult<Okay<EventPage>> {
    let (config, live) = (&app.engine.config, &app.engine.live);
    let (limit, wait) = (query.limit(config)?, query.wait(config)?);
    let (filter, after) = (query.place.filter()?, query.place.after()?.unwrap_or(0));
    let until = Instant::now() + wait;
    let mut poll = LongPoll { app: &app, owner: asker.key, filter, limit, after };
    let (reach, _) = poll.read(1).await?;
    if let Err(reason) = reach.go_on(&live.epoch, query.place.epoch(), after) {
        return poll.start_anew(reason, reach).await;
    }
    let mut found = poll.look().await?;
    if found.1.is_empty() && poll.after >= found.0.latest && !wait.is_zero() && !head::is_asked(&request) {
        let (_seat, feed) = poll.take_place(live).await?;
        let lost = pin!(app.engine.keyring.lost(asker.api_key_id));
        found = tokio::select! {
            () = lost => return Err(AccessRevoked(asker.api_key_id).into()),
            found = poll.wait(live, &feed, found, until) => found?,
        };
    }
    let (reach, events) = found;
    Ok(poll.answer(reach, events.into_iter().map(view).collect()))
}

/// Waits for something newer than `latest`; false when time is up, or nobody would tell of it any more.
async fn wait_for_more(live: &LiveDelivery, feed: &EventFeed, latest: i64, until: Instant) -> bool {
    let (mut published, mut draining, mut silent) = (feed.watch(), live.draining(), live.silent());
    let newer = published.wait_for(|at| at.is_some_and(|at| at.reach.latest > latest));
    let waited = timeout_at(until, async {
        tokio::select! {
            newer = newer => newer.is_ok(),
            _ = draining.wait_for(|draining| *draining) => false,
            _ = silent.wait_for(|silent| *silent) => false,
        }
    });
    waited.await.unwrap_or(false)
}

impl LongPoll<'_> {
    /// The first page with anything wanted, or the end of the log.
    async fn look(&mut self) -> Result<Found, Problem> {
        let mut pages = 0;
        loop {
            let (reach, page) = self.read(self.limit).await?;
            self.after = page.last().map_or(self.after, |event| event.seq);
            pages += 1;
            let wanted: Vec<_> = page.into_iter().filter(|event| self.filter.wants(&head(event))).collect();
            if !wanted.is_empty() || self.after >= reach.latest || pages == PAGES_LOOKED_THROUGH {
                return Ok((reach, wanted));
            }
        }
    }

    /// Events found until then, if any.
    async fn wait(
        &mut self,
        live: &LiveDelivery,
        feed: &EventFeed,
        found: Found,
        until: Instant,
    ) -> Result<Found, Problem> {
        let mut found = found;
        while found.1.is_empty() && wait_for_more(live, feed, found.0.latest, until).await {
            found = self.look().await?;
        }
        Ok(found)
    }

    async fn read(&self, limit: u32) -> Result<Found, Problem> {
        let (owner, after) = (self.owner, self.after);
        let read = self
            .app
            .engine
            .context
            .read(move |snapshot| Ok((snapshot.log_range(owner)?, snapshot.events_after(owner, after, limit)?)));
        Ok(read.await?)
    }

    async fn take_place(&self, live: &Arc<LiveDelivery>) -> Result<(SessionPermit, Arc<EventFeed>), Problem> {
        Ok((live.sessions.admit(self.owner, Transport::Poll, None)?, live.feed(self.owner).await?))
    }

    /// Never a silent gap: the client hears why it cannot go on, and where things stand.
    async fn start_anew(self, reason: ResetReason, reach: LogRange) -> HandlerResult<Okay<EventPage>> {
        let live = &self.app.engine.live;
        let snapshot = live.snapshot(self.owner, &self.filter).await?;
        let as_of_seq = snapshot.first().map_or(reach.latest, |frame| frame.as_of_seq);
        Ok(Okay::new(&EventPage {
            epoch: live.epoch.to_string(),
            events: Vec::new(),
            latest: as_of_seq,
            next_after: as_of_seq,
            reset: Some(reason),
            snapshot,
        }))
    }

    fn answer(&self, reach: LogRange, events: Vec<EventView>) -> Okay<EventPage> {
        Okay::new(&EventPage {
            epoch: self.app.engine.live.epoch.to_string(),
            events,
            latest: reach.latest,
            next_after: self.after,
            reset: None,
            snapshot: Vec::new(),
        })
    }
}

fn head(event: &Event) -> EventMeta<'_> {
    EventMeta { batch: event.batch, collection: event.data.collection.as_deref(), is_item: event.item.is_some() }
}

impl From<SessionsFull> for Problem {
    fn from(full: SessionsFull) -> Self {
        match full {
            SessionsFull::Owner | SessionsFull::Server => {
                Self::new(ProblemCode::Busy, format!("No place: {full}. Close a connection, or ask without `wait`."))
                    .retry_after(LATER_SECS)
            }
            SessionsFull::Silent => Self::new(
                ProblemCode::Unavailable,
                format!("Nobody tells news: {full}. Ask /api/v1/events without `wait`; /readyz says since when it is stopped."),
            )
            .retry_after(LATER_SECS),
            SessionsFull::Draining => Self::new(ProblemCode::Unavailable, "The server shuts down.").retry_after(LATER_SECS),
        }
    }
}

const LATER_SECS: u32 = Duration::from_secs(5).as_secs() as u32;
