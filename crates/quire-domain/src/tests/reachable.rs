//! Every state that a batch of up to two items can get into, found by trying everything everywhere.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::world::{Deed, Happening, World, failed_of};
use crate::batch::{BatchControl, BatchInput, BatchOutcome, BatchStatus, FailurePolicy, ItemSweep, PauseMode};
use crate::failure::{FailureCode, FailureCodes};
use crate::item::{Item, ItemState, YieldReason};
use crate::retry::RetryPolicy;

const ITEMS_MAX: usize = 2;
/// A few times more than there are from one beginning.
const STATES_MAX: usize = 50_000;
/// Small, yet every branch is taken.
const POLICY: RetryPolicy =
    RetryPolicy { max_attempts: 2, max_timeouts: 1, max_crashes: 2, backoff_base_ms: 0, backoff_cap_ms: 0 };

/// The reachable states, found once.
pub(super) fn states() -> &'static [World] {
    static STATES: OnceLock<Vec<World>> = OnceLock::new();
    STATES.get_or_init(|| beginnings().flat_map(reached_from).collect())
}

/// Calls `visit` for each way from one reachable state: the world before, what happened, the world after.
pub(super) fn each_step(mut visit: impl FnMut(&World, Happening, &World)) {
    for before in states() {
        for happening in everything(before) {
            let mut after = before.clone();
            after.obey(happening);
            visit(before, happening, &after);
        }
    }
}

fn reached_from(beginning: World) -> Vec<World> {
    let mut seen = HashSet::from([key(&beginning)]);
    let mut found = vec![beginning];
    let mut next = 0;
    while let Some(before) = found.get(next).cloned() {
        for happening in everything(&before) {
            let mut after = before.clone();
            if after.obey(happening) && seen.insert(key(&after)) {
                found.push(after);
            }
        }
        assert!(found.len() < STATES_MAX, "a number in the state rises without end: {:?}", found.last());
        next += 1;
    }
    found
}

/// Open, with one item and a deadline that can pass at any time.
fn beginnings() -> impl Iterator<Item = World> {
    FailurePolicy::ALL.iter().map(|on_failure| {
        let mut world = World::new(1, false, *on_failure, POLICY);
        world.batch.deadline = Some(0);
        world
    })
}

fn everything(world: &World) -> Vec<Happening> {
    let mut all = vec![
        Happening::Reboot,
        Happening::Sweep,
        Happening::Batch(BatchInput::Sealed),
        Happening::Batch(BatchInput::ResumeAsked),
        Happening::Batch(BatchInput::CancelAsked),
        Happening::Batch(BatchInput::DeadlinePassed),
        Happening::Batch(BatchInput::GivenUp),
        Happening::Batch(BatchInput::FinalizeAsked),
    ];
    all.extend(PauseMode::ALL.iter().map(|mode| Happening::Batch(BatchInput::PauseAsked { mode: *mode })));
    all.extend([false, true].map(|cancelled_too| Happening::Batch(BatchInput::RetryAsked { cancelled_too })));
    let codes = FailureCodes::of(FailureCode::StorageFailed);
    let items = world.items.iter().filter(|item| failed_of(item, codes)).count() as u64;
    all.push(Happening::Batch(BatchInput::FailedRetryAsked { codes: Some(codes), items }));
    if world.items.len() < ITEMS_MAX {
        all.push(Happening::Batch(BatchInput::Extended { items: 1 }));
    }
    for index in 0..world.items.len() {
        all.extend(DEEDS.map(|deed| Happening::Item(index, deed)));
    }
    all
}

const DEEDS: [Deed; 9] = [
    Deed::Claim,
    Deed::Start,
    Deed::Succeed,
    Deed::Fail(FailureCode::StorageFailed),
    Deed::Fail(FailureCode::Damaged),
    Deed::Fail(FailureCode::WorkerSignalled),
    Deed::Yield(YieldReason::Drained),
    Deed::Stop,
    Deed::BackoffOver,
];

/// The part of a world that decides about its future: without the numbers that only ever rise.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    wishes: (BatchControl, PauseMode, FailurePolicy, bool),
    facts: (bool, bool, bool, Option<i64>, Option<ItemSweep>, Option<BatchOutcome>),
    items: Vec<(ItemState, bool, u32, u32)>,
}

fn key(world: &World) -> Key {
    let batch = &world.batch;
    let live = |item: &Item| {
        let (charged, crashes) = if item.state.is_terminal() { (0, 0) } else { (item.charged, item.crashes) };
        (item.state, item.is_claimed, charged, crashes)
    };
    let mut items: Vec<_> = world.items.iter().map(live).collect();
    if batch.retrying.is_none() {
        // Their order matters to a retry that is under way, and to nothing else.
        items.sort_unstable();
    }
    Key {
        wishes: (batch.control, batch.pause_mode, batch.on_failure, batch.sealed),
        facts: (batch.started, batch.halted, batch.deadline_hit, batch.deadline, batch.retrying, batch.outcome),
        items,
    }
}

#[test]
fn a_small_batch_can_get_into_thousands_of_states_and_every_status() {
    let statuses: HashSet<_> = states().iter().map(|world| world.batch.status(world.now)).collect();
    assert!(states().len() > 5_000, "only {} states: the walk has lost its way", states().len());
    // `scheduled` needs a start time, which these batches have not.
    assert_eq!(statuses.len(), BatchStatus::ALL.len() - 1, "{statuses:?}");
}
