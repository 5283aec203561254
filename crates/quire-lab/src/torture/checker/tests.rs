//! Controls: each kind of finding, planted in a history that is sound without it.

use serde_json::Value;

use super::*;
use crate::torture::history::{ExpectedEnd, LogLine, Verb};
use quire_domain::batch::{BatchControl, BatchOutcome, BatchStatus, FailurePolicy};
use quire_domain::counts::Counts;
use quire_domain::event::{EventData, EventType};
use quire_domain::item::ItemState;

/// One batch of two items; the second one fails.
fn order() -> PlannedBatch {
    PlannedBatch {
        key: "key".into(),
        body: Value::Null,
        items: 2,
        ends: [(2, ExpectedEnd::Fails)].into(),
        has_documents: false,
        on_failure: FailurePolicy::Continue,
        has_deadline: false,
    }
}

fn seen(rev: u64, control: BatchControl, outcome: Option<BatchOutcome>) -> ObservedBatch {
    let counts = match outcome {
        None => Counts { total: 2, queued: 2, ..Counts::default() },
        Some(_) => Counts { total: 2, succeeded: 1, failed: 1, ..Counts::default() },
    };
    let (id, name) = ("batch".to_owned(), Some("key".to_owned()));
    let status = match (outcome, control) {
        (Some(outcome), _) => outcome.status(),
        (None, BatchControl::Run) => BatchStatus::Running,
        (None, BatchControl::Paused) => BatchStatus::Pausing,
        (None, BatchControl::Cancelled) => BatchStatus::Cancelling,
    };
    ObservedBatch { id, name, status, control, sealed: true, rev, generation: 1, outcome, counts }
}

fn line(seq: i64, kind: EventType, item: Option<u32>, attempt: u32) -> LogLine {
    let (generation, attempt) = (Some(1), item.map(|_| attempt));
    let data = EventData { rev: seq as u64, generation, attempt, ..EventData::default() };
    LogLine { seq, kind, at: "then".into(), batch: "batch".into(), item, correlation_id: "c".into(), data }
}

fn events(lines: Vec<LogLine>) -> HistoryEntry {
    HistoryEntry::Events { lines }
}

fn asked(verb: Verb) -> HistoryEntry {
    HistoryEntry::Asked { batch: "batch".into(), verb }
}

fn answered(seen: ObservedBatch) -> HistoryEntry {
    HistoryEntry::Answered { batch: "batch".into(), status: 200, seen: Some(seen) }
}

fn looked(seen: ObservedBatch) -> HistoryEntry {
    HistoryEntry::Looked { batch: "batch".into(), status: 200, seen: Some(seen) }
}

fn down() -> HistoryEntry {
    HistoryEntry::Down { cycle: 1, how: "killed".into() }
}

/// Two answers to one order, a pause and a resume, a death, two items to their ends.
fn sound_history() -> Vec<HistoryEntry> {
    vec![
        HistoryEntry::Up { cycle: 1 },
        HistoryEntry::Ordered(order()),
        HistoryEntry::Accepted { key: "key".into(), seen: seen(1, BatchControl::Run, None) },
        asked(Verb::Pause),
        answered(seen(2, BatchControl::Paused, None)),
        events(vec![line(1, EventType::BatchCreated, None, 0), line(2, EventType::BatchPaused, None, 0)]),
        down(),
        HistoryEntry::Accepted { key: "key".into(), seen: seen(2, BatchControl::Paused, None) },
        asked(Verb::Resume),
        answered(seen(3, BatchControl::Run, None)),
        events(vec![
            line(3, EventType::BatchResumed, None, 0),
            line(4, EventType::ItemStarted, Some(1), 1),
            line(5, EventType::ItemStarted, Some(2), 1),
            line(6, EventType::ItemStarted, Some(1), 2),
            line(7, EventType::ItemCompleted, Some(1), 2),
            line(8, EventType::ItemFailed, Some(2), 1),
            line(9, EventType::BatchCompleted, None, 0),
        ]),
    ]
}

