//! One WebSocket: an actor that translates. Frames and nudges become inputs of the machine in `domain::live`, its
//! effects become frames and reads.

use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, Message, StreamHandler, WrapFuture};
use actix_web_actors::ws::{self, WebsocketContext};
use serde::Serialize;

use super::gate::Shut;
use super::station::{Place, Station};
use crate::actors::live::Live;
use crate::actors::live::feed::{Feed, Published, ReadPage};
use crate::actors::live::ring::Packed;
use crate::actors::live::sessions::Seat;
use crate::clock;
use crate::domain::frames::{
    CloseCode, ErrorFrame, Heartbeat, Hello, PROTOCOL, Reset, ResetReason, ServerFrame, Snapshot, VERSION,
};
use crate::domain::ids::ApiKeyId;
use crate::domain::live::session::{Effect, Input, Session};
use crate::store::StoreError;

type Context = WebsocketContext<WsSession>;

pub struct WsSession {
    live: Arc<Live>,
    feed: Arc<Feed>,
    station: Rc<Station>,
    seat: Seat,
    /// What it came with.
    right: Option<ApiKeyId>,
    machine: Session,
    place: Option<Place>,
    shut: Shut,
    is_closed: bool,
}

/// Station → session: there is something to look at.
pub struct Nudge;

impl Message for Nudge {
    type Result = ();
}

/// The reason may quote the frame, which may be long.
const MOST_SAID: usize = 200;

/// How long a client may take to say goodbye after the server did.
pub const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

impl WsSession {
    pub fn new(
        live: Arc<Live>,
        feed: Arc<Feed>,
        at: Published,
        station: Rc<Station>,
        (seat, right): (Seat, Option<ApiKeyId>),
        shut: Shut,
    ) -> Self {
        let machine = Session::new(live.limits, at.reach, clock::ticks());
        Self { live, feed, station, seat, right, machine, place: None, shut, is_closed: false }
    }

    /// Puts an input through the machine, carries its effects out, and what follows from them.
    fn step(&mut self, input: Input, ctx: &mut Context) {
        // A note that says so may be on its way.
        let input = if self.station.admits(self.right) { input } else { Input::Revoke };
        let mut effects = Vec::new();
        self.machine.step(&self.live.epoch, clock::ticks(), input, &mut effects);
        let mut next = 0;
        while let Some(effect) = effects.get(next).cloned() {
            next += 1;
            if let Some(input) = self.carry_out(effect, ctx) {
                self.machine.step(&self.live.epoch, clock::ticks(), input, &mut effects);
            }
        }
        self.seat.card().turned(clock::ticks(), self.machine.behind(), self.machine.unacked_events());
    }

    /// What came of it, when that is known at once.
    fn carry_out(&mut self, effect: Effect, ctx: &mut Context) -> Option<Input> {
        match effect {
            Effect::Read { after } => return self.read(after, ctx),
            Effect::Snapshot { reset } => self.take_snapshot(reset, ctx),
            Effect::Progress { after } => {
                for frame in self.feed.progress_since(after, self.machine.filter()) {
                    ctx.text(&*frame);
                }
            }
            Effect::Heartbeat { latest, upto } => send(ctx, &ServerFrame::Heartbeat(Heartbeat { latest, upto })),
            Effect::Probe => ctx.ping(b""),
            Effect::Error { code, detail } => send(ctx, &ServerFrame::Error(ErrorFrame { code, detail })),
            Effect::Close(code) => self.close(code, ctx),
        }
        None
    }

    fn read(&mut self, after: i64, ctx: &mut Context) -> Option<Input> {
        let Some(own) = self.machine.allowance() else { return Some(Input::Failed) };
        if let Some(framed) = self.station.frames.made(self.feed.owner, after, self.machine.filter(), own) {
            if let Some(text) = framed.text {
                ctx.text(text);
            }
            return Some(Input::Read(framed.cut));
        }
        if let Some(tail) = self.feed.tail(after) {
            return Some(self.send_page(after, &tail, ctx));
        }
        let (live, feed) = (Arc::clone(&self.live), Arc::clone(&self.feed));
        let read = async move { live.page(&feed, after).await };
        ctx.spawn(read.into_actor(self).map(move |page: ReadPage, session, ctx| {
            let input = match page {
                Ok(page) => session.send_page(after, &page, ctx),
                Err(error) => failed(&error),
            };
            session.step(input, ctx);
        }));
        None
    }

