//! The torture itself: it holds on a sound server, and finds what is planted in a data directory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::RunQueryDsl as _;
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use serde_json::Value;
use tempfile::TempDir;

struct Tortured {
    code: Option<i32>,
    said: String,
}

impl Tortured {
    /// Number of findings of this kind.
    fn count(&self, kind: &str) -> u32 {
        let line = self.said.lines().find(|line| line.split_whitespace().next() == Some(kind));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_else(|| panic!("{}", self.said))
    }
}

fn torture(folder: &Path, cycles: u32, more: &[&str]) -> Tortured {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quire-lab"));
    command.args(["torture", "--seed", "7", "--cycles", &cycles.to_string(), "--data-dir"]).arg(folder).args(more);
    let done = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Tortured { code: done.status.code(), said }
}

#[test]
fn two_hundred_deaths_at_random_and_at_every_named_place_lose_and_double_nothing() {
    let folder = TempDir::new().unwrap();
    let tortured = torture(folder.path(), 200, &["--check-every", "40"]);
    println!("{}", tortured.said);
    assert_eq!(tortured.code, Some(0), "{}", tortured.said);
    assert!(tortured.said.contains("verdict         held"));
    for point in quire_base::failpoints::Failpoint::ALL {
        assert!(tortured.count(point.as_str()) >= 4, "{}", point.as_str());
    }
}

/// A data directory with its journal, which a torture of a few cycles left sound.
struct Kept {
    dir: TempDir,
}

const CYCLES: u32 = 24;

impl Kept {
    /// One whose client knows of a cancelled batch. On a busy machine that takes more cycles; they begin anew.
    fn new() -> Self {
        let known = (1..=5).map(|times| Self::of(times * CYCLES)).find(|kept| kept.known_cancelled().is_some());
        known.expect("nothing was cancelled")
    }

    fn of(cycles: u32) -> Self {
        let dir = TempDir::new().unwrap();
        let tortured = torture(dir.path(), cycles, &["--keep"]);
        assert_eq!(tortured.code, Some(0), "{}", tortured.said);
        Self { dir }
    }

    fn known_cancelled(&self) -> Option<String> {
        last_cancelled(&std::fs::read_to_string(self.dir.path().join("round-1/journal.jsonl")).unwrap())
    }

    /// Goes on with a copy in which something was changed behind everybody's back, between two lives of the server.
    fn after(&self, tampering: &str) -> Tortured {
        let copy = TempDir::new().unwrap();
        copy_all(self.dir.path(), copy.path());
        let database = copy.path().join("round-1/data/quire.db");
        let mut conn = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
        conn.batch_execute(tampering).unwrap();
        let changed: i64 = diesel::select(sql::<BigInt>("total_changes()")).get_result(&mut conn).unwrap();
        assert!(tampering.is_empty() || changed > 0, "there is nothing to tamper with: {tampering}");
        drop(conn);
        torture(copy.path(), 1, &["--keep", "--check-every", "1"])
    }
}

/// A batch that was shown as cancelled, and of which nothing was asked since.
fn last_cancelled(journal: &str) -> Option<String> {
    let (mut pending, mut cancelled) = (BTreeSet::new(), BTreeSet::new());
    for line in journal.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let (kind, entry) = entry.as_object().and_then(|entry| entry.iter().next()).unwrap();
        let batch = entry["batch"].as_str().or(entry["seen"]["id"].as_str()).unwrap_or_default().to_owned();
        match kind.as_str() {
            "down" => pending.clear(),
            "asked" => {
                cancelled.remove(&batch);
                pending.insert(batch);
                continue;
            }
            "answered" if matches!(entry["status"].as_u64(), Some(200..300 | 409)) => drop(pending.remove(&batch)),
            _ => {}
        }
        if entry["seen"]["control"] == "cancelled" && !pending.contains(&batch) {
            cancelled.insert(batch);
        }
    }
    cancelled.pop_last()
}

fn copy_all(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.path().strip_prefix(from).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(target).unwrap(),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// One item that succeeded and has no artifacts, as a condition on `items`; and its batch.
const VICTIM: &str = "CREATE TEMP TABLE victim AS SELECT items.batch, items.position FROM items JOIN batches \
     ON batches.id = items.batch WHERE items.state = 3 AND batches.operations = '[\"noop\"]' \
     AND batches.control = 'run' ORDER BY 1 DESC LIMIT 1;";

/// The victim is queued again, as if its success had never been committed; its batch lives again.
const REVIVE: &str = "UPDATE items SET state = 0, ended_at = NULL, attempt = 0, charged = 0 \
     WHERE (batch, position) IN (SELECT * FROM victim); \
     DELETE FROM attempts WHERE (batch, position) IN (SELECT * FROM victim); \
     UPDATE batches SET outcome = NULL, ended_at = NULL, succeeded = succeeded - 1, queued = queued + 1 \
     WHERE id IN (SELECT batch FROM victim);";

/// Controls on a real server: without its protections the disk would come to look like this, and the torture sees it.
#[test]
fn what_is_planted_between_two_lives_is_found_and_called_by_its_name() {
    let kept = Kept::new();
    let untouched = kept.after("");
    assert_eq!(untouched.code, Some(0), "{}", untouched.said);

    let vanished = kept.after(
        "PRAGMA foreign_keys = OFF; CREATE TEMP TABLE gone AS SELECT max(id) AS id FROM batches; \
         DELETE FROM artifacts WHERE batch IN gone; DELETE FROM attempts WHERE batch IN gone; \
         DELETE FROM documents WHERE batch IN gone; DELETE FROM idempotency_keys WHERE batch IN gone; \
         DELETE FROM items WHERE batch IN gone; DELETE FROM batches WHERE id IN gone;",
    );
    assert_eq!(vanished.code, Some(1), "{}", vanished.said);
    assert!(vanished.count("lost") > 0, "{}", vanished.said);

    let again = kept.after(&format!("{VICTIM} {REVIVE}"));
    assert_eq!(again.code, Some(1), "{}", again.said);
    assert!(again.count("doubled") > 0, "{}", again.said);

    let copied = kept.after(
        "INSERT INTO batches (public_id, owner, name, operations, options, priority, on_failure, control, pause_mode, \
         sealed, outcome, total, queued, succeeded, correlation, created_at, ended_at) \
         SELECT '01900000-0000-7000-8000-000000000000', owner, name, operations, options, priority, on_failure, 'run', \
         'drain', 1, 'succeeded', 0, 0, 0, correlation, created_at, ended_at FROM batches WHERE outcome IS NOT NULL LIMIT 1;",
    );
    assert_eq!(copied.code, Some(1), "{}", copied.said);
    assert!(copied.count("phantom") > 0, "{}", copied.said);

    let cancelled = kept.known_cancelled().unwrap();
    let risen = kept.after(&format!("UPDATE batches SET control = 'run' WHERE public_id = '{cancelled}';"));
    assert_eq!(risen.code, Some(1), "{}", risen.said);
    assert!(risen.count("resurrected") > 0, "{}", risen.said);

    let silenced = kept.after("DELETE FROM events WHERE seq = (SELECT max(seq) - 3 FROM events);");
    assert_eq!(silenced.code, Some(1), "{}", silenced.said);
    assert!(silenced.count("log") + silenced.count("unsound") > 0, "{}", silenced.said);

    let retold = kept.after("UPDATE events SET at = at + 1000000 WHERE seq = (SELECT max(seq) - 3 FROM events);");
    assert_eq!(retold.code, Some(1), "{}", retold.said);
    assert!(retold.count("log") > 0, "{}", retold.said);
}
