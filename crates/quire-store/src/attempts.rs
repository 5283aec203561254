//! Attempts: the history of items, one row a try.

use diesel::prelude::*;

use super::schema::attempts;
use quire_domain::ids::Micros;

/// One try, as it is stored and shown.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = attempts)]
pub struct AttemptRow {
    pub batch: i64,
    pub position: i32,
    pub generation: i32,
    pub attempt: i32,
    pub epoch: i64,
    pub ended: String,
    pub failure: Option<String>,
    pub detail: Option<String>,
    pub summary: Option<String>,
    /// 0 when it failed on its way to a worker process.
    pub started_at: Micros,
    pub ended_at: Micros,
    pub worker_pid: Option<i64>,
    pub work_micros: Option<i64>,
    pub peak_memory_bytes: Option<i64>,
}

impl AttemptRow {
    /// Time that its worker process worked on it, in milliseconds.
    pub fn work_ms(&self) -> Option<f64> {
        self.work_micros.map(|micros| micros as f64 / 1e3)
    }
}
