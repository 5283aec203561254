//! The suite on SQLite where each commit is given up once and then done again.

use super::harness::{Harness, TestStore};

fn open() -> TestStore {
    TestStore::on(Harness::SqliteAgain)
}

#[path = "suite/audit.rs"]
mod audit;
#[path = "suite/controls.rs"]
mod controls;
#[path = "suite/doors.rs"]
mod doors;
#[path = "suite/fencing.rs"]
mod fencing;
#[path = "suite/histories/mod.rs"]
mod histories;
#[path = "suite/history.rs"]
mod history;
#[path = "suite/numbering.rs"]
mod numbering;
#[path = "suite/standing.rs"]
mod standing;
#[path = "suite/sweeps.rs"]
mod sweeps;
#[path = "suite/uploads.rs"]
mod uploads;
#[path = "suite/webhooks/mod.rs"]
mod webhooks;
