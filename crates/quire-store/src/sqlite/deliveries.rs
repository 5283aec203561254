//! Webhook deliveries in SQLite.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::txn::Txn;
use crate::deliveries::{Delivery, DeliveryQueries, DeliveryRow, DeliveryTimes, DeliveryWrites, PendingDelivery};
use crate::enum_text::to_json;
use crate::error::StoreError;
use crate::events::EventLogQueries as _;
use crate::schema::webhook_deliveries;
use crate::webhooks::{Webhook, event_types};
use quire_domain::event::Event;
use quire_domain::ids::Micros;
use quire_domain::webhook::{DeliveryKey, DeliveryState, MessageId, MessageSubject, TEST_TYPE, WebhookKey};

impl DeliveryQueries for SqliteConnection {
    fn delivery_backlog(&mut self, key: WebhookKey, limit: u64) -> Result<u64, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) AS count FROM
            (SELECT 1 FROM webhook_deliveries WHERE webhook = ? AND state = 'pending' LIMIT ?)";
        let counted = diesel::sql_query(COUNT).bind::<BigInt, _>(key.0).bind::<BigInt, _>(limit as i64);
        Ok(counted.get_result::<Count>(self)?.count as u64)
    }

    fn pending_deliveries(&mut self, webhook: &Webhook, limit: u32) -> Result<Vec<PendingDelivery>, StoreError> {
        let rows: Vec<DeliveryRow> =
            first_due(webhook.key).limit(i64::from(limit)).select(DeliveryRow::as_select()).load(self)?;
        let seqs: Vec<i64> = rows.iter().filter_map(|row| row.seq).collect();
        let found = self.events_by_seq(webhook.owner, &seqs)?;
        let mut events: HashMap<i64, Event> = found.into_iter().map(|event| (event.seq, event)).collect();
        let waiting = rows.into_iter().map(|row| PendingDelivery {
            key: DeliveryKey(row.id),
            id: MessageId { webhook: webhook.id, what: row.subject() },
            next_at: row.next_at,
            created_at: row.created_at,
            event: row.seq.and_then(|seq| events.remove(&seq)),
        });
        Ok(waiting.collect())
    }

    fn deliveries(
        &mut self,
        webhook: &Webhook,
        state: Option<DeliveryState>,
        before: Option<DeliveryKey>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows: Vec<DeliveryRow> = newest(webhook.key, state, before.map_or(i64::MAX, |key| key.0))
            .limit(i64::from(limit))
            .select(DeliveryRow::as_select())
            .load(self)?;
        rows.into_iter().map(|row| row.delivery(webhook.id)).collect()
    }

    fn delivery(&mut self, webhook: &Webhook, id: MessageId) -> Result<Delivery, StoreError> {
        let missing = StoreError::NotFound("delivery");
        if id.webhook != webhook.id {
            return Err(missing);
        }
        let own = webhook_deliveries::table
            .filter(webhook_deliveries::webhook.eq(webhook.key.0))
            .select(DeliveryRow::as_select());
        let row = match id.what {
            MessageSubject::Event(seq) => own.filter(webhook_deliveries::seq.eq(seq)).first(self).optional()?,
            MessageSubject::Test(DeliveryKey(row)) => {
                let test = webhook_deliveries::id.eq(row).and(webhook_deliveries::seq.is_null());
                own.filter(test).first(self).optional()?
            }
        };
        row.ok_or(missing)?.delivery(webhook.id)
    }

    fn delivery_by_key(&mut self, webhook: &Webhook, key: DeliveryKey) -> Result<Option<Delivery>, StoreError> {
        let row = webhook_deliveries::table.find(key.0).select(DeliveryRow::as_select()).first(self).optional()?;
        row.map(|row| row.delivery(webhook.id)).transpose()
    }

    fn delivery_ages(&mut self, after: DeliveryKey, limit: u32) -> Result<Vec<DeliveryTimes>, StoreError> {
        let rows: Vec<(i64, Micros, Option<Micros>)> = webhook_deliveries::table
            .filter(webhook_deliveries::id.gt(after.0))
            .order(webhook_deliveries::id)
            .limit(i64::from(limit))
            .select((webhook_deliveries::id, webhook_deliveries::created_at, webhook_deliveries::ended_at))
            .load(self)?;
        let age = |(key, created_at, ended_at)| DeliveryTimes { key: DeliveryKey(key), created_at, ended_at };
        Ok(rows.into_iter().map(age).collect())
    }

    fn delivery_keys(&mut self, webhook: WebhookKey, limit: u32) -> Result<Vec<DeliveryKey>, StoreError> {
        let keys: Vec<i64> = webhook_deliveries::table
            .filter(webhook_deliveries::webhook.eq(webhook.0))
            .order(webhook_deliveries::id)
            .limit(i64::from(limit))
            .select(webhook_deliveries::id)
            .load(self)?;
        Ok(keys.into_iter().map(DeliveryKey).collect())
    }
}

