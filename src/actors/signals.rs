//! After a commit: who has news. One coalesced word per owner; the news itself is in the event log.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::ids::OwnerKey;

#[derive(Debug, Default)]
pub struct Signals {
    owners: Mutex<HashMap<OwnerKey, watch::Sender<i64>>>,
}

impl Signals {
    /// Holds the newest committed `seq` of the owner that this process knows of; 0 before the first.
    pub fn watch(&self, owner: OwnerKey) -> watch::Receiver<i64> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.entry(owner).or_default().subscribe()
    }

    /// Nobody hears of what is not on disk: called after the commit only.
    pub fn wake(&self, latest: &[(OwnerKey, i64)]) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        for (owner, seq) in latest {
            owners.entry(*owner).or_default().send_replace(*seq);
        }
    }
}
