//! Filters of lists of batches, and how far a list looks for what they keep.

use super::batches::BatchView;
use quire_domain::batch::BatchStatus;
use quire_domain::ids::{BatchKey, Micros};

/// Which batches of an owner are kept; all, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchFilter {
    /// Those in one of these; in any, when there are none.
    pub statuses: Vec<BatchStatus>,
    pub collection: Option<String>,
    /// Is part of the name or of the collection; large and small ASCII letters are the same.
    pub q: Option<String>,
    /// Those in which items have failed.
    pub with_failures: bool,
}

/// Limits of one page.
#[derive(Debug, Clone, Copy)]
pub struct BatchScanLimits {
    /// Batches on it.
    pub limit: u32,
    /// Batches that are looked at for it.
    pub looked_at: u32,
    /// What a time to begin is compared with.
    pub now: Micros,
}

/// One page of the batches that a filter keeps.
#[derive(Debug)]
pub struct FilteredBatchPage {
    pub batches: Vec<BatchView>,
    /// Where the next page begins, which may find nothing; none when all batches were looked at.
    pub next: Option<BatchKey>,
}

impl BatchFilter {
    /// Whether only what is due is meant, of what has not started, or only what is not; none where that makes no
    /// difference.
    pub fn is_due(&self) -> Option<bool> {
        let [queued, scheduled] = [BatchStatus::Queued, BatchStatus::Scheduled].map(|of| self.statuses.contains(&of));
        (queued != scheduled).then_some(queued)
    }
}
