//! Rows of `webhooks`: endpoints, and how far each has got in the log.
//!
//! [`deliveries`] is the log that owners read, [`queue`] what the sender takes and gives back, [`prune`] what is
//! forgotten.

pub mod deliveries;
pub mod prune;
pub mod queue;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::enum_text::{from_json, parse_opt, to_json};
use super::error::StoreError;
use super::schema::{events, owners, webhooks};
use super::txn::Txn;
use super::vault::SealedBytes;
use crate::domain::ids::{Micros, OwnerKey};
use crate::domain::webhook::{DisabledReason, EventFilter, WebhookEndpoint, WebhookId, WebhookKey};

#[derive(Debug, Clone)]
pub struct NewWebhook {
    pub id: WebhookId,
    pub owner: OwnerKey,
    pub url: String,
    pub description: String,
    pub filter: EventFilter,
    pub secret: SealedBytes,
}

/// Changes by an owner; fields that are missing stay.
#[derive(Debug, Clone, Default)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub description: Option<String>,
    pub filter: Option<EventFilter>,
}

#[derive(Debug, Clone)]
pub struct Webhook {
    pub key: WebhookKey,
    pub id: WebhookId,
    pub owner: OwnerKey,
    pub url: String,
    pub description: String,
    pub filter: EventFilter,
    pub secret: SealedBytes,
    /// Signs as well, until then.
    pub old_secret: Option<(SealedBytes, Micros)>,
    pub endpoint: WebhookEndpoint,
    pub disabled_at: Option<Micros>,
    /// Events up to this `seq` have their deliveries, or are of no interest.
    pub cursor: i64,
    pub created_at: Micros,
    pub updated_at: Micros,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks)]
struct WebhookRow {
    id: i64,
    public_id: String,
    owner: i64,
    url: String,
    description: String,
    event_types: Option<String>,
    secret: Vec<u8>,
    old_secret: Option<Vec<u8>>,
    old_secret_until: Option<Micros>,
    cursor: i64,
    disabled: Option<String>,
    disabled_at: Option<Micros>,
    failing_since: Option<Micros>,
    created_at: Micros,
    updated_at: Micros,
}

