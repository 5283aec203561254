//! WebSocket session: an actor that translates. Frames and wake-ups become inputs of the machine in `domain::live`, its
//! effects become frames and reads.

use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, Message, StreamHandler, WrapFuture};
use actix_web_actors::ws::{self, WebsocketContext};
use serde::Serialize;

use super::frame_guard::ClosedFlag;
use super::registry::{Registration, SessionRegistry};
use crate::actors::live::LiveDelivery;
use crate::actors::live::buffer::EncodedEvent;
use crate::actors::live::feed::{EventFeed, PublishedHead, ReadLogPage};
use crate::actors::live::sessions::SessionPermit;
use quire_base::clock;
use quire_domain::delivery::LogRange;
use quire_domain::delivery::session::{DeliverySession, SessionEffect, SessionInput};
use quire_domain::ids::ApiKeyId;
use quire_domain::live_frames::{
    CloseCode, ErrorFrame, Heartbeat, Hello, PROTOCOL, Reset, ResetReason, ServerFrame, Snapshot, VERSION,
};
use quire_store::StoreError;

type Context = WebsocketContext<WsSession>;

pub(crate) struct WsSession {
    live: Arc<LiveDelivery>,
    feed: Arc<EventFeed>,
    station: Rc<SessionRegistry>,
    permit: SessionPermit,
    /// The key it came with.
    right: Option<ApiKeyId>,
    machine: DeliverySession,
    place: Option<Registration>,
    shut: ClosedFlag,
    is_closed: bool,
}

/// Station → session: there is something to look at.
pub(crate) struct WakeUp;

impl Message for WakeUp {
    type Result = ();
}

/// The reason may quote the frame, which may be long.
const MOST_SAID: usize = 200;

/// Time a client may take to close after the server did.
pub(super) const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

impl WsSession {
    pub(crate) fn new(
        live: Arc<LiveDelivery>,
        feed: Arc<EventFeed>,
        at: PublishedHead,
        station: Rc<SessionRegistry>,
        (permit, right): (SessionPermit, Option<ApiKeyId>),
        shut: ClosedFlag,
    ) -> Self {
        let machine = DeliverySession::new(live.limits, at.reach, clock::monotonic_millis());
        Self { live, feed, station, permit, right, machine, place: None, shut, is_closed: false }
    }

    /// Puts an input through the machine, carries its effects out, and what follows from them.
    fn step(&mut self, input: SessionInput, ctx: &mut Context) {
        // A note that says so may be on its way.
        let input = if self.station.admits(self.right) { input } else { SessionInput::Revoke };
        let mut effects = Vec::new();
        self.machine.step(&self.live.epoch, clock::monotonic_millis(), input, &mut effects);
        let mut next = 0;
        while let Some(effect) = effects.get(next).cloned() {
            next += 1;
            if let Some(input) = self.carry_out(effect, ctx) {
                self.machine.step(&self.live.epoch, clock::monotonic_millis(), input, &mut effects);
            }
        }
        self.permit.session().report_position(
            clock::monotonic_millis(),
            self.machine.undelivered_events(),
            self.machine.unacked_events(),
        );
    }

    /// Carries out one effect; its result when that is known at once.
    fn carry_out(&mut self, effect: SessionEffect, ctx: &mut Context) -> Option<SessionInput> {
        match effect {
            SessionEffect::Read { after } => return self.read(after, ctx),
            SessionEffect::ReadRange => self.read_range(ctx),
            SessionEffect::Snapshot { reset } => self.take_snapshot(reset, ctx),
            SessionEffect::Progress { after } => {
                for frame in self.feed.progress_since(after, self.machine.filter()) {
                    ctx.text(&*frame);
                }
            }
            SessionEffect::Heartbeat { latest, upto } => send(ctx, &ServerFrame::Heartbeat(Heartbeat { latest, upto })),
            SessionEffect::Probe => ctx.ping(b""),
            SessionEffect::Error { code, detail } => send(ctx, &ServerFrame::Error(ErrorFrame { code, detail })),
            SessionEffect::Close(code) => self.close(code, ctx),
        }
        None
    }

