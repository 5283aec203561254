//! Tick of a batch: everything it does to its items in one write.
//!
//! Reports are settled, starts written, backoffs that are over end, a due sweep goes on by one chunk, new items are
//! claimed, a batch with nothing left is finalized. The machines decide, inside the transaction.
//!
//! **No more items run than there are slots, at any commit**: a start for which there is no room yet comes back.

use std::sync::Arc;

use super::batches;
use super::documents::{self, Document};
use super::error::StoreError;
use super::item_steps::AttemptNotes;
use super::items::{self, ItemFilter, StoredItem};
use super::report::apply_report;
pub use super::report::{AttemptOutcome, AttemptReport, LateReport};
use super::txn::{BatchRecord, Txn};
use crate::domain::batch::{BatchControl, BatchEvent, ItemSweep};
use crate::domain::event::EventType;
use crate::domain::ids::{BatchKey, CorrelationKey, Fence, Micros};
use crate::domain::item::{ItemEvent, ItemRefusal, ItemState, YieldReason};
use crate::failpoints::{Failpoint, failpoint};
use crate::safeguards::{Safeguard, is_disabled};

#[derive(Debug)]
pub struct TickRequest {
    pub batch: BatchKey,
    pub reports: Vec<AttemptReport>,
    /// Of items that are still at work.
    pub starts: Vec<ItemStart>,
    /// At most so many items are claimed …
    pub claim: u32,
    /// … and at most so many at a time.
    pub claim_items: u32,
    /// Logs `batch.progress` as well.
    pub heartbeat: bool,
}

/// A worker process has taken a claimed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemStart {
    pub position: u32,
    pub fence: Fence,
    pub at: Micros,
}

/// An item that was claimed: counted, fenced, on disk.
#[derive(Debug, Clone)]
pub struct ClaimedItem {
    pub position: u32,
    pub fence: Fence,
    pub correlation: CorrelationKey,
    /// The same for the log's readers.
    pub correlation_id: Arc<str>,
    pub document: Option<Document>,
}

impl ClaimedItem {
    /// A report of this attempt in which no worker process took the item.
    pub fn report(&self, outcome: AttemptOutcome) -> AttemptReport {
        AttemptReport {
            position: self.position,
            fence: self.fence,
            outcome,
            started_at: None,
            worker_pid: None,
            work_micros: None,
            peak_memory_bytes: None,
        }
    }
}

#[derive(Debug)]
pub struct TickResult {
    pub record: BatchRecord,
    pub claimed: Vec<ClaimedItem>,
    /// Starts that were not written: as many items run as there are slots, until the ends of others are written.
    pub held_back: Vec<ItemStart>,
    /// Reports of attempts that are not the running one any more: refused.
    pub fenced: u32,
    /// The same one by one.
    pub late: Vec<LateReport>,
    /// When the next backoff of the batch is over.
    pub next_backoff: Option<Micros>,
    /// A sweep is not through: the next tick goes on with it.
    pub more_to_sweep: bool,
}

/// Items that one write of a sweep changes; others get in between.
const SWEEP_CHUNK: u32 = 500;

/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn take(txn: &mut Txn<'_>, request: &TickRequest) -> Result<TickResult, StoreError> {
    let mut record = txn.record(request.batch)?;
    let mut late = Vec::new();
    for report in &request.reports {
        match apply_report(txn, record, report)? {
            Ok(next) => record = next,
            Err(refused) => late.push(refused),
        }
    }
    if !request.reports.is_empty() {
        failpoint(Failpoint::TurnSettled);
    }
    let held_back = begin_all(txn, &mut record, &request.starts)?;
    record = pass_deadline(txn, record)?;
    record = end_backoffs(txn, record)?;
    record = sweep(txn, record)?;
    let claimed = claim_all(txn, &mut record, request)?;
    record = finalize(txn, record)?;
    if request.heartbeat && !record.batch.is_ended() {
        txn.emit_batch(&record, EventType::BatchProgress, record.correlation)?;
    }
    let next_backoff = match record.batch.counts.retry_wait {
        0 => None,
        _ => items::next_backoff(txn.conn, request.batch)?,
    };
    let more_to_sweep = record.batch.due_sweep().is_some();
    Ok(TickResult { record, claimed, held_back, fenced: late.len() as u32, late, next_backoff, more_to_sweep })
}

/// The starts for which there is no room yet.
fn begin_all(txn: &mut Txn<'_>, record: &mut BatchRecord, starts: &[ItemStart]) -> Result<Vec<ItemStart>, StoreError> {
    let mut held_back = Vec::new();
    for start in starts {
        match begin(txn, *record, start)? {
            Some(next) => *record = next,
            None => held_back.push(*start),
        }
    }
    Ok(held_back)
}

