//! SQLite within this program, and the database's file as it lies there.

use serde_json::json;

use super::{CheckResult, CheckStatus};
use crate::config::Config;
use quire_store::file_modes;
use quire_store::inspect::{self, DirectoryInspection, JournalMode};
use quire_store::tables::{self, SchemaStatus};
use quire_store::{StoreError, Synchronous};

pub(super) fn examine(config: &Config, database: Result<DirectoryInspection, StoreError>) -> Vec<CheckResult> {
    vec![library(), directory(config, database), privacy(config), synchronous(config)]
}

fn library() -> CheckResult {
    match inspect::sqlite_library_version() {
        Ok((version, true)) => CheckResult::ok("sqlite", format!("version {version}"), json!({ "version": version })),
        Ok((version, false)) => CheckResult::ok("sqlite", format!("version {version}"), json!({ "version": version }))
            .with_status(CheckStatus::Fail, "too old, it can lose data: build with the bundled library"),
        Err(error) => {
            CheckResult::ok("sqlite", error.to_string(), json!({})).with_status(CheckStatus::Fail, "build anew")
        }
    }
}

fn directory(config: &Config, database: Result<DirectoryInspection, StoreError>) -> CheckResult {
    let dir = &config.server.data_dir;
    let look = match database {
        Ok(look) => look,
        Err(error) => {
            let remedy = "make it readable for this user";
            return CheckResult::ok("database", error.to_string(), json!({})).with_status(CheckStatus::Fail, remedy);
        }
    };
    let in_use = look.held_by.map_or(String::new(), |pid| format!("; in use by process {pid}"));
    let (mode, says) = match look.journal {
        None => ("none", format!("none yet in {}; a server makes one in WAL mode", dir.display())),
        Some(JournalMode::Wal) => ("wal", format!("journal mode WAL{in_use}")),
        Some(JournalMode::Rollback) => ("delete", format!("journal mode DELETE{in_use}")),
        Some(JournalMode::Unknown) => {
            ("unknown", format!("{} holds no database{in_use}", dir.join("quire.db").display()))
        }
    };
    let finding = CheckResult::ok("database", says, json!({ "journal_mode": mode, "held_by_pid": look.held_by }));
    if let Some(SchemaStatus::Newer(migration)) = &look.tables {
        return CheckResult {
            says: format!("{}: {}", dir.display(), tables::newer_schema_message(migration)),
            ..finding
        }
        .with_status(CheckStatus::Fail, "use the newer version; this one does not start on it");
    }
    match look.journal {
        None | Some(JournalMode::Wal) if look.tables.is_some() => finding,
        None | Some(JournalMode::Wal) => finding.with_status(
            CheckStatus::Fail,
            "its tables cannot be read: look closer with `quire fsck`, or restore a backup",
        ),
        Some(JournalMode::Rollback) => finding.with_status(CheckStatus::Warn, "the next server sets it to WAL"),
        Some(JournalMode::Unknown) => {
            finding.with_status(CheckStatus::Fail, "restore it from a backup, or choose another --data-dir")
        }
    }
}

/// Whether the directory is its user's alone.
fn privacy(config: &Config) -> CheckResult {
    let dir = &config.server.data_dir;
    let failed = |says: String| CheckResult::ok("privacy", says, json!({}));
    if let Err(error) = file_modes::refuse_foreign_or_sticky(dir) {
        return failed(error.to_string()).with_status(CheckStatus::Fail, "no server starts on it as this user");
    }
    let open = match file_modes::count_exposed_paths(dir) {
        Ok(open) => open,
        Err(error) => {
            return failed(format!("{}: {error}", dir.display()))
                .with_status(CheckStatus::Fail, "make it readable for this user");
        }
    };
    let figures = json!({ "open_files": open.files, "open_folders": open.folders });
    match open.is_empty() {
        true => CheckResult::ok("privacy", "nothing of the data directory is open to other users", figures),
        false => CheckResult::ok("privacy", format!("{open} are open to other users of this machine"), figures)
            .with_status(CheckStatus::Warn, "the next start closes them"),
    }
}

fn synchronous(config: &Config) -> CheckResult {
    match config.store.synchronous {
        Synchronous::Full => {
            let says = "FULL: what is acknowledged survives power loss";
            CheckResult::ok("synchronous", says, json!({ "synchronous": "full" }))
        }
        Synchronous::Normal => {
            let says = "NORMAL: what is acknowledged survives crashes, not power loss";
            let finding = CheckResult::ok("synchronous", says, json!({ "synchronous": "normal" }));
            finding.with_status(CheckStatus::Warn, "set store.synchronous = \"full\" unless that is meant")
        }
    }
}
