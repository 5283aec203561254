//! SQL statements on `items` that run for every item, written out.
//!
//! diesel prepares its own updates anew every time, and cannot name an index; without the name SQLite walks over
//! every ended item of a batch to find the next queued one.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::state_number::StateNumber;
use crate::items::{ItemRow, StoredItem, code};
use quire_domain::ids::{BatchKey, Micros};

/// Some items of a batch, through the index that leads to them.
pub(crate) struct SelectItems {
    pub batch: i64,
    pub by: IndexScan,
    pub limit: i64,
}

/// Index to scan, and the place in it.
pub(crate) enum IndexScan {
    Queued {
        after: i32,
    },
    BackoffOver {
        now: Micros,
    },
    /// Backing off, in input order.
    BackingOff {
        after: i32,
    },
    /// In somebody's hands, or ended otherwise than well.
    Notable {
        state: i32,
        after: i32,
    },
    /// Claimed, and not with a worker process yet.
    Claimed {
        after: i32,
    },
    /// With a worker process.
    Running {
        after: i32,
    },
    Succeeded {
        after: i32,
    },
    /// In one state, with one code of failure.
    Failing {
        failure: &'static str,
        number: StateNumber,
        after: i32,
    },
    /// At these positions, a list in JSON.
    At {
        positions: String,
    },
}

const SELECT: &str = "SELECT position, state, generation, attempt, charged, timeouts, crashes, epoch, run_at, \
                      started_at, reason, failure, ended_at, correlation FROM items ";

impl QueryFragment<Sqlite> for SelectItems {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(SELECT);
        out.push_sql(match self.by {
            IndexScan::Queued { .. } => "INDEXED BY items_queued WHERE state = 0 AND batch = ",
            IndexScan::BackoffOver { .. } | IndexScan::BackingOff { .. } => {
                "INDEXED BY items_backing_off WHERE state = 2 AND batch = "
            }
            IndexScan::Notable { .. } => "INDEXED BY items_notable WHERE (state = 1 OR state >= 4) AND batch = ",
            IndexScan::Claimed { .. } => "INDEXED BY items_notable WHERE state = 1 AND started_at = 0 AND batch = ",
            IndexScan::Running { .. } => "INDEXED BY items_notable WHERE state = 1 AND started_at > 0 AND batch = ",
            IndexScan::Succeeded { .. } => "WHERE state = 3 AND batch = ",
            IndexScan::Failing { .. } => "INDEXED BY items_failing WHERE failure IS NOT NULL AND batch = ",
            IndexScan::At { .. } => "WHERE batch = ",
        });
        out.push_bind_param::<BigInt, _>(&self.batch)?;
        match &self.by {
            IndexScan::BackoffOver { now } => {
                out.push_sql(" AND run_at <= ");
                out.push_bind_param::<BigInt, _>(now)?;
                out.push_sql(" ORDER BY run_at");
            }
            IndexScan::Notable { state, after } => {
                out.push_sql(" AND state = ");
                out.push_bind_param::<Integer, _>(state)?;
                behind(&mut out, after)?;
            }
            IndexScan::Failing { failure, number, after } => {
                out.push_sql(" AND failure = ");
                out.push_bind_param::<Text, _>(failure)?;
                out.push_sql(" AND state = ");
                out.push_bind_param::<Integer, _>(&number.state)?;
                out.push_sql(number.start());
                behind(&mut out, after)?;
            }
            IndexScan::At { positions } => {
                out.push_sql(" AND position IN (SELECT value FROM json_each(");
                out.push_bind_param::<Text, _>(positions)?;
                out.push_sql(")) ORDER BY position");
            }
            IndexScan::Queued { after }
            | IndexScan::BackingOff { after }
            | IndexScan::Claimed { after }
            | IndexScan::Running { after }
            | IndexScan::Succeeded { after } => behind(&mut out, after)?,
        }
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

fn behind<'b>(out: &mut AstPass<'_, 'b, Sqlite>, after: &'b i32) -> QueryResult<()> {
    out.push_sql(" AND position > ");
    out.push_bind_param::<Integer, _>(after)?;
    out.push_sql(" ORDER BY position");
    Ok(())
}

