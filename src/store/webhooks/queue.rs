//! Queue of the sender: events become deliveries, deliveries get their results.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::deliveries::DeliveryRow;
use super::{Webhook, WebhookRow, event_types, update_endpoint};
use crate::domain::event::{Event, EventType};
use crate::domain::ids::{Micros, OwnerKey};
use crate::domain::webhook::schedule::SendPolicy;
use crate::domain::webhook::{
    DeliveryAttempt, DeliveryKey, DeliveryOutcome, EventFilter, MessageId, MessageSubject, WebhookEndpoint, WebhookKey,
};
use crate::store::enum_text::{parse, to_json};
use crate::store::error::StoreError;
use crate::store::events as log;
use crate::store::schema::{events, webhook_deliveries, webhooks};
use crate::store::txn::Txn;

/// A stretch of the log behind a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSlice {
    /// Its last `seq`; the cursor itself when there is nothing behind it.
    pub until: i64,
    /// Number of its events that pass the filter.
    pub wanted: u32,
}

/// A delivery whose time may have come.
#[derive(Debug, Clone)]
pub struct DueDelivery {
    pub key: DeliveryKey,
    pub id: MessageId,
    pub next_at: Micros,
    pub created_at: Micros,
    /// Missing for a test, and for an event that is no longer in the log.
    pub event: Option<Event>,
}

/// Result of one delivery attempt.
#[derive(Debug, Clone)]
pub struct AttemptResult {
    pub delivery: DeliveryKey,
    pub attempt: DeliveryAttempt,
    pub reception: DeliveryOutcome,
    /// In 0..1, drawn for this result.
    pub jitter: f64,
}

/// A delivery keeps this many of its newest attempts.
pub const ATTEMPTS_KEPT: usize = 32;

/// Webhooks that are neither disabled nor deleted, behind `after`, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn active(conn: &mut SqliteConnection, after: WebhookKey, limit: u32) -> Result<Vec<WebhookKey>, StoreError> {
    let keys: Vec<i64> = webhooks::table
        .filter(webhooks::id.gt(after.0))
        .filter(webhooks::disabled.is_null().and(webhooks::deleted_at.is_null()))
        .order(webhooks::id)
        .limit(i64::from(limit))
        .select(webhooks::id)
        .load(conn)?;
    Ok(keys.into_iter().map(WebhookKey).collect())
}

/// The webhook as it is, unless it is disabled, deleted or gone.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn load(conn: &mut SqliteConnection, key: WebhookKey) -> Result<Option<Webhook>, StoreError> {
    let row = webhooks::table
        .filter(webhooks::id.eq(key.0).and(webhooks::deleted_at.is_null()))
        .select(WebhookRow::as_select())
        .first(conn)
        .optional()?;
    let webhook = row.map(WebhookRow::webhook).transpose()?;
    Ok(webhook.filter(|webhook| webhook.endpoint.disabled.is_none()))
}

/// The next events of the log, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn look_ahead(
    conn: &mut SqliteConnection,
    owner: OwnerKey,
    cursor: i64,
    filter: &EventFilter,
    limit: u32,
) -> Result<LogSlice, StoreError> {
    let rows: Vec<(i64, String)> = events::table
        .filter(events::owner.eq(owner.0).and(events::seq.gt(cursor)))
        .order(events::seq)
        .limit(i64::from(limit))
        .select((events::seq, events::kind))
        .load(conn)?;
    let mut stretch = LogSlice { until: cursor, wanted: 0 };
    for (seq, kind) in rows {
        stretch.until = seq;
        stretch.wanted += u32::from(filter.takes(parse::<EventType>(&kind)?));
    }
    Ok(stretch)
}

/// Number of waiting deliveries of a webhook; counts no further than `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn backlog(conn: &mut SqliteConnection, key: WebhookKey, limit: u64) -> Result<u64, StoreError> {
    const COUNT: &str = "SELECT COUNT(*) AS count FROM
        (SELECT 1 FROM webhook_deliveries WHERE webhook = ? AND state = 'pending' LIMIT ?)";
    let counted = diesel::sql_query(COUNT).bind::<BigInt, _>(key.0).bind::<BigInt, _>(limit as i64);
    Ok(counted.get_result::<Count>(conn)?.count as u64)
}

/// Makes deliveries of the events in `from`..=`until` that pass the filter and moves the cursor there, in one go.
/// An event that has its delivery already is delivered again. False, and nothing done, when the cursor is no longer
/// at `from` or the webhook is no longer active: then look at it anew.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn enqueue(txn: &mut Txn<'_>, key: WebhookKey, from: i64, until: i64) -> Result<bool, StoreError> {
    let Some(webhook) = load(txn.conn, key)?.filter(|webhook| webhook.cursor == from) else { return Ok(false) };
    diesel::update(webhooks::table.find(key.0)).set(webhooks::cursor.eq(until)).execute(txn.conn)?;
    diesel::sql_query(ENQUEUE)
        .bind::<BigInt, _>(key.0)
        .bind::<BigInt, _>(txn.now)
        .bind::<BigInt, _>(webhook.owner.0)
        .bind::<BigInt, _>(from)
        .bind::<BigInt, _>(until)
        .bind::<Nullable<Text>, _>(event_types(&webhook.filter)?)
        .execute(txn.conn)?;
    Ok(true)
}

