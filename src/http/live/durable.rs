//! `GET /api/v1/streams/…`: an owner's and a batch's log by the read half of the Durable Streams protocol, 1.0.
//!
//! The same log, read by the same [`LogReader`] as a poll's. An offset is `<epoch>_<seq>`, the place behind that event, with
//! as many digits as make offsets of one log sort as they follow each other.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderName};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;
use futures_util::stream::unfold;
use quire_base::clock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::log_reader::{Found, LogReader};
use super::query::DEFAULT_LIMIT;
use crate::actors::live::buffer::event_view;
use crate::actors::live::feed::EventFeed;
use crate::actors::live::sessions::{SessionPermit, Transport};
use crate::http::access::AccessRevoked;
use crate::http::api::{Either, EventStream, HandlerResult, NoContent, NotModified, Okay, Query};
use crate::http::auth::Authenticated;
use crate::http::lookup::{self, wrong};
use crate::http::problem::{Problem, ProblemCode};
use crate::http::{AppState, conditional, head};
use quire_domain::delivery::LogRange;
use quire_domain::delivery::filter::{Subscription, SubscriptionFilter};
use quire_domain::event::EventView;
use quire_domain::ids::{ApiKeyId, Micros};
use quire_domain::live_frames::{ResetReason, SubscriptionScope};

/// Where to begin, and whether to wait.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OffsetQuery {
    /// A `Stream-Next-Offset` of before, `-1` for the beginning, which is meant without it, or `now`.
    #[schemars(regex(pattern = r"^(-1|now|.+_[0-9]{1,18})$"))]
    offset: Option<String>,
    /// Waits for what comes: for one answer, or as server-sent events.
    #[schemars(with = "Option<LiveMode>")]
    live: Option<String>,
    /// The `Stream-Cursor` of the answer before.
    #[schemars(with = "Option<u64>", range(max = CURSOR_MAX))]
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum LiveMode {
    LongPoll,
    Sse,
}

/// The events behind the offset; nothing new; what the client has; or events for as long as the answer lasts.
type StreamAnswer = Either<Okay<Vec<EventView>>, Either<NoContent, Either<NotModified, EventStream>>>;

const NEXT_OFFSET: HeaderName = HeaderName::from_static("stream-next-offset");
const CURSOR: HeaderName = HeaderName::from_static("stream-cursor");
const UP_TO_DATE: HeaderName = HeaderName::from_static("stream-up-to-date");

/// All events of the owner.
pub(crate) async fn events(
    request: HttpRequest,
    Query(query): Query<OffsetQuery>,
    app: web::Data<AppState>,
    asker: Authenticated,
) -> HandlerResult<StreamAnswer> {
    answer(&request, &query, &app, &asker, SubscriptionFilter::Everything).await
}

/// The events of one batch.
pub(crate) async fn batch_events(
    request: HttpRequest,
    id: web::Path<String>,
    Query(query): Query<OffsetQuery>,
    app: web::Data<AppState>,
    asker: Authenticated,
) -> HandlerResult<StreamAnswer> {
    let batch = lookup::batch(&app, asker.key, &id).await?.view.record.id;
    let scope = SubscriptionScope { batch: Some(batch), collection: None };
    answer(&request, &query, &app, &asker, SubscriptionFilter::Only(vec![Subscription { scope, items: true }])).await
}

