//! MergedSignal notes for one reader: a reader that is busy finds one sum of what was left for it, not a hundred notes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// `T::default()` is nothing to read.
#[derive(Debug, Default)]
pub struct MergedSignal<T> {
    sum: Mutex<T>,
    notify: Notify,
}

impl<T: Default + PartialEq> MergedSignal<T> {
    /// Adds to what the reader will find, and wakes it.
    pub fn add(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.lock());
        self.notify.notify_one();
    }

    /// Waits until there is something; takes all of it.
    pub async fn take(&self) -> T {
        loop {
            let sum = std::mem::take(&mut *self.lock());
            if sum != T::default() {
                return sum;
            }
            self.notify.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.sum.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
