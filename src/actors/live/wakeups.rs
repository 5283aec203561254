//! Coalesced wake-ups from the hub to one HTTP thread: a busy thread finds one set of wake-ups, not a hundred.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::ids::OwnerKey;

#[derive(Debug, Default)]
pub struct ThreadWakeups {
    notes: Mutex<Wakeups>,
    notify: Notify,
}

#[derive(Debug, Default)]
pub struct Wakeups {
    /// Events or progress.
    pub news: BTreeSet<OwnerKey>,
    /// Whoever's number leaves this rest when divided by the beats of a heartbeat is to be looked after.
    pub beats: BTreeSet<u64>,
    /// API keys were made or revoked: whoever came with one that opens nothing any more is to go.
    pub rights: bool,
    pub drain: bool,
    /// Nobody leaves news any more.
    pub silence: bool,
}

impl ThreadWakeups {
    pub(super) fn leave(&self, note: impl FnOnce(&mut Wakeups)) {
        note(&mut self.lock());
        self.notify.notify_one();
    }

    /// Waits for wake-ups; takes all of them.
    pub async fn taken(&self) -> Wakeups {
        loop {
            let notes = std::mem::take(&mut *self.lock());
            if !notes.is_empty() {
                return notes;
            }
            self.notify.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wakeups> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wakeups {
    fn is_empty(&self) -> bool {
        self.news.is_empty() && self.beats.is_empty() && !self.rights && !self.drain && !self.silence
    }
}
