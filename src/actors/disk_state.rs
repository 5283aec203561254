//! State of the disk: whether it takes writes and has room. Set by the writer, read by everybody.

use std::fmt;

use tokio::sync::watch;

use quire_domain::ids::Micros;
use quire_store::DiskFailure;

/// The disk does not take writes; the server only reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskFault {
    pub trouble: DiskFailure,
    pub since: Micros,
}

/// State of the disk: its fault, if any, and its free space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskState {
    pub fault: Option<DiskFault>,
    /// As of the last look.
    pub free_mib: Option<u64>,
}

/// The one place where [`DiskState`] is. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SharedDiskState {
    state: watch::Sender<DiskState>,
    /// New documents are taken only while so much room is left.
    pub min_free_mib: u64,
}

impl SharedDiskState {
    pub fn new(min_free_mib: u64) -> Self {
        Self { state: watch::Sender::new(DiskState::default()), min_free_mib }
    }

    pub fn state(&self) -> DiskState {
        self.state.borrow().clone()
    }

    pub fn fault(&self) -> Option<DiskFault> {
        self.state.borrow().fault.clone()
    }

    /// Returns when there is no fault.
    pub async fn wait_until_fault_cleared(&self) {
        // The sender is as old as this; it cannot be gone.
        let _ = self.state.subscribe().wait_for(|state| state.fault.is_none()).await;
    }

    /// Too little room for anything new; `None` while there is enough, or while that is unknown.
    pub fn shortage(&self) -> Option<DiskFailure> {
        self.shortage_with_free(self.state.borrow().free_mib?)
    }

    /// As [`Self::shortage`], when so much is free.
    pub fn shortage_with_free(&self, free_mib: u64) -> Option<DiskFailure> {
        let why = format!("{free_mib} MiB are free, store.min_free_mib is {}", self.min_free_mib);
        (free_mib < self.min_free_mib).then_some(DiskFailure { full: true, why })
    }

    pub(super) fn set_fault(&self, fault: Option<DiskFault>) {
        self.state.send_modify(|state| state.fault = fault);
    }

    pub(super) fn set_free(&self, free_mib: Option<u64>) {
        self.state.send_modify(|state| state.free_mib = free_mib);
    }
}

impl fmt::Display for DiskFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trouble.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_room_than_wanted_is_a_shortage_and_the_same_amount_is_none() {
        let disk = SharedDiskState::new(100);
        assert_eq!(disk.shortage(), None, "nobody looked yet");
        disk.set_free(Some(100));
        assert_eq!(disk.shortage(), None);
        disk.set_free(Some(99));
        assert!(disk.shortage().is_some_and(|trouble| trouble.full && trouble.why.contains("99 MiB")));
    }
}
