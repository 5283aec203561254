//! Filtered lists of batches in SQLite.
//!
//! An index walks along an owner's batches, those of a collection, or those of a status. What it does not know is looked
//! for in the rows, in so many of them for a page and no more.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use crate::batch_filter::{BatchFilter, BatchScanLimits, FilteredBatchPage};
use crate::batches::{BatchRow, BatchView};
use crate::error::StoreError;
use crate::schema::{batches, correlations};
use quire_domain::batch::StoredStatus;
use quire_domain::ids::{BatchKey, OwnerKey};

/// # Errors
/// [`StoreError`] when the database fails.
pub(super) fn matching(
    conn: &mut SqliteConnection,
    owner: OwnerKey,
    filter: &BatchFilter,
    before: Option<BatchKey>,
    scan: BatchScanLimits,
) -> Result<FilteredBatchPage, StoreError> {
    let before = before.map_or(i64::MAX, |key| key.0);
    let floor = floor(conn, owner, filter, before, scan.looked_at)?;
    let page = wanted(owner, filter, scan)
        .filter(batches::id.lt(before).and(batches::id.ge(floor.unwrap_or(i64::MIN))))
        .order(batches::id.desc())
        .limit(i64::from(scan.limit) + 1);
    let mut keys: Vec<i64> = page.select(batches::id).load(conn)?;
    let has_more = keys.len() > scan.limit as usize;
    keys.truncate(scan.limit as usize);
    let next = if has_more { keys.last().copied() } else { floor };
    Ok(FilteredBatchPage { batches: views(conn, &keys)?, next: next.map(BatchKey) })
}

type Wanted<'a> = batches::BoxedQuery<'a, Sqlite>;

fn wanted(owner: OwnerKey, filter: &BatchFilter, scan: BatchScanLimits) -> Wanted<'static> {
    let mut wanted = batches::table.filter(batches::owner.eq(owner.0)).into_boxed();
    if let Some(collection) = &filter.collection {
        wanted = wanted.filter(batches::collection.eq(collection.clone()));
    }
    wanted = match stored(filter).as_slice() {
        [] => wanted,
        [one] => wanted.filter(batches::status.eq(one.as_str())),
        several => wanted.filter(batches::status.eq_any(several.iter().map(|one| one.as_str()).collect::<Vec<_>>())),
    };
    let has_started = batches::status.ne(StoredStatus::NotStarted.as_str());
    wanted = match filter.is_due() {
        None => wanted,
        Some(false) => wanted.filter(has_started.or(batches::not_before.gt(scan.now))),
        Some(true) => wanted.filter(has_started.or(batches::not_before.is_null()).or(batches::not_before.le(scan.now))),
    };
    if let Some(part) = &filter.q {
        let pattern = format!("%{}%", escaped(part));
        let in_name = batches::name.like(pattern.clone()).escape(ESCAPE);
        wanted = wanted.filter(in_name.or(batches::collection.like(pattern).escape(ESCAPE)));
    }
    if filter.with_failures { wanted.filter(batches::failed.gt(0)) } else { wanted }
}

const ESCAPE: char = '\\';

/// Stands for itself in a pattern of LIKE.
pub(super) fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| ["%_\\".contains(c).then_some(ESCAPE), Some(c)]).flatten().collect()
}

fn stored(filter: &BatchFilter) -> Vec<StoredStatus> {
    let mut stored: Vec<StoredStatus> = filter.statuses.iter().map(|status| status.stored()).collect();
    stored.sort_unstable();
    stored.dedup();
    stored
}

#[derive(QueryableByName)]
struct Looked {
    #[diesel(sql_type = Nullable<BigInt>)]
    floor: Option<i64>,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// The oldest of the batches that may be looked at; none when that is all there are, or when an index alone finds them.
fn floor(
    conn: &mut SqliteConnection,
    owner: OwnerKey,
    filter: &BatchFilter,
    before: i64,
    looked_at: u32,
) -> Result<Option<i64>, StoreError> {
    let statuses = stored(filter);
    let (walk, word, is_exact) = match (&filter.collection, statuses.as_slice()) {
        (Some(collection), statuses) => ("collection = ?3", collection.as_str(), statuses.is_empty()),
        (None, [one]) => ("status = ?3", one.as_str(), filter.is_due().is_none()),
        (None, statuses) => ("?3 = ''", "", statuses.is_empty()),
    };
    if is_exact && filter.q.is_none() && !filter.with_failures {
        return Ok(None);
    }
    let sql = format!(
        "SELECT MIN(id) AS floor, COUNT(*) AS rows FROM \
         (SELECT id FROM batches WHERE owner = ?1 AND id < ?2 AND {walk} ORDER BY id DESC LIMIT ?4)"
    );
    let Looked { floor, rows } = diesel::sql_query(sql)
        .bind::<BigInt, _>(owner.0)
        .bind::<BigInt, _>(before)
        .bind::<Text, _>(word)
        .bind::<BigInt, _>(i64::from(looked_at))
        .get_result(conn)?;
    Ok(floor.filter(|_| rows >= i64::from(looked_at)))
}

/// In the order of the keys, which is that of the list.
fn views(conn: &mut SqliteConnection, keys: &[i64]) -> Result<Vec<BatchView>, StoreError> {
    let mut views = Vec::with_capacity(keys.len());
    for keys in keys.chunks(KEYS_AT_ONCE) {
        let rows = batches::table
            .inner_join(correlations::table)
            .filter(batches::id.eq_any(keys))
            .order(batches::id.desc())
            .select((BatchRow::as_select(), correlations::value))
            .load::<(BatchRow, String)>(conn)?;
        for (row, correlation_id) in rows {
            views.push(row.view(correlation_id)?);
        }
    }
    Ok(views)
}

/// A statement has so many places for values, and some more.
const KEYS_AT_ONCE: usize = 1_000;
