//! Items: their values, their row, and what is asked and written of them and of their documents, attempts and
//! artifacts.

use std::collections::HashMap;

use diesel::prelude::*;

use super::artifacts::{ArtifactRow, NewArtifact};
use super::attempts::AttemptRow;
use super::documents::Document;
use super::enum_text::parse_opt;
use super::error::StoreError;
use super::schema::items;
use quire_domain::failure::FailureCode;
use quire_domain::ids::{BatchKey, CorrelationKey, Micros};
use quire_domain::item::{Item, ItemState};

/// An item as stored: the machine and what its row needs beside it.
#[derive(Debug, Clone, Copy)]
pub struct StoredItem {
    pub position: u32,
    pub correlation: CorrelationKey,
    /// When a worker process took it last; 0 before, and while it is claimed.
    pub started_at: Micros,
    pub ended_at: Option<Micros>,
    pub item: Item,
}

/// Filter of a batch's items.
#[derive(Debug, Clone, Copy)]
pub enum ItemFilter {
    /// The first that may be claimed, in input order.
    Claimable,
    /// Those that are claimed or run, behind a position, in input order.
    InHand { after: u32 },
    /// Those whose backoff is over.
    BackoffOver { now: Micros },
    /// Those in one state, claimed ones among the queued, behind a position, in input order.
    InState { state: ItemState, after: u32 },
    /// Those whose newest failure has this code, in one state or in any, behind a position, in input order.
    Failing { code: FailureCode, state: Option<ItemState>, after: u32 },
    /// All of them behind a position, in input order.
    Behind { after: u32 },
}

/// Search for items by a part of their documents' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameSearch {
    /// Anywhere in the name; ASCII letters in either case.
    pub part: String,
    pub state: Option<ItemState>,
    pub failure: Option<FailureCode>,
    pub after: u32,
    /// The search looks no further than this position.
    pub last: u32,
}

/// The failed items of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureGroup {
    pub code: FailureCode,
    pub items: u64,
    pub first_position: u32,
}

/// What a row of [`StoredItem`] comes to in a glance at many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemStateSummary {
    pub position: u32,
    pub state: ItemState,
    pub failure: Option<FailureCode>,
}

/// Some items with all that readers want to see of them.
#[derive(Debug)]
pub struct ItemDetails {
    pub items: Vec<StoredItem>,
    pub documents: Vec<(u32, Document)>,
    /// Of all generations, in the order in which they were made.
    pub attempts: Vec<AttemptRow>,
    pub artifacts: Vec<ArtifactRow>,
    /// Correlation ids by key.
    pub correlations: HashMap<CorrelationKey, String>,
}

/// Queries of items. Each fails with [`StoreError`] when the database fails.
pub trait ItemQueries {
    /// At most `limit` items of a batch.
    fn items(&mut self, batch: BatchKey, pick: ItemFilter, limit: u32) -> Result<Vec<StoredItem>, StoreError>;

    /// At most `limit` items whose documents' names hold the part, in input order. It reads each name up to the last
    /// position.
    fn items_by_name(
        &mut self,
        batch: BatchKey,
        search: &NameSearch,
        limit: u32,
    ) -> Result<Vec<StoredItem>, StoreError>;

    /// Failed items by their code.
    fn failure_groups(&mut self, batch: BatchKey) -> Result<Vec<FailureGroup>, StoreError>;

    /// The states of at most `limit` items behind a position, in input order.
    fn item_state_summaries(
        &mut self,
        batch: BatchKey,
        after: u32,
        limit: u32,
    ) -> Result<Vec<ItemStateSummary>, StoreError>;

    /// # Errors
    /// [`StoreError::NotFound`] when the batch has no such item.
    fn item(&mut self, batch: BatchKey, position: u32) -> Result<StoredItem, StoreError>;

    /// The items at these positions, by position; those that are not there are absent.
    fn items_at(&mut self, batch: BatchKey, positions: &[u32]) -> Result<Vec<StoredItem>, StoreError>;