/// The batch with the start in it, if it still matters; none when there is no room for it.
fn begin(txn: &mut Txn<'_>, record: BatchRecord, start: &ItemStart) -> Result<Option<BatchRecord>, StoreError> {
    if record.batch.control == BatchControl::Cancelled {
        return Ok(Some(record));
    }
    let stored = items::load(txn.conn, record.key, start.position)?;
    if stored.item.is_claimed && stored.item.fence() == start.fence && !txn.has_room_to_run() {
        return Ok(None);
    }
    let notes = AttemptNotes { started_at: Some(start.at), ..AttemptNotes::default() };
    // What is refused has ended meanwhile, or runs already.
    let stepped = txn.step_item(record, &stored, &ItemEvent::Started { fence: start.fence }, &notes)?;
    Ok(Some(stepped.map_or(record, |(record, _)| record)))
}

fn pass_deadline(txn: &mut Txn<'_>, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    if record.batch.deadline.is_none() {
        return Ok(record);
    }
    let step = record.batch.step(&BatchEvent::DeadlinePassed, txn.now)?;
    Ok(if step.changed { txn.put_batch(record, step.batch) } else { record })
}

fn end_backoffs(txn: &mut Txn<'_>, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    if record.batch.counts.retry_wait == 0 || !record.batch.may_start_items(txn.now) {
        return Ok(record);
    }
    let over = items::pick(txn.conn, record.key, ItemFilter::BackoffOver { now: txn.now }, SWEEP_CHUNK)?;
    step_all(txn, record, &over, &ItemEvent::BackoffOver)
}

/// One chunk of whatever the batch's state asks to be done to many items.
pub(super) fn sweep(txn: &mut Txn<'_>, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    match record.batch.due_sweep() {
        None => Ok(record),
        Some(ItemSweep::Cancel) => sweep_all(txn, record, &WAITING, &ItemEvent::CancelAsked),
        Some(ItemSweep::Skip) => sweep_all(txn, record, &WAITING, &ItemEvent::SkipAsked),
        Some(ItemSweep::Expire) => sweep_all(txn, record, &LIVE, &ItemEvent::DeadlinePassed),
        Some(ItemSweep::Retry { after, cancelled_too }) => sweep_retry(txn, record, after, cancelled_too),
    }
}

const WAITING: [ItemFilter; 2] = [ItemFilter::Claimable, ItemFilter::BackoffOver { now: Micros::MAX }];
const LIVE: [ItemFilter; 3] =
    [ItemFilter::Claimable, ItemFilter::BackoffOver { now: Micros::MAX }, ItemFilter::InHand { after: 0 }];

fn sweep_all(
    txn: &mut Txn<'_>,
    record: BatchRecord,
    picks: &[ItemFilter],
    event: &ItemEvent,
) -> Result<BatchRecord, StoreError> {
    let mut record = record;
    for pick in picks {
        let found = items::pick(txn.conn, record.key, *pick, SWEEP_CHUNK)?;
        record = step_all(txn, record, &found, event)?;
    }
    Ok(record)
}

/// Walks the ended items in input order. The position reached is stored, so that an item which fails again
/// is not taken twice by one retry, not even over a restart.
fn sweep_retry(
    txn: &mut Txn<'_>,
    record: BatchRecord,
    after: u32,
    cancelled_too: bool,
) -> Result<BatchRecord, StoreError> {
    let mut found = Vec::new();
    for state in [ItemState::Failed, ItemState::Expired, ItemState::Skipped, ItemState::Cancelled] {
        if state != ItemState::Cancelled || cancelled_too {
            found.extend(items::pick(txn.conn, record.key, ItemFilter::InState { state, after }, SWEEP_CHUNK)?);
        }
    }
    found.sort_by_key(|stored| stored.position);
    let complete = found.len() < SWEEP_CHUNK as usize;
    found.truncate(SWEEP_CHUNK as usize);
    let reached = found.last().map_or(after, |stored| stored.position);
    let record = step_all(txn, record, &found, &ItemEvent::RetryAsked)?;
    let swept = BatchEvent::RetrySwept { after: (!complete).then_some(reached) };
    let step = record.batch.step(&swept, txn.now)?;
    Ok(txn.put_batch(record, step.batch))
}

fn claim_all(
    txn: &mut Txn<'_>,
    record: &mut BatchRecord,
    request: &TickRequest,
) -> Result<Vec<ClaimedItem>, StoreError> {
    let mut all = Vec::with_capacity(request.claim as usize);
    while (all.len() as u32) < request.claim {
        let limit = request.claim_items.min(request.claim - all.len() as u32);
        let claimed = claim(txn, record, limit)?;
        let is_last = (claimed.len() as u32) < limit;
        all.extend(claimed);
        if is_last {
            break;
        }
    }
    Ok(all)
}