    fn read(&mut self, after: i64, ctx: &mut Context) -> Option<SessionInput> {
        let Some(own) = self.machine.next_frame_allowance() else { return Some(SessionInput::Failed) };
        if let Some(framed) = self.station.frames.made(self.feed.owner, after, self.machine.filter(), own) {
            if let Some(text) = framed.text {
                ctx.text(text);
            }
            return Some(SessionInput::Read(framed.cut));
        }
        if let Some(events_after) = self.feed.events_after(after) {
            return Some(self.send_page(after, &events_after, ctx));
        }
        let (live, feed) = (Arc::clone(&self.live), Arc::clone(&self.feed));
        let read = async move { live.events_page(&feed, after).await };
        ctx.spawn(read.into_actor(self).map(move |page: ReadLogPage, session, ctx| {
            let input = match page {
                Ok(page) => session.send_page(after, &page, ctx),
                Err(error) => failed(&error),
            };
            session.step(input, ctx);
        }));
        None
    }

    fn send_page(&mut self, after: i64, page: &[Arc<EncodedEvent>], ctx: &mut Context) -> SessionInput {
        if !self.station.admits(self.right) {
            return SessionInput::Revoke;
        }
        // A reset may have come between the question and the answer.
        let Some(own) = self.machine.next_frame_allowance().filter(|_| self.machine.awaits_page_after(after)) else {
            return SessionInput::Failed;
        };
        let allowances = (self.machine.full_allowance(), own);
        let made = self.station.frames.make(self.feed.owner, after, page, self.machine.filter(), allowances);
        let Some(framed) = made else { return SessionInput::Gap };
        if let Some(text) = framed.text {
            ctx.text(text);
        }
        SessionInput::Read(framed.cut)
    }

    fn read_range(&self, ctx: &mut Context) {
        let (live, owner) = (Arc::clone(&self.live), self.feed.owner);
        let read = async move { live.log_range(owner).await };
        ctx.spawn(read.into_actor(self).map(|range: Result<LogRange, StoreError>, session, ctx| {
            let input = range.map_or_else(|error| failed(&error), SessionInput::Range);
            session.step(input, ctx);
        }));
    }

    fn take_snapshot(&mut self, reset: Option<ResetReason>, ctx: &mut Context) {
        let (live, owner, filter) = (Arc::clone(&self.live), self.feed.owner, Rc::clone(self.machine.filter()));
        let taken = async move { live.snapshot(owner, &filter).await };
        ctx.spawn(taken.into_actor(self).map(move |taken: Result<Vec<Snapshot>, StoreError>, session, ctx| {
            let input = match taken {
                Ok(frames) => session.send_snapshot(reset, frames, ctx),
                Err(error) => failed(&error),
            };
            session.step(input, ctx);
        }));
    }

    fn send_snapshot(&mut self, reset: Option<ResetReason>, frames: Vec<Snapshot>, ctx: &mut Context) -> SessionInput {
        let as_of_seq = frames.first().map_or(0, |frame| frame.as_of_seq);
        if !self.station.admits(self.right) {
            return SessionInput::Revoke;
        }
        if !self.is_closed {
            if let Some(reason) = reset {
                send(ctx, &ServerFrame::Reset(Reset { reason }));
            }
            frames.into_iter().for_each(|frame| send(ctx, &ServerFrame::Snapshot(frame)));
        }
        SessionInput::Snapshot { as_of_seq }
    }

    fn close(&mut self, code: CloseCode, ctx: &mut Context) {
        self.is_closed = true;
        tracing::debug!(session = self.permit.session().id, code = code.number(), reason = code.reason(), "closing");
        ctx.close(Some((ws::CloseCode::Other(code.number()), code.reason()).into()));
        ctx.run_later(FAREWELL, |_, ctx| ctx.stop());
    }

