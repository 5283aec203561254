//! The item machine, asked everything.

use std::collections::BTreeSet;

use super::states_doc::{code, row, table};
use super::world::{Deed, World};
use crate::batch::FailurePolicy;
use crate::failure::FailureCode;
use crate::item::YieldReason;
use crate::item::{Item, ItemEffects, ItemState, TransitionContext};
use crate::retry::RetryPolicy;

const EVENTS: [Deed; 12] = [
    Deed::Claim,
    Deed::Start,
    Deed::Succeed,
    Deed::Fail(FailureCode::StorageFailed),
    Deed::Yield(YieldReason::ALL[0]),
    Deed::Stop,
    Deed::Lose,
    Deed::BackoffOver,
    Deed::Cancel,
    Deed::Deadline,
    Deed::Skip,
    Deed::Retry,
];

/// Moods of the batch while an attempt ends: as usual, cancelled, given up.
const MOODS: [(&str, bool, bool); 3] =
    [("the batch goes on", false, false), ("it was cancelled", true, false), ("it has given up", false, true)];

pub(super) fn states() -> String {
    let (terminal, live): (Vec<ItemState>, Vec<ItemState>) =
        ItemState::ALL.iter().partition(|state| state.is_terminal());
    let names = |states: Vec<ItemState>| states.iter().map(|state| code(state.as_str())).collect::<Vec<_>>().join(", ");
    format!("## Item\n\nLive: {}. Terminal: {}.\n", names(live), names(terminal))
}

pub(super) fn transitions() -> String {
    let columns = columns();
    let head = ["event".to_owned()].into_iter().chain(columns.iter().map(word));
    let mut rows = vec![head.collect::<Vec<_>>()];
    for deed in EVENTS {
        let name = deed.event(&Item::submitted(), 1).input_name();
        let cells = columns.iter().map(|column| targets(column, deed));
        rows.push([code(name)].into_iter().chain(cells).collect());
    }
    let fence = "A queued item is claimed while a batch's actor holds it for a worker process; for people it is queued. A \
                 report (`started`, `succeeded`, `failed`, `yielded`, `stopped`) carries the fence of its attempt \
                 (generation, attempt, epoch); with another fence than that of the claim it is refused. `lost` counts \
                 only from a later epoch than the claim's.";
    format!("### Every state, every event\n\n{}\n{fence}\n", table(&rows))
}

pub(super) fn attempts() -> String {
    let head = ["what ends it"].into_iter().chain(MOODS.map(|(name, ..)| name)).map(str::to_owned);
    let mut rows = vec![head.collect::<Vec<_>>()];
    for (name, deed, item) in endings() {
        let cells = MOODS.map(|(_, cancelling, halted)| ending(item, deed, cancelling, halted));
        rows.push([name.to_owned()].into_iter().chain(cells).collect());
    }
    format!("### How an attempt ends, with the default retry policy\n\n{}", table(&rows))
}

fn endings() -> Vec<(&'static str, Deed, Item)> {
    let policy = RetryPolicy::default();
    let fresh = Item { state: ItemState::Running, attempt: 1, charged: 1, epoch: 1, ..Item::submitted() };
    let last = Item { attempt: policy.max_attempts, charged: policy.max_attempts, ..fresh };
    let hung = Item { attempt: 2, charged: 2, timeouts: policy.max_timeouts - 1, ..fresh };
    let crashed = Item { attempt: 2, crashes: policy.max_crashes - 1, ..fresh };
    vec![
        ("success", Deed::Succeed, fresh),
        ("`permanent` failure", Deed::Fail(FailureCode::Damaged), fresh),
        ("`permanent` failure, of the password", Deed::Fail(FailureCode::WrongPassword), fresh),
        ("`resource` failure", Deed::Fail(FailureCode::TooManyPages), fresh),
        ("`transient` failure, attempts left", Deed::Fail(FailureCode::StorageFailed), fresh),
        ("`transient` failure, the last attempt", Deed::Fail(FailureCode::StorageFailed), last),
        ("`timeout`, the first", Deed::Fail(FailureCode::TimedOutTotal), fresh),
        ("`timeout`, the last", Deed::Fail(FailureCode::TimedOutTotal), hung),
        ("`crash`, the first", Deed::Fail(FailureCode::WorkerSignalled), fresh),
        ("`crash`, the last", Deed::Fail(FailureCode::WorkerSignalled), crashed),
        ("it yielded (pause, drain, not started, a disk that failed)", Deed::Yield(YieldReason::ALL[0]), fresh),
        ("it was stopped", Deed::Stop, fresh),
        ("its server is gone", Deed::Lose, fresh),
        ("the deadline passed", Deed::Deadline, fresh),
    ]
}

fn ending(item: Item, deed: Deed, cancelling: bool, halted: bool) -> String {
    let (next, effects) = stepped(item, deed, cancelling, halted).expect("a running attempt can end like this");
    let state = match next.reason {
        Some(reason) => code(format!("{}({})", next.state.as_str(), reason.as_str())),
        None => code(next.state.as_str()),
    };
    let given_back = if next.charged < item.charged { ", not charged" } else { "" };
    let end = effects.attempt_ended.expect("the attempt is over").as_str();
    let event = effects.emit.map_or(String::new(), |event| format!("; logs {}", code(event.as_str())));
    format!("→ {state}{given_back}; attempt {}{event}", code(end))
}

/// States that the event can lead to, over every failure, every number of attempts spent and all flags of the batch.
fn targets(from: &Item, deed: Deed) -> String {
    let deeds = match deed {
        Deed::Fail(_) => FailureCode::ALL.iter().map(|code| Deed::Fail(*code)).collect(),
        _ => vec![deed],
    };
    let mut found = BTreeSet::new();
    for (deed, charged) in
        deeds.iter().flat_map(|deed| (1..=RetryPolicy::default().max_attempts).map(move |n| (*deed, n)))
    {
        let item = Item { attempt: charged, charged, epoch: 1, ..*from };
        let steps = MOODS.map(|(_, cancelling, halted)| stepped(item, deed, cancelling, halted));
        found.extend(steps.into_iter().flatten().map(|(next, _)| word(&next)));
    }
    let names: Vec<_> = found.into_iter().collect();
    if names.is_empty() { "—".to_owned() } else { names.join(" or ") }
}

/// The states, and the queued one twice: free and claimed.
fn columns() -> Vec<Item> {
    let claimed = Item { is_claimed: true, ..Item::submitted() };
    let mut columns: Vec<_> = ItemState::ALL.iter().map(|state| Item { state: *state, ..Item::submitted() }).collect();
    columns.insert(1, claimed);
    columns
}

fn word(item: &Item) -> String {
    let state = code(item.state.as_str());
    if item.is_claimed { format!("{state}, claimed") } else { state }
}

fn stepped(item: Item, deed: Deed, cancelling: bool, halted: bool) -> Option<(Item, ItemEffects)> {
    let world = World::new(0, true, FailurePolicy::Continue, RetryPolicy::default());
    let context = TransitionContext { cancelling, halted, ..world.context() };
    item.step(&deed.event(&item, 2), &context).ok()
}

#[test]
fn the_table_of_the_document_has_every_event() {
    let names: BTreeSet<_> = EVENTS.iter().map(|deed| deed.event(&Item::submitted(), 1).input_name()).collect();
    assert_eq!(names.len(), EVENTS.len());
    assert_eq!(table(&[row(["a", "b"]), row(["1", "2"])]), "| a | b |\n|---|---|\n| 1 | 2 |\n");
}