    /// The same items with their documents, attempts and artifacts.
    fn item_page(&mut self, batch: BatchKey, items: Vec<StoredItem>) -> Result<ItemDetails, StoreError>;

    /// When the next backoff of the batch is over.
    fn next_backoff(&mut self, batch: BatchKey) -> Result<Option<Micros>, StoreError>;

    /// The document of one item, if it has one.
    fn document(&mut self, batch: BatchKey, position: u32) -> Result<Option<Document>, StoreError>;

    /// The documents of the items at positions `first..=last`, in order; items without one are absent.
    fn documents_between(&mut self, batch: BatchKey, first: u32, last: u32)
    -> Result<Vec<(u32, Document)>, StoreError>;

    /// The newest try of an item.
    fn newest_attempt(&mut self, batch: BatchKey, position: u32) -> Result<Option<AttemptRow>, StoreError>;

    /// Every try of an item, oldest first.
    fn attempts(&mut self, batch: BatchKey, position: u32) -> Result<Vec<AttemptRow>, StoreError>;

    /// The artifacts of one item's generation, by name.
    fn artifacts(&mut self, batch: BatchKey, position: u32, generation: u32) -> Result<Vec<ArtifactRow>, StoreError>;
}

/// Writes of items, in a transaction.
pub trait ItemWrites {
    /// New items at the positions `first..=last`, all queued and all alike.
    fn insert_items(
        &mut self,
        batch: BatchKey,
        first: u32,
        last: u32,
        correlation: CorrelationKey,
    ) -> Result<(), StoreError>;

    fn insert_documents(&mut self, batch: BatchKey, documents: &[(u32, &Document)]) -> Result<(), StoreError>;

    /// The item as it is now. Gathered, and written with others before the next query of the transaction sees it.
    fn put_item(&mut self, batch: BatchKey, stored: &StoredItem);

    /// One more try in the history; written with the commit.
    fn put_attempt(&mut self, attempt: AttemptRow);

    fn insert_artifacts(
        &mut self,
        batch: BatchKey,
        position: u32,
        generation: u32,
        produced: &[NewArtifact],
    ) -> Result<(), StoreError>;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = items)]
pub(super) struct ItemRow {
    pub position: i32,
    pub state: i32,
    pub generation: i32,
    pub attempt: i32,
    pub charged: i32,
    pub timeouts: i32,
    pub crashes: i32,
    pub epoch: i64,
    pub run_at: Micros,
    pub started_at: Micros,
    pub reason: Option<String>,
    pub failure: Option<String>,
    pub ended_at: Option<Micros>,
    pub correlation: i64,
}

/// A state as its number in the table: its place in [`ItemState::ALL`]. A claimed item has the number of a running one,
/// and no start.
pub(super) fn code(state: ItemState, is_claimed: bool) -> i32 {
    if is_claimed { IN_HAND } else { state as i32 }
}

pub(super) const IN_HAND: i32 = ItemState::Running as i32;

pub(super) fn state_of(code: i32, started_at: Micros) -> Result<(ItemState, bool), StoreError> {
    if code == IN_HAND && started_at == 0 {
        return Ok((ItemState::Queued, true));
    }
    let known = usize::try_from(code).ok().and_then(|place| ItemState::ALL.get(place).copied());
    known.map(|state| (state, false)).ok_or_else(|| StoreError::Corrupt(format!("item state {code}")))
}

impl ItemRow {
    pub(super) fn stored(&self) -> Result<StoredItem, StoreError> {
        let (state, is_claimed) = state_of(self.state, self.started_at)?;
        Ok(StoredItem {
            position: self.position as u32,
            correlation: CorrelationKey(self.correlation),
            started_at: self.started_at,
            ended_at: self.ended_at,
            item: Item {
                state,
                is_claimed,
                generation: self.generation as u32,
                attempt: self.attempt as u32,
                charged: self.charged as u32,
                timeouts: self.timeouts as u32,
                crashes: self.crashes as u32,
                epoch: self.epoch,
                run_at: self.run_at,
                reason: parse_opt(self.reason.as_deref())?,
                failure: parse_opt(self.failure.as_deref())?,
            },
        })
    }
}