impl DeliveryWrites for Txn<'_> {
    fn insert_test_delivery(&mut self, webhook: WebhookKey) -> Result<DeliveryKey, StoreError> {
        diesel::insert_into(webhook_deliveries::table)
            .values((
                webhook_deliveries::webhook.eq(webhook.0),
                webhook_deliveries::kind.eq(TEST_TYPE),
                webhook_deliveries::next_at.eq(self.now),
                webhook_deliveries::created_at.eq(self.now),
            ))
            .execute(self.conn)?;
        let tests = webhook_deliveries::webhook.eq(webhook.0).and(webhook_deliveries::seq.is_null());
        let newest = webhook_deliveries::table.filter(tests).order(webhook_deliveries::id.desc());
        Ok(DeliveryKey(newest.select(webhook_deliveries::id).first(self.conn)?))
    }

    fn enqueue_deliveries(&mut self, webhook: &Webhook, from: i64, until: i64) -> Result<(), StoreError> {
        diesel::sql_query(ENQUEUE)
            .bind::<BigInt, _>(webhook.key.0)
            .bind::<BigInt, _>(self.now)
            .bind::<BigInt, _>(webhook.owner.0)
            .bind::<BigInt, _>(from)
            .bind::<BigInt, _>(until)
            .bind::<Nullable<Text>, _>(event_types(&webhook.filter)?)
            .execute(self.conn)?;
        Ok(())
    }

    fn put_delivery(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        let Delivery { key, message, attempts, ended_at, .. } = delivery;
        diesel::update(webhook_deliveries::table.find(key.0))
            .set((
                webhook_deliveries::state.eq(message.state.as_str()),
                webhook_deliveries::tries.eq(message.tries as i32),
                webhook_deliveries::next_at.eq(message.next_at),
                webhook_deliveries::attempts.eq(to_json(attempts)?),
                webhook_deliveries::ended_at.eq(ended_at),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn delete_deliveries(&mut self, keys: &[DeliveryKey]) -> Result<(), StoreError> {
        let keys = keys.iter().map(|key| key.0);
        diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(keys))).execute(self.conn)?;
        Ok(())
    }
}

const ENQUEUE: &str = "INSERT INTO webhook_deliveries (webhook, seq, type, next_at, created_at)
    SELECT ?1, seq, type, ?2, ?2 FROM events
    WHERE owner = ?3 AND seq > ?4 AND seq <= ?5 AND (?6 IS NULL OR type IN (SELECT value FROM json_each(?6)))
    ORDER BY seq
    ON CONFLICT (webhook, seq) DO UPDATE SET state = 'pending', tries = 0, next_at = excluded.next_at, ended_at = NULL";

pub(crate) fn newest(
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

pub(crate) fn first_due(key: WebhookKey) -> webhook_deliveries::BoxedQuery<'static, Sqlite> {
    webhook_deliveries::table
        .filter(webhook_deliveries::webhook.eq(key.0))
        // In words, not as a parameter: only so the partial index is found.
        .filter(sql::<Bool>("state = 'pending'"))
        .order((webhook_deliveries::next_at, webhook_deliveries::id))
        .into_boxed()
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}
