//! Repair of batches: their counts from their items, their end from the log.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable};
use diesel::sqlite::SqliteConnection;

use super::RepairDone;
use crate::batches::{BatchQueries as _, BatchRecord};
use crate::error::StoreError;
use crate::items;
use crate::schema::batches as table;
use crate::sqlite::batches::{put_status, update};
use crate::sqlite::check::{Violation, judge, status_counts};
use quire_domain::batch::Batch;
use quire_domain::counts::ItemCounts;
use quire_domain::ids::{BatchKey, Micros};
use quire_domain::item::ItemState;

#[derive(QueryableByName)]
struct InState {
    #[diesel(sql_type = Integer)]
    state: i32,
    #[diesel(sql_type = BigInt)]
    started: i64,
    #[diesel(sql_type = BigInt)]
    items: i64,
}

#[derive(QueryableByName)]
struct End {
    #[diesel(sql_type = Nullable<BigInt>)]
    at: Option<i64>,
}

pub(super) fn repair(
    conn: &mut SqliteConnection,
    now: Micros,
    repaired: &mut Vec<RepairDone>,
) -> Result<(), StoreError> {
    let forgotten = forget_unknown_outcomes(conn, repaired)?;
    let mut after = 0;
    loop {
        let next =
            table::table.filter(table::id.gt(after)).order(table::id).select(table::id).first(conn).optional()?;
        let Some(key) = next else { return count_by_status(conn, repaired) };
        after = key;
        match batch(conn, BatchKey(key), forgotten.contains(&key), now, repaired) {
            // A row that cannot be read stays a finding.
            Err(StoreError::Corrupt(_)) => {}
            done => done?,
        }
    }
}

fn count_by_status(conn: &mut SqliteConnection, repaired: &mut Vec<RepairDone>) -> Result<(), StoreError> {
    let wrong = status_counts::wrong(conn)?;
    if !wrong.is_empty() {
        status_counts::recount(conn)?;
    }
    let done =
        wrong.iter().map(|wrong| RepairDone::new(Violation::StatusCounts, None, format!("counted anew: {wrong}")));
    repaired.extend(done);
    Ok(())
}

/// The batches that lost one.
fn forget_unknown_outcomes(
    conn: &mut SqliteConnection,
    repaired: &mut Vec<RepairDone>,
) -> Result<Vec<i64>, StoreError> {
    let known = ["succeeded", "partial", "failed", "cancelled", "expired"];
    let is_unknown = table::outcome.is_not_null().and(table::outcome.ne_all(known));
    let forgotten: Vec<i64> = table::table.filter(is_unknown).select(table::id).load(conn)?;
    for key in &forgotten {
        let none = (table::outcome.eq(None::<String>), table::ended_at.eq(None::<Micros>));
        diesel::update(table::table.find(*key)).set(none).execute(conn)?;
        let detail = "its outcome was a word of no meaning";
        repaired.push(RepairDone::new(Violation::Unreadable, Some(BatchKey(*key)), detail));
    }
    Ok(forgotten)
}

fn batch(
    conn: &mut SqliteConnection,
    key: BatchKey,
    has_forgotten: bool,
    now: Micros,
    repaired: &mut Vec<RepairDone>,
) -> Result<(), StoreError> {
    let record = conn.batch(key)?;
    let (counts, claimed) = recount(conn, key)?;
    let counted = BatchRecord { batch: Batch { counts, claimed, ..record.batch }, ..record };
    let is_fine = !has_forgotten && is_consistent(&counted);
    let mended = if is_fine { counted } else { end_anew(conn, counted, now)? };
    let (was, is) = (&record.batch, &mended.batch);
    let mut note = |what, detail: String| repaired.push(RepairDone::new(what, Some(key), detail));
    if (was.counts, was.claimed) != (is.counts, is.claimed) {
        let said = format!("the row said {:?} with {}", was.counts, was.claimed);
        note(Violation::Counts, format!("counted {:?} with {} claimed; {said}", is.counts, is.claimed));
    }
    let end =
        |record: &BatchRecord| (record.batch.outcome, record.ended_at, record.batch.sealed, record.batch.retrying);
    if end(&record) != end(&mended) {
        note(Violation::HalfEnded, format!("its outcome is {:?}; the row said {:?}", is.outcome, was.outcome));
    }
    if *was != *is || record.ended_at != mended.ended_at {
        // Whoever has the row in a cache has to see that it is another.
        update(conn, &BatchRecord { rev: record.rev + 1, ..mended })?;
        forget_history(conn, key)?;
    } else if put_status(conn, &mended)? {
        note(Violation::StatusCounts, format!("it is {}, as its facts say", mended.batch.stored_status().as_str()));
    }
    Ok(())
}

/// No event tells what a repair changed.
fn forget_history(conn: &mut SqliteConnection, key: BatchKey) -> Result<(), StoreError> {
    diesel::update(table::table.find(key.0)).set(table::log_after.eq(None::<i64>)).execute(conn)?;
    Ok(())
}

/// The counts, and how many of the queued are claimed.
fn recount(conn: &mut SqliteConnection, key: BatchKey) -> Result<(ItemCounts, u64), StoreError> {
    let states: Vec<InState> = diesel::sql_query(
        "SELECT state, MIN(started_at, 1) AS started, COUNT(*) AS items FROM items WHERE batch = ? GROUP BY 1, 2",
    )
    .bind::<BigInt, _>(key.0)
    .load(conn)?;
    let (mut counts, mut claimed) = (ItemCounts::default(), 0);
    for InState { state, started, items } in states {
        let (state, is_claimed) = items::state_of(state, started)?;
        claimed += if is_claimed { items as u64 } else { 0 };
        counts.add_queued(items as u64);
        for _ in 0..items {
            counts.move_item(ItemState::Queued, state)?;
        }
    }
    Ok((counts, claimed))
}

/// Ended in every respect, or in none.
fn is_consistent(record: &BatchRecord) -> bool {
    match record.batch.outcome {
        Some(outcome) => record.ended_at.is_some() && judge(&record.batch) == Some(outcome),
        None => record.ended_at.is_none(),
    }
}

/// The log says whether the batch has ended; if not, the server ends it in its own time.
fn end_anew(conn: &mut SqliteConnection, record: BatchRecord, now: Micros) -> Result<BatchRecord, StoreError> {
    let open = Batch { outcome: None, ..record.batch };
    let at = end_in_log(conn, &record)?.filter(|_| open.counts.live_items() == 0);
    let Some(at) = at else { return Ok(BatchRecord { ended_at: None, batch: open, ..record }) };
    let done = Batch { sealed: true, retrying: None, ..open };
    let batch = Batch { outcome: judge(&done), ..done };
    Ok(BatchRecord { ended_at: record.ended_at.or(Some(at.min(now))), batch, ..record })
}

fn end_in_log(conn: &mut SqliteConnection, record: &BatchRecord) -> Result<Option<Micros>, StoreError> {
    let end: End = diesel::sql_query(
        "SELECT MAX(at) AS at FROM events WHERE owner = ? AND batch = ? \
         AND type IN ('batch.completed', 'batch.failed', 'batch.cancelled') \
         AND json_valid(data) AND json_extract(data, '$.generation') = ?",
    )
    .bind::<BigInt, _>(record.owner.0)
    .bind::<BigInt, _>(record.key.0)
    .bind::<BigInt, _>(i64::from(record.batch.generation))
    .get_result(conn)?;
    Ok(end.at)
}
