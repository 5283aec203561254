//! SQLite within this program, and the database's file as it lies there.

use serde_json::json;

use super::{Finding, Verdict};
use crate::config::{Config, Synchronous};
use crate::store::look::{self, JournalMode};
use crate::store::private;
use crate::store::tables::{self, Tables};

pub fn examine(config: &Config) -> Vec<Finding> {
    vec![library(), directory(config), privacy(config), synchronous(config)]
}

fn library() -> Finding {
    match look::library() {
        Ok((version, true)) => Finding::ok("sqlite", format!("version {version}"), json!({ "version": version })),
        Ok((version, false)) => Finding::ok("sqlite", format!("version {version}"), json!({ "version": version }))
            .but(Verdict::Fail, "too old, it can lose data: build with the bundled library"),
        Err(error) => Finding::ok("sqlite", error.to_string(), json!({})).but(Verdict::Fail, "build anew"),
    }
}

fn directory(config: &Config) -> Finding {
    let dir = &config.server.data_dir;
    let look = match look::look(dir) {
        Ok(look) => look,
        Err(error) => {
            let remedy = "make it readable for this user";
            return Finding::ok("database", error.to_string(), json!({})).but(Verdict::Fail, remedy);
        }
    };
    let held = look.held_by.map_or(String::new(), |pid| format!("; in use by process {pid}"));
    let (mode, says) = match look.journal {
        None => ("none", format!("none yet in {}; a server makes one in WAL mode", dir.display())),
        Some(JournalMode::Wal) => ("wal", format!("journal mode WAL{held}")),
        Some(JournalMode::Rollback) => ("delete", format!("journal mode DELETE{held}")),
        Some(JournalMode::Unknown) => {
            ("unknown", format!("{} holds no database{held}", dir.join("quire.db").display()))
        }
    };
    let finding = Finding::ok("database", says, json!({ "journal_mode": mode, "held_by_pid": look.held_by }));
    if let Some(Tables::Newer(migration)) = &look.tables {
        return Finding { says: format!("{}: {}", dir.display(), tables::newer(migration)), ..finding }
            .but(Verdict::Fail, "use the newer version; this one does not start on it");
    }
    match look.journal {
        None | Some(JournalMode::Wal) if look.tables.is_some() => finding,
        None | Some(JournalMode::Wal) => {
            finding.but(Verdict::Fail, "its tables cannot be read: look closer with `quire fsck`, or restore a backup")
        }
        Some(JournalMode::Rollback) => finding.but(Verdict::Warn, "the next server sets it to WAL"),
        Some(JournalMode::Unknown) => {
            finding.but(Verdict::Fail, "restore it from a backup, or choose another --data-dir")
        }
    }
}

/// Whether the directory is its user's alone.
fn privacy(config: &Config) -> Finding {
    let dir = &config.server.data_dir;
    let failed = |says: String| Finding::ok("privacy", says, json!({}));
    if let Err(error) = private::require_own(dir) {
        return failed(error.to_string()).but(Verdict::Fail, "no server starts on it as this user");
    }
    let open = match private::look(dir) {
        Ok(open) => open,
        Err(error) => {
            return failed(format!("{}: {error}", dir.display())).but(Verdict::Fail, "make it readable for this user");
        }
    };
    let figures = json!({ "open_files": open.files, "open_folders": open.folders });
    match open.is_nothing() {
        true => Finding::ok("privacy", "nothing of the data directory is open to other users", figures),
        false => Finding::ok("privacy", format!("{open} are open to other users of this machine"), figures)
            .but(Verdict::Warn, "the next start closes them"),
    }
}

fn synchronous(config: &Config) -> Finding {
    match config.store.synchronous {
        Synchronous::Full => {
            let says = "FULL: what is acknowledged survives power loss";
            Finding::ok("synchronous", says, json!({ "synchronous": "full" }))
        }
        Synchronous::Normal => {
            let says = "NORMAL: what is acknowledged survives crashes, not power loss";
            let finding = Finding::ok("synchronous", says, json!({ "synchronous": "normal" }));
            finding.but(Verdict::Warn, "set store.synchronous = \"full\" unless that is meant")
        }
    }
}
