//! Controls of the check: each kind of damage, made by hand past the constraints, is found.

use quire_store::testing::vandal;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use crate::commands::files;
use crate::commands::report::AttemptOutcome;
use crate::commands::submit::NewBatch;
use crate::commands::tests::harness::{TestStore, batch_of, failure, report};
use quire_domain::batch::BatchInput;
use quire_domain::failure::FailureCode;
use quire_domain::ids::BatchKey;
use quire_store::check::{CheckReport, StoreCheckDepth, Violation};
use quire_store::files::NewFile;
use quire_store::testing::findings;

/// Batch 1 ended after a retry: item 1 succeeded with an artifact, item 2 failed twice, 3 was cancelled before and
/// succeeded after. Batch 2 is live: item 1 runs, 2 waits for its second try, 3 is queued.
pub(super) fn a_store_with_a_history() -> TestStore {
    let mut store = TestStore::new();
    let items = vec![store.document(b"one"), store.document(b"two"), None];
    let ended = store.submit(NewBatch { items, ..batch_of(0) }).key;
    let claimed = store.claim(ended, 2);
    let good = succeed(&store, &claimed[0]);
    store.tick(ended, vec![good, failure(&claimed[1], FailureCode::Damaged)], 0);
    store.control(ended, BatchInput::CancelAsked).unwrap();
    store.control(ended, BatchInput::RetryAsked { cancelled_too: true }).unwrap();
    let again = store.claim(ended, 2);
    let good = succeed(&store, &again[1]);
    let last = store.tick(ended, vec![failure(&again[0], FailureCode::NeedsPassword), good], 0).record;
    assert!(last.batch.is_ended());

    let live = store.submit(batch_of(3)).key;
    let claimed = store.running(live, 2);
    store.tick(live, vec![failure(&claimed[1], FailureCode::WorkerUnavailable)], 0);
    let upload = store.artifact("upload", b"upload");
    let (size_bytes, sha256) = (upload.size_bytes, upload.sha256);
    let (public_id, owner) = (quire_base::clock::new_file_id(), last.owner);
    let file = NewFile { public_id, owner, name: "upload".into(), size_bytes, sha256 };
    store.write(move |txn| files::add(txn, &file)).unwrap();
    store.assert_sound();
    store
}

fn succeed(store: &TestStore, claimed: &crate::commands::tick::ClaimedItem) -> crate::commands::report::AttemptReport {
    let artifacts = vec![store.artifact("text.txt", b"artifact")];
    report(claimed, AttemptOutcome::Succeeded { summary: None, artifacts })
}

