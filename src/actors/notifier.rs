//! Commit notifier: after each commit it wakes the owners that have new events. The events themselves are in the log.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::domain::ids::OwnerKey;

#[derive(Debug, Default)]
pub struct CommitNotifier {
    owners: Mutex<HashMap<OwnerKey, watch::Sender<i64>>>,
    /// For the one that follows all owners.
    pub news: OwnerWakeups,
}

impl CommitNotifier {
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
        drop(owners);
        self.news.ring(latest.iter().map(|(owner, _)| *owner));
    }
}

/// Tells one listener which owners have news: each once, however often it was rung for.
#[derive(Debug, Default)]
pub struct OwnerWakeups {
    rung: Mutex<BTreeSet<OwnerKey>>,
    notify: Notify,
}

impl OwnerWakeups {
    pub fn ring(&self, owners: impl IntoIterator<Item = OwnerKey>) {
        self.lock().extend(owners);
        self.notify.notify_one();
    }

    /// Waits until it was rung for somebody; then everybody it was rung for.
    pub async fn heard(&self) -> BTreeSet<OwnerKey> {
        loop {
            let rung = std::mem::take(&mut *self.lock());
            if !rung.is_empty() {
                return rung;
            }
            self.notify.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<OwnerKey>> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
