//! Commit notifier: after each commit it wakes the owners that have new events. The events themselves are in the log.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::merged_signal::MergedSignal;
use quire_domain::ids::OwnerKey;

/// Announces each owner's newest committed `seq` to whoever follows it.
#[derive(Debug, Default)]
pub struct CommitNotifier {
    owners: Mutex<HashMap<OwnerKey, watch::Sender<i64>>>,
    /// For the one that follows all owners.
    pub news: MergedSignal<BTreeSet<OwnerKey>>,
}

impl CommitNotifier {
    /// Follows the newest committed `seq` of the owner that this process knows of; 0 before the first.
    pub fn watch_newest_seq(&self, owner: OwnerKey) -> watch::Receiver<i64> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.entry(owner).or_default().subscribe()
    }

    /// Announces the newest `seq` of each owner. Nobody hears of what is not on disk: called after the commit only.
    pub fn notify_committed(&self, latest: &[(OwnerKey, i64)]) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        for (owner, seq) in latest {
            owners.entry(*owner).or_default().send_replace(*seq);
        }
        drop(owners);
        self.news.add(|owners| owners.extend(latest.iter().map(|(owner, _)| *owner)));
    }
}
