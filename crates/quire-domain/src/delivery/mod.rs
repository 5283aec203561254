//! Delivery to one client that follows the log: its cursor, its subscriptions, its window. Pure.
//!
//! A session is a cursor. It is told that there is news, asks for the events behind its cursor, and sends what its
//! subscriptions want, as long as the client keeps acknowledging. Replay and live are the same path.
//!
//! Read in this order: [`filter`], [`log_page`] (what of a page goes into one frame), [`window`], [`session`].

pub mod client_frame_limiter;
pub mod filter;
pub mod log_page;
pub mod session;
pub mod window;

use super::live_frames::ResetReason;

/// Milliseconds of a clock that never goes back.
pub type MonotonicMillis = u64;

/// Limits of every session of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Events, and bytes of events, that may be sent and not acknowledged.
    pub window_events: u32,
    pub window_bytes: usize,
    /// Time for which a full window, or silence, is borne.
    pub patience_ms: MonotonicMillis,
    pub max_subscriptions: usize,
    /// Frames of the client, but for those that acknowledge something; twice as many may come at once.
    pub frames_per_sec: u32,
}

/// Oldest and newest `seq` of an owner's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    /// The first `seq` that is kept; one more than `latest` while there is none.
    pub oldest: i64,
    /// The newest `seq`; 0 before the first.
    pub latest: i64,
}

impl LogRange {
    /// Where a client goes on that has everything up to `after` of the log `theirs`.
    ///
    /// # Errors
    /// Why it cannot: a gap is never passed over in silence.
    pub fn resume_after(&self, ours: &str, theirs: Option<&str>, after: i64) -> Result<i64, ResetReason> {
        if theirs.is_some_and(|theirs| theirs != ours) {
            Err(ResetReason::OtherEpoch)
        } else if after > self.latest {
            Err(ResetReason::Ahead)
        } else if after < self.oldest - 1 {
            Err(ResetReason::TooOld)
        } else {
            Ok(after)
        }
    }
}
