//! Feed: the newest part of one owner's log in memory, shared by all sessions of that owner. Exists while at least one
//! session does.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::watch;

use super::buffer::{EncodedEvent, EventBuffer};
use quire_domain::delivery::LogRange;
use quire_domain::delivery::filter::SubscriptionFilter;
use quire_domain::ids::{BatchId, OwnerKey};
use quire_domain::live_frames::{Progress, ServerFrame};

/// Events of one read of the log.
pub const PAGE_EVENTS: usize = 256;

/// Events of the log in their order.
pub type LogPage = Arc<[Arc<EncodedEvent>]>;
/// A page, or why it could not be read, in the store's words.
pub type ReadLogPage = Result<LogPage, Arc<str>>;

/// Newest `seq` and progress of an owner that were published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedHead {
    pub reach: LogRange,
    /// Rises with every change of the progress.
    pub progress: u64,
}

/// One owner's log as live sessions read it: newest events and progress in memory.
#[derive(Debug)]
pub struct EventFeed {
    pub owner: OwnerKey,
    state: RwLock<FeedState>,
    /// `None` until the log was looked at for the first time.
    published: watch::Sender<Option<PublishedHead>>,
    reads: Mutex<HashMap<i64, WeakShared<BoxFuture<'static, ReadLogPage>>>>,
}

#[derive(Debug)]
struct FeedState {
    buffer: EventBuffer,
    stamp: u64,
    progress: BTreeMap<BatchId, ProgressSlot>,
}

/// The newest progress of one batch.
#[derive(Debug, PartialEq)]
pub struct ProgressUpdate {
    /// Of the batch.
    pub collection: Option<Arc<str>>,
    pub now: Progress,
}

/// The newest progress of one batch: a newer one takes its place.
#[derive(Debug)]
struct ProgressSlot {
    stamp: u64,
    work: ProgressUpdate,
    json: Arc<str>,
}

impl EventFeed {
    pub(super) fn new(owner: OwnerKey, buffer: EventBuffer) -> Self {
        let state = FeedState { buffer, stamp: 0, progress: BTreeMap::new() };
        let (published, _) = watch::channel(None);
        Self { owner, state: state.into(), published, reads: Mutex::default() }
    }

    /// Newest `seq` and progress that were published; none before the first.
    pub fn published_head(&self) -> Option<PublishedHead> {
        *self.published.borrow()
    }

    /// Follows what is published.
    pub fn watch_published_head(&self) -> watch::Receiver<Option<PublishedHead>> {
        self.published.subscribe()
    }

    /// From memory; `None` when that does not reach back so far.
    pub fn events_after(&self, after: i64) -> Option<Vec<Arc<EncodedEvent>>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).buffer.events_after(after, PAGE_EVENTS)
    }

    /// Progress frames that changed since `stamp` and are wanted.
    pub fn progress_since(&self, stamp: u64, filter: &SubscriptionFilter) -> Vec<Arc<str>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let changed = state.progress.iter().filter(|(_, slot)| slot.stamp > stamp);
        let wanted = changed.filter(|(batch, slot)| filter.covers_batch(**batch, slot.work.collection.as_deref()));
        wanted.map(|(_, slot)| Arc::clone(&slot.json)).collect()
    }

    /// Last `seq` in the buffer; `None` before the first read.
    pub(super) fn filled_to(&self) -> Option<i64> {
        let last = self.state.read().unwrap_or_else(PoisonError::into_inner).buffer.last_seq();
        self.published_head().map(|_| last)
    }

    /// Adds what the hub read. Called by nobody else, so that the published `seq` only ever rises.
    pub(super) fn fill(&self, reach: LogRange, events: Vec<Arc<EncodedEvent>>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        events.into_iter().for_each(|event| state.buffer.push(event));
        let progress = state.stamp;
        drop(state);
        self.published.send_modify(|published| {
            let known = published.map_or(0, |published| published.reach.latest);
            let reach = LogRange { latest: reach.latest.max(known), ..reach };
            *published = Some(PublishedHead { reach, progress });
        });
    }

    /// The progress of all batches at work; those that are missing do not work any more. Whether anything changed.
    pub(super) fn set_progress(&self, now: Vec<ProgressUpdate>) -> bool {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let (before, stamp) = (state.stamp, state.stamp + 1);
        state.progress.retain(|batch, _| now.iter().any(|work| work.now.batch == *batch));
        for work in now {
            let batch = work.now.batch;
            if state.progress.get(&batch).is_some_and(|slot| slot.work == work) {
                continue;
            }
            let json = progress_json(&work.now);
            state.progress.insert(batch, ProgressSlot { stamp, work, json });
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
        read: impl FnOnce() -> BoxFuture<'static, ReadLogPage>,
    ) -> Shared<BoxFuture<'static, ReadLogPage>> {
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
