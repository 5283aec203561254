//! MergedSignal wake-ups from the hub to one HTTP thread: a busy thread finds one set of wake-ups, not a hundred.

use std::collections::BTreeSet;

use crate::actors::merged_signal::MergedSignal;
use quire_domain::ids::OwnerKey;

pub type ThreadWakeups = MergedSignal<WakeReasons>;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct WakeReasons {
    /// Events or progress.
    pub news: BTreeSet<OwnerKey>,
    /// Whoever's number leaves this rest when divided by the beats of a heartbeat is to be looked after.
    pub beats: BTreeSet<u64>,
    /// API keys were made or revoked: whoever came with one that opens nothing any more is to go.
    pub rights: bool,
    pub drain: bool,
    /// Nobody leaves news any more.
    pub silence: bool,
}
