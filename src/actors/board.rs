//! What runs right now, page by page. In memory only: never stored, always rebuildable.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::domain::ids::{BatchKey, ItemKey, Micros};
use crate::domain::stage::Stage;

/// One running attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Live {
    pub name: String,
    pub stage: Stage,
    /// From 1; 0 while no page is at work.
    pub page: u32,
    /// 0 while unknown.
    pub pages: u32,
    pub since: Micros,
}

#[derive(Debug, Default)]
pub struct Board {
    live: Mutex<HashMap<ItemKey, Live>>,
    pages_done: AtomicU64,
    fenced: AtomicU64,
}

impl Board {
    pub fn begin(&self, item: ItemKey, name: &str, since: Micros) {
        let live = Live { name: name.to_owned(), stage: Stage::Receiving, page: 0, pages: 0, since };
        self.lock().insert(item, live);
    }

    pub fn progress(&self, item: ItemKey, stage: Stage, page: u32, pages: u32) {
        if let Some(live) = self.lock().get_mut(&item) {
            (live.stage, live.page, live.pages) = (stage, page, pages);
        }
    }

    pub fn end(&self, item: ItemKey, pages: u32) {
        self.lock().remove(&item);
        self.pages_done.fetch_add(u64::from(pages), Ordering::Relaxed);
    }

    /// A report came that no longer counts.
    pub fn fence(&self, reports: u32) {
        self.fenced.fetch_add(u64::from(reports), Ordering::Relaxed);
    }

    pub fn fenced(&self) -> u64 {
        self.fenced.load(Ordering::Relaxed)
    }

    /// Pages of documents that ended well since the server started.
    pub fn pages_done(&self) -> u64 {
        self.pages_done.load(Ordering::Relaxed)
    }

    pub fn of_item(&self, item: ItemKey) -> Option<Live> {
        self.lock().get(&item).cloned()
    }

    /// What runs in a batch, by position.
    pub fn of_batch(&self, batch: BatchKey) -> Vec<(u32, Live)> {
        let mut live: Vec<_> = self
            .lock()
            .iter()
            .filter(|(item, _)| item.batch == batch)
            .map(|(item, live)| (item.position, live.clone()))
            .collect();
        live.sort_by_key(|(position, _)| *position);
        live
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ItemKey, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