async fn answer(
    request: &HttpRequest,
    query: &OffsetQuery,
    app: &web::Data<AppState>,
    asker: &Authenticated,
    filter: SubscriptionFilter,
) -> HandlerResult<StreamAnswer> {
    let (live, cursor) = (query.live()?, query.cursor(clock::now())?);
    let mut reader = LogReader { app: app.clone(), owner: asker.key, filter, limit: DEFAULT_LIMIT, after: 0 };
    let begin = query.begin(&reader.live().epoch, reader.range().await?)?;
    reader.after = begin;
    if live == Some(LiveMode::Sse) && !head::is_asked(request) {
        return Ok(Either::Right(Either::Right(Either::Right(stream(reader, cursor, asker).await?))));
    }
    let mut found = reader.look().await?;
    if live.is_some() && reader.is_at_end(&found) && !head::is_asked(request) {
        let (_seat, feed) = reader.take_place(Transport::Poll).await?;
        let until = Instant::now() + Duration::from_secs(app.engine.config.live.max_wait_secs);
        let lost = pin!(app.engine.keyring.wait_until_locked_out(asker.api_key_id));
        found = tokio::select! {
            () = lost => return Err(AccessRevoked::of(&app.engine.keyring, asker.api_key_id).into()),
            found = reader.wait(&feed, found, until) => found?,
        };
    }
    let is_up_to_date = reader.after >= found.0.latest;
    let next = offset(&reader);
    if live.is_some() && found.1.is_empty() && is_up_to_date {
        let nothing = NoContent::new().header(NEXT_OFFSET, next).header(CURSOR, cursor).header(UP_TO_DATE, "true");
        return Ok(Either::Right(Either::Left(nothing)));
    }
    let etag = format!("\"{begin}-{next}\"");
    if query.offset.as_deref() != Some("now") && conditional::is_known(request, &etag) {
        let same = NotModified::new(&etag).header(NEXT_OFFSET, next).header(CURSOR, cursor);
        return Ok(Either::Right(Either::Right(Either::Left(same))));
    }
    let events: Vec<_> = found.1.into_iter().map(event_view).collect();
    let page = Okay::new(&events).header(NEXT_OFFSET, next).header(CURSOR, cursor).header(header::ETAG, etag);
    Ok(Either::Left(if is_up_to_date { page.header(UP_TO_DATE, "true") } else { page }))
}

impl OffsetQuery {
    fn live(&self) -> Result<Option<LiveMode>, Problem> {
        match self.live.as_deref() {
            None => Ok(None),
            Some("long-poll") => Ok(Some(LiveMode::LongPoll)),
            Some("sse") => Ok(Some(LiveMode::Sse)),
            Some(other) => Err(wrong("live", other, "long-poll, sse")),
        }
    }

    /// The interval of time that it is, or one later than the client's: so that no cache answers for ever.
    fn cursor(&self, now: Micros) -> Result<u64, Problem> {
        let interval = (now - CURSOR_EPOCH).max(0) as u64 / CURSOR_INTERVAL;
        let Some(text) = &self.cursor else { return Ok(interval) };
        let theirs = text.parse().ok().filter(|cursor| *cursor <= CURSOR_MAX);
        let theirs: u64 = theirs.ok_or_else(|| wrong("cursor", text, "the Stream-Cursor of the answer before"))?;
        let later = 1 + (clock::jitter() * CURSOR_JITTER as f64) as u64;
        Ok(if theirs < interval { interval } else { (theirs + later).min(CURSOR_MAX) })
    }

    /// The last `seq` that the client has.
    ///
    /// # Errors
    /// `offset_gone` when nobody can go on from there: a gap is never passed over in silence.
    fn begin(&self, epoch: &str, reach: LogRange) -> Result<i64, Problem> {
        let text = match self.offset.as_deref() {
            None | Some("-1") => return Ok(reach.oldest - 1),
            Some("now") => return Ok(reach.latest),
            Some(text) => text,
        };
        let place = text.rsplit_once('_').and_then(|(theirs, seq)| Some((theirs, seq.parse().ok()?)));
        let (theirs, seq) = place
            .filter(|(_, seq)| *seq >= 0)
            .ok_or_else(|| wrong("offset", text, "a Stream-Next-Offset, -1 or now"))?;
        reach.resume_after(epoch, Some(theirs), seq).map_err(|reason| {
            let why = match reason {
                ResetReason::OtherEpoch => "it is of another log than this server has now",
                ResetReason::Ahead => "the log does not reach as far",
                ResetReason::TooOld => "the events behind it are not kept any more",
            };
            let detail = format!("The offset `{text}` is gone: {why}. Begin anew with offset=-1, or with offset=now.");
            Problem::new(ProblemCode::OffsetGone, detail)
        })
    }
}

