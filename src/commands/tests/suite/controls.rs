//! Control experiments: each safeguard is disabled once, and the scenario that is sound with it fails without it.

use std::fs;
use std::path::Path;

use super::open;
use crate::commands::report::AttemptOutcome;
use crate::commands::submit::{self, NewBatch};
use crate::commands::tests::harness::{TestStore, answer, batch_of, by, report, start, success, turn_of};
use crate::commands::tests::witness;
use crate::commands::tick::{self, TickRequest};
use crate::commands::{control, recover};
use quire_base::safeguards::{Safeguard, run_without};
use quire_domain::batch::BatchInput;
use quire_store::StoreError;
use quire_store::write::write_from_closure;

type Scenario = fn(&mut TestStore) -> Vec<String>;

/// A scenario returns what it complains of beside the recount and the log. None for safeguards outside of the store's
/// own machinery: their experiments are on real servers, in `tests/it`.
fn scenario(safeguard: Safeguard) -> Option<Scenario> {
    let scenario: Scenario = match safeguard {
        Safeguard::Fence => a_report_comes_late,
        Safeguard::CancelCheck => a_large_batch_is_cancelled_while_it_runs,
        Safeguard::RoomToRun => more_items_are_at_work_than_there_are_slots,
        Safeguard::CounterDelta => an_item_runs,
        Safeguard::Savepoint => a_write_fails_among_others,
        Safeguard::OneTransaction => the_server_dies_behind_a_commit,
        Safeguard::Numbering => an_item_runs,
        Safeguard::OrphanGrace => an_upload_is_under_way_while_the_janitor_goes_round,
        Safeguard::BlobCheck => an_upload_takes_longer_than_the_grace,
        Safeguard::Freshening => an_old_blob_is_named_in_the_middle_of_a_search,
        _ => return None,
    };
    Some(scenario)
}

fn complaints(scenario: Scenario) -> Vec<String> {
    let mut store = open();
    store.is_sound = false;
    let mut all = scenario(&mut store);
    all.extend(witness::complaints(&store));
    all.extend(store.findings().iter().map(ToString::to_string));
    all
}

fn assert_missed(safeguard: Safeguard) {
    let scenario = scenario(safeguard).expect("a safeguard of the store");
    assert_eq!(complaints(scenario), [] as [String; 0], "{safeguard:?} is there");
    assert_ne!(run_without(safeguard, || complaints(scenario)), [] as [String; 0], "nobody missed {safeguard:?}");
    assert_eq!(complaints(scenario), [] as [String; 0], "{safeguard:?} is back");
}

#[test]
fn without_the_fence_a_late_report_counts_and_is_caught() {
    assert_missed(Safeguard::Fence);
}

#[test]
fn without_the_cancel_check_an_item_is_claimed_after_the_cancel_and_is_caught() {
    assert_missed(Safeguard::CancelCheck);
}

#[test]
fn without_the_room_more_items_run_than_there_are_slots_and_it_is_caught() {
    assert_missed(Safeguard::RoomToRun);
}

#[test]
fn without_the_counter_delta_the_counts_are_wrong_and_it_is_caught() {
    assert_missed(Safeguard::CounterDelta);
}

#[test]
fn without_the_savepoint_a_failed_write_leaves_traces_and_is_caught() {
    assert_missed(Safeguard::Savepoint);
}

#[test]
fn without_the_one_transaction_an_event_is_lost_and_it_is_caught() {
    assert_missed(Safeguard::OneTransaction);
}

#[test]
fn without_the_numbering_an_owner_forgets_its_newest_event_and_it_is_caught() {
    assert_missed(Safeguard::Numbering);
}

#[test]
fn without_the_grace_the_janitor_takes_an_upload_under_way_and_is_caught() {
    assert_missed(Safeguard::OrphanGrace);
}

#[test]
fn without_the_blob_check_a_row_names_what_is_gone_and_it_is_caught() {
    assert_missed(Safeguard::BlobCheck);
}

#[test]
fn without_the_freshening_the_janitor_takes_what_was_just_named_and_is_caught() {
    assert_missed(Safeguard::Freshening);
}

#[test]
fn every_safeguard_has_its_experiment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "crates", "tests"].map(|folder| walkdir::WalkDir::new(root.join(folder)));
    let files =
        files.into_iter().flatten().map(Result::unwrap).filter(|file| file.path().extension() == Some("rs".as_ref()));
    let tests: String = files
        .filter(|file| file.path() != root.join("crates/quire-base/src/safeguards.rs"))
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .collect();
    for safeguard in Safeguard::ALL {
        let here = tests.contains(&format!("assert_missed(Safeguard::{safeguard:?})"));
        let elsewhere = tests.contains(&format!("disable_on_this_thread(Safeguard::{safeguard:?})"));
        let on_servers = tests.contains(&format!("\"{}\"", safeguard.as_str()));
        assert!(here && scenario(*safeguard).is_some() || elsewhere || on_servers, "{safeguard:?}");
    }
}

fn an_item_runs(store: &mut TestStore) -> Vec<String> {
    let batch = store.submit(batch_of(2)).key;
    let starts = store.claim(batch, 1).iter().map(|item| start(item, 1)).collect();
    let request = TickRequest { starts, ..turn_of(batch) };
    let taken = store.write(move |txn| tick::write_tick(txn, &request));
    taken.err().map(|error| format!("an item could not run: {error}")).into_iter().collect()
}

