//! The machine of a session: nothing is lost, nothing doubled, nothing beyond the window, the right code at the end.

mod delivery;
mod endings;
mod filters;
mod resets;
mod world;

use crate::domain::frames::ClientFrame;
use crate::domain::live::session::{Effect, Input, Session};
use crate::domain::live::{Limits, Reach, Ticks};

pub const EPOCH: &str = "this-log";

pub const LIMITS: Limits =
    Limits { window_events: 8, window_bytes: 400, patience_ms: 60_000, max_subscriptions: 3, frames_per_sec: 10 };

pub fn reach(latest: i64) -> Reach {
    Reach { oldest: 1, latest }
}

pub fn step(session: &mut Session, now: Ticks, input: Input) -> Vec<Effect> {
    let mut effects = Vec::new();
    session.step(EPOCH, now, input, &mut effects);
    effects
}

pub fn say(session: &mut Session, now: Ticks, frame: serde_json::Value) -> Vec<Effect> {
    let frame: ClientFrame = serde_json::from_value(frame).unwrap();
    step(session, now, Input::Frame(frame))
}

/// A session of a log with so many events that follows from the start.
pub fn following(latest: i64) -> Session {
    let mut session = Session::new(LIMITS, reach(latest), 0);
    say(&mut session, 0, serde_json::json!({ "type": "resume", "epoch": EPOCH, "after": 0 }));
    session
}