fn claim(txn: &mut Txn<'_>, record: &mut BatchRecord, limit: u32) -> Result<Vec<ClaimedItem>, StoreError> {
    let may_start = record.batch.may_start_items(txn.now) || is_disabled(Safeguard::CancelCheck);
    if limit == 0 || record.batch.claimable() == 0 || !may_start {
        return Ok(Vec::new());
    }
    let queued = items::pick(txn.conn, record.key, ItemFilter::Claimable, limit)?;
    let event = ItemEvent::Claimed { epoch: txn.env.epoch };
    let mut claimed = Vec::with_capacity(queued.len());
    for stored in &queued {
        let (next, item) = must(txn.step_item(*record, stored, &event, &AttemptNotes::default())?)?;
        *record = next;
        claimed.push(ClaimedItem {
            position: stored.position,
            fence: item.fence(),
            correlation: stored.correlation,
            correlation_id: txn.correlation_id(stored.correlation)?,
            document: None,
        });
    }
    attach_documents(txn, record.key, &mut claimed)?;
    Ok(claimed)
}

fn attach_documents(txn: &mut Txn<'_>, batch: BatchKey, claimed: &mut [ClaimedItem]) -> Result<(), StoreError> {
    // Retried items lie scattered among others, so each is looked up alone unless they are neighbours.
    let (Some(first), Some(last)) = (claimed.first(), claimed.last()) else { return Ok(()) };
    let (first, last) = (first.position, last.position);
    if (last - first) as usize >= claimed.len() {
        for item in claimed {
            item.document = documents::of_item(txn.conn, batch, item.position)?;
        }
        return Ok(());
    }
    for (position, document) in documents::between(txn.conn, batch, first, last)? {
        if let Some(item) = claimed.get_mut((position - first) as usize) {
            item.document = Some(document);
        }
    }
    Ok(())
}

/// The end of a batch whose items are all terminal.
pub(super) fn finalize(txn: &mut Txn<'_>, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    if !record.batch.is_finalizable() {
        return Ok(record);
    }
    let step = record.batch.step(&BatchEvent::FinalizeAsked, txn.now)?;
    let record = txn.put_batch(record, step.batch);
    failpoint(Failpoint::FinalizeHalf);
    if let Some(kind) = step.emit {
        txn.emit_batch(&record, kind, record.correlation)?;
    }
    Ok(record)
}

/// Items that an earlier boot, or an actor that is gone, left in hand take the ordinary path back to the queue;
/// one chunk a write. Returns where to go on.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn recover(txn: &mut Txn<'_>, batch: BatchKey, after: u32) -> Result<Option<u32>, StoreError> {
    let mut record = txn.record(batch)?;
    let found = items::pick(txn.conn, batch, ItemFilter::InHand { after }, SWEEP_CHUNK)?;
    for stored in &found {
        let event = match stored.item.epoch < txn.env.epoch {
            true => ItemEvent::Lost { epoch: txn.env.epoch },
            false => ItemEvent::Yielded { fence: stored.item.fence(), why: YieldReason::NotStarted },
        };
        (record, _) = must(txn.step_item(record, stored, &event, &AttemptNotes::default())?)?;
        failpoint(Failpoint::RecoverHalf);
    }
    Ok((found.len() == SWEEP_CHUNK as usize).then(|| found.last().map_or(after, |stored| stored.position)))
}

/// Items that ran when an earlier boot ended are queued again at once, one chunk a write: nobody may see them run, nor
/// may they take the room of others. False when there are none left.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn recover_running(txn: &mut Txn<'_>) -> Result<bool, StoreError> {
    let event = ItemEvent::Lost { epoch: txn.env.epoch };
    let mut left = SWEEP_CHUNK as usize;
    for batch in batches::with_running(txn.conn, SWEEP_CHUNK)? {
        let by = ItemFilter::InState { state: ItemState::Running, after: 0 };
        let mut found = items::pick(txn.conn, batch, by, left as u32)?;
        found.retain(|stored| stored.item.epoch < txn.env.epoch);
        let record = txn.record(batch)?;
        step_all(txn, record, &found, &event)?;
        left -= found.len();
        if left == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends a batch that nobody can work on, one chunk a write; false when it has ended.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn give_up(txn: &mut Txn<'_>, batch: BatchKey) -> Result<bool, StoreError> {
    let record = txn.record(batch)?;
    let step = record.batch.step(&BatchEvent::GivenUp, txn.now)?;
    if step.changed {
        txn.put_batch(record, step.batch);
    }
    recover(txn, batch, 0)?;
    let record = txn.record(batch)?;
    let record = sweep(txn, record)?;
    Ok(!finalize(txn, record)?.batch.is_ended())
}

fn step_all(
    txn: &mut Txn<'_>,
    record: BatchRecord,
    found: &[StoredItem],
    event: &ItemEvent,
) -> Result<BatchRecord, StoreError> {
    let mut record = record;
    for stored in found {
        (record, _) = must(txn.step_item(record, stored, event, &AttemptNotes::default())?)?;
    }
    Ok(record)
}

/// A step that the items' own rows call for cannot be refused.
fn must<T>(stepped: Result<T, ItemRefusal>) -> Result<T, StoreError> {
    stepped.map_err(|refusal| StoreError::Corrupt(refusal.to_string()))
}
