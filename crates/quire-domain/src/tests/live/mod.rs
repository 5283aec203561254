//! The machine of a session: nothing is lost, nothing doubled, nothing beyond the window, the right code at the end.

mod delivery;
mod endings;
mod filters;
mod resets;
mod world;

use crate::delivery::session::{DeliverySession, SessionEffect, SessionInput};
use crate::delivery::{LogRange, MonotonicMillis, SessionLimits};
use crate::live_frames::ClientFrame;

pub(super) const EPOCH: &str = "this-log";

pub(super) const LIMITS: SessionLimits = SessionLimits {
    window_events: 8,
    window_bytes: 400,
    patience_ms: 60_000,
    max_subscriptions: 3,
    frames_per_sec: 10,
};

pub(super) fn reach(latest: i64) -> LogRange {
    LogRange { oldest: 1, latest }
}

pub(super) fn step(session: &mut DeliverySession, now: MonotonicMillis, input: SessionInput) -> Vec<SessionEffect> {
    let mut effects = Vec::new();
    session.step(EPOCH, now, input, &mut effects);
    effects
}

pub(super) fn say(session: &mut DeliverySession, now: MonotonicMillis, frame: serde_json::Value) -> Vec<SessionEffect> {
    let frame: ClientFrame = serde_json::from_value(frame).unwrap();
    step(session, now, SessionInput::Frame(frame))
}

/// A session of a log with so many events that follows from the start.
pub(super) fn following(latest: i64) -> DeliverySession {
    let mut session = DeliverySession::new(LIMITS, reach(latest), 0);
    say(&mut session, 0, serde_json::json!({ "type": "resume", "epoch": EPOCH, "after": 0 }));
    session
}
