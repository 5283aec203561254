//! End of a batch: when it is due, and its outcome by the counts.

use super::{Batch, BatchControl, BatchOutcome, BatchTransition, FailurePolicy};

impl Batch {
    /// Whether every item is terminal and only the end is missing.
    pub fn is_finalizable(&self) -> bool {
        self.outcome.is_none() && self.sealed && self.counts.live_items() == 0 && self.retrying.is_none()
    }

    /// Whether the artifacts of the batch must not be seen.
    pub fn hides_artifacts(&self) -> bool {
        self.on_failure == FailurePolicy::Rollback && self.counts.terminal_items() > self.counts.succeeded
    }

    pub(super) fn finalize(self) -> Option<BatchTransition> {
        if !self.is_finalizable() {
            return None;
        }
        let outcome = self.judge();
        Some(Batch { outcome: Some(outcome), ..self }.changed(Some(outcome.event_type())))
    }

    /// The outcome of the counts; a batch that was rolled back delivers nothing and has failed.
    fn judge(&self) -> BatchOutcome {
        let counts = &self.counts;
        let cancelled = self.control == BatchControl::Cancelled;
        if cancelled && counts.total == 0 {
            BatchOutcome::Cancelled
        } else if counts.succeeded == counts.total {
            BatchOutcome::Succeeded
        } else if cancelled && counts.cancelled > 0 {
            BatchOutcome::Cancelled
        } else if self.deadline_hit && counts.expired > 0 {
            BatchOutcome::Expired
        } else if counts.succeeded == 0 || self.hides_artifacts() {
            BatchOutcome::Failed
        } else {
            BatchOutcome::Partial
        }
    }
}