type Case = (&'static str, Violation, Option<i64>, Option<u32>);

/// Each damage, the finding that follows, and its batch and item.
const CASES: &[Case] = &[
    ("UPDATE batches SET queued = 2, running = 0 WHERE id = 2", Violation::Counts, Some(2), None),
    ("UPDATE batches SET claimed = 1 WHERE id = 2", Violation::Counts, Some(2), None),
    ("UPDATE items SET state = 1, epoch = 1 WHERE batch = 2 AND position = 3", Violation::Counts, Some(2), None),
    ("UPDATE batches SET total = 4, queued = 2 WHERE id = 2", Violation::Counts, Some(2), None),
    ("UPDATE batches SET total = 4, queued = 2 WHERE id = 2", Violation::Positions, Some(2), None),
    ("UPDATE batches SET total = 9 WHERE id = 2", Violation::Damaged, None, None),
    ("UPDATE items SET position = 5 WHERE batch = 2 AND position = 3", Violation::Positions, Some(2), None),
    ("DELETE FROM items WHERE batch = 2 AND position = 3", Violation::Counts, Some(2), None),
    ("UPDATE batches SET ended_at = NULL WHERE id = 1", Violation::HalfEnded, Some(1), None),
    ("UPDATE batches SET outcome = 'partial', ended_at = 5 WHERE id = 2", Violation::HalfEnded, Some(2), None),
    ("UPDATE batches SET sealed = 0 WHERE id = 1", Violation::HalfEnded, Some(1), None),
    ("UPDATE batches SET retry_after = 1 WHERE id = 1", Violation::HalfEnded, Some(1), None),
    ("UPDATE batches SET outcome = 'succeeded' WHERE id = 1", Violation::Outcome, Some(1), None),
    ("UPDATE batches SET outcome = 'splendid' WHERE id = 1", Violation::Unreadable, Some(1), None),
    ("UPDATE batches SET status = 'paused' WHERE id = 2", Violation::StatusCounts, Some(2), None),
    ("UPDATE batches SET status = 'paused' WHERE id = 2", Violation::StatusCounts, None, None),
    ("UPDATE batch_status_counts SET batches = batches + 1", Violation::StatusCounts, None, None),
    ("DELETE FROM batch_status_counts", Violation::StatusCounts, None, None),
    (
        "INSERT INTO audit (at, actor_owner, action, object, correlation, chain) VALUES (1, 'x', 'key.created', 'key:x', 'c', zeroblob(32))",
        Violation::AuditChain,
        None,
        None,
    ),
    ("UPDATE items SET state = 9 WHERE batch = 1 AND position = 2", Violation::Unreadable, Some(1), None),
    ("UPDATE items SET ended_at = NULL WHERE batch = 1 AND position = 2", Violation::ItemFacts, Some(1), Some(2)),
    ("UPDATE items SET reason = 'limit' WHERE batch = 1 AND position = 1", Violation::ItemFacts, Some(1), Some(1)),
    ("UPDATE items SET generation = 3 WHERE batch = 1 AND position = 2", Violation::ItemFacts, Some(1), Some(2)),
    ("UPDATE items SET charged = 3 WHERE batch = 2 AND position = 2", Violation::ItemFacts, Some(2), Some(2)),
    ("UPDATE items SET epoch = 2 WHERE batch = 2 AND position = 1", Violation::Epoch, Some(2), Some(1)),
    ("UPDATE items SET epoch = 0 WHERE batch = 2 AND position = 1", Violation::Epoch, Some(2), Some(1)),
    ("UPDATE items SET attempt = 2 WHERE batch = 1 AND position = 1", Violation::AttemptNumbers, Some(1), Some(1)),
    ("DELETE FROM attempts WHERE batch = 2 AND position = 2", Violation::AttemptNumbers, Some(2), Some(2)),
    ("UPDATE items SET attempt = 0 WHERE batch = 2 AND position = 1", Violation::AttemptNumbers, Some(2), Some(1)),
    ("UPDATE attempts SET attempt = 0 WHERE batch = 2 AND position = 2", Violation::AttemptNumbers, Some(2), Some(2)),
    ("UPDATE attempts SET attempt = 2 WHERE batch = 1 AND position = 3", Violation::AttemptNumbers, Some(1), Some(3)),
    (
        "UPDATE attempts SET generation = 4 WHERE batch = 1 AND position = 3",
        Violation::AttemptNumbers,
        Some(1),
        Some(3),
    ),
    ("DELETE FROM attempts WHERE batch = 1 AND position = 1", Violation::AttemptEnd, Some(1), Some(1)),
    ("UPDATE attempts SET ended = 'lost' WHERE batch = 1 AND position = 1", Violation::AttemptEnd, Some(1), Some(1)),
    (
        "UPDATE attempts SET ended = 'succeeded' WHERE batch = 1 AND position = 2",
        Violation::AttemptEnd,
        Some(1),
        Some(2),
    ),
    ("UPDATE attempts SET started_at = 0 WHERE batch = 1 AND position = 1", Violation::AttemptEnd, Some(1), Some(1)),
    ("UPDATE attempts SET started_at = 0 WHERE batch = 1 AND position = 1", Violation::EventExtra, Some(1), Some(1)),
    ("UPDATE attempts SET ended = 'broken' WHERE batch = 1 AND position = 2", Violation::Unreadable, Some(1), Some(2)),
    (
        "INSERT INTO attempts (batch, position, generation, attempt, epoch, ended, started_at, ended_at)
         VALUES (1, 1, 1, 2, 1, 'succeeded', 1, 1)",
        Violation::TwoEnds,
        Some(1),
        Some(1),
    ),
    ("UPDATE artifacts SET generation = 2 WHERE position = 1", Violation::StrayArtifact, Some(1), Some(1)),
    ("UPDATE artifacts SET position = 2 WHERE position = 1", Violation::StrayArtifact, Some(1), Some(2)),
    ("UPDATE artifacts SET position = 7 WHERE position = 1", Violation::Dangling, None, None),
    ("UPDATE items SET correlation = 99 WHERE batch = 2", Violation::Dangling, None, None),
    ("UPDATE events SET batch = 99 WHERE seq = 1", Violation::Dangling, None, None),
    ("UPDATE events SET correlation = 99 WHERE seq = 1", Violation::Dangling, None, None),
    (
        "INSERT INTO events SELECT 7, seq, type, at, batch, item, correlation, data FROM events",
        Violation::Dangling,
        None,
        None,
    ),
    ("DELETE FROM events WHERE seq = 3", Violation::SeqGap, None, None),
    ("DELETE FROM events WHERE seq = 1", Violation::SeqGap, None, None),
    ("UPDATE owners SET last_seq = last_seq + 1", Violation::LastSeq, None, None),
    ("DELETE FROM events", Violation::LastSeq, None, None),
    ("UPDATE events SET data = '{' WHERE type = 'item.completed'", Violation::Unreadable, Some(1), Some(1)),
    ("UPDATE events SET type = 'item.lost' WHERE type = 'item.completed'", Violation::Unreadable, Some(1), Some(3)),
    ("DELETE FROM events WHERE type = 'item.completed'", Violation::EventMissing, Some(1), Some(1)),
    ("UPDATE events SET item = 1 WHERE type = 'item.completed'", Violation::EventExtra, Some(1), Some(1)),
    ("UPDATE events SET item = 1 WHERE type = 'item.completed'", Violation::EventMissing, Some(1), Some(3)),
    ("UPDATE events SET item = 9 WHERE type = 'item.completed'", Violation::EventExtra, Some(1), Some(9)),
    ("UPDATE events SET item = NULL WHERE type = 'item.completed'", Violation::EventExtra, Some(1), None),
    ("UPDATE events SET type = 'item.failed' WHERE type = 'item.completed'", Violation::EventExtra, Some(1), Some(1)),
    ("UPDATE events SET type = 'item.failed' WHERE type = 'item.started'", Violation::EventMissing, Some(2), Some(1)),
    ("UPDATE events SET type = 'item.started' WHERE type = 'item.failed'", Violation::EventExtra, Some(1), Some(2)),
    (
        "UPDATE events SET data = json_set(data, '$.generation', 1) WHERE type = 'item.failed'",
        Violation::EventExtra,
        Some(1),
        Some(2),
    ),
    ("DELETE FROM events WHERE type = 'batch.created' AND batch = 2", Violation::EventMissing, Some(2), None),
    ("UPDATE events SET type = 'batch.created' WHERE type = 'batch.started'", Violation::EventExtra, Some(1), None),
    ("DELETE FROM events WHERE type = 'batch.completed'", Violation::EventMissing, Some(1), None),
    ("UPDATE events SET type = 'batch.failed' WHERE type = 'batch.completed'", Violation::EventExtra, Some(1), None),
    ("UPDATE events SET type = 'batch.completed' WHERE type = 'batch.retried'", Violation::EventExtra, Some(1), None),
    (
        "UPDATE events SET data = json_set(data, '$.counts.failed', 2) WHERE type = 'batch.completed'",
        Violation::EventExtra,
        Some(1),
        None,
    ),
    ("UPDATE artifacts SET size_bytes = 9 WHERE position = 3", Violation::BlobSize, Some(1), Some(3)),
    ("UPDATE documents SET sha256 = printf('%064d', 0) WHERE position = 2", Violation::BlobMissing, Some(1), Some(2)),
    ("UPDATE files SET sha256 = printf('%064d', 0)", Violation::BlobMissing, None, None),
];

#[test]
fn every_kind_of_damage_done_by_hand_is_found() {
    let store = a_store_with_a_history();
    let (mut vandal, blobs) = (vandal(store.data_dir()), &store.opened().blobs);
    for (damage, what, batch, item) in CASES {
        vandal.batch_execute("BEGIN; PRAGMA ignore_check_constraints = ON;").unwrap();
        vandal.batch_execute(damage).unwrap();
        vandal.batch_execute("PRAGMA ignore_check_constraints = OFF;").unwrap();
        let findings = findings(&mut vandal, blobs).unwrap();
        vandal.batch_execute("ROLLBACK").unwrap();
        let is_meant = findings
            .iter()
            .any(|finding| (finding.what, finding.batch, finding.item) == (*what, batch.map(BatchKey), *item));
        assert!(is_meant, "{damage}: {what:?} is not among {findings:#?}");
    }
}

#[test]
fn a_blob_with_other_bytes_of_the_same_length_is_found_by_reading_it() {
    let mut store = a_store_with_a_history();
    store.is_sound = false;
    let blobs = store.opened().blobs.clone();
    let known = store.artifact("text.txt", b"artifact").sha256;
    std::fs::write(blobs.blob_path(&known), b"ArtifacT").unwrap();
    let shallow = store.opened().check_consistency(false).unwrap();
    assert_eq!(shallow, [], "sizes alone do not tell");
    let found: Vec<_> = store.findings().iter().map(|finding| (finding.what, finding.item)).collect();
    assert_eq!(found, [(Violation::BlobHash, Some(1)), (Violation::BlobHash, Some(3))]);
}

#[test]
fn what_no_row_names_is_found_when_no_server_runs() {
    let mut store = a_store_with_a_history();
    let orphan = store.artifact("text.txt", b"nobody's").sha256;
    let unfinished = store.opened().blobs.begin_blob().unwrap();
    std::mem::forget(unfinished);
    let survey = |store: &mut TestStore, depth| store.offline(|offline| offline.check(depth).unwrap());
    let waiting = |blobs, temp_files| (blobs, 8 * blobs, temp_files);
    let counts = |survey: &CheckReport| (survey.waiting.blobs, survey.waiting.blob_bytes, survey.waiting.temp_files);
    let young = survey(&mut store, StoreCheckDepth::Usual);
    assert_eq!((young.findings.as_slice(), counts(&young)), (&[] as &[_], waiting(1, 1)), "they wait for the janitor");
    store.age(&orphan, 7_200);
    assert!(survey(&mut store, StoreCheckDepth::Usual).waiting.oldest_secs >= 7_200);
    assert!(survey(&mut store, StoreCheckDepth::Quick).waiting.is_empty());
    // No janitor would remove it before that day.
    let file = store.opened().blobs.open_blob(&orphan).unwrap();
    file.set_modified(file.metadata().unwrap().modified().unwrap() + Duration::from_secs(864_000)).unwrap();
    let found = survey(&mut store, StoreCheckDepth::Usual).findings;
    let found: Vec<_> = found.iter().map(|finding| (finding.what, finding.detail.contains(&orphan))).collect();
    assert_eq!(found, [(Violation::OrphanBlob, true)]);
    assert_eq!(survey(&mut store, StoreCheckDepth::Quick).findings, []);
}

#[test]
fn pages_that_are_not_a_database_any_more_are_a_finding_and_no_error() {
    let mut store = a_store_with_a_history();
    store.is_sound = false;
    store.damage_pages();
    // More often than there are readers: none of their connections is spoilt by what it could not read.
    for _ in 0..5 {
        assert!(store.findings().iter().any(|finding| finding.what == Violation::Damaged));
    }
}

#[test]
fn every_kind_of_finding_has_its_experiment() {
    let made: Vec<_> =
        CASES.iter().map(|(_, what, ..)| *what).chain([Violation::BlobHash, Violation::OrphanBlob]).collect();
    // Only a repair speaks of temporary files.
    assert!(Violation::ALL.iter().all(|what| made.contains(what) || *what == Violation::TempFile));
}