fn item(position: u32, state: ItemState) -> ItemFound {
    let successes = if state == ItemState::Succeeded { vec![1] } else { Vec::new() };
    ItemFound { position, state, generation: 1, successes, unmanned: Vec::new(), artifacts: Vec::new() }
}

fn sound_world() -> ObservedState {
    let items = vec![item(1, ItemState::Succeeded), item(2, ItemState::Failed)];
    let seen = seen(9, BatchControl::Run, Some(BatchOutcome::Partial));
    ObservedState { batches: vec![BatchFound { seen, items }], files_missing: Vec::new(), is_over: true }
}

fn judged(history: &[HistoryEntry], world: &ObservedState) -> Vec<TortureFinding> {
    let mut checker = Checker::default();
    history.iter().for_each(|entry| checker.note(entry));
    checker.close(world);
    checker.findings.all().to_vec()
}

/// Findings when more is noted before the end.
fn kinds_with(more: Vec<HistoryEntry>) -> Vec<RuleBroken> {
    let history = [sound_history(), more].concat();
    judged(&history, &sound_world()).into_iter().map(|finding| finding.kind).collect()
}

fn kinds_in(change: impl FnOnce(&mut ObservedState)) -> Vec<RuleBroken> {
    let mut world = sound_world();
    change(&mut world);
    judged(&sound_history(), &world).into_iter().map(|finding| finding.kind).collect()
}

#[test]
fn a_sound_history_has_no_findings_also_when_it_is_read_twice() {
    assert_eq!(judged(&sound_history(), &sound_world()), []);
    assert_eq!(kinds_with(vec![events(vec![line(9, EventType::BatchCompleted, None, 0)])]), []);
}

#[test]
fn lost_an_accepted_batch_that_is_not_there() {
    assert_eq!(kinds_in(|world| world.batches.clear()), [RuleBroken::Lost]);
    let gone = HistoryEntry::Looked { batch: "batch".into(), status: 404, seen: None };
    assert_eq!(kinds_with(vec![gone]), [RuleBroken::Lost]);
}

#[test]
fn lost_a_batch_or_an_item_that_never_ends_and_an_end_without_its_event() {
    let hangs = kinds_in(|world| {
        world.batches[0].seen = seen(9, BatchControl::Run, None);
        world.batches[0].items[0].state = ItemState::Queued;
        world.batches[0].items[0].successes.clear();
    });
    assert_eq!(hangs, [RuleBroken::Lost, RuleBroken::Lost, RuleBroken::Phantom]);
    let mut history = sound_history();
    history.pop();
    let silent = judged(&history, &sound_world());
    assert!(silent.iter().filter(|finding| finding.kind == RuleBroken::Lost).count() == 2, "{silent:?}");
}

#[test]
fn lost_a_file_an_artifact_an_extension_and_a_revision() {
    assert_eq!(kinds_in(|world| world.files_missing.push("file".into())), [RuleBroken::Lost]);
    let mut history = sound_history();
    history[1] = HistoryEntry::Ordered(PlannedBatch { has_documents: true, ..order() });
    assert_eq!(judged(&history, &sound_world()).len(), 3);
    let longer = ObservedBatch {
        counts: Counts { total: 5, queued: 5, ..Counts::default() },
        ..seen(10, BatchControl::Run, None)
    };
    let extended = vec![asked(Verb::Extend(3)), answered(longer)];
    assert!(kinds_with(extended).contains(&RuleBroken::Lost));
    assert_eq!(kinds_with(vec![looked(seen(2, BatchControl::Run, None))]), [RuleBroken::Lost]);
}

#[test]
fn doubled_two_results_in_the_log_or_in_the_history_of_one_generation() {
    let again = kinds_with(vec![events(vec![line(10, EventType::ItemCompleted, Some(1), 2)])]);
    assert_eq!(again, [RuleBroken::Doubled]);
    assert_eq!(kinds_in(|world| world.batches[0].items[0].successes.push(1)), [RuleBroken::Doubled]);
    assert_eq!(kinds_in(|world| world.batches[0].items[0].successes.push(2)), []);
    let leftover = kinds_in(|world| world.batches[0].items[1].artifacts.push((1, "text.txt".into())));
    assert_eq!(leftover, [RuleBroken::Doubled]);
    let ended = kinds_with(vec![events(vec![line(10, EventType::BatchCompleted, None, 0)])]);
    assert_eq!(ended, [RuleBroken::Doubled]);
}

