//! Section `[live]`: limits of live sessions.

use quire_domain::delivery::SessionLimits;
use quire_domain::settings;

settings! {
    #[derive(Copy)]
    pub struct LiveConfig in "live" {
        pub heartbeat_ms: u64 => 100..=60_000,
        pub patience_ms: u64 => 200..=600_000,
        pub stall_ms: u64 => 200..=600_000,
        pub progress_ms: u64 => 50..=1_000,
        pub window_events: u64 => 1..=10_000,
        pub window_kib: u64 => 1..=1_024,
        pub ring_events: u64 => 16..=1_000_000,
        pub ring_kib: u64 => 16..=1_048_576,
        pub snapshot_batches: u64 => 1..=10_000,
        pub max_connections: u64 => 1..=1_000_000,
        pub max_connections_per_owner: u64 => 1..=1_000_000,
        pub max_wait_secs: u64 => 1..=300,
        pub durable_stream_secs: u64 => 1..=3_600,
        pub max_frame_kib: u64 => 1..=1_024,
        pub max_frames_per_sec: u64 => 1..=100_000,
        pub max_subscriptions: u64 => 1..=10_000,
        pub max_tickets_per_owner: u64 => 1..=100_000,
        pub ticket_ttl_ms: u64 => 100..=600_000,
    }
}

impl LiveConfig {
    /// Limits of a live session.
    pub fn per_session_limits(&self) -> SessionLimits {
        SessionLimits {
            window_events: self.window_events as u32,
            window_bytes: (self.window_kib << 10) as usize,
            patience_ms: self.patience_ms,
            max_subscriptions: self.max_subscriptions as usize,
            frames_per_sec: self.max_frames_per_sec as u32,
        }
    }

    /// Interval between two checks of live sessions: a second, or a heartbeat that is shorter.
    pub fn session_check_ms(&self) -> u64 {
        self.heartbeat_ms.min(1000)
    }

    /// Number of checks in one heartbeat; each listener has its own, so that they do not all speak at once.
    pub fn checks_per_heartbeat(&self) -> u64 {
        self.heartbeat_ms / self.session_check_ms()
    }
}
