//! One owner's log as far as it is in memory, shared by all that listen to it. There while somebody does.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::watch;

use super::ring::{Packed, Ring};
use crate::domain::frames::{Progress, ServerFrame};
use crate::domain::ids::{BatchId, OwnerKey};
use crate::domain::live::Reach;
use crate::domain::live::filter::Filter;

/// Events of one read of the log.
pub const PAGE_EVENTS: usize = 256;

pub type Page = Arc<[Arc<Packed>]>;
/// The words are the store's.
pub type ReadPage = Result<Page, Arc<str>>;

/// How far an owner's log and progress reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    pub reach: Reach,
    /// Rises with every change of the progress.
    pub progress: u64,
}

#[derive(Debug)]
pub struct Feed {
    pub owner: OwnerKey,
    state: RwLock<State>,
    /// `None` until the log was looked at for the first time.
    published: watch::Sender<Option<Published>>,
    reads: Mutex<HashMap<i64, WeakShared<BoxFuture<'static, ReadPage>>>>,
}

#[derive(Debug)]
struct State {
    ring: Ring,
    stamp: u64,
    progress: BTreeMap<BatchId, Slot>,
}

/// What a batch at work is doing.
#[derive(Debug, PartialEq)]
pub struct AtWork {
    /// Of the batch.
    pub collection: Option<Arc<str>>,
    pub now: Progress,
}

/// The newest progress of one batch: a newer one takes its place.
#[derive(Debug)]
struct Slot {
    stamp: u64,
    work: AtWork,
    json: Arc<str>,
}

impl Feed {
    pub(super) fn new(owner: OwnerKey, ring: Ring) -> Self {
        let state = State { ring, stamp: 0, progress: BTreeMap::new() };
        let (published, _) = watch::channel(None);
        Self { owner, state: state.into(), published, reads: Mutex::default() }
    }

    pub fn published(&self) -> Option<Published> {
        *self.published.borrow()
    }

    pub fn watch(&self) -> watch::Receiver<Option<Published>> {
        self.published.subscribe()
    }

    /// From memory; `None` when that does not reach back so far.
    pub fn tail(&self, after: i64) -> Option<Vec<Arc<Packed>>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).ring.after(after, PAGE_EVENTS)
    }

    /// Progress frames that changed since `stamp` and are wanted.
    pub fn progress_since(&self, stamp: u64, filter: &Filter) -> Vec<Arc<str>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let changed = state.progress.iter().filter(|(_, slot)| slot.stamp > stamp);
        let wanted = changed.filter(|(batch, slot)| filter.covers(**batch, slot.work.collection.as_deref()));
        wanted.map(|(_, slot)| Arc::clone(&slot.json)).collect()
    }

    /// How far the ring has come; `None` before the first look.
    pub(super) fn filled_to(&self) -> Option<i64> {
        let last = self.state.read().unwrap_or_else(PoisonError::into_inner).ring.last();
        self.published().map(|_| last)
    }

    /// What the hub read. Called by nobody else, so that what is published only ever rises.
    pub(super) fn fill(&self, reach: Reach, events: Vec<Arc<Packed>>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        events.into_iter().for_each(|event| state.ring.push(event));
        let progress = state.stamp;
        drop(state);
        self.published.send_modify(|published| {
            let known = published.map_or(0, |published| published.reach.latest);
            let reach = Reach { latest: reach.latest.max(known), ..reach };
            *published = Some(Published { reach, progress });
        });
    }

    /// The progress of all batches at work; those that are missing do not work any more. Whether anything changed.
    pub(super) fn set_progress(&self, now: Vec<AtWork>) -> bool {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let (before, stamp) = (state.stamp, state.stamp + 1);
        state.progress.retain(|batch, _| now.iter().any(|work| work.now.batch == *batch));
        for work in now {
            let batch = work.now.batch;
            if state.progress.get(&batch).is_some_and(|slot| slot.work == work) {
                continue;
            }
            let json = progress_json(&work.now);
            state.progress.insert(batch, Slot { stamp, work, json });
            state.stamp = stamp;
        }
        let changed = state.stamp > before;
        drop(state);
        if changed {
            self.published.send_modify(|published| {
                if let Some(published) = published {
                    published.progress = stamp;
                }
            });
        }
        changed
    }

    /// One read for all that ask for the same stretch at the same time.
    pub(super) fn shared_read(
        &self,
        after: i64,
        read: impl FnOnce() -> BoxFuture<'static, ReadPage>,
    ) -> Shared<BoxFuture<'static, ReadPage>> {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = reads.get(&after).and_then(WeakShared::upgrade) {
            return under_way;
        }
        reads.retain(|_, read| read.upgrade().is_some());
        let shared = read().shared();
        if let Some(weak) = shared.downgrade() {
            reads.insert(after, weak);
        }
        shared
    }
}

fn progress_json(now: &Progress) -> Arc<str> {
    let frame = ServerFrame::Progress(now.clone());
    serde_json::to_string(&frame).unwrap_or_default().into()
}