#[test]
fn phantom_a_batch_nobody_ordered_and_two_for_one_key() {
    let stranger = kinds_in(|world| {
        let mut stranger = world.batches[0].clone();
        stranger.seen.name = Some("never ordered".into());
        world.batches.push(stranger);
    });
    assert_eq!(stranger, [RuleBroken::Phantom]);
    let twice = kinds_in(|world| world.batches.push(world.batches[0].clone()));
    assert!(twice.contains(&RuleBroken::Phantom));
    let other = ObservedBatch { id: "other".into(), ..seen(3, BatchControl::Run, None) };
    let answered_twice = kinds_with(vec![HistoryEntry::Accepted { key: "key".into(), seen: other }]);
    assert!(answered_twice.contains(&RuleBroken::Phantom));
}

#[test]
fn an_answer_that_was_overtaken_is_no_loss_and_a_look_at_an_older_state_is() {
    let late = HistoryEntry::Accepted { key: "key".into(), seen: seen(1, BatchControl::Run, None) };
    assert_eq!(kinds_with(vec![late]), []);
    assert!(kinds_with(vec![looked(seen(1, BatchControl::Run, None))]).contains(&RuleBroken::Lost));
}

#[test]
fn phantom_an_end_nobody_asked_for() {
    for state in [ItemState::Cancelled, ItemState::Expired, ItemState::Skipped, ItemState::Succeeded] {
        let found = kinds_in(|world| world.batches[0].items[1].state = state);
        assert!(found.contains(&RuleBroken::Phantom), "{state:?}");
    }
}

/// Findings about starts after these entries, in a batch that has not ended.
fn found_of_starts(more: Vec<HistoryEntry>) -> Vec<TortureFinding> {
    let mut history = sound_history();
    history.pop();
    let found = judged(&[history, more].concat(), &sound_world());
    found.into_iter().filter(|finding| finding.detail.contains("started")).collect()
}

/// In one commit: an item's start, and what comes next.
fn start_with(seq: i64, next: EventType) -> HistoryEntry {
    let start = line(seq, EventType::ItemStarted, Some(1), 1);
    let next = LogLine {
        data: EventData { rev: seq as u64, ..line(0, next, Some(1), 1).data },
        ..line(seq + 1, next, Some(1), 1)
    };
    events(vec![start, next])
}

#[test]
fn resurrected_a_start_after_the_end() {
    for event in [EventType::BatchSealed, EventType::BatchProgress] {
        let start = line(11, EventType::ItemStarted, Some(1), 3);
        let found = kinds_with(vec![events(vec![line(10, event, None, 0), start])]);
        assert_eq!(found, [RuleBroken::Resurrected; 2], "after its own end and the batch's");
    }
}

#[test]
fn resurrected_a_start_after_a_committed_cancel_that_did_not_come_with_its_end() {
    let cancelled = events(vec![line(3, EventType::BatchCancelling, None, 0)]);
    let alone = vec![line(4, EventType::ItemStarted, Some(1), 1), line(5, EventType::ItemCompleted, Some(1), 1)];
    let found = found_of_starts(vec![cancelled.clone(), events(alone)]);
    assert!(found.iter().all(|finding| finding.kind == RuleBroken::Resurrected) && found.len() == 1, "{found:?}");
    assert_eq!(found_of_starts(vec![cancelled, start_with(4, EventType::ItemCompleted)]), []);
}

#[test]
fn resurrected_a_start_in_a_batch_that_was_shown_at_rest() {
    let rest = ObservedBatch { status: BatchStatus::Paused, ..seen(2, BatchControl::Paused, None) };
    let start = events(vec![line(3, EventType::ItemStarted, Some(1), 1)]);
    assert_eq!(found_of_starts(vec![start.clone()]), [], "a worker process has it still");
    let found = found_of_starts(vec![looked(rest.clone()), start]);
    assert!(found.iter().all(|finding| finding.kind == RuleBroken::Resurrected) && found.len() == 1, "{found:?}");
    // Paused again after that rest.
    let again = [(3, EventType::BatchResumed), (4, EventType::BatchPaused)];
    let again = events(again.map(|(seq, kind)| line(seq, kind, None, 0)).into());
    let start = events(vec![line(5, EventType::ItemStarted, Some(1), 1)]);
    assert_eq!(found_of_starts(vec![looked(rest), again, start]), []);
}

