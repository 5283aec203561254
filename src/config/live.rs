//! Section `[live]`: limits of live sessions.

use serde::{Deserialize, Serialize};

use crate::domain::delivery::SessionLimits;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveConfig {
    pub heartbeat_ms: u64,
    pub patience_ms: u64,
    pub stall_ms: u64,
    pub progress_ms: u64,
    pub window_events: u64,
    pub window_kib: u64,
    pub ring_events: u64,
    pub ring_kib: u64,
    pub snapshot_batches: u64,
    pub max_connections: u64,
    pub max_connections_per_owner: u64,
    pub max_wait_secs: u64,
    pub max_frame_kib: u64,
    pub max_frames_per_sec: u64,
    pub max_subscriptions: u64,
    pub max_tickets_per_owner: u64,
    pub ticket_ttl_ms: u64,
}

impl LiveConfig {
    /// Limits of a live session.
    pub fn limits(&self) -> SessionLimits {
        SessionLimits {
            window_events: self.window_events as u32,
            window_bytes: (self.window_kib << 10) as usize,
            patience_ms: self.patience_ms,
            max_subscriptions: self.max_subscriptions as usize,
            frames_per_sec: self.max_frames_per_sec as u32,
        }
    }

    /// How often the listeners are looked after: a second, or a heartbeat that is shorter.
    pub fn beat_ms(&self) -> u64 {
        self.heartbeat_ms.min(1000)
    }

    /// Beats of one heartbeat; each listener has its own, so that they do not all speak at once.
    pub fn beats(&self) -> u64 {
        self.heartbeat_ms / self.beat_ms()
    }
}
