//! History: what a batch and its items were at a place in the log, folded from the events. Pure.
//!
//! Every change of an item that a user can see has an event, and the events of one write share a revision. So a fold up
//! to the end of a write is what the tables held after its commit.

use super::batch::{BatchControl, BatchOutcome, BatchStatus};
use super::counts::{CountUnderflow, ItemCounts};
use super::event::{EventData, EventType};
use super::failure::FailureCode;
use super::ids::Micros;
use super::item::ItemState;
use super::retry::FailReason;

/// One event of a batch, as far as it tells of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchChange {
    pub kind: EventType,
    pub at: Micros,
    /// The item's position, from 1; none for an event of the batch itself.
    pub item: Option<u32>,
    pub data: EventData,
}

/// An item as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastItem {
    pub state: ItemState,
    pub generation: u32,
    /// The newest attempt that the log tells of; one that was claimed and had not started is not told.
    pub attempt: u32,
    pub reason: Option<FailReason>,
    pub failure: Option<FailureCode>,
    /// When it came into this state; 0 for one that nobody has tried.
    pub since: Micros,
}

/// A batch as it was, with all its items.
#[derive(Debug, Clone, PartialEq)]
pub struct PastBatch {
    /// Of the newest event.
    pub rev: u64,
    pub at: Micros,
    pub status: BatchStatus,
    pub control: BatchControl,
    pub sealed: bool,
    pub outcome: Option<BatchOutcome>,
    pub generation: u32,
    pub counts: ItemCounts,
    pub started_at: Option<Micros>,
    pub ended_at: Option<Micros>,
    /// In input order.
    pub items: Vec<PastItem>,
}

/// The log tells something that cannot have happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    #[error("`{}` comes before `batch.created`", .0.as_str())]
    NotCreated(EventType),
    #[error("`{}` of item {item}, and the batch has {items}", kind.as_str())]
    NoSuchItem { kind: EventType, item: u32, items: usize },
    #[error("`{}` does not say {missing}", kind.as_str())]
    Incomplete { kind: EventType, missing: &'static str },
    #[error(transparent)]
    Counts(#[from] CountUnderflow),
}

const UNTRIED: PastItem =
    PastItem { state: ItemState::Queued, generation: 1, attempt: 0, reason: None, failure: None, since: 0 };

impl PastBatch {
    /// The batch after one more of its events; the first one is `batch.created`.
    ///
    /// # Errors
    /// [`HistoryError`] for a log that contradicts itself.
    pub fn after(before: Option<Self>, change: &BatchChange) -> Result<Self, HistoryError> {
        let mut batch = match (before, change.kind) {
            (Some(before), _) => before,
            (None, EventType::BatchCreated) => Self::created(change),
            (None, kind) => return Err(HistoryError::NotCreated(kind)),
        };
        (batch.rev, batch.at) = (change.data.rev, change.at);
        match change.item {
            Some(item) => batch.item_changed(item, change)?,
            None => batch.changed(change)?,
        }
        Ok(batch)
    }

    fn created(change: &BatchChange) -> Self {
        Self {
            rev: 0,
            at: change.at,
            status: BatchStatus::Open,
            control: BatchControl::Run,
            sealed: false,
            outcome: None,
            generation: 1,
            counts: ItemCounts::default(),
            started_at: None,
            ended_at: None,
            items: Vec::new(),
        }
    }

    fn changed(&mut self, change: &BatchChange) -> Result<(), HistoryError> {
        let BatchChange { kind, at, data, .. } = change;
        let missing = |missing| HistoryError::Incomplete { kind: *kind, missing };
        self.status = data.status.ok_or(missing("a status"))?;
        self.control = data.control.ok_or(missing("a control"))?;
        self.sealed = data.sealed.ok_or(missing("whether it is sealed"))?;
        self.generation = data.generation.ok_or(missing("a generation"))?;
        self.outcome = data.outcome;
        let total = data.counts.ok_or(missing("counts"))?.total;
        self.counts.add_queued(total.saturating_sub(self.counts.total));
        self.items.resize(total as usize, UNTRIED);
        if *kind == EventType::BatchStarted {
            self.started_at = self.started_at.or(Some(*at));
        }
        self.ended_at = data.outcome.and(self.ended_at.or(Some(*at)));
        Ok(())
    }

    fn item_changed(&mut self, position: u32, change: &BatchChange) -> Result<(), HistoryError> {
        let BatchChange { kind, at, data, .. } = change;
        let items = self.items.len();
        let item = (position as usize).checked_sub(1).and_then(|place| self.items.get_mut(place));
        let item = item.ok_or(HistoryError::NoSuchItem { kind: *kind, item: position, items })?;
        let missing = |missing| HistoryError::Incomplete { kind: *kind, missing };
        let state = ItemState::told_by(*kind).ok_or(missing("a change of an item"))?;
        self.counts.move_item(item.state, state)?;
        *item = PastItem {
            state,
            generation: data.generation.ok_or(missing("a generation"))?,
            attempt: data.attempt.ok_or(missing("an attempt"))?,
            reason: data.reason,
            failure: if state == ItemState::Running { item.failure } else { data.failure },
            since: *at,
        };
        Ok(())
    }
}
