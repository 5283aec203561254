//! A store, and what the actors around it would know of their claims.

mod claims;
mod course;
mod late;
mod steps;

use std::collections::{BTreeMap, HashSet};

use super::super::open;
use crate::commands::tests::harness::TestStore;
use crate::commands::tick::ClaimedItem;
use quire_domain::ids::{BatchKey, Fence};
use quire_store::artifacts::NewArtifact;

pub(super) struct World {
    store: TestStore,
    batches: Vec<BatchKey>,
    /// Claims that were not reported yet, as far as their holders know.
    out: Vec<(BatchKey, ClaimedItem)>,
    /// Claims that are over.
    spent: Vec<(BatchKey, ClaimedItem)>,
    given: HashSet<(BatchKey, u32, Fence)>,
    ended: BTreeMap<BatchKey, String>,
    /// The last `seq` that was looked at.
    seen: i64,
    artifacts: Vec<NewArtifact>,
}

const SLOTS: u32 = 3;

impl World {
    pub(super) fn new() -> Self {
        let mut store = open();
        store.slots = SLOTS;
        store.reopen();
        let artifacts = vec![store.artifact("pages.json", b"[]"), store.artifact("text.txt", b"text")];
        let (batches, out, spent) = (Vec::new(), Vec::new(), Vec::new());
        Self { store, batches, out, spent, given: HashSet::new(), ended: BTreeMap::new(), seen: 0, artifacts }
    }
}
