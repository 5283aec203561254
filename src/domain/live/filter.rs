//! Which events a client wants.

use crate::domain::frames::{Scope, Subscribe};
use crate::domain::ids::BatchId;

/// What of an event decides who wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    pub batch: BatchId,
    /// Of the event's batch.
    pub collection: Option<&'a str>,
    /// An event of a single item.
    pub is_item: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All of the owner, items included.
    #[default]
    Everything,
    /// What any of these wants.
    Only(Vec<Subscription>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subscription {
    pub scope: Scope,
    pub items: bool,
}

impl Subscription {
    pub fn wants(&self, head: &Head<'_>) -> bool {
        (self.items || !head.is_item) && self.covers(head.batch, head.collection)
    }

    fn covers(&self, batch: BatchId, collection: Option<&str>) -> bool {
        let Scope { batch: one, collection: of } = &self.scope;
        one.is_none_or(|one| one == batch) && of.as_deref().is_none_or(|of| Some(of) == collection)
    }
}

impl From<Subscribe> for Subscription {
    fn from(frame: Subscribe) -> Self {
        let Subscribe { batch, collection, items } = frame;
        Self { scope: Scope { batch, collection }, items: items.unwrap_or(true) }
    }
}

impl Filter {
    pub fn wants(&self, head: &Head<'_>) -> bool {
        match self {
            Filter::Everything => true,
            Filter::Only(list) => list.iter().any(|one| one.wants(head)),
        }
    }

    /// Whether anything of the batch is wanted.
    pub fn covers(&self, batch: BatchId, collection: Option<&str>) -> bool {
        match self {
            Filter::Everything => true,
            Filter::Only(list) => list.iter().any(|one| one.covers(batch, collection)),
        }
    }

    /// Adds a wish; one of the same scope is replaced. The first takes the place of everything.
    #[must_use]
    pub fn with(&self, new: Subscription) -> Self {
        let mut filter = self.without(&new.scope);
        match &mut filter {
            Filter::Everything => Filter::Only(vec![new]),
            Filter::Only(list) => {
                list.push(new);
                filter
            }
        }
    }

    #[must_use]
    pub fn without(&self, scope: &Scope) -> Self {
        match self {
            Filter::Everything => Filter::Everything,
            Filter::Only(list) => Filter::Only(list.iter().filter(|one| one.scope != *scope).cloned().collect()),
        }
    }

    pub fn subscriptions(&self) -> usize {
        match self {
            Filter::Everything => 0,
            Filter::Only(list) => list.len(),
        }
    }
}
