//! The three clocks over the running job: the whole attempt, silence, grace. Pure: the time is passed in.

use std::time::Duration;

use tokio::time::Instant;

use super::settings::JobLimits;
use quire_base::safeguards::{Safeguard, is_disabled};

/// A clock that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiredDeadline {
    Attempt,
    Silence,
    Grace,
}

/// However far the deadlines are, the parent looks around this often, so that it notices when it stood still itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A look that comes later than asked for by more than this means that the parent stood still: stopped, or starved.
const LATE: Duration = Duration::from_secs(1);

/// The three deadlines of the running job: the whole attempt, silence, grace.
#[derive(Debug, Clone)]
pub struct JobDeadlines {
    rules: JobLimits,
    looked: Instant,
    attempt: Instant,
    heard: Instant,
    /// Time the process may be silent.
    patience: Duration,
    grace: Option<Instant>,
}

impl JobDeadlines {
    pub fn new(rules: JobLimits, now: Instant) -> Self {
        let (attempt, patience) = (now + rules.attempt_timeout, rules.silence_timeout);
        Self { rules, looked: now, attempt, heard: now, patience, grace: None }
    }

    /// Begins anew: another job is the running one.
    pub fn reset_for_next_job(&mut self, now: Instant) {
        *self = Self::new(self.rules, now);
    }

    /// The process gave a sign of life: its silence begins anew.
    pub fn record_sign_of_life(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Sets how long the process may be silent from its last sign of life on.
    pub fn set_silence_limit(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// How long the process may be silent.
    pub fn silence_limit(&self) -> Duration {
        self.patience
    }

    /// Moves the deadlines when the parent itself stood still: that time is not the process's, and what came in it has
    /// first to be heard. To be called at every check.
    pub fn discount_parent_stall(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.next_check_at());
        if late > LATE && !is_disabled(Safeguard::Standstill) {
            self.extend_by_pause(late + LATE);
        }
        self.looked = now;
    }

    /// Moves the deadlines by a time that the parent kept the process waiting.
    pub fn extend_by_pause(&mut self, pause: Duration) {
        self.looked += pause;
        self.attempt += pause;
        self.heard += pause;
    }

    /// Begins the grace, unless it has begun before.
    pub fn begin_grace(&mut self, now: Instant) {
        self.grace.get_or_insert(now + self.rules.grace);
    }

    /// The deadline that has passed, if any.
    pub fn expired_deadline(&self, now: Instant) -> Option<ExpiredDeadline> {
        if self.grace.is_some_and(|grace| now >= grace) {
            Some(ExpiredDeadline::Grace)
        } else if now >= self.attempt {
            Some(ExpiredDeadline::Attempt)
        } else if now >= self.silence() {
            Some(ExpiredDeadline::Silence)
        } else {
            None
        }
    }

    fn silence(&self) -> Instant {
        self.heard + self.patience
    }

    /// When to check again at the latest.
    pub fn next_check_at(&self) -> Instant {
        let soonest = self.attempt.min(self.silence()).min(self.looked + LOOK_EVERY);
        self.grace.map_or(soonest, |grace| grace.min(soonest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: Duration = Duration::from_secs(1);

    fn clocks(now: Instant) -> JobDeadlines {
        let rules = JobLimits { attempt_timeout: 10 * SEC, silence_timeout: 3 * SEC, grace: 2 * SEC, max_artifacts: 1 };
        JobDeadlines::new(rules, now)
    }

    #[test]
    fn silence_ends_a_job_unless_it_is_broken() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        assert_eq!(clocks.expired_deadline(now + 2 * SEC), None);
        assert_eq!(clocks.expired_deadline(now + 3 * SEC), Some(ExpiredDeadline::Silence));
        clocks.record_sign_of_life(now + 2 * SEC);
        assert_eq!(clocks.expired_deadline(now + 4 * SEC), None);
        assert_eq!(clocks.expired_deadline(now + 5 * SEC), Some(ExpiredDeadline::Silence));
    }

    #[test]
    fn less_patience_counts_from_the_last_sign_of_life_and_not_for_another_job() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        clocks.record_sign_of_life(now + SEC);
        clocks.set_silence_limit(SEC);
        assert_eq!(clocks.expired_deadline(now + 2 * SEC), Some(ExpiredDeadline::Silence));
        clocks.reset_for_next_job(now + 2 * SEC);
        assert_eq!(clocks.expired_deadline(now + 4 * SEC), None);
    }

    #[test]
    fn signs_of_life_do_not_lengthen_the_attempt_but_the_parents_own_pauses_do() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        clocks.record_sign_of_life(now + 9 * SEC);
        assert_eq!(clocks.expired_deadline(now + 10 * SEC), Some(ExpiredDeadline::Attempt));
        clocks.extend_by_pause(SEC);
        assert_eq!(clocks.expired_deadline(now + 10 * SEC), None);
        assert_eq!(clocks.expired_deadline(now + 11 * SEC), Some(ExpiredDeadline::Attempt));
    }

    #[test]
    fn a_second_stop_does_not_lengthen_the_grace_and_another_job_has_none() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        clocks.begin_grace(now);
        clocks.begin_grace(now + SEC);
        assert_eq!(clocks.expired_deadline(now + 2 * SEC), Some(ExpiredDeadline::Grace));
        clocks.reset_for_next_job(now + 2 * SEC);
        assert_eq!(clocks.expired_deadline(now + 4 * SEC), None);
    }

    /// The attempt has had `used` when the parent looks again, `standstill` later than it wanted to.
    fn expired_after(used: Duration, standstill: Duration) -> Option<ExpiredDeadline> {
        let now = Instant::now();
        let mut clocks = clocks(now);
        let mut at = now;
        while at < now + used {
            at = clocks.next_check_at().min(now + used);
            clocks.discount_parent_stall(at);
            clocks.record_sign_of_life(at);
        }
        let late = clocks.next_check_at() + standstill;
        clocks.discount_parent_stall(late);
        clocks.record_sign_of_life(late + SEC);
        clocks.expired_deadline(late + SEC)
    }

    #[test]
    fn a_standstill_of_the_parent_is_not_the_processs_time() {
        assert_eq!(expired_after(5 * SEC, Duration::ZERO), None);
        assert_eq!(expired_after(5 * SEC, 3600 * SEC), None);
        assert_eq!(expired_after(10 * SEC, 3600 * SEC), Some(ExpiredDeadline::Attempt));
    }

    #[test]
    fn silence_over_a_standstill_is_none_unless_it_goes_on_afterwards() {
        let now = Instant::now();
        let mut clocks = clocks(now);
        (1..=2).for_each(|second| clocks.discount_parent_stall(now + second * SEC));
        clocks.discount_parent_stall(now + 60 * SEC);
        assert_eq!(clocks.expired_deadline(now + 60 * SEC), None);
        assert_eq!(clocks.expired_deadline(now + 63 * SEC), Some(ExpiredDeadline::Silence));
    }
}
