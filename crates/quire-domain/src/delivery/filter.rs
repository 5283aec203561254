//! Filter: which events a client wants.

use crate::ids::BatchId;
use crate::live_frames::{Subscribe, SubscriptionScope};

/// Properties of an event that decide who wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventMeta<'a> {
    pub batch: BatchId,
    /// Of the event's batch.
    pub collection: Option<&'a str>,
    /// An event of a single item.
    pub is_item: bool,
}

/// A session's subscriptions taken together: which of the owner's events it gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum SubscriptionFilter {
    /// All of the owner, items included.
    #[default]
    Everything,
    /// Union of these filters.
    Only(Vec<Subscription>),
}

/// One subscription of a session: a scope, with or without the events of single items.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subscription {
    pub scope: SubscriptionScope,
    pub items: bool,
}

impl Subscription {
    pub fn wants(&self, head: &EventMeta<'_>) -> bool {
        (self.items || !head.is_item) && self.covers(head.batch, head.collection)
    }

    fn covers(&self, batch: BatchId, collection: Option<&str>) -> bool {
        let SubscriptionScope { batch: one, collection: of } = &self.scope;
        one.is_none_or(|one| one == batch) && of.as_deref().is_none_or(|of| Some(of) == collection)
    }
}

impl From<Subscribe> for Subscription {
    fn from(frame: Subscribe) -> Self {
        let Subscribe { batch, collection, items } = frame;
        Self { scope: SubscriptionScope { batch, collection }, items: items.unwrap_or(true) }
    }
}

impl SubscriptionFilter {
    pub fn wants(&self, head: &EventMeta<'_>) -> bool {
        match self {
            SubscriptionFilter::Everything => true,
            SubscriptionFilter::Only(list) => list.iter().any(|one| one.wants(head)),
        }
    }

    /// Whether anything of the batch is wanted.
    pub fn covers_batch(&self, batch: BatchId, collection: Option<&str>) -> bool {
        match self {
            SubscriptionFilter::Everything => true,
            SubscriptionFilter::Only(list) => list.iter().any(|one| one.covers(batch, collection)),
        }
    }

    /// The filter with one subscription more; it replaces one of the same scope. The first takes the place of
    /// everything.
    #[must_use]
    pub fn apply_subscribe(&self, new: Subscription) -> Self {
        let mut filter = self.without_scope(&new.scope);
        match &mut filter {
            SubscriptionFilter::Everything => SubscriptionFilter::Only(vec![new]),
            SubscriptionFilter::Only(list) => {
                list.push(new);
                filter
            }
        }
    }

    /// The filter without the subscription of this scope.
    #[must_use]
    pub fn without_scope(&self, scope: &SubscriptionScope) -> Self {
        match self {
            SubscriptionFilter::Everything => SubscriptionFilter::Everything,
            SubscriptionFilter::Only(list) => {
                SubscriptionFilter::Only(list.iter().filter(|one| one.scope != *scope).cloned().collect())
            }
        }
    }

    /// Number of subscriptions; 0 while it passes everything.
    pub fn subscription_count(&self) -> usize {
        match self {
            SubscriptionFilter::Everything => 0,
            SubscriptionFilter::Only(list) => list.len(),
        }
    }
}
