//! Tick of a batch: everything it does to its items in one write.
//!
//! Reports are settled, starts written, backoffs that are over end, a due sweep goes on by one chunk, new items are
//! claimed, a batch with nothing left is finalized. The machines decide, inside the transaction.
//!
//! **No more items run than there are slots, at any commit**: a start for which there is no room yet comes back.

use std::collections::HashMap;
use std::sync::Arc;

use super::item_steps::{AttemptNotes, must, step_all, step_item};
use super::report::{AttemptOutcome, AttemptReport, LateReport, apply_report};
use quire_base::failpoints::{Failpoint, failpoint};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::batch::{BatchControl, BatchInput, ItemSweep};
use quire_domain::event::EventType;
use quire_domain::ids::{BatchKey, CorrelationKey, Fence, Micros};
use quire_domain::item::{ItemInput, ItemState};
use quire_store::batches::BatchRecord;
use quire_store::documents::Document;
use quire_store::items::{ItemFilter, StoredItem};
use quire_store::{StoreError, Transaction};

/// What a batch's actor has to say about its items since its last tick.
#[derive(Debug)]
pub struct TickRequest {
    pub batch: BatchKey,
    pub reports: Vec<AttemptReport>,
    /// Of items that are still at work.
    pub starts: Vec<StartReport>,
    /// At most so many items are claimed …
    pub claim: u32,
    /// … and at most so many at a time.
    pub claim_items: u32,
    /// Logs `batch.progress` as well.
    pub heartbeat: bool,
}

