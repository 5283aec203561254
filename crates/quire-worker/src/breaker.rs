//! Circuit breaker of launches: back-off after each failure, a pause after many. Pure: the time is an argument.
//!
//! **A broken binary cannot fork-storm**: while none succeeds, at most `failures` launches fail within any `window`,
//! trials included, plus those that were already under way together.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Wait after the first failure in a row; doubles with each further one.
    pub first_delay: Duration,
    pub max_delay: Duration,
    /// Failures within `window` that open the breaker.
    pub failures: u32,
    pub window: Duration,
    /// Time it stays open before one trial is let through.
    pub open_for: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    Open,
    /// One trial is under way.
    HalfOpen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaunchDecision {
    Go,
    WaitUntil(Instant),
}

/// Stops launches for a while after several have failed in a row.
#[derive(Debug, Clone)]
pub struct CircuitBreaker {
    settings: BreakerSettings,
    /// Within the window, oldest first.
    failed_at: VecDeque<Instant>,
    in_a_row: u32,
    not_before: Option<Instant>,
    state: BreakerState,
}

impl CircuitBreaker {
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, failed_at: VecDeque::new(), in_a_row: 0, not_before: None, state: BreakerState::Closed }
    }

    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// Failed launches since the last good one.
    pub fn failures_in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Whether a launch may be tried now. `Go` while not closed means: this one is the trial.
    pub fn decide_launch(&mut self, now: Instant) -> LaunchDecision {
        if let Some(until) = self.not_before.filter(|until| now < *until) {
            return LaunchDecision::WaitUntil(until);
        }
        if self.state != BreakerState::Closed {
            // The next trial, should nobody ever say how this one ended.
            self.state = BreakerState::HalfOpen;
            self.not_before = Some(now + self.settings.open_for);
        }
        LaunchDecision::Go
    }

    /// A launch went well.
    pub fn record_success(&mut self) {
        self.in_a_row = 0;
        self.not_before = None;
        self.state = BreakerState::Closed;
    }

    /// A launch failed.
    pub fn record_failure(&mut self, now: Instant) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.failed_at.push_back(now);
        while self.failed_at.front().is_some_and(|at| now.saturating_duration_since(*at) >= self.settings.window) {
            self.failed_at.pop_front();
        }
        let many = self.failed_at.len() >= self.settings.failures.max(1) as usize;
        let pause = if many || self.state != BreakerState::Closed {
            self.state = BreakerState::Open;
            self.settings.open_for
        } else {
            self.delay()
        };
        self.not_before = Some(self.not_before.map_or(now + pause, |until| until.max(now + pause)));
    }

    fn delay(&self) -> Duration {
        let doublings = self.in_a_row.saturating_sub(1).min(31);
        self.settings.first_delay.saturating_mul(1 << doublings).min(self.settings.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEC: Duration = Duration::from_secs(1);

    fn breaker() -> CircuitBreaker {
        CircuitBreaker::new(BreakerSettings {
            first_delay: SEC / 10,
            max_delay: 2 * SEC,
            failures: 5,
            window: 30 * SEC,
            open_for: 30 * SEC,
        })
    }

    #[test]
    fn waits_double_until_the_breaker_opens_and_one_good_trial_closes_it() {
        let mut breaker = breaker();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..5 {
            assert_eq!(breaker.decide_launch(now), LaunchDecision::Go);
            breaker.record_failure(now);
            let LaunchDecision::WaitUntil(until) = breaker.decide_launch(now) else { panic!("no wait") };
            waits.push((until - now).as_millis());
            now = until;
        }
        assert_eq!(waits, [100, 200, 400, 800, 30_000]);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.decide_launch(now), LaunchDecision::Go);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(breaker.decide_launch(now), LaunchDecision::WaitUntil(now + 30 * SEC));
        breaker.record_success();
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!(breaker.decide_launch(now), LaunchDecision::Go);
    }

    #[test]
    fn a_failed_trial_opens_it_again() {
        let mut breaker = breaker();
        let now = Instant::now();
        (0..5).for_each(|_| breaker.record_failure(now));
        let later = now + 31 * SEC;
        assert_eq!(breaker.decide_launch(later), LaunchDecision::Go);
        breaker.record_failure(later);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(matches!(breaker.decide_launch(later + SEC), LaunchDecision::WaitUntil(_)));
    }

    proptest! {
        #[test]
        fn no_window_sees_more_failed_launches_than_allowed(
            steps in prop::collection::vec((0_u64..20_000, any::<bool>()), 1..400),
        ) {
            let mut breaker = breaker();
            let mut now = Instant::now();
            let mut failed = Vec::new();
            for (millis, good) in steps {
                now += Duration::from_millis(millis);
                if breaker.decide_launch(now) == LaunchDecision::Go {
                    // A binary that works now and then is let through again: only rows without success are bounded.
                    if good { breaker.record_success(); failed.clear(); } else { breaker.record_failure(now); failed.push(now); }
                }
                let recent = failed.iter().filter(|at| now.duration_since(**at) < 30 * SEC).count();
                prop_assert!(recent <= 5, "{recent} failures within one window");
            }
        }

        #[test]
        fn it_never_closes_for_good(failures in 1_usize..50, silent_trials in 0_usize..5) {
            let mut breaker = breaker();
            let mut now = Instant::now();
            (0..failures).for_each(|_| breaker.record_failure(now));
            for _ in 0..=silent_trials {
                now += 31 * SEC;
                prop_assert_eq!(breaker.decide_launch(now), LaunchDecision::Go);
            }
        }
    }
}