/// Cached by its text: there are eleven.
impl QueryId for SelectItems {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SelectItems {
    type SqlType = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<ItemRow, Sqlite>>;
}

impl RunQueryDsl<SqliteConnection> for SelectItems {}

/// One item's new facts, by a statement that is prepared once: an upsert of many rows made the whole engine slower (ADR 19).
#[derive(Debug, QueryId)]
pub(super) struct UpdateItem {
    batch: i64,
    position: i32,
    state: i32,
    generation: i32,
    attempt: i32,
    charged: i32,
    timeouts: i32,
    crashes: i32,
    epoch: i64,
    run_at: Micros,
    started_at: Micros,
    reason: Option<&'static str>,
    failure: Option<&'static str>,
    ended_at: Option<Micros>,
}

impl UpdateItem {
    pub(super) fn new(batch: BatchKey, stored: &StoredItem) -> Self {
        let StoredItem { position, started_at, ended_at, item, .. } = stored;
        Self {
            batch: batch.0,
            position: *position as i32,
            state: code(item.state, item.is_claimed),
            generation: item.generation as i32,
            attempt: item.attempt as i32,
            charged: item.charged as i32,
            timeouts: item.timeouts as i32,
            crashes: item.crashes as i32,
            epoch: item.epoch,
            run_at: item.run_at,
            started_at: *started_at,
            reason: item.reason.map(|reason| reason.as_str()),
            failure: item.failure.map(|failure| failure.as_str()),
            ended_at: *ended_at,
        }
    }
}

impl QueryFragment<Sqlite> for UpdateItem {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE items SET state = ");
        out.push_bind_param::<Integer, _>(&self.state)?;
        out.push_sql(", generation = ");
        out.push_bind_param::<Integer, _>(&self.generation)?;
        out.push_sql(", attempt = ");
        out.push_bind_param::<Integer, _>(&self.attempt)?;
        out.push_sql(", charged = ");
        out.push_bind_param::<Integer, _>(&self.charged)?;
        out.push_sql(", timeouts = ");
        out.push_bind_param::<Integer, _>(&self.timeouts)?;
        out.push_sql(", crashes = ");
        out.push_bind_param::<Integer, _>(&self.crashes)?;
        out.push_sql(", epoch = ");
        out.push_bind_param::<BigInt, _>(&self.epoch)?;
        out.push_sql(", run_at = ");
        out.push_bind_param::<BigInt, _>(&self.run_at)?;
        out.push_sql(", started_at = ");
        out.push_bind_param::<BigInt, _>(&self.started_at)?;
        out.push_sql(", reason = ");
        out.push_bind_param::<Nullable<Text>, _>(&self.reason)?;
        out.push_sql(", failure = ");
        out.push_bind_param::<Nullable<Text>, _>(&self.failure)?;
        out.push_sql(", ended_at = ");
        out.push_bind_param::<Nullable<BigInt>, _>(&self.ended_at)?;
        out.push_sql(" WHERE batch = ");
        out.push_bind_param::<BigInt, _>(&self.batch)?;
        out.push_sql(" AND position = ");
        out.push_bind_param::<Integer, _>(&self.position)
    }
}

impl RunQueryDsl<SqliteConnection> for UpdateItem {}

/// Items at the positions `first..=last`, as `Item::submitted` makes them.
#[derive(QueryId)]
pub(crate) struct InsertItems {
    pub batch: i64,
    pub first: i32,
    pub last: i32,
    pub correlation: i64,
}

impl QueryFragment<Sqlite> for InsertItems {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT INTO items (batch, correlation, position, state) WITH RECURSIVE place (nth) AS (VALUES (");
        out.push_bind_param::<Integer, _>(&self.first)?;
        out.push_sql(") UNION ALL SELECT nth + 1 FROM place WHERE nth < ");
        out.push_bind_param::<Integer, _>(&self.last)?;
        out.push_sql(") SELECT ");
        out.push_bind_param::<BigInt, _>(&self.batch)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.correlation)?;
        out.push_sql(", nth, 0 FROM place");
        Ok(())
    }
}

impl RunQueryDsl<SqliteConnection> for InsertItems {}