/// A worker process has taken a claimed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartReport {
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
    pub fn unstarted_report(&self, outcome: AttemptOutcome) -> AttemptReport {
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

/// What a tick did, and which items it claimed.
#[derive(Debug)]
pub struct TickResult {
    pub record: BatchRecord,
    pub claimed: Vec<ClaimedItem>,
    /// Starts that were not written: as many items run as there are slots, until the ends of others are written.
    pub held_back: Vec<StartReport>,
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
pub(super) const SWEEP_CHUNK: u32 = 500;

/// Writes a tick: everything that a batch's actor has to say about its items, in one transaction.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn write_tick(txn: &mut dyn Transaction, request: &TickRequest) -> Result<TickResult, StoreError> {
    let mut record = txn.record(request.batch)?;
    let mut items = items_of(txn, request)?;
    let late = settle_all(txn, &mut record, &mut items, &request.reports)?;
    let held_back = begin_all(txn, &mut record, &mut items, &request.starts)?;
    record = pass_deadline(txn, record)?;
    record = end_backoffs(txn, record)?;
    record = sweep(txn, record)?;
    let claimed = claim_all(txn, &mut record, request)?;
    record = finalize(txn, record)?;
    if request.heartbeat && !record.batch.is_ended() {
        txn.emit_batch(&record, EventType::BatchProgress, record.correlation);
    }
    let next_backoff = match record.batch.counts.retry_wait {
        0 => None,
        _ => txn.read()?.next_backoff(request.batch)?,
    };
    let more_to_sweep = record.batch.due_sweep().is_some();
    Ok(TickResult { record, claimed, held_back, fenced: late.len() as u32, late, next_backoff, more_to_sweep })
}

/// The items that the request tells of, by position.
type ItemsAtHand = HashMap<u32, StoredItem>;

fn items_of(txn: &mut dyn Transaction, request: &TickRequest) -> Result<ItemsAtHand, StoreError> {
    let reported = request.reports.iter().map(|report| report.position);
    let positions: Vec<_> = reported.chain(request.starts.iter().map(|start| start.position)).collect();
    if positions.is_empty() {
        return Ok(ItemsAtHand::new());
    }
    let found = txn.read()?.items_at(request.batch, &positions)?;
    Ok(found.into_iter().map(|stored| (stored.position, stored)).collect())
}

fn at_hand(items: &ItemsAtHand, position: u32) -> Result<StoredItem, StoreError> {
    items.get(&position).copied().ok_or(StoreError::NotFound("item"))
}

/// The reports that came too late.
fn settle_all(
    txn: &mut dyn Transaction,
    record: &mut BatchRecord,
    items: &mut ItemsAtHand,
    reports: &[AttemptReport],
) -> Result<Vec<LateReport>, StoreError> {
    let mut late = Vec::new();
    for report in reports {
        let stored = at_hand(items, report.position)?;
        match apply_report(txn, *record, &stored, report)? {
            Ok((next, stored)) => {
                *record = next;
                items.insert(report.position, stored);
            }
            Err(refused) => late.push(refused),
        }
    }
    if !reports.is_empty() {
        failpoint(Failpoint::TurnSettled);
    }
    Ok(late)
}

/// The starts for which there is no room yet.
fn begin_all(
    txn: &mut dyn Transaction,
    record: &mut BatchRecord,
    items: &mut ItemsAtHand,
    starts: &[StartReport],
) -> Result<Vec<StartReport>, StoreError> {
    let mut held_back = Vec::new();
    for start in starts {
        let stored = at_hand(items, start.position)?;
        match begin(txn, *record, stored, start)? {
            Some((next, stored)) => {
                *record = next;
                items.insert(start.position, stored);
            }
            None => held_back.push(*start),
        }
    }
    Ok(held_back)
}

/// The batch with the start in it, if it still matters; none when there is no room for it.
fn begin(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    stored: StoredItem,
    start: &StartReport,
) -> Result<Option<(BatchRecord, StoredItem)>, StoreError> {
    if record.batch.control == BatchControl::Cancelled {
        return Ok(Some((record, stored)));
    }
    if stored.item.is_claimed && stored.item.fence() == start.fence && !txn.has_room_to_run() {
        return Ok(None);
    }
    let notes = AttemptNotes { started_at: Some(start.at), ..AttemptNotes::default() };
    // An item that refuses has ended meanwhile, or runs already.
    let stepped = step_item(txn, record, &stored, &ItemInput::Started { fence: start.fence }, &notes)?;
    Ok(Some(stepped.unwrap_or((record, stored))))
}

fn pass_deadline(txn: &mut dyn Transaction, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    if record.batch.deadline.is_none() {
        return Ok(record);
    }
    let step = record.batch.step(&BatchInput::DeadlinePassed, txn.now())?;
    Ok(if step.changed { txn.put_batch(record, step.batch) } else { record })
}

fn end_backoffs(txn: &mut dyn Transaction, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    if record.batch.counts.retry_wait == 0 || !record.batch.may_start_items(txn.now()) {
        return Ok(record);
    }
    let by = ItemFilter::BackoffOver { now: txn.now() };
    let over = txn.read()?.items(record.key, by, SWEEP_CHUNK)?;
    step_all(txn, record, &over, &ItemInput::BackoffOver)
}

/// One chunk of whatever the batch's state asks to be done to many items.
pub(super) fn sweep(txn: &mut dyn Transaction, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    match record.batch.due_sweep() {
        None => Ok(record),
        Some(ItemSweep::Cancel) => sweep_all(txn, record, &WAITING, &ItemInput::CancelAsked),
        Some(ItemSweep::Skip) => sweep_all(txn, record, &WAITING, &ItemInput::SkipAsked),
        Some(ItemSweep::Expire) => sweep_all(txn, record, &LIVE, &ItemInput::DeadlinePassed),
        Some(ItemSweep::Retry { after, cancelled_too }) => {
            let states = [ItemState::Failed, ItemState::Expired, ItemState::Skipped, ItemState::Cancelled];
            let states = states.into_iter().filter(|state| *state != ItemState::Cancelled || cancelled_too);
            let picks: Vec<_> = states.map(|state| ItemFilter::InState { state, after }).collect();
            sweep_retry(txn, record, &picks, after, Micros::MAX)
        }
        Some(ItemSweep::RetryFailed { after, codes, until }) => {
            let state = Some(ItemState::Failed);
            let picks: Vec<_> = codes.iter().map(|code| ItemFilter::Failing { code, state, after }).collect();
            sweep_retry(txn, record, &picks, after, until)
        }
    }
}

const WAITING: [ItemFilter; 2] = [ItemFilter::Claimable, ItemFilter::BackoffOver { now: Micros::MAX }];
const LIVE: [ItemFilter; 3] =
    [ItemFilter::Claimable, ItemFilter::BackoffOver { now: Micros::MAX }, ItemFilter::InHand { after: 0 }];

fn sweep_all(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    picks: &[ItemFilter],
    event: &ItemInput,
) -> Result<BatchRecord, StoreError> {
    let mut record = record;
    for pick in picks {
        let found = txn.read()?.items(record.key, *pick, SWEEP_CHUNK)?;
        record = step_all(txn, record, &found, event)?;
    }
    Ok(record)
}

/// Walks the ended items in input order. The position reached is stored, so that an item which fails again
/// is not taken twice by one retry, not even over a restart. What ended after `until` is passed over.
fn sweep_retry(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    picks: &[ItemFilter],
    after: u32,
    until: Micros,
) -> Result<BatchRecord, StoreError> {
    let mut found = Vec::new();
    for pick in picks {
        found.extend(txn.read()?.items(record.key, *pick, SWEEP_CHUNK)?);
    }
    found.sort_by_key(|stored| stored.position);
    let complete = found.len() < SWEEP_CHUNK as usize;
    found.truncate(SWEEP_CHUNK as usize);
    let reached = found.last().map_or(after, |stored| stored.position);
    found.retain(|stored| stored.ended_at.is_none_or(|at| at <= until));
    let record = step_all(txn, record, &found, &ItemInput::RetryAsked)?;
    let swept = BatchInput::RetrySwept { after: (!complete).then_some(reached) };
    let step = record.batch.step(&swept, txn.now())?;
    Ok(txn.put_batch(record, step.batch))
}

fn claim_all(
    txn: &mut dyn Transaction,
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

fn claim(txn: &mut dyn Transaction, record: &mut BatchRecord, limit: u32) -> Result<Vec<ClaimedItem>, StoreError> {
    let may_start = record.batch.may_start_items(txn.now()) || is_disabled(Safeguard::CancelCheck);
    if limit == 0 || record.batch.unclaimed_items() == 0 || !may_start {
        return Ok(Vec::new());
    }
    let queued = txn.read()?.items(record.key, ItemFilter::Claimable, limit)?;
    let event = ItemInput::Claimed { epoch: txn.context().epoch };
    let mut claimed = Vec::with_capacity(queued.len());
    for stored in &queued {
        let (next, after) = must(step_item(txn, *record, stored, &event, &AttemptNotes::default())?)?;
        *record = next;
        claimed.push(ClaimedItem {
            position: stored.position,
            fence: after.item.fence(),
            correlation: stored.correlation,
            correlation_id: txn.correlation_id(stored.correlation)?,
            document: None,
        });
    }
    attach_documents(txn, record.key, &mut claimed)?;
    Ok(claimed)
}

fn attach_documents(txn: &mut dyn Transaction, batch: BatchKey, claimed: &mut [ClaimedItem]) -> Result<(), StoreError> {
    // Retried items lie scattered among others, so each is looked up alone unless they are neighbours.
    let (Some(first), Some(last)) = (claimed.first(), claimed.last()) else { return Ok(()) };
    let (first, last) = (first.position, last.position);
    if (last - first) as usize >= claimed.len() {
        for item in claimed {
            item.document = txn.read()?.document(batch, item.position)?;
        }
        return Ok(());
    }
    for (position, document) in txn.read()?.documents_between(batch, first, last)? {
        if let Some(item) = claimed.get_mut((position - first) as usize) {
            item.document = Some(document);
        }
    }
    Ok(())
}

/// The end of a batch whose items are all terminal.
pub(super) fn finalize(txn: &mut dyn Transaction, record: BatchRecord) -> Result<BatchRecord, StoreError> {
    if !record.batch.is_finalizable() {
        return Ok(record);
    }
    let step = record.batch.step(&BatchInput::FinalizeAsked, txn.now())?;
    let record = txn.put_batch(record, step.batch);
    failpoint(Failpoint::FinalizeHalf);
    if let Some(kind) = step.emit {
        txn.emit_batch(&record, kind, record.correlation);
    }
    Ok(record)
}
