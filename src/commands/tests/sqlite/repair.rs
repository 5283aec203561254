//! The repair puts some findings right and leaves others: every kind of them in turn.

use diesel::connection::SimpleConnection;
use quire_store::testing::vandal;

use super::corruption::a_store_with_a_history;
use crate::commands::tests::harness::TestStore;
use quire_store::StoreError;
use quire_store::check::{CheckFinding, StoreCheckDepth, Violation};
use quire_store::repair::{RepairDone, Repairability, repair_remedy};

/// Damages whose findings are gone after a repair.
const DERIVABLE: &[(Violation, &str)] = &[
    (Violation::Counts, "UPDATE batches SET queued = 2, running = 0 WHERE id = 2"),
    (Violation::Counts, "UPDATE batches SET claimed = 1 WHERE id = 2"),
    (Violation::Counts, "DELETE FROM items WHERE batch = 2 AND position = 3"),
    (Violation::Positions, "UPDATE batches SET total = 4, queued = 2 WHERE id = 2"),
    (Violation::Damaged, "UPDATE batches SET total = 9 WHERE id = 2"),
    (Violation::HalfEnded, "UPDATE batches SET ended_at = NULL WHERE id = 1"),
    (Violation::HalfEnded, "UPDATE batches SET outcome = NULL WHERE id = 1"),
    (Violation::HalfEnded, "UPDATE batches SET outcome = 'partial', ended_at = 5 WHERE id = 2"),
    (Violation::HalfEnded, "UPDATE batches SET sealed = 0 WHERE id = 1"),
    (Violation::HalfEnded, "UPDATE batches SET retry_after = 1 WHERE id = 1"),
    (Violation::Outcome, "UPDATE batches SET outcome = 'succeeded' WHERE id = 1"),
    (Violation::Unreadable, "UPDATE batches SET outcome = 'splendid' WHERE id = 1"),
    (Violation::StatusCounts, "UPDATE batches SET status = 'paused' WHERE id = 2"),
    (Violation::StatusCounts, "UPDATE batch_status_counts SET batches = 7"),
    (Violation::StatusCounts, "DELETE FROM batch_status_counts"),
    (Violation::ItemFacts, "UPDATE items SET ended_at = NULL WHERE batch = 1"),
    (Violation::ItemFacts, "UPDATE items SET ended_at = 5 WHERE batch = 2"),
    (Violation::ItemFacts, "UPDATE items SET reason = 'limit' WHERE batch = 1 AND position = 1"),
    (Violation::Epoch, "UPDATE items SET epoch = 7 WHERE batch = 2 AND position = 1"),
    (Violation::Epoch, "UPDATE items SET epoch = 0 WHERE batch = 2 AND position = 1"),
    (Violation::LastSeq, "UPDATE owners SET last_seq = last_seq + 3"),
    (Violation::LastSeq, "UPDATE owners SET last_seq = last_seq - 3"),
    (
        Violation::Dangling,
        "INSERT INTO documents (batch, position, name, size_bytes, source_path) VALUES (2, 9, 'a', 1, x'61')",
    ),
    (Violation::Dangling, "INSERT INTO items (batch, position, state, correlation) VALUES (9, 1, 0, 1)"),
    (Violation::Dangling, "INSERT INTO idempotency_keys VALUES (1, 'k', 'f', 99, 1)"),
    (Violation::Dangling, "UPDATE artifacts SET position = 7 WHERE position = 1"),
    (Violation::Dangling, "UPDATE items SET correlation = 99 WHERE batch = 2"),
    (Violation::Dangling, "UPDATE events SET correlation = 99 WHERE seq = 1"),
    (Violation::Dangling, "INSERT INTO events SELECT 7, seq, type, at, batch, item, correlation, data FROM events"),
];

/// Damages whose findings are left after a repair.
const LOST: &[(Violation, &str)] = &[
    (
        Violation::AuditChain,
        "INSERT INTO audit (at, actor_owner, action, object, correlation, chain) VALUES (1, 'x', 'key.created', 'key:x', 'c', zeroblob(32))",
    ),
    (Violation::Positions, "UPDATE items SET position = 5 WHERE batch = 2 AND position = 3"),
    (Violation::Unreadable, "UPDATE items SET state = 9 WHERE batch = 1 AND position = 2"),
    (Violation::Unreadable, "UPDATE events SET data = '{' WHERE type = 'item.completed'"),
    (Violation::ItemFacts, "UPDATE items SET generation = 3 WHERE batch = 1 AND position = 2"),
    (Violation::AttemptNumbers, "DELETE FROM attempts WHERE batch = 2 AND position = 2"),
    (Violation::AttemptEnd, "UPDATE attempts SET ended = 'lost' WHERE batch = 1 AND position = 1"),
    (
        Violation::TwoEnds,
        "INSERT INTO attempts (batch, position, generation, attempt, epoch, ended, started_at, ended_at)
         VALUES (1, 1, 1, 2, 1, 'succeeded', 1, 1)",
    ),
    (Violation::StrayArtifact, "UPDATE artifacts SET generation = 2 WHERE position = 1"),
    (Violation::SeqGap, "DELETE FROM events WHERE seq = 3"),
    (Violation::Dangling, "UPDATE events SET batch = 99 WHERE seq = 1"),
    (Violation::EventMissing, "DELETE FROM events WHERE type = 'item.completed'"),
    (Violation::EventExtra, "UPDATE events SET type = 'item.failed' WHERE type = 'item.completed'"),
    (Violation::BlobMissing, "UPDATE documents SET sha256 = printf('%064d', 0) WHERE position = 2"),
    (Violation::BlobSize, "UPDATE artifacts SET size_bytes = 9 WHERE position = 3"),
];

