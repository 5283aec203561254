//! What the hub leaves for one HTTP thread: for whom there is news, whose heartbeat it is. Coalesced, so that a thread
//! that is busy finds one note and not a hundred.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::ids::OwnerKey;

#[derive(Debug, Default)]
pub struct Post {
    notes: Mutex<Notes>,
    notify: Notify,
}

#[derive(Debug, Default)]
pub struct Notes {
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

impl Post {
    pub(super) fn leave(&self, note: impl FnOnce(&mut Notes)) {
        note(&mut self.lock());
        self.notify.notify_one();
    }

    /// Waits for notes; takes all of them.
    pub async fn taken(&self) -> Notes {
        loop {
            let notes = std::mem::take(&mut *self.lock());
            if !notes.is_empty() {
                return notes;
            }
            self.notify.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn is_empty(&self) -> bool {
        self.news.is_empty() && self.beats.is_empty() && !self.rights && !self.drain && !self.silence
    }
}