fn a_report_comes_late(store: &mut TestStore) -> Vec<String> {
    let batch = store.submit(batch_of(1)).key;
    let old = store.claim(batch, 1).remove(0);
    store.write(move |txn| recover::requeue_in_hand_step(txn, batch, 0)).unwrap();
    let new = store.claim(batch, 1).remove(0);
    let made = |store: &TestStore, name: &str| AttemptOutcome::Succeeded {
        summary: None,
        artifacts: vec![store.artifact(name, name.as_bytes())],
    };
    let reports = vec![report(&old, made(store, "late.txt")), report(&new, made(store, "good.txt"))];
    store.tick(batch, reports, 0);
    let kept = store.read(|snapshot| snapshot.artifacts(batch, 1, 1)).unwrap();
    kept.iter().filter(|row| row.name != "good.txt").map(|row| format!("{} was kept", row.name)).collect()
}

fn a_large_batch_is_cancelled_while_it_runs(store: &mut TestStore) -> Vec<String> {
    let batch = store.submit(batch_of(1_200)).key;
    store.running(batch, 2);
    store.control(batch, BatchInput::CancelAsked).unwrap();
    let claimed = store.claim(batch, 5);
    claimed.iter().map(|item| format!("item {} was claimed after the cancel", item.position)).collect()
}

fn more_items_are_at_work_than_there_are_slots(store: &mut TestStore) -> Vec<String> {
    store.slots = 2;
    store.reopen();
    let [first, second] = [3, 3].map(|items| store.submit(batch_of(items)).key);
    let claimed = [first, second].map(|batch| store.claim(batch, 3));
    let held_back = [store.start(first, &claimed[0]), store.start(second, &claimed[1])].concat();
    let running: u64 = [first, second].iter().map(|batch| store.record(*batch).batch.counts.running).sum();
    // The end of one makes room for another.
    store.tick(first, vec![success(&claimed[0][0])], 0);
    let again = store.start(second, &claimed[1]);
    let mut complaints = Vec::new();
    if (running, held_back.len(), again.len()) != (2, 4, 2) {
        complaints.push(format!("{running} items run in 2 slots, {} and {} had to wait", held_back.len(), again.len()));
    }
    complaints
}

fn a_write_fails_among_others(store: &mut TestStore) -> Vec<String> {
    let victim = store.submit(batch_of(2));
    let submission = || write_from_closure("submit", |txn| submit::submit(txn, &batch_of(1)));
    let (doomed, failed) = write_from_closure("doomed", move |txn| {
        submit::submit(txn, &batch_of(3))?;
        control::apply_batch_input(txn, victim.key, &BatchInput::CancelAsked, &by())?;
        Err::<(), _>(StoreError::Conflict("on purpose".into()))
    });
    let ((first, first_reply), (last, last_reply)) = (submission(), submission());
    let committed = store.commit(vec![first, doomed, last]);
    let acknowledged = [first_reply, last_reply].map(|reply| answer(reply).is_ok());
    let is_refused = answer(failed).is_err();
    let live = store.read(|snapshot| snapshot.live_batches(None, 10)).unwrap().len();
    let expected = 1 + acknowledged.iter().filter(|done| **done).count();
    let mut complaints = Vec::new();
    if committed.is_err() || acknowledged != [true, true] || !is_refused {
        complaints.push(format!("the neighbours heard {acknowledged:?}"));
    }
    if live != expected {
        complaints.push(format!("{live} batches are there, {expected} were acknowledged"));
    }
    complaints
}

fn the_server_dies_behind_a_commit(store: &mut TestStore) -> Vec<String> {
    let batch = store.submit(batch_of(1)).key;
    let claimed = store.claim(batch, 1);
    store.tick(batch, vec![success(&claimed[0])], 0);
    store.reopen();
    Vec::new()
}

const GRACE_SECS: u64 = 60;

fn an_upload_is_under_way_while_the_janitor_goes_round(store: &mut TestStore) -> Vec<String> {
    let items = vec![store.document(b"received, and not yet named by a row")];
    store.collect(GRACE_SECS);
    let new = NewBatch { items, ..batch_of(0) };
    let submitted = store.write(move |txn| submit::submit(txn, &new));
    submitted.err().map(|error| format!("an upload was taken away: {error}")).into_iter().collect()
}

fn an_upload_takes_longer_than_the_grace(store: &mut TestStore) -> Vec<String> {
    let items = vec![store.document(b"received long ago")];
    store.age(&store.artifact("a.pdf", b"received long ago").sha256, 2 * GRACE_SECS);
    assert_eq!(store.collect(GRACE_SECS).files, 1);
    // Refused, and so nothing was promised.
    let new = NewBatch { items, ..batch_of(0) };
    let _ = store.write(move |txn| submit::submit(txn, &new));
    Vec::new()
}

fn an_old_blob_is_named_in_the_middle_of_a_search(store: &mut TestStore) -> Vec<String> {
    let items = vec![store.document(b"old")];
    store.age(&store.artifact("a.pdf", b"old").sha256, 2 * GRACE_SECS);
    let (orphans, before) = store.search_orphans(GRACE_SECS);
    store.submit(NewBatch { items, ..batch_of(0) });
    store.opened().blobs.remove_blobs_older_than(&orphans, before).unwrap();
    Vec::new()
}
