//! Retention of deliveries that ended long ago and of deleted webhooks, piece by piece.

use diesel::prelude::*;

use crate::domain::ids::Micros;
use crate::store::error::StoreError;
use crate::store::schema::{webhook_deliveries, webhooks};
use crate::store::txn::Txn;

/// Walks the deliveries behind the row `after`, at most `limit` of them, and forgets those that ended before
/// `ended_before`. Where the walk goes on; nothing when what follows is too young.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn prune(txn: &mut Txn<'_>, after: i64, ended_before: Micros, limit: u32) -> Result<Option<i64>, StoreError> {
    let rows: Vec<(i64, Micros, Option<Micros>)> = webhook_deliveries::table
        .filter(webhook_deliveries::id.gt(after))
        .order(webhook_deliveries::id)
        .limit(i64::from(limit))
        .select((webhook_deliveries::id, webhook_deliveries::created_at, webhook_deliveries::ended_at))
        .load(txn.conn)?;
    let is_old = |ended: &Option<Micros>| ended.is_some_and(|ended| ended < ended_before);
    let old: Vec<i64> = rows.iter().filter(|(_, _, ended)| is_old(ended)).map(|(id, ..)| *id).collect();
    diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(&old))).execute(txn.conn)?;
    let is_full = rows.len() == limit as usize;
    // A row that ended before then was made before then, and so were most rows in front of it.
    let last = rows.last().filter(|(_, created, _)| is_full && *created < ended_before);
    Ok(last.map(|(id, ..)| *id))
}

/// Removes at most `limit` deliveries of a webhook that was deleted, or the webhook itself; whether there may be more.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn purge_deleted(txn: &mut Txn<'_>, limit: u32) -> Result<bool, StoreError> {
    let deleted = webhooks::table.filter(webhooks::deleted_at.is_not_null()).select(webhooks::id);
    let Some(key) = deleted.first::<i64>(txn.conn).optional()? else { return Ok(false) };
    let rows: Vec<i64> = webhook_deliveries::table
        .filter(webhook_deliveries::webhook.eq(key))
        .order(webhook_deliveries::id)
        .limit(i64::from(limit))
        .select(webhook_deliveries::id)
        .load(txn.conn)?;
    if rows.is_empty() {
        diesel::delete(webhooks::table.find(key)).execute(txn.conn)?;
    } else {
        diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(&rows))).execute(txn.conn)?;
    }
    Ok(true)
}