impl WebhookRow {
    fn webhook(self) -> Result<Webhook, StoreError> {
        let broken = |_| StoreError::Corrupt(format!("webhook id `{}`", self.public_id));
        let disabled: Option<DisabledReason> = parse_opt(self.disabled.as_deref())?;
        Ok(Webhook {
            key: WebhookKey(self.id),
            id: WebhookId(Uuid::try_parse(&self.public_id).map_err(broken)?),
            owner: OwnerKey(self.owner),
            url: self.url,
            description: self.description,
            filter: EventFilter(self.event_types.as_deref().map(from_json).transpose()?),
            secret: SealedBytes::from_stored(self.secret),
            old_secret: self.old_secret.map(SealedBytes::from_stored).zip(self.old_secret_until),
            endpoint: WebhookEndpoint { disabled, failing_since: self.failing_since },
            disabled_at: self.disabled_at,
            cursor: self.cursor,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// A webhook that is told of what happens from now on.
///
/// # Errors
/// [`StoreError::TooManyWebhooks`] when the owner has `limit` of them.
pub fn add(txn: &mut Txn<'_>, new: &NewWebhook, limit: u64) -> Result<Webhook, StoreError> {
    let own = webhooks::owner.eq(new.owner.0).and(webhooks::deleted_at.is_null());
    let count: i64 = webhooks::table.filter(own).count().get_result(txn.conn)?;
    if count as u64 >= limit {
        return Err(StoreError::TooManyWebhooks { limit });
    }
    diesel::insert_into(webhooks::table)
        .values((
            webhooks::public_id.eq(new.id.to_string()),
            webhooks::owner.eq(new.owner.0),
            webhooks::url.eq(&new.url),
            webhooks::description.eq(&new.description),
            webhooks::event_types.eq(event_types(&new.filter)?),
            webhooks::secret.eq(new.secret.as_stored()),
            webhooks::cursor.eq(last_seq(txn.conn, new.owner)?),
            webhooks::created_at.eq(txn.now),
            webhooks::updated_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    find(txn.conn, new.owner, new.id)
}

/// An owner's webhook.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn find(conn: &mut SqliteConnection, owner: OwnerKey, id: WebhookId) -> Result<Webhook, StoreError> {
    let own = webhooks::owner.eq(owner.0).and(webhooks::deleted_at.is_null());
    let found = webhooks::table
        .filter(webhooks::public_id.eq(id.to_string()).and(own))
        .select(WebhookRow::as_select())
        .first(conn)
        .optional()?;
    found.ok_or(StoreError::NotFound("webhook"))?.webhook()
}

/// All of an owner's webhooks, oldest first; [`add`] keeps them few.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn list(conn: &mut SqliteConnection, owner: OwnerKey) -> Result<Vec<Webhook>, StoreError> {
    let rows = webhooks::table
        .filter(webhooks::owner.eq(owner.0).and(webhooks::deleted_at.is_null()))
        .order(webhooks::id)
        .select(WebhookRow::as_select())
        .load(conn)?;
    rows.into_iter().map(WebhookRow::webhook).collect()
}

/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn change(
    txn: &mut Txn<'_>,
    owner: OwnerKey,
    id: WebhookId,
    change: &WebhookChange,
) -> Result<Webhook, StoreError> {
    let before = find(txn.conn, owner, id)?;
    let filter = change.filter.as_ref().unwrap_or(&before.filter);
    diesel::update(webhooks::table.find(before.key.0))
        .set((
            webhooks::url.eq(change.url.as_ref().unwrap_or(&before.url)),
            webhooks::description.eq(change.description.as_ref().unwrap_or(&before.description)),
            webhooks::event_types.eq(event_types(filter)?),
            webhooks::updated_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    find(txn.conn, owner, id)
}

/// A new secret; the one before signs as well for `overlap` microseconds. One that is older is forgotten.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn rotate(
    txn: &mut Txn<'_>,
    owner: OwnerKey,
    id: WebhookId,
    secret: &SealedBytes,
    overlap: Micros,
) -> Result<Webhook, StoreError> {
    let before = find(txn.conn, owner, id)?;
    let old = (overlap > 0).then_some((before.secret.as_stored().to_vec(), txn.now + overlap));
    let (old_secret, until) = old.unzip();
    diesel::update(webhooks::table.find(before.key.0))
        .set((
            webhooks::secret.eq(secret.as_stored()),
            webhooks::old_secret.eq(old_secret),
            webhooks::old_secret_until.eq(until),
            webhooks::updated_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    find(txn.conn, owner, id)
}

/// Goes on, or stops, where it is: nothing is left out, whatever happened meanwhile. What is so already stays.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn set_enabled(txn: &mut Txn<'_>, owner: OwnerKey, id: WebhookId, enabled: bool) -> Result<Webhook, StoreError> {
    let before = find(txn.conn, owner, id)?;
    if before.endpoint.disabled.is_none() == enabled {
        return Ok(before);
    }
    let disabled = (!enabled).then_some(DisabledReason::Asked);
    update_endpoint(txn, before.key, WebhookEndpoint { disabled, failing_since: None })?;
    find(txn.conn, owner, id)
}

/// The owner's first event at or after `since`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn first_since(conn: &mut SqliteConnection, owner: OwnerKey, since: Micros) -> Result<Option<i64>, StoreError> {
    // In the order of the log, so that a clock that was set back leaves nothing out.
    let first = events::table
        .filter(events::owner.eq(owner.0).and(events::at.ge(since)))
        .order(events::seq)
        .select(events::seq);
    Ok(first.first(conn).optional()?)
}

/// Everything from the event `first` on is delivered again, whatever became of it before.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Conflict`] while it is disabled.
pub fn recover(txn: &mut Txn<'_>, owner: OwnerKey, id: WebhookId, first: i64) -> Result<Webhook, StoreError> {
    let before = find_enabled(txn.conn, owner, id)?;
    diesel::update(webhooks::table.find(before.key.0))
        .set((webhooks::cursor.eq(before.cursor.min(first - 1)), webhooks::updated_at.eq(txn.now)))
        .execute(txn.conn)?;
    find(txn.conn, owner, id)
}

/// From now on nobody sees it; [`prune::purge_deleted`] removes what is left.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn delete(txn: &mut Txn<'_>, owner: OwnerKey, id: WebhookId) -> Result<WebhookKey, StoreError> {
    let key = find(txn.conn, owner, id)?.key;
    diesel::update(webhooks::table.find(key.0)).set(webhooks::deleted_at.eq(txn.now)).execute(txn.conn)?;
    Ok(key)
}

/// One that is enabled.
fn find_enabled(conn: &mut SqliteConnection, owner: OwnerKey, id: WebhookId) -> Result<Webhook, StoreError> {
    let found = find(conn, owner, id)?;
    match found.endpoint.disabled {
        None => Ok(found),
        Some(_) => Err(StoreError::Conflict("The webhook is disabled; enable it first. Nothing was done.".into())),
    }
}

fn update_endpoint(txn: &mut Txn<'_>, key: WebhookKey, endpoint: WebhookEndpoint) -> Result<(), StoreError> {
    diesel::update(webhooks::table.find(key.0))
        .set((
            webhooks::disabled.eq(endpoint.disabled.map(DisabledReason::as_str)),
            webhooks::disabled_at.eq(endpoint.disabled.map(|_| txn.now)),
            webhooks::failing_since.eq(endpoint.failing_since),
            webhooks::updated_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    Ok(())
}

fn event_types(filter: &EventFilter) -> Result<Option<String>, StoreError> {
    filter.0.as_ref().map(to_json).transpose()
}

fn last_seq(conn: &mut SqliteConnection, owner: OwnerKey) -> Result<i64, StoreError> {
    Ok(owners::table.find(owner.0).select(owners::last_seq).get_result(conn)?)
}