    fn send_page(&mut self, after: i64, page: &[Arc<Packed>], ctx: &mut Context) -> Input {
        if !self.station.admits(self.right) {
            return Input::Revoke;
        }
        // A reset may have come between the question and the answer.
        let Some(own) = self.machine.allowance().filter(|_| self.machine.awaits(after)) else { return Input::Failed };
        let allowances = (self.machine.full_allowance(), own);
        let made = self.station.frames.make(self.feed.owner, after, page, self.machine.filter(), allowances);
        let Some(framed) = made else { return Input::Gap };
        if let Some(text) = framed.text {
            ctx.text(text);
        }
        Input::Read(framed.cut)
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

    fn send_snapshot(&mut self, reset: Option<ResetReason>, frames: Vec<Snapshot>, ctx: &mut Context) -> Input {
        let as_of_seq = frames.first().map_or(0, |frame| frame.as_of_seq);
        if !self.station.admits(self.right) {
            return Input::Revoke;
        }
        if !self.is_closed {
            if let Some(reason) = reset {
                send(ctx, &ServerFrame::Reset(Reset { reason }));
            }
            frames.into_iter().for_each(|frame| send(ctx, &ServerFrame::Snapshot(frame)));
        }
        Input::Snapshot { as_of_seq }
    }

    fn close(&mut self, code: CloseCode, ctx: &mut Context) {
        self.is_closed = true;
        tracing::debug!(session = self.seat.card().id, code = code.number(), reason = code.reason(), "closing");
        ctx.close(Some((ws::CloseCode::Other(code.number()), code.reason()).into()));
        ctx.run_later(FAREWELL, |_, ctx| ctx.stop());
    }

    fn hello(&self, latest: i64) -> ServerFrame {
        ServerFrame::Hello(Hello {
            v: VERSION,
            epoch: self.live.epoch.to_string(),
            session: self.seat.card().id.to_string(),
            heartbeat_ms: self.live.settings.heartbeat_ms,
            latest,
        })
    }

    fn woken(&self) -> Option<Input> {
        let Published { reach, progress } = self.feed.published()?;
        Some(Input::Woken { reach, progress })
    }
}

impl Actor for WsSession {
    type Context = Context;

    fn started(&mut self, ctx: &mut Context) {
        let card = self.seat.card();
        self.place = Some(self.station.enter(card.id, (card.owner, self.right), ctx.address()));
        let latest = self.feed.published().map_or(0, |published| published.reach.latest);
        send(ctx, &self.hello(latest));
        // What was committed between the look at the log and this moment, and the note that was left before it.
        if let Some(input) = self.woken() {
            self.step(input, ctx);
        }
        if *self.live.draining().borrow() {
            self.step(Input::Drain, ctx);
        }
        if *self.live.silent().borrow() {
            self.step(Input::Silence, ctx);
        }
    }
}

impl Handler<Nudge> for WsSession {
    type Result = ();

    fn handle(&mut self, _: Nudge, ctx: &mut Context) {
        let Some(due) = self.place.as_ref().map(|place| Rc::clone(&place.due)) else { return };
        due.is_nudged.set(false);
        if let Some(input) = self.woken() {
            self.step(input, ctx);
        }
        let marks = [
            (&due.revoke, Input::Revoke),
            (&due.drain, Input::Drain),
            (&due.silence, Input::Silence),
            (&due.tick, Input::Tick),
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
                Ok(frame) => Input::Frame(frame),
                Err(error) => {
                    let why: String = error.to_string().chars().take(MOST_SAID).collect();
                    Input::Garbage(format!("this is no frame of {PROTOCOL}: {why}"))
                }
            },
            Ok(ws::Message::Ping(payload)) => {
                ctx.pong(&payload);
                Input::Alive
            }
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => Input::Alive,
            Ok(ws::Message::Close(reason)) => {
                if !self.is_closed {
                    ctx.close(reason);
                }
                return ctx.stop();
            }
            Ok(ws::Message::Binary(_) | ws::Message::Continuation(_)) => {
                Input::Garbage("frames are JSON objects, each in one text message".into())
            }
            Err(error) => {
                // The decoder may stand in the middle of something: nothing of this client is read any more.
                self.shut.set(true);
                Input::Garbage(too_large(&error, self.live.settings.max_frame_kib))
            }
        };
        self.step(input, ctx);
    }
}

fn too_large(error: &ws::ProtocolError, max_kib: u64) -> String {
    tracing::debug!(%error, "a client broke the WebSocket protocol");
    format!("no frame of the WebSocket protocol, or one of more than {max_kib} KiB")
}

fn failed(error: &impl std::fmt::Display) -> Input {
    tracing::warn!(%error, "the log could not be read for a listener; it is asked again");
    Input::Failed
}

fn send(ctx: &mut Context, frame: &impl Serialize) {
    match serde_json::to_string(frame) {
        Ok(text) => ctx.text(text),
        Err(error) => tracing::error!(%error, "a frame cannot be written"),
    }
}
