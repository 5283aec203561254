//! A batch's turn: everything it does to its items in one write.
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
use super::items::{self, Pick, StoredItem};
use super::protection::{Protection, is_removed};
use super::report::settle;
pub use super::report::{End, LateReport, Report};
use super::txn::{Held, Txn};
use crate::domain::batch::{BatchEvent, Control, Sweep};
use crate::domain::event::EventType;
use crate::domain::ids::{BatchKey, CorrelationKey, Fence, Micros};
use crate::domain::item::{ItemEvent, ItemRefusal, ItemState, Yielded};
use crate::planned::{Point, point};

#[derive(Debug)]
pub struct TurnRequest {
    pub batch: BatchKey,
    pub reports: Vec<Report>,
    /// Of items that are still at work.
    pub starts: Vec<Start>,
    /// At most so many items are claimed …
    pub claim: u32,
    /// … and at most so many at a time.
    pub claim_items: u32,
    /// Logs `batch.progress` as well.
    pub heartbeat: bool,
}

/// A worker process has taken a claimed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
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

#[derive(Debug)]
pub struct TurnResult {
    pub held: Held,
    pub claimed: Vec<ClaimedItem>,
    /// Starts that were not written: as many items run as there are slots, until the ends of others are written.
    pub held_back: Vec<Start>,
    /// Reports of attempts that are not the running one any more: refused.
    pub fenced: u32,
    /// The same one by one.
    pub late: Vec<LateReport>,
    /// When the next backoff of the batch is over.
    pub next_backoff: Option<Micros>,
    /// A sweep is not through: the next turn goes on with it.
    pub more_to_sweep: bool,
}

/// Items that one write of a sweep changes; others get in between.
const SWEEP_CHUNK: u32 = 500;

/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn take(txn: &mut Txn<'_>, request: &TurnRequest) -> Result<TurnResult, StoreError> {
    let mut held = txn.held(request.batch)?;
    let mut late = Vec::new();
    for report in &request.reports {
        match settle(txn, held, report)? {
            Ok(next) => held = next,
            Err(refused) => late.push(refused),
        }
    }
    if !request.reports.is_empty() {
        point(Point::TurnSettled);
    }
    let held_back = begin_all(txn, &mut held, &request.starts)?;
    held = pass_deadline(txn, held)?;
    held = end_backoffs(txn, held)?;
    held = sweep(txn, held)?;
    let claimed = claim_all(txn, &mut held, request)?;
    held = finalize(txn, held)?;
    if request.heartbeat && !held.batch.is_ended() {
        txn.emit_batch(&held, EventType::BatchProgress, held.correlation)?;
    }
    let next_backoff = match held.batch.counts.retry_wait {
        0 => None,
        _ => items::next_backoff(txn.conn, request.batch)?,
    };
    let more_to_sweep = held.batch.due_sweep().is_some();
    Ok(TurnResult { held, claimed, held_back, fenced: late.len() as u32, late, next_backoff, more_to_sweep })
}

/// The starts for which there is no room yet.
fn begin_all(txn: &mut Txn<'_>, held: &mut Held, starts: &[Start]) -> Result<Vec<Start>, StoreError> {
    let mut held_back = Vec::new();
    for start in starts {
        match begin(txn, *held, start)? {
            Some(next) => *held = next,
            None => held_back.push(*start),
        }
    }
    Ok(held_back)
}

/// The batch with the start in it, if it still matters; none when there is no room for it.
fn begin(txn: &mut Txn<'_>, held: Held, start: &Start) -> Result<Option<Held>, StoreError> {
    if held.batch.control == Control::Cancelled {
        return Ok(Some(held));
    }
    let stored = items::load(txn.conn, held.key, start.position)?;
    if stored.item.is_claimed && stored.item.fence() == start.fence && !txn.has_room_to_run() {
        return Ok(None);
    }
    let notes = AttemptNotes { started_at: Some(start.at), ..AttemptNotes::default() };
    // What is refused has ended meanwhile, or runs already.
    let stepped = txn.step_item(held, &stored, &ItemEvent::Started { fence: start.fence }, &notes)?;
    Ok(Some(stepped.map_or(held, |(held, _)| held)))
}

