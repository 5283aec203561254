//! The end of a batch: when it is due, and what the counts make of it.

use super::{Batch, BatchStep, Control, FailurePolicy, Outcome};

impl Batch {
    /// Whether every item is terminal and only the end is missing.
    pub fn is_finalizable(&self) -> bool {
        self.outcome.is_none() && self.sealed && self.counts.live() == 0 && self.retrying.is_none()
    }

    /// Whether the artifacts of the batch must not be seen.
    pub fn hides_artifacts(&self) -> bool {
        self.on_failure == FailurePolicy::Rollback && self.counts.terminal() > self.counts.succeeded
    }

    pub(super) fn finalize(self) -> Option<BatchStep> {
        if !self.is_finalizable() {
            return None;
        }
        let outcome = self.judge();
        Some(Batch { outcome: Some(outcome), ..self }.changed(Some(outcome.event())))
    }

    /// The outcome of the counts; a batch that was rolled back delivers nothing and has failed.
    fn judge(&self) -> Outcome {
        let counts = &self.counts;
        let cancelled = self.control == Control::Cancelled;
        if cancelled && counts.total == 0 {
            Outcome::Cancelled
        } else if counts.succeeded == counts.total {
            Outcome::Succeeded
        } else if cancelled && counts.cancelled > 0 {
            Outcome::Cancelled
        } else if self.deadline_hit && counts.expired > 0 {
            Outcome::Expired
        } else if counts.succeeded == 0 || self.hides_artifacts() {
            Outcome::Failed
        } else {
            Outcome::Partial
        }
    }
}