const ENQUEUE: &str = "INSERT INTO webhook_deliveries (webhook, seq, type, next_at, created_at)
    SELECT ?1, seq, type, ?2, ?2 FROM events
    WHERE owner = ?3 AND seq > ?4 AND seq <= ?5 AND (?6 IS NULL OR type IN (SELECT value FROM json_each(?6)))
    ORDER BY seq
    ON CONFLICT (webhook, seq) DO UPDATE SET state = 'pending', tries = 0, next_at = excluded.next_at, ended_at = NULL";

/// The deliveries that are or will be due first, with their events; at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn waiting(conn: &mut SqliteConnection, webhook: &Webhook, limit: u32) -> Result<Vec<DueDelivery>, StoreError> {
    let rows: Vec<DeliveryRow> =
        first_due(webhook.key).limit(i64::from(limit)).select(DeliveryRow::as_select()).load(conn)?;
    let seqs: Vec<i64> = rows.iter().filter_map(|row| row.seq).collect();
    let found = log::some(conn, webhook.owner, &seqs)?;
    let mut events: HashMap<i64, Event> = found.into_iter().map(|event| (event.seq, event)).collect();
    let waiting = rows.into_iter().map(|row| DueDelivery {
        key: DeliveryKey(row.id),
        id: MessageId { webhook: webhook.id, what: row.subject() },
        next_at: row.next_at,
        created_at: row.created_at,
        event: row.seq.and_then(|seq| events.remove(&seq)),
    });
    Ok(waiting.collect())
}

pub(in crate::store) fn first_due(key: WebhookKey) -> webhook_deliveries::BoxedQuery<'static, Sqlite> {
    webhook_deliveries::table
        .filter(webhook_deliveries::webhook.eq(key.0))
        // In words, not as a parameter: only so the partial index is found.
        .filter(sql::<Bool>("state = 'pending'"))
        .order((webhook_deliveries::next_at, webhook_deliveries::id))
        .into_boxed()
}

/// Writes down how attempts ended and what follows from it; what the endpoint is now, unless it is gone.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn settle(
    txn: &mut Txn<'_>,
    key: WebhookKey,
    results: Vec<AttemptResult>,
    policy: &SendPolicy,
) -> Result<Option<WebhookEndpoint>, StoreError> {
    let row = webhooks::table.find(key.0).select(WebhookRow::as_select()).first(txn.conn).optional()?;
    let Some(before) = row.map(WebhookRow::webhook).transpose()? else { return Ok(None) };
    let mut endpoint = before.endpoint;
    for result in results {
        endpoint = settle_one(txn, endpoint, result, policy)?;
    }
    if endpoint != before.endpoint {
        update_endpoint(txn, key, endpoint)?;
    }
    Ok(Some(endpoint))
}

fn settle_one(
    txn: &mut Txn<'_>,
    endpoint: WebhookEndpoint,
    result: AttemptResult,
    policy: &SendPolicy,
) -> Result<WebhookEndpoint, StoreError> {
    let row = webhook_deliveries::table.find(result.delivery.0);
    let found = row.select(DeliveryRow::as_select()).first(txn.conn).optional()?;
    let Some(found) = found else { return Ok(endpoint) };
    let before = found.message()?;
    let (endpoint, after) = policy.judge(endpoint, before, result.reception, txn.now, result.jitter);
    let mut attempts = found.attempts()?;
    attempts.push(result.attempt);
    let surplus = attempts.len().saturating_sub(ATTEMPTS_KEPT);
    let is_over = after.state != crate::domain::webhook::DeliveryState::Pending;
    diesel::update(row)
        .set((
            webhook_deliveries::state.eq(after.state.as_str()),
            webhook_deliveries::tries.eq(after.tries as i32),
            webhook_deliveries::next_at.eq(after.next_at),
            webhook_deliveries::attempts.eq(to_json(&&attempts[surplus..])?),
            webhook_deliveries::ended_at.eq(found.ended_at.or(is_over.then_some(txn.now))),
        ))
        .execute(txn.conn)?;
    Ok(endpoint)
}

impl DeliveryRow {
    pub(super) fn subject(&self) -> MessageSubject {
        self.seq.map_or(MessageSubject::Test(DeliveryKey(self.id)), MessageSubject::Event)
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}