fn pass_deadline(txn: &mut Txn<'_>, held: Held) -> Result<Held, StoreError> {
    if held.batch.deadline.is_none() {
        return Ok(held);
    }
    let step = held.batch.step(&BatchEvent::DeadlinePassed, txn.now)?;
    Ok(if step.changed { txn.adopt(held, step.batch) } else { held })
}

fn end_backoffs(txn: &mut Txn<'_>, held: Held) -> Result<Held, StoreError> {
    if held.batch.counts.retry_wait == 0 || !held.batch.may_start_items(txn.now) {
        return Ok(held);
    }
    let over = items::pick(txn.conn, held.key, Pick::BackoffOver { now: txn.now }, SWEEP_CHUNK)?;
    step_all(txn, held, &over, &ItemEvent::BackoffOver)
}

/// One chunk of whatever the batch's state asks to be done to many items.
pub(super) fn sweep(txn: &mut Txn<'_>, held: Held) -> Result<Held, StoreError> {
    match held.batch.due_sweep() {
        None => Ok(held),
        Some(Sweep::Cancel) => sweep_all(txn, held, &WAITING, &ItemEvent::CancelAsked),
        Some(Sweep::Skip) => sweep_all(txn, held, &WAITING, &ItemEvent::SkipAsked),
        Some(Sweep::Expire) => sweep_all(txn, held, &LIVE, &ItemEvent::DeadlinePassed),
        Some(Sweep::Retry { after, cancelled_too }) => sweep_retry(txn, held, after, cancelled_too),
    }
}

const WAITING: [Pick; 2] = [Pick::Claimable, Pick::BackoffOver { now: Micros::MAX }];
const LIVE: [Pick; 3] = [Pick::Claimable, Pick::BackoffOver { now: Micros::MAX }, Pick::InHand { after: 0 }];

fn sweep_all(txn: &mut Txn<'_>, held: Held, picks: &[Pick], event: &ItemEvent) -> Result<Held, StoreError> {
    let mut held = held;
    for pick in picks {
        let found = items::pick(txn.conn, held.key, *pick, SWEEP_CHUNK)?;
        held = step_all(txn, held, &found, event)?;
    }
    Ok(held)
}

/// Walks the ended items in input order. The position reached is stored, so that an item which fails again
/// is not taken twice by one retry, not even over a restart.
fn sweep_retry(txn: &mut Txn<'_>, held: Held, after: u32, cancelled_too: bool) -> Result<Held, StoreError> {
    let mut found = Vec::new();
    for state in [ItemState::Failed, ItemState::Expired, ItemState::Skipped, ItemState::Cancelled] {
        if state != ItemState::Cancelled || cancelled_too {
            found.extend(items::pick(txn.conn, held.key, Pick::InState { state, after }, SWEEP_CHUNK)?);
        }
    }
    found.sort_by_key(|stored| stored.position);
    let complete = found.len() < SWEEP_CHUNK as usize;
    found.truncate(SWEEP_CHUNK as usize);
    let reached = found.last().map_or(after, |stored| stored.position);
    let held = step_all(txn, held, &found, &ItemEvent::RetryAsked)?;
    let swept = BatchEvent::RetrySwept { after: (!complete).then_some(reached) };
    let step = held.batch.step(&swept, txn.now)?;
    Ok(txn.adopt(held, step.batch))
}

