//! `GET /api/v1/events/stream`: the same log as server-sent events, `id: <epoch>:<seq>`.
//!
//! Nothing is acknowledged here: the next piece is made when the connection has taken the last one.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::peer::SocketHandles;
use super::query::{StreamQuery, seq};
use crate::actors::keyring::Keyring;
use crate::actors::live::LiveDelivery;
use crate::actors::live::feed::{EventFeed, PublishedHead};
use crate::actors::live::sessions::{SessionPermit, Transport};
use crate::http::AppState;
use crate::http::api::{EventStream, HandlerResult, Query};
use crate::http::auth::Authenticated;
use crate::http::error_mapping::server_fault;
use crate::http::head;
use crate::http::problem::Problem;
use quire_base::clock;
use quire_domain::delivery::LogRange;
use quire_domain::delivery::filter::SubscriptionFilter;
use quire_domain::delivery::log_page::{SendAllowance, slice_log_page};
use quire_domain::ids::ApiKeyId;
use quire_domain::live_frames::{Heartbeat, Hello, Reset, ResetReason, Snapshot, VERSION};

struct Listener {
    live: Arc<LiveDelivery>,
    feed: Arc<EventFeed>,
    permit: SessionPermit,
    filter: SubscriptionFilter,
    published: watch::Receiver<Option<PublishedHead>>,
    draining: watch::Receiver<bool>,
    silent: watch::Receiver<bool>,
    keyring: Keyring,
    right: Option<ApiKeyId>,
    keys: watch::Receiver<u64>,
    cursor: i64,
    progress: u64,
    next_heartbeat: Instant,
    /// Goes out first.
    ready: Option<String>,
}

/// Browsers come back after so long.
const RETRY_MS: u32 = 1000;

/// Pause when the log cannot be read.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Begins behind `Last-Event-ID` or `?after=`; without either with a snapshot.
pub(crate) async fn listen(
    request: HttpRequest,
    Query(query): Query<StreamQuery>,
    app: web::Data<AppState>,
    asker: Authenticated,
) -> HandlerResult<EventStream> {
    let (live, owner) = (&app.engine.live, asker.key);
    let (filter, begin) = (query.filter()?, begin(&request, &query)?);
    if head::is_asked(&request) {
        return Ok(EventStream(answer().finish()));
    }
    let breaker = request.app_data::<SocketHandles>().and_then(|peers| peers.listens(&request));
    let permit = live.sessions.admit(owner, Transport::EventStream, breaker)?;
    let feed = live.feed(owner).await?;
    let reach = feed.published_head().ok_or_else(server_fault)?.reach;
    let mut listener = Listener::new(live, feed, permit, filter, (app.engine.keyring.clone(), asker.api_key_id));
    listener.say_hello(reach.latest);
    match begin {
        Some((epoch, after)) => listener.resume(reach, epoch.as_deref(), after).await?,
        None => listener.start_anew(None).await?,
    }
    Ok(EventStream(answer().streaming(pieces(listener))))
}

fn answer() -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that gather answers would keep the news back.
        .insert_header(("x-accel-buffering", HeaderValue::from_static("no")));
    answer
}

/// Place of the client in the log: the epoch, if it knows one, and the `seq`.
type Begin = Option<(Option<String>, i64)>;

fn begin(request: &HttpRequest, query: &StreamQuery) -> Result<Begin, Problem> {
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    if let Some((epoch, after)) = last.and_then(|id| id.rsplit_once(':')) {
        return Ok(Some((Some(epoch.to_owned()), seq(after)?)));
    }
    Ok(query.after()?.map(|after| (query.epoch().map(str::to_owned), after)))
}

fn pieces(listener: Listener) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
    unfold(listener, async |mut listener| {
        let piece = listener.next().await?;
        if !listener.keyring.still_admits(listener.right) {
            return None;
        }
        let behind = listener.published.borrow().map_or(0, |at| at.reach.latest - listener.cursor);
        listener.permit.session().report_position(clock::monotonic_millis(), behind.max(0), 0);
        Some((Ok(Bytes::from(piece)), listener))
    })
}

impl Listener {
    fn new(
        live: &Arc<LiveDelivery>,
        feed: Arc<EventFeed>,
        permit: SessionPermit,
        filter: SubscriptionFilter,
        (keyring, right): (Keyring, Option<ApiKeyId>),
    ) -> Self {
        let (published, draining, silent, keys) =
            (feed.watch_published_head(), live.watch_draining(), live.watch_hub_stopped(), keyring.watch_changes());
        let mut listener = Self {
            live: Arc::clone(live),
            feed,
            permit,
            filter,
            published,
            draining,
            silent,
            keyring,
            right,
            keys,
            cursor: 0,
            progress: 0,
            next_heartbeat: Instant::now(),
            ready: None,
        };
        listener.put_heartbeat_off();
        listener
    }

