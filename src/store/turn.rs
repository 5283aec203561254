//! A batch's turn: everything it does to its items in one write.
//!
//! Reports are settled, backoffs that are over end, a due sweep goes on by one chunk, new items are
//! claimed, a batch with nothing left is finalized. The machines decide, inside the transaction.

use std::sync::Arc;

use super::documents::{self, Document};
use super::error::StoreError;
use super::items::{self, AttemptNotes, Pick, StoredItem};
use super::protection::{Protection, is_removed};
use super::report::settle;
pub use super::report::{End, LateReport, Report};
use super::txn::{Held, Txn};
use crate::domain::batch::{Batch, BatchEvent, Sweep};
use crate::domain::event::EventType;
use crate::domain::ids::{BatchKey, CorrelationKey, Fence, Micros};
use crate::domain::item::{ItemEvent, ItemRefusal, ItemState, Yielded};
use crate::planned::{Point, point};

#[derive(Debug)]
pub struct TurnRequest {
    pub batch: BatchKey,
    pub reports: Vec<Report>,
    /// At most so many items are claimed …
    pub claim: u32,
    /// … and at most so many at a time.
    pub claim_items: u32,
    /// Logs `batch.progress` as well.
    pub heartbeat: bool,
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
    Ok(TurnResult { held, claimed, fenced: late.len() as u32, late, next_backoff, more_to_sweep })
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
        Some(Sweep::Cancel) => sweep_states(txn, held, &WAITING, &ItemEvent::CancelAsked),
        Some(Sweep::Skip) => sweep_states(txn, held, &WAITING, &ItemEvent::SkipAsked),
        Some(Sweep::Expire) => sweep_states(txn, held, &LIVE, &ItemEvent::DeadlinePassed),
        Some(Sweep::Retry { after, cancelled_too }) => sweep_retry(txn, held, after, cancelled_too),
    }
}

const WAITING: [ItemState; 2] = [ItemState::Queued, ItemState::RetryWait];
const LIVE: [ItemState; 3] = [ItemState::Queued, ItemState::RetryWait, ItemState::Running];

fn sweep_states(txn: &mut Txn<'_>, held: Held, states: &[ItemState], event: &ItemEvent) -> Result<Held, StoreError> {
    let mut held = held;
    for state in states.iter().filter(|state| held.batch.counts.of(**state) > 0).copied().collect::<Vec<_>>() {
        let found = items::pick(txn.conn, held.key, Pick::InState { state, after: 0 }, SWEEP_CHUNK)?;
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
    if limit == 0 || held.batch.counts.queued == 0 || !may_start {
        return Ok(Vec::new());
    }
    let queued = items::pick(txn.conn, held.key, Pick::Queued, limit)?;
    if !held.batch.started && !queued.is_empty() {
        *held = txn.adopt(*held, Batch { started: true, ..held.batch });
        txn.emit_batch(held, EventType::BatchStarted, held.correlation)?;
    }
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

/// Items that an earlier boot, or an actor that is gone, left running take the ordinary path back to the queue;
/// one chunk a write. Returns where to go on.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn recover(txn: &mut Txn<'_>, batch: BatchKey, after: u32) -> Result<Option<u32>, StoreError> {
    let mut held = txn.held(batch)?;
    let found = items::pick(txn.conn, batch, Pick::InState { state: ItemState::Running, after }, SWEEP_CHUNK)?;
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
