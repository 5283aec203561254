//! Reads an owner's log for one request: what is wanted behind a place, and waits for more.

use std::sync::Arc;

use actix_web::web;
use tokio::time::{Instant, timeout_at};

use crate::actors::live::LiveDelivery;
use crate::actors::live::feed::EventFeed;
use crate::actors::live::sessions::{SessionPermit, Transport};
use crate::http::AppState;
use crate::http::problem::Problem;
use quire_domain::delivery::LogRange;
use quire_domain::delivery::filter::{EventMeta, SubscriptionFilter};
use quire_domain::event::Event;
use quire_domain::ids::OwnerKey;

/// The log behind a place, as far as a filter keeps it.
pub(super) struct LogReader {
    pub app: web::Data<AppState>,
    pub owner: OwnerKey,
    pub filter: SubscriptionFilter,
    /// At most so many events at a time.
    pub limit: u32,
    /// Everything up to here was looked at.
    pub after: i64,
}

/// Range of the log, and the events wanted of it.
pub(super) type Found = (LogRange, Vec<Event>);

/// Pages without anything wanted that one answer looks through; the client goes on behind them.
const PAGES_LOOKED_THROUGH: u32 = 64;

impl LogReader {
    pub(super) fn live(&self) -> &Arc<LiveDelivery> {
        &self.app.engine.live
    }

    /// # Errors
    /// When the store fails.
    pub(super) async fn range(&self) -> Result<LogRange, Problem> {
        Ok(self.live().log_range(self.owner).await?)
    }

    /// The first page with anything wanted, or the end of the log.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn look(&mut self) -> Result<Found, Problem> {
        let mut pages = 0;
        loop {
            let (reach, page) = self.read().await?;
            self.after = page.last().map_or(self.after, |event| event.seq);
            pages += 1;
            let wanted: Vec<_> = page.into_iter().filter(|event| self.filter.wants(&head(event))).collect();
            if !wanted.is_empty() || self.after >= reach.latest || pages == PAGES_LOOKED_THROUGH {
                return Ok((reach, wanted));
            }
        }
    }

    /// Events found until then, if any; `found` is what was found so far.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn wait(&mut self, feed: &EventFeed, found: Found, until: Instant) -> Result<Found, Problem> {
        let mut found = found;
        while found.1.is_empty() && self.wait_for_more(feed, found.0.latest, until).await {
            found = self.look().await?;
        }
        Ok(found)
    }

    /// Whether a wait makes sense: nothing was found, and there is nothing left to look through.
    pub(super) fn is_at_end(&self, found: &Found) -> bool {
        found.1.is_empty() && self.after >= found.0.latest
    }

    /// A place among the live sessions, and the feed that tells of news.
    ///
    /// # Errors
    /// When there is no place, or nobody tells news.
    pub(super) async fn take_place(&self, transport: Transport) -> Result<(SessionPermit, Arc<EventFeed>), Problem> {
        Ok((self.live().sessions.admit(self.owner, transport, None)?, self.live().feed(self.owner).await?))
    }

    /// Waits for something newer than `latest`; false when time is up, or nobody would tell of it any more.
    async fn wait_for_more(&self, feed: &EventFeed, latest: i64, until: Instant) -> bool {
        let live = self.live();
        let (mut published, mut draining, mut silent) =
            (feed.watch_published_head(), live.watch_draining(), live.watch_hub_stopped());
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

    async fn read(&self) -> Result<Found, Problem> {
        let (owner, after, limit) = (self.owner, self.after, self.limit);
        let read = self
            .app
            .engine
            .context
            .read(move |snapshot| Ok((snapshot.log_range(owner)?, snapshot.events_after(owner, after, limit)?)));
        Ok(read.await?)
    }
}

fn head(event: &Event) -> EventMeta<'_> {
    EventMeta { batch: event.batch, collection: event.data.collection.as_deref(), is_item: event.item.is_some() }
}