    async fn resume(&mut self, published: LogRange, epoch: Option<&str>, after: i64) -> Result<(), Problem> {
        let mut resumed = published.resume_after(&self.live.epoch, epoch, after);
        if resumed == Err(ResetReason::Ahead) {
            // Another answer may have told of a commit that the hub has not heard of.
            let stored = self.live.log_range(self.feed.owner).await?;
            resumed = stored.resume_after(&self.live.epoch, epoch, after);
        }
        match resumed {
            Ok(after) => self.cursor = after,
            Err(reason) => self.start_anew(Some(reason)).await?,
        }
        Ok(())
    }

    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        if let Some(ready) = self.ready.take() {
            return Some(ready);
        }
        loop {
            self.keys.mark_unchanged();
            let goes_on = !*self.draining.borrow_and_update() && !*self.silent.borrow_and_update();
            if !goes_on || !self.keyring.still_admits(self.right) {
                return None;
            }
            let at = (*self.published.borrow_and_update())?;
            if self.progress < at.progress {
                let frames = self.feed.progress_since(self.progress, &self.filter);
                self.progress = at.progress;
                if !frames.is_empty() {
                    return Some(frames.iter().map(|json| field("progress", json)).collect());
                }
            }
            if self.cursor < at.reach.latest
                && let Some(piece) = self.read().await
            {
                return Some(piece);
            }
            if self.cursor >= at.reach.latest && !self.wait().await {
                return Some(self.heartbeat());
            }
        }
    }

    /// The next events that are wanted; `None` when this stretch has none.
    async fn read(&mut self) -> Option<String> {
        let page = match self.live.events_page(&self.feed, self.cursor).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "the log could not be read for a listener; it is asked again");
                tokio::time::sleep(STORE_RETRY).await;
                return None;
            }
        };
        let limits = self.live.limits;
        let piece = SendAllowance { events: limits.window_events, bytes: limits.window_bytes };
        let Ok((cut, wanted)) = slice_log_page(self.cursor, &page, &self.filter, piece) else {
            let anew = self.start_anew(Some(ResetReason::TooOld)).await;
            return anew.ok().and_then(|()| self.ready.take());
        };
        self.cursor = cut.upto;
        let epoch = &self.live.epoch;
        let piece: String =
            wanted.iter().map(|event| format!("id: {epoch}:{}\ndata: {}\n\n", event.seq, event.json)).collect();
        (!piece.is_empty()).then_some(piece)
    }

    /// Waits for news; false when a heartbeat is due.
    async fn wait(&mut self) -> bool {
        let news = async {
            tokio::select! {
                _ = self.published.changed() => {}
                _ = self.draining.changed() => {}
                _ = self.silent.changed() => {}
                _ = self.keys.changed() => {}
            }
        };
        timeout_at(self.next_heartbeat, news).await.is_ok()
    }

    /// With the cursor as id, so that a client which leaves out much does not look through it again.
    fn heartbeat(&mut self) -> String {
        self.put_heartbeat_off();
        let latest = self.published.borrow().map_or(self.cursor, |at| at.reach.latest.max(self.cursor));
        let beat = data("heartbeat", &Heartbeat { latest, upto: self.cursor });
        format!("id: {}:{}\n{beat}", self.live.epoch, self.cursor)
    }

    fn put_heartbeat_off(&mut self) {
        self.next_heartbeat = Instant::now() + Duration::from_millis(self.live.settings.heartbeat_ms);
    }

    fn say_hello(&mut self, latest: i64) {
        let hello = Hello {
            v: VERSION,
            epoch: self.live.epoch.to_string(),
            session: self.permit.session().id.to_string(),
            heartbeat_ms: self.live.settings.heartbeat_ms,
            latest,
        };
        self.ready = Some(format!("retry: {RETRY_MS}\n{}", data("hello", &hello)));
    }

    async fn start_anew(&mut self, reason: Option<ResetReason>) -> Result<(), Problem> {
        let frames = self.live.snapshot(self.feed.owner, &self.filter).await?;
        self.cursor = frames.first().map_or(0, |frame| frame.as_of_seq);
        let ready = self.ready.get_or_insert_default();
        if let Some(reason) = reason {
            ready.push_str(&data("reset", &Reset { reason }));
        }
        ready.extend(frames.iter().map(|frame: &Snapshot| data("snapshot", frame)));
        let beat = self.heartbeat();
        self.ready.get_or_insert_default().push_str(&beat);
        Ok(())
    }
}

fn data(event: &str, value: &impl Serialize) -> String {
    field(event, &serde_json::to_string(value).unwrap_or_default())
}

fn field(event: &str, json: &str) -> String {
    format!("event: {event}\ndata: {json}\n\n")
}