#[test]
fn unsound_more_items_that_run_than_there_are_slots() {
    let counts = Counts { total: 3, running: 3, ..Counts::default() };
    let crowded = vec![
        HistoryEntry::Listed { running: 3 },
        looked(ObservedBatch { counts, ..seen(9, BatchControl::Run, None) }),
        events(vec![LogLine {
            data: EventData { counts: Some(counts), rev: 10, ..EventData::default() },
            ..line(10, EventType::BatchProgress, None, 0)
        }]),
    ];
    for entry in crowded {
        assert!(kinds_with(vec![entry.clone()]).contains(&RuleBroken::Unsound), "{entry:?}");
    }
    assert_eq!(kinds_with(vec![HistoryEntry::Listed { running: 2 }]), []);
    assert!(kinds_in(|world| world.batches[0].seen.counts = counts).contains(&RuleBroken::Unsound));
}

#[test]
fn phantom_a_start_without_a_worker() {
    assert_eq!(kinds_in(|world| world.batches[0].items[0].unmanned.push(1)), [RuleBroken::Phantom]);
}

#[test]
fn resurrected_a_verb_that_was_acknowledged_and_is_undone() {
    let paused = vec![asked(Verb::Pause), answered(seen(10, BatchControl::Paused, None)), down()];
    let undone = kinds_with([paused.clone(), vec![looked(seen(11, BatchControl::Run, None))]].concat());
    assert!(undone.contains(&RuleBroken::Resurrected), "{undone:?}");
    let open = ObservedBatch { sealed: false, ..seen(11, BatchControl::Run, None) };
    assert!(kinds_with(vec![looked(open)]).contains(&RuleBroken::Resurrected));
    let ended = vec![
        looked(seen(9, BatchControl::Run, Some(BatchOutcome::Partial))),
        looked(seen(10, BatchControl::Run, None)),
    ];
    assert!(kinds_with(ended).contains(&RuleBroken::Resurrected));
}

#[test]
fn a_verb_without_an_answer_may_have_been_done_or_not() {
    for control in [BatchControl::Run, BatchControl::Paused] {
        let outcome = Some(BatchOutcome::Partial);
        let history = [sound_history(), vec![asked(Verb::Pause), down(), looked(seen(9, control, outcome))]].concat();
        let world = ObservedState {
            batches: vec![BatchFound { seen: seen(9, control, outcome), ..sound_world().batches[0].clone() }],
            ..sound_world()
        };
        assert_eq!(judged(&history, &world), [], "{control:?}");
    }
    let other = vec![asked(Verb::Pause), down(), looked(seen(9, BatchControl::Cancelled, Some(BatchOutcome::Partial)))];
    assert!(kinds_with(other).contains(&RuleBroken::Resurrected));
}

#[test]
fn the_log_may_have_no_gap_and_tell_no_other_story() {
    assert_eq!(kinds_with(vec![events(vec![line(11, EventType::BatchSealed, None, 0)])]), [RuleBroken::Log]);
    assert_eq!(kinds_with(vec![events(vec![line(8, EventType::ItemCompleted, Some(2), 1)])]), [RuleBroken::Log]);
}

#[test]
fn no_order_is_forgotten_while_it_has_no_answer() {
    let mut checker = Checker::default();
    checker.note(&HistoryEntry::Ordered(order()));
    assert_eq!(checker.unanswered(), [order()]);
    checker.note(&HistoryEntry::Accepted { key: "key".into(), seen: seen(1, BatchControl::Run, None) });
    assert_eq!(checker.unanswered(), []);
    assert_eq!(checker.live_and_ended(5), (vec!["batch".to_owned()], Vec::new()));
}
