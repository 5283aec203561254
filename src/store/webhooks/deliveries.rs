//! Rows of `webhook_deliveries`: each message to one endpoint and what became of it.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::{Webhook, find_enabled};
use crate::domain::ids::{Micros, OwnerKey};
use crate::domain::webhook::{
    DeliveryAttempt, DeliveryKey, DeliveryState, MessageId, MessageSubject, TEST_TYPE, WebhookId, WebhookKey,
    WebhookMessage,
};
use crate::store::enum_text::{from_json, parse};
use crate::store::error::StoreError;
use crate::store::schema::webhook_deliveries;
use crate::store::txn::Txn;

/// A delivery as its owner sees it.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub key: DeliveryKey,
    pub id: MessageId,
    pub kind: String,
    pub message: WebhookMessage,
    /// Oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    pub created_at: Micros,
    pub ended_at: Option<Micros>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
pub(super) struct DeliveryRow {
    pub id: i64,
    pub seq: Option<i64>,
    pub kind: String,
    pub state: String,
    pub tries: i32,
    pub next_at: Micros,
    pub attempts: String,
    pub created_at: Micros,
    pub ended_at: Option<Micros>,
}

impl DeliveryRow {
    pub(super) fn message(&self) -> Result<WebhookMessage, StoreError> {
        Ok(WebhookMessage { state: parse(&self.state)?, tries: self.tries as u32, next_at: self.next_at })
    }

    pub(super) fn attempts(&self) -> Result<Vec<DeliveryAttempt>, StoreError> {
        from_json(&self.attempts)
    }

    fn delivery(self, webhook: WebhookId) -> Result<Delivery, StoreError> {
        Ok(Delivery {
            key: DeliveryKey(self.id),
            id: MessageId { webhook, what: self.subject() },
            message: self.message()?,
            attempts: self.attempts()?,
            kind: self.kind,
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }
}

/// A webhook's deliveries before `before`, newest first, at most `limit`; in one state, or in any.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn page(
    conn: &mut SqliteConnection,
    webhook: &Webhook,
    state: Option<DeliveryState>,
    before: Option<DeliveryKey>,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let rows: Vec<DeliveryRow> = newest(webhook.key, state, before.map_or(i64::MAX, |key| key.0))
        .limit(i64::from(limit))
        .select(DeliveryRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| row.delivery(webhook.id)).collect()
}

pub(in crate::store) fn newest(
    key: WebhookKey,
    state: Option<DeliveryState>,
    before: i64,
) -> webhook_deliveries::BoxedQuery<'static, Sqlite> {
    webhook_deliveries::table
        .filter(webhook_deliveries::webhook.eq(key.0).and(webhook_deliveries::id.lt(before)))
        // In words, not as a parameter: only so the partial index is found.
        .filter(sql::<Bool>(match state {
            None => "TRUE",
            Some(DeliveryState::Pending) => "state = 'pending'",
            Some(DeliveryState::Delivered) => "state = 'delivered'",
            Some(DeliveryState::Failed) => "state = 'failed'",
        }))
        .order(webhook_deliveries::id.desc())
        .into_boxed()
}

/// One delivery of a webhook.
///
/// # Errors
/// [`StoreError::NotFound`] when the webhook has no such delivery.
pub fn find(conn: &mut SqliteConnection, webhook: &Webhook, id: MessageId) -> Result<Delivery, StoreError> {
    let missing = StoreError::NotFound("delivery");
    if id.webhook != webhook.id {
        return Err(missing);
    }
    let own = webhook_deliveries::table
        .filter(webhook_deliveries::webhook.eq(webhook.key.0))
        .select(DeliveryRow::as_select());
    let row = match id.what {
        MessageSubject::Event(seq) => own.filter(webhook_deliveries::seq.eq(seq)).first(conn).optional()?,
        MessageSubject::Test(DeliveryKey(row)) => {
            let test = webhook_deliveries::id.eq(row).and(webhook_deliveries::seq.is_null());
            own.filter(test).first(conn).optional()?
        }
    };
    row.ok_or(missing)?.delivery(webhook.id)
}

/// A message without an event, to be sent at once.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Conflict`] while the webhook is disabled.
pub fn add_test(txn: &mut Txn<'_>, owner: OwnerKey, id: WebhookId) -> Result<(WebhookKey, Delivery), StoreError> {
    let webhook = find_enabled(txn.conn, owner, id)?;
    diesel::insert_into(webhook_deliveries::table)
        .values((
            webhook_deliveries::webhook.eq(webhook.key.0),
            webhook_deliveries::kind.eq(TEST_TYPE),
            webhook_deliveries::next_at.eq(txn.now),
            webhook_deliveries::created_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    let tests = webhook_deliveries::webhook.eq(webhook.key.0).and(webhook_deliveries::seq.is_null());
    let newest = webhook_deliveries::table.filter(tests).order(webhook_deliveries::id.desc());
    let row: i64 = newest.select(webhook_deliveries::id).first(txn.conn)?;
    let message = MessageId { webhook: id, what: MessageSubject::Test(DeliveryKey(row)) };
    Ok((webhook.key, find(txn.conn, &webhook, message)?))
}

/// The same message once more, at once, with all its attempts anew.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Conflict`] while the webhook is disabled.
pub fn resend(
    txn: &mut Txn<'_>,
    owner: OwnerKey,
    id: WebhookId,
    message: MessageId,
) -> Result<(WebhookKey, Delivery), StoreError> {
    let webhook = find_enabled(txn.conn, owner, id)?;
    let found = find(txn.conn, &webhook, message)?;
    diesel::update(webhook_deliveries::table.find(found.key.0))
        .set((
            webhook_deliveries::state.eq(DeliveryState::Pending.as_str()),
            webhook_deliveries::tries.eq(0),
            webhook_deliveries::next_at.eq(txn.now),
            webhook_deliveries::ended_at.eq(None::<Micros>),
        ))
        .execute(txn.conn)?;
    Ok((webhook.key, find(txn.conn, &webhook, message)?))
}
