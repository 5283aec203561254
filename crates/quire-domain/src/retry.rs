//! Retry decision: whether a failed attempt is followed by another, and when.

use serde::Deserialize;

use super::failure::{FailureClass, FailureCode};
use super::ids::Micros;
use crate::{closed_list, settings};

settings! {
    /// The number of tries of an item within one generation, and the pauses between them. Checked by `config`.
    #[derive(Copy)]
    pub struct RetryPolicy in "retry" {
        /// Attempts in all for transient failures.
        pub max_attempts: u32 => 1..=100,
        /// Attempts in all that may end by a clock: a document that hangs twice will hang again.
        pub max_timeouts: u32 => 1..=100,
        /// Deaths of the worker process after which an item is quarantined.
        pub max_crashes: u32 => 1..=100,
        pub backoff_base_ms: u64 => 1..=3_600_000,
        pub backoff_cap_ms: u64 => 1..=86_400_000,
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_attempts: 3, max_timeouts: 2, max_crashes: 2, backoff_base_ms: 1_000, backoff_cap_ms: 300_000 }
    }
}

closed_list! {
    /// Why an item ended as `failed`.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum FailReason {
        Permanent = "permanent",
        Exhausted = "exhausted",
        Timeout = "timeout",
        CrashLoop = "crash_loop",
        Password = "password",
        Limit = "limit",
    }
}

/// Attempts spent in this generation, the failing one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptsUsed {
    pub charged: u32,
    pub timeouts: u32,
    pub crashes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// Back to the queue after this many microseconds.
    RetryAfter(Micros),
    /// Back to the queue at once; the attempt is not charged.
    Requeue,
    Give(FailReason),
}

impl RetryPolicy {
    /// `jitter` is uniform in 0..1.
    pub fn decide(&self, code: FailureCode, spent: AttemptsUsed, jitter: f64) -> RetryDecision {
        match code.class() {
            FailureClass::Permanent => RetryDecision::Give(permanent_reason(code)),
            FailureClass::Resource => RetryDecision::Give(FailReason::Limit),
            FailureClass::Crash if spent.crashes >= self.max_crashes => RetryDecision::Give(FailReason::CrashLoop),
            FailureClass::Crash => RetryDecision::Requeue,
            FailureClass::Timeout if spent.timeouts >= self.max_timeouts => RetryDecision::Give(FailReason::Timeout),
            FailureClass::Timeout | FailureClass::Transient if spent.charged >= self.max_attempts => {
                RetryDecision::Give(FailReason::Exhausted)
            }
            FailureClass::Timeout | FailureClass::Transient => {
                RetryDecision::RetryAfter(self.backoff(spent.charged, jitter))
            }
        }
    }

    /// Exponential with full jitter: uniform in `0..min(cap, base * 2^(n-1))`, in microseconds.
    /// Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
    pub fn backoff(&self, charged: u32, jitter: f64) -> Micros {
        let doublings = charged.saturating_sub(1).min(32);
        let ceiling_ms = self.backoff_base_ms.saturating_mul(1 << doublings).min(self.backoff_cap_ms);
        (ceiling_ms as f64 * 1_000.0 * jitter.clamp(0.0, 1.0)) as Micros
    }
}

fn permanent_reason(code: FailureCode) -> FailReason {
    let needs_another_password = matches!(code, FailureCode::NeedsPassword | FailureCode::WrongPassword);
    if needs_another_password { FailReason::Password } else { FailReason::Permanent }
}
