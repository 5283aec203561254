//! States of items as rows of `items` have them: a number, and for one of them whether it has a start.

use crate::items::{IN_HAND, code};
use quire_domain::item::ItemState;

/// One number, of the claimed items or of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StateNumber {
    pub state: i32,
    is_claimed: bool,
}

impl StateNumber {
    /// All numbers that stand for this state, or for any.
    pub(crate) fn of(state: Option<ItemState>) -> Vec<Self> {
        let plain = |state: ItemState| Self { state: code(state, false), is_claimed: false };
        let claimed = Self { state: code(ItemState::Queued, true), is_claimed: true };
        match state {
            Some(ItemState::Queued) => vec![plain(ItemState::Queued), claimed],
            Some(state) => vec![plain(state)],
            None => ItemState::ALL.iter().copied().map(plain).chain([claimed]).collect(),
        }
    }

    /// What has to hold of the start of such an item, as a condition that goes on after others.
    pub(super) fn start(self) -> &'static str {
        match (self.state, self.is_claimed) {
            (IN_HAND, true) => " AND started_at = 0",
            (IN_HAND, false) => " AND started_at > 0",
            _ => "",
        }
    }
}
