//! Progress of everything that runs right now, page by page. In memory only: never stored, always rebuildable.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quire_base::clock::rfc3339;
use quire_domain::ids::{BatchKey, ItemAddress, Micros, OwnerKey};
use quire_domain::live_frames::{AttemptProgress, BatchPace, Progress, RUNNING_ITEMS_SHOWN, RunningItem};
use quire_domain::progress::{BatchMeter, StagePageRate};
use quire_domain::stage::Stage;
use quire_store::batches::BatchRecord;

/// One running attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningAttempt {
    pub name: String,
    pub stage: Stage,
    /// From 1; 0 while no page is at work.
    pub page: u32,
    /// 0 while unknown.
    pub pages: u32,
    pub since: Micros,
    meter: Option<StagePageRate>,
}

/// One batch that has an actor.
#[derive(Debug)]
struct TrackedBatch {
    record: BatchRecord,
    collection: Option<Arc<str>>,
    /// Pages of documents of this batch that are done, in all that this process saw.
    pages: u64,
    meter: BatchMeter,
    items: BTreeMap<u32, RunningAttempt>,
}

/// Progress of all batches that have an actor, and of their running items.
#[derive(Debug, Default)]
pub struct ProgressTracker {
    batches: Mutex<HashMap<BatchKey, TrackedBatch>>,
    pages_done: AtomicU64,
    fenced: AtomicU64,
}

impl RunningAttempt {
    pub fn progress(&self, now: Micros) -> AttemptProgress {
        let (pages_per_second, eta_seconds) =
            self.meter.map_or((None, None), |meter| meter.rate_and_eta(self.page, self.pages, now));
        let since = rfc3339(self.since);
        AttemptProgress { stage: self.stage, page: self.page, pages: self.pages, pages_per_second, eta_seconds, since }
    }

    /// Every stage counts its own pages.
    fn moved(&mut self, stage: Stage, page: u32, pages: u32, now: Micros) {
        if self.stage != stage || page < self.page {
            self.meter = None;
        }
        if page > 0 {
            self.meter.get_or_insert_with(|| StagePageRate::new(page, now));
        }
        (self.stage, self.page, self.pages) = (stage, page, pages);
    }
}

impl TrackedBatch {
    fn new(record: BatchRecord, collection: Option<Arc<str>>, now: Micros) -> Self {
        let meter = BatchMeter::new(record.batch.counts.terminal_items(), 0, now);
        Self { record, collection, pages: 0, meter, items: BTreeMap::new() }
    }

    /// Documents done, and those at work as far as they are.
    fn read(&mut self, now: Micros) {
        let at_work: u64 = self.items.values().map(|live| u64::from(live.page.saturating_sub(1))).sum();
        self.meter.observe(self.record.batch.counts.terminal_items(), self.pages + at_work, now);
    }

    fn pace(&self) -> BatchPace {
        self.meter.pace(self.record.batch.counts.live_items())
    }

    fn progress(&self, now: Micros) -> Progress {
        let shown = self.items.iter().take(RUNNING_ITEMS_SHOWN);
        let running =
            shown.map(|(item, live)| RunningItem { item: *item, name: live.name.clone(), at: live.progress(now) });
        Progress {
            batch: self.record.id,
            rev: self.record.rev,
            counts: self.record.batch.counts,
            pace: self.pace(),
            running: running.collect(),
        }
    }
}

impl ProgressTracker {
    /// Takes in how a batch stands, a new one too.
    pub fn update_batch(&self, record: BatchRecord, collection: Option<&str>, now: Micros) {
        let mut batches = self.lock();
        let at_work =
            batches.entry(record.key).or_insert_with(|| TrackedBatch::new(record, collection.map(Arc::from), now));
        if record.rev >= at_work.record.rev {
            at_work.record = record;
        }
    }

    /// Forgets a batch: it has no actor any more.
    pub fn forget_batch(&self, batch: BatchKey) {
        self.lock().remove(&batch);
    }

    /// An attempt at an item has started.
    pub fn item_started(&self, item: ItemAddress, name: &str, since: Micros) {
        let live =
            RunningAttempt { name: name.to_owned(), stage: Stage::Receiving, page: 0, pages: 0, since, meter: None };
        if let Some(at_work) = self.lock().get_mut(&item.batch) {
            at_work.items.insert(item.position, live);
        }
    }

    /// The attempt has come to this stage and page.
    pub fn item_progressed(&self, item: ItemAddress, stage: Stage, page: u32, pages: u32, now: Micros) {
        let mut batches = self.lock();
        if let Some(live) = batches.get_mut(&item.batch).and_then(|at_work| at_work.items.get_mut(&item.position)) {
            live.moved(stage, page, pages, now);
        }
    }

    /// The attempt has ended; `pages` are counted as done.
    pub fn item_ended(&self, item: ItemAddress, pages: u32) {
        if let Some(at_work) = self.lock().get_mut(&item.batch) {
            at_work.items.remove(&item.position);
            at_work.pages += u64::from(pages);
        }
        self.pages_done.fetch_add(u64::from(pages), Ordering::Relaxed);
    }

    /// Counts reports that came too late to count.
    pub fn count_fenced_reports(&self, reports: u32) {
        self.fenced.fetch_add(u64::from(reports), Ordering::Relaxed);
    }

    /// Number of reports that came too late, since the server started.
    pub fn late_attempt_reports(&self) -> u64 {
        self.fenced.load(Ordering::Relaxed)
    }

    /// Pages of documents that ended well since the server started.
    pub fn pages_done(&self) -> u64 {
        self.pages_done.load(Ordering::Relaxed)
    }

    /// The running attempt of an item, if it runs.
    pub fn running_attempt(&self, item: ItemAddress) -> Option<RunningAttempt> {
        self.lock().get(&item.batch)?.items.get(&item.position).cloned()
    }

    /// Running attempts of a batch, by position.
    pub fn running_attempts_of(&self, batch: BatchKey) -> Vec<(u32, RunningAttempt)> {
        let batches = self.lock();
        let items = batches.get(&batch).into_iter().flat_map(|at_work| &at_work.items);
        items.map(|(position, live)| (*position, live.clone())).collect()
    }

    /// Progress of a batch; `None` while it has no actor.
    pub fn batch_progress(&self, batch: BatchKey, now: Micros) -> Option<Progress> {
        Some(self.lock().get(&batch)?.progress(now))
    }

    /// Takes a reading of all meters, and says what every batch at work is doing; each with its owner and its
    /// collection.
    pub fn sample_all(&self, now: Micros) -> Vec<(OwnerKey, Option<Arc<str>>, Progress)> {
        let mut batches = self.lock();
        batches.values_mut().for_each(|at_work| at_work.read(now));
        let busy = batches.values().filter(|at_work| at_work.record.batch.claimed_or_running_items() > 0);
        busy.map(|at_work| (at_work.record.owner, at_work.collection.clone(), at_work.progress(now))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BatchKey, TrackedBatch>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