fn claim_all(txn: &mut Txn<'_>, held: &mut Held, request: &TurnRequest) -> Result<Vec<ClaimedItem>, StoreError> {
    let mut all = Vec::with_capacity(request.claim as usize);
    while (all.len() as u32) < request.claim {
        let limit = request.claim_items.min(request.claim - all.len() as u32);
        let claimed = claim(txn, held, limit)?;
        let is_last = (claimed.len() as u32) < limit;
        all.extend(claimed);
        if is_last {
            break;
        }
    }
    Ok(all)
}

fn claim(txn: &mut Txn<'_>, held: &mut Held, limit: u32) -> Result<Vec<ClaimedItem>, StoreError> {
    let may_start = held.batch.may_start_items(txn.now) || is_removed(Protection::CancelCheck);
    if limit == 0 || held.batch.claimable() == 0 || !may_start {
        return Ok(Vec::new());
    }
    let queued = items::pick(txn.conn, held.key, Pick::Claimable, limit)?;
    let event = ItemEvent::Claimed { epoch: txn.env.epoch };
    let mut claimed = Vec::with_capacity(queued.len());
    for stored in &queued {
        let (next, item) = must(txn.step_item(*held, stored, &event, &AttemptNotes::default())?)?;
        *held = next;
        claimed.push(ClaimedItem {
            position: stored.position,
            fence: item.fence(),
            correlation: stored.correlation,
            correlation_id: txn.correlation_id(stored.correlation)?,
            document: None,
        });
    }
    attach_documents(txn, held.key, &mut claimed)?;
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
pub(super) fn finalize(txn: &mut Txn<'_>, held: Held) -> Result<Held, StoreError> {
    if !held.batch.is_finalizable() {
        return Ok(held);
    }
    let step = held.batch.step(&BatchEvent::FinalizeAsked, txn.now)?;
    let held = txn.adopt(held, step.batch);
    point(Point::FinalizeHalf);
    if let Some(kind) = step.emit {
        txn.emit_batch(&held, kind, held.correlation)?;
    }
    Ok(held)
}

/// Items that an earlier boot, or an actor that is gone, left in hand take the ordinary path back to the queue;
/// one chunk a write. Returns where to go on.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn recover(txn: &mut Txn<'_>, batch: BatchKey, after: u32) -> Result<Option<u32>, StoreError> {
    let mut held = txn.held(batch)?;
    let found = items::pick(txn.conn, batch, Pick::InHand { after }, SWEEP_CHUNK)?;
    for stored in &found {
        let event = match stored.item.epoch < txn.env.epoch {
            true => ItemEvent::Lost { epoch: txn.env.epoch },
            false => ItemEvent::Yielded { fence: stored.item.fence(), why: Yielded::NotStarted },
        };
        (held, _) = must(txn.step_item(held, stored, &event, &AttemptNotes::default())?)?;
        point(Point::RecoverHalf);
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
        let by = Pick::InState { state: ItemState::Running, after: 0 };
        let mut found = items::pick(txn.conn, batch, by, left as u32)?;
        found.retain(|stored| stored.item.epoch < txn.env.epoch);
        let held = txn.held(batch)?;
        step_all(txn, held, &found, &event)?;
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
    let held = txn.held(batch)?;
    let step = held.batch.step(&BatchEvent::GivenUp, txn.now)?;
    if step.changed {
        txn.adopt(held, step.batch);
    }
    recover(txn, batch, 0)?;
    let held = txn.held(batch)?;
    let held = sweep(txn, held)?;
    Ok(!finalize(txn, held)?.batch.is_ended())
}

fn step_all(txn: &mut Txn<'_>, held: Held, found: &[StoredItem], event: &ItemEvent) -> Result<Held, StoreError> {
    let mut held = held;
    for stored in found {
        (held, _) = must(txn.step_item(held, stored, event, &AttemptNotes::default())?)?;
    }
    Ok(held)
}

/// A step that the items' own rows call for cannot be refused.
fn must<T>(stepped: Result<T, ItemRefusal>) -> Result<T, StoreError> {
    stepped.map_err(|refusal| StoreError::Corrupt(refusal.to_string()))
}
