//! Restart policy: when to restart, and when to give up. Pure: time and jitter are arguments.

use std::collections::VecDeque;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    pub initial: Duration,
    pub max: Duration,
    pub multiplier: f64,
    /// Share of the delay that the dice may add or take away, 0 to 1.
    pub jitter: f64,
    /// This long without a failure, and the next delay is `initial` again.
    pub reset_after: Duration,
}

/// At most `max` restarts within any window of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartIntensity {
    pub max: u32,
    pub within: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RestartDecision {
    RestartIn(Duration),
    /// Give up, after so many restarts in the window.
    Exceeded(u32),
}

/// The restarts of one actor, newest last.
#[derive(Debug, Default)]
pub(super) struct RestartHistory {
    pub total: u32,
    recent: VecDeque<Duration>,
    streak: u32,
    back_at: Option<Duration>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(50),
            max: Duration::from_secs(10),
            multiplier: 2.0,
            jitter: 0.2,
            reset_after: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// The delay before restart number `streak` (from 0) in a row; `dice` is in `0..1`. Never above `max`.
    pub fn delay(&self, streak: u32, rng: f64) -> Duration {
        let max = self.max.as_secs_f64();
        let grown = self.initial.as_secs_f64() * self.multiplier.max(1.0).powf(f64::from(streak));
        let swing = 1.0 + self.jitter.clamp(0.0, 1.0) * (2.0 * rng - 1.0);
        let seconds = (grown.min(max) * swing).clamp(0.0, max);
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max)
    }
}

impl RestartHistory {
    /// Enters a failure at `now` and says what follows from it.
    pub(crate) fn failed(
        &mut self,
        now: Duration,
        backoff: &Backoff,
        intensity: &RestartIntensity,
        rng: f64,
    ) -> RestartDecision {
        let restarts = self.in_window(now, intensity.within);
        if restarts >= intensity.max {
            return RestartDecision::Exceeded(restarts);
        }
        if self.back_at.is_some_and(|back| now.saturating_sub(back) >= backoff.reset_after) {
            self.streak = 0;
        }
        let delay = backoff.delay(self.streak, rng);
        self.streak = self.streak.saturating_add(1);
        self.total = self.total.saturating_add(1);
        self.back_at = Some(now.saturating_add(delay));
        self.recent.retain(|at| now.saturating_sub(*at) < intensity.within);
        self.recent.push_back(now);
        RestartDecision::RestartIn(delay)
    }

    pub(crate) fn in_window(&self, now: Duration, within: Duration) -> u32 {
        let inside = self.recent.iter().filter(|at| now.saturating_sub(**at) < within);
        inside.count() as u32
    }
}