    fn hello(&self, latest: i64) -> ServerFrame {
        ServerFrame::Hello(Hello {
            v: VERSION,
            epoch: self.live.epoch.to_string(),
            session: self.permit.session().id.to_string(),
            heartbeat_ms: self.live.settings.heartbeat_ms,
            latest,
        })
    }

    fn woken(&self) -> Option<SessionInput> {
        let PublishedHead { reach, progress } = self.feed.published_head()?;
        Some(SessionInput::Woken { reach, progress })
    }
}

impl Actor for WsSession {
    type Context = Context;

    fn started(&mut self, ctx: &mut Context) {
        let info = self.permit.session();
        self.place = Some(self.station.enter(info.id, (info.owner, self.right), ctx.address()));
        let latest = self.feed.published_head().map_or(0, |published| published.reach.latest);
        send(ctx, &self.hello(latest));
        // Events may have been committed between the look at the log and this moment, and a note left before it.
        if let Some(input) = self.woken() {
            self.step(input, ctx);
        }
        if *self.live.watch_draining().borrow() {
            self.step(SessionInput::Drain, ctx);
        }
        if *self.live.watch_hub_stopped().borrow() {
            self.step(SessionInput::Silence, ctx);
        }
    }
}

impl Handler<WakeUp> for WsSession {
    type Result = ();

    fn handle(&mut self, _: WakeUp, ctx: &mut Context) {
        let Some(due) = self.place.as_ref().map(|place| Rc::clone(&place.due)) else { return };
        due.is_nudged.set(false);
        if let Some(input) = self.woken() {
            self.step(input, ctx);
        }
        let marks = [
            (&due.revoke, SessionInput::Revoke),
            (&due.drain, SessionInput::Drain),
            (&due.silence, SessionInput::Silence),
            (&due.tick, SessionInput::Tick),
        ];
        for (mark, input) in marks {
            if mark.replace(false) {
                self.step(input, ctx);
            }
        }
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for WsSession {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Context) {
        let input = match message {
            Ok(ws::Message::Text(text)) => match serde_json::from_str(&text) {
                Ok(frame) => SessionInput::Frame(frame),
                Err(error) => {
                    let why: String = error.to_string().chars().take(MOST_SAID).collect();
                    SessionInput::Garbage(format!("this is no frame of {PROTOCOL}: {why}"))
                }
            },
            Ok(ws::Message::Ping(payload)) => {
                ctx.pong(&payload);
                SessionInput::Alive
            }
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => SessionInput::Alive,
            Ok(ws::Message::Close(reason)) => {
                if !self.is_closed {
                    ctx.close(reason);
                }
                return ctx.stop();
            }
            Ok(ws::Message::Binary(_) | ws::Message::Continuation(_)) => {
                SessionInput::Garbage("frames are JSON objects, each in one text message".into())
            }
            Err(error) => {
                // The decoder may stand in the middle of something: nothing of this client is read any more.
                self.shut.set(true);
                SessionInput::Garbage(too_large(&error, self.live.settings.max_frame_kib))
            }
        };
        self.step(input, ctx);
    }
}

fn too_large(error: &ws::ProtocolError, max_kib: u64) -> String {
    tracing::debug!(%error, "a client broke the WebSocket protocol");
    format!("no frame of the WebSocket protocol, or one of more than {max_kib} KiB")
}

fn failed(error: &impl std::fmt::Display) -> SessionInput {
    tracing::warn!(%error, "the log could not be read for a listener; it is asked again");
    SessionInput::Failed
}

fn send(ctx: &mut Context, frame: &impl Serialize) {
    match serde_json::to_string(frame) {
        Ok(text) => ctx.text(text),
        Err(error) => tracing::error!(%error, "a frame cannot be written"),
    }
}
