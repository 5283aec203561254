//! Webhooks in SQLite.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::txn::Txn;
use crate::error::StoreError;
use crate::schema::webhooks;
use crate::webhooks::{NewWebhook, Webhook, WebhookQueries, WebhookRow, WebhookWrites, event_types};
use quire_domain::ids::OwnerKey;
use quire_domain::webhook::{DisabledReason, WebhookId, WebhookKey};

impl WebhookQueries for SqliteConnection {
    fn webhook(&mut self, owner: OwnerKey, id: WebhookId) -> Result<Webhook, StoreError> {
        let own = webhooks::owner.eq(owner.0).and(webhooks::deleted_at.is_null());
        let found = webhooks::table
            .filter(webhooks::public_id.eq(id.to_string()).and(own))
            .select(WebhookRow::as_select())
            .first(self)
            .optional()?;
        found.ok_or(StoreError::NotFound("webhook"))?.webhook()
    }

    fn webhooks(&mut self, owner: OwnerKey) -> Result<Vec<Webhook>, StoreError> {
        let rows = webhooks::table
            .filter(webhooks::owner.eq(owner.0).and(webhooks::deleted_at.is_null()))
            .order(webhooks::id)
            .select(WebhookRow::as_select())
            .load(self)?;
        rows.into_iter().map(WebhookRow::webhook).collect()
    }

    fn active_webhooks(&mut self, after: WebhookKey, limit: u32) -> Result<Vec<WebhookKey>, StoreError> {
        let keys: Vec<i64> = webhooks::table
            .filter(webhooks::id.gt(after.0))
            .filter(webhooks::disabled.is_null().and(webhooks::deleted_at.is_null()))
            .order(webhooks::id)
            .limit(i64::from(limit))
            .select(webhooks::id)
            .load(self)?;
        Ok(keys.into_iter().map(WebhookKey).collect())
    }

    fn active_webhook(&mut self, key: WebhookKey) -> Result<Option<Webhook>, StoreError> {
        let row = webhooks::table
            .filter(webhooks::id.eq(key.0).and(webhooks::deleted_at.is_null()))
            .select(WebhookRow::as_select())
            .first(self)
            .optional()?;
        let webhook = row.map(WebhookRow::webhook).transpose()?;
        Ok(webhook.filter(|webhook| webhook.endpoint.disabled.is_none()))
    }

    fn webhook_by_key(&mut self, key: WebhookKey) -> Result<Option<Webhook>, StoreError> {
        let row = webhooks::table.find(key.0).select(WebhookRow::as_select()).first(self).optional()?;
        row.map(WebhookRow::webhook).transpose()
    }

    fn webhook_count(&mut self, owner: OwnerKey) -> Result<u64, StoreError> {
        let own = webhooks::owner.eq(owner.0).and(webhooks::deleted_at.is_null());
        Ok(webhooks::table.filter(own).count().get_result::<i64>(self)? as u64)
    }

    fn deleted_webhook(&mut self) -> Result<Option<WebhookKey>, StoreError> {
        let deleted = webhooks::table.filter(webhooks::deleted_at.is_not_null()).select(webhooks::id);
        Ok(deleted.first::<i64>(self).optional()?.map(WebhookKey))
    }
}

impl WebhookWrites for Txn<'_> {
    fn insert_webhook(&mut self, new: &NewWebhook, cursor: i64) -> Result<(), StoreError> {
        diesel::insert_into(webhooks::table)
            .values((
                webhooks::public_id.eq(new.id.to_string()),
                webhooks::owner.eq(new.owner.0),
                webhooks::url.eq(&new.url),
                webhooks::description.eq(&new.description),
                webhooks::event_types.eq(event_types(&new.filter)?),
                webhooks::secret.eq(new.secret.as_stored()),
                webhooks::cursor.eq(cursor),
                webhooks::created_at.eq(self.now),
                webhooks::updated_at.eq(self.now),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn put_webhook(&mut self, webhook: &Webhook) -> Result<(), StoreError> {
        let (old_secret, until) = webhook.old_secret.as_ref().map(|(old, until)| (old.as_stored(), *until)).unzip();
        diesel::update(webhooks::table.find(webhook.key.0))
            .set((
                webhooks::url.eq(&webhook.url),
                webhooks::description.eq(&webhook.description),
                webhooks::event_types.eq(event_types(&webhook.filter)?),
                webhooks::secret.eq(webhook.secret.as_stored()),
                webhooks::old_secret.eq(old_secret),
                webhooks::old_secret_until.eq(until),
                webhooks::cursor.eq(webhook.cursor),
                webhooks::disabled.eq(webhook.endpoint.disabled.map(DisabledReason::as_str)),
                webhooks::disabled_at.eq(webhook.disabled_at),
                webhooks::failing_since.eq(webhook.endpoint.failing_since),
                webhooks::updated_at.eq(webhook.updated_at),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn delete_webhook(&mut self, key: WebhookKey) -> Result<(), StoreError> {
        diesel::update(webhooks::table.find(key.0)).set(webhooks::deleted_at.eq(self.now)).execute(self.conn)?;
        Ok(())
    }

    fn remove_webhook(&mut self, key: WebhookKey) -> Result<(), StoreError> {
        diesel::delete(webhooks::table.find(key.0)).execute(self.conn)?;
        Ok(())
    }
}