/// Findings, the repairs of them, and the findings that are left.
struct Mended {
    store: TestStore,
    before: Vec<CheckFinding>,
    repaired: Vec<RepairDone>,
    after: Vec<CheckFinding>,
}

fn damage_and_repair(damage: &str) -> Mended {
    let mut store = a_store_with_a_history();
    store.is_sound = false;
    let mut vandal = vandal(store.data_dir());
    vandal.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
    vandal.batch_execute(damage).unwrap();
    drop(vandal);
    let (before, repaired, after) = store.offline(|offline| {
        let before = offline.check(StoreCheckDepth::Deep).unwrap().findings;
        let repaired = offline.repair_derivable(9_000_000).unwrap();
        (before, repaired, offline.check(StoreCheckDepth::Deep).unwrap().findings)
    });
    Mended { store, before, repaired, after }
}

fn has(findings: &[CheckFinding], what: Violation) -> bool {
    findings.iter().any(|finding| finding.what == what)
}

#[test]
fn what_can_be_derived_is_put_right_and_the_server_works_on() {
    for (what, damage) in DERIVABLE {
        let mut mended = damage_and_repair(damage);
        assert!(has(&mended.before, *what), "{damage}: {:#?}", mended.before);
        assert_eq!(mended.after, [], "{damage}: {:#?}", mended.repaired);
        assert!(!mended.repaired.is_empty(), "{damage}");
        mended.store.assert_sound();
        let batch = mended.store.submit(crate::commands::tests::harness::batch_of(1)).key;
        assert_eq!(mended.store.claim(batch, 1).len(), 1);
        mended.store.assert_sound();
    }
}

#[test]
fn what_is_lost_stays_a_finding() {
    for (what, damage) in LOST {
        let Mended { after, .. } = damage_and_repair(damage);
        assert!(has(&after, *what), "{damage}: {after:#?}");
    }
}

#[test]
fn a_lost_blob_stays_a_finding_that_names_its_item() {
    let mut store = a_store_with_a_history();
    store.is_sound = false;
    let blob = store.artifact("text.txt", b"artifact").sha256;
    std::fs::write(store.opened().blobs.blob_path(&blob), b"ArtifacT").unwrap();
    let left = store.offline(|offline| {
        offline.repair_derivable(9_000_000).unwrap();
        offline.check(StoreCheckDepth::Deep).unwrap().findings
    });
    let places: Vec<_> = left.iter().map(|finding| (finding.what, finding.item)).collect();
    assert_eq!(places, [(Violation::BlobHash, Some(1)), (Violation::BlobHash, Some(3))]);
}

#[test]
fn orphans_are_removed_and_what_rows_name_stays() {
    let mut store = a_store_with_a_history();
    let orphan = store.artifact("text.txt", b"nobody's").sha256;
    std::mem::forget(store.opened().blobs.begin_blob().unwrap());
    let repaired = store.offline(|offline| offline.repair_derivable(9_000_000).unwrap());
    let said: Vec<_> = repaired.iter().map(|repaired| (repaired.what, repaired.detail.as_str())).collect();
    let blobs = (Violation::OrphanBlob, "removed 1 blobs that no row named, 8 bytes");
    assert_eq!(said, [blobs, (Violation::TempFile, "removed 1 unfinished uploads, 0 bytes")]);
    assert!(store.opened().blobs.open_blob(&orphan).is_err());
    assert_eq!(store.offline(|offline| offline.check(StoreCheckDepth::Deep).unwrap().findings), []);
}

#[test]
fn a_sound_store_is_left_as_it_is() {
    let mut store = a_store_with_a_history();
    let rows = |store: &TestStore| [1, 2].map(|key| format!("{:?}", store.record(quire_domain::ids::BatchKey(key))));
    let before = rows(&store);
    assert_eq!(store.offline(|offline| offline.repair_derivable(9_000_000).unwrap()), []);
    assert_eq!(rows(&store), before);
}

#[test]
fn a_damaged_file_is_not_written_to() {
    let mut store = a_store_with_a_history();
    store.damage_pages();
    let refused = store.offline(|offline| offline.repair_derivable(9_000_000));
    assert!(matches!(refused, Err(StoreError::Unusable(_) | StoreError::Database(_))), "{refused:?}");
}

#[test]
fn every_kind_of_finding_has_a_remedy_that_tells_the_truth() {
    let made = |cases: &[(Violation, &str)], what| cases.iter().any(|(of, _)| *of == what);
    for what in Violation::ALL
        .iter()
        .copied()
        .filter(|what| !matches!(what, Violation::OrphanBlob | Violation::TempFile | Violation::BlobHash))
    {
        let promised = match repair_remedy(what).0 {
            Repairability::Repair => (true, false),
            Repairability::RepairInPart => (true, made(LOST, what)),
            Repairability::Not => (false, true),
        };
        assert_eq!((made(DERIVABLE, what), made(LOST, what)), promised, "{what:?}");
    }
}