fn offset(reader: &LogReader) -> String {
    format!("{}_{:018}", reader.live().epoch, reader.after)
}

/// 9 October 2024: cursors count intervals of 20 seconds from there, as the protocol proposes.
const CURSOR_EPOCH: Micros = 1_728_432_000_000_000;
/// What a program in JavaScript can hold.
const CURSOR_MAX: u64 = (1 << 53) - 1;
const CURSOR_INTERVAL: u64 = 20_000_000;
/// Intervals of an hour.
const CURSOR_JITTER: u64 = 180;

/// One answer of server-sent events.
struct Tail {
    reader: LogReader,
    /// What the reader has found and nobody was told of.
    found: Option<Found>,
    feed: Arc<EventFeed>,
    cursor: u64,
    right: Option<ApiKeyId>,
    ends_at: Instant,
    _seat: SessionPermit,
}

/// Behind every stretch of events: where the client is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Control {
    stream_next_offset: String,
    stream_cursor: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    up_to_date: bool,
}

async fn stream(mut reader: LogReader, cursor: u64, asker: &Authenticated) -> Result<EventStream, Problem> {
    let (seat, feed) = reader.take_place(Transport::EventStream).await?;
    let ends_at = Instant::now() + Duration::from_secs(reader.app.engine.config.live.durable_stream_secs);
    let next = offset(&reader);
    // Told first: where the client is, even if there is nothing.
    let found = Some(reader.look().await?);
    let tail = Tail { reader, found, feed, cursor, right: asker.api_key_id, ends_at, _seat: seat };
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/event-stream").insert_header((header::CACHE_CONTROL, "no-store"));
    // Proxies that gather answers would keep the news back.
    answer.insert_header(("x-accel-buffering", "no"));
    Ok(EventStream(answer.streaming(pieces(tail))).header(NEXT_OFFSET, next).header(CURSOR, cursor))
}

fn pieces(tail: Tail) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
    unfold(tail, async |mut tail| {
        let piece = tail.next().await?;
        Some((Ok(Bytes::from(piece)), tail))
    })
}

impl Tail {
    /// The next events, or how far the log was looked through without any; `None` at the end, from where the client comes
    /// back.
    async fn next(&mut self) -> Option<String> {
        if let Some(found) = self.found.take() {
            return Some(self.tell(found));
        }
        let keyring = self.reader.app.engine.keyring.clone();
        let lost = pin!(keyring.wait_until_locked_out(self.right));
        let found = tokio::select! {
            () = lost => return None,
            found = self.more() => found,
        };
        match found {
            Ok(found) => (!found.1.is_empty() || self.goes_on()).then(|| self.tell(found)),
            Err(problem) => {
                tracing::warn!(%problem, "the log could not be read for a listener; it comes back");
                None
            }
        }
    }

    async fn more(&mut self) -> Result<Found, Problem> {
        let found = self.reader.look().await?;
        if !self.reader.is_at_end(&found) {
            return Ok(found);
        }
        let heartbeat = Duration::from_millis(self.reader.live().settings.heartbeat_ms);
        let until = (Instant::now() + heartbeat).min(self.ends_at);
        self.reader.wait(&self.feed, found, until).await
    }

    fn goes_on(&self) -> bool {
        let live = self.reader.live();
        Instant::now() < self.ends_at && !*live.watch_draining().borrow() && !*live.watch_hub_stopped().borrow()
    }

    fn tell(&self, (reach, events): Found) -> String {
        let control = Control {
            stream_next_offset: offset(&self.reader),
            stream_cursor: self.cursor.to_string(),
            up_to_date: self.reader.after >= reach.latest,
        };
        let views: Vec<_> = events.into_iter().map(event_view).collect();
        let data = if views.is_empty() { String::new() } else { field("data", &views) };
        data + &field("control", &control)
    }
}

fn field(event: &str, value: &impl Serialize) -> String {
    format!("event: {event}\ndata: {}\n\n", serde_json::to_string(value).unwrap_or_default())
}
