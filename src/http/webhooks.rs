//! Handlers of webhooks: create, list, change, rotate the secret, recover missed events.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::api::bodies::{NewWebhookBody, RotateSecretBody, WebhookChangeBody};
use super::api::{Accepted, Created, HandlerResult, JsonBody, NoContent, Okay, Query};
use super::auth::Owner;
use super::lookup::{ById, wrong};
use super::order::time;
use super::problem::Problem;
use super::{AppState, error_mapping, webhook_form};
use crate::webhook::signature;
use quire_base::clock::{self, rfc3339};
use quire_domain::event::EventType;
use quire_domain::ids::Micros;
use quire_domain::webhook::{DisabledReason, SecretBytes, WebhookId};
use quire_store::StoreError;
use quire_store::webhooks::{NewWebhook, Webhook};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(super) struct WebhookResource {
    pub id: WebhookId,
    pub url: String,
    pub description: String,
    /// Every type that it gets.
    pub event_types: Vec<EventType>,
    pub state: WebhookState,
    pub disabled: Option<DisabledView>,
    /// The first failure after which nothing succeeded.
    #[schemars(extend("format" = "date-time"))]
    pub failing_since: Option<String>,
    /// Until then messages are signed with the secret before, as well.
    #[schemars(extend("format" = "date-time"))]
    pub old_secret_until: Option<String>,
    /// Messages about events up to this `seq` are in the deliveries.
    pub cursor: i64,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub updated_at: String,
    /// Shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    pub links: WebhookLinks,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WebhookState {
    Active,
    Disabled,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DisabledWebhook")]
pub(super) struct DisabledView {
    pub reason: DisabledReason,
    #[schemars(extend("format" = "date-time"))]
    pub at: Option<String>,
    /// Meaning, and what to do.
    pub detail: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WebhookLinks {
    #[serde(rename = "self")]
    pub own: String,
    pub deliveries: String,
}

impl From<Webhook> for WebhookResource {
    fn from(webhook: Webhook) -> Self {
        let now = clock::now();
        let own = webhook_url(webhook.id);
        let disabled = webhook.endpoint.disabled;
        Self {
            id: webhook.id,
            url: webhook.url,
            description: webhook.description,
            event_types: webhook.filter.event_types().to_vec(),
            state: if disabled.is_some() { WebhookState::Disabled } else { WebhookState::Active },
            disabled: disabled.map(|reason| DisabledView {
                reason,
                at: webhook.disabled_at.map(rfc3339),
                detail: meaning(reason),
            }),
            failing_since: webhook.endpoint.failing_since.map(rfc3339),
            old_secret_until: webhook.old_secret.map(|(_, until)| until).filter(|until| *until > now).map(rfc3339),
            cursor: webhook.cursor,
            created_at: rfc3339(webhook.created_at),
            updated_at: rfc3339(webhook.updated_at),
            secret: None,
            links: WebhookLinks { deliveries: format!("{own}/deliveries"), own },
        }
    }
}

impl WebhookResource {
    fn with_secret(webhook: Webhook, secret: &SecretBytes) -> Self {
        Self { secret: Some(signature::secret_text(secret)), ..webhook.into() }
    }
}

fn meaning(reason: DisabledReason) -> &'static str {
    match reason {
        DisabledReason::Asked => "Its owner disabled it; nothing is lost, enable it to go on.",
        DisabledReason::Gone => "It answered 410 Gone; enable it when it takes messages again, nothing is lost.",
        DisabledReason::Failing => {
            "It did nothing but fail for too long; its deliveries say how. Mend it, then enable it: nothing is lost."
        }
    }
}

pub(super) fn webhook_url(id: WebhookId) -> String {
    format!("/api/v1/webhooks/{id}")
}

/// # Errors
/// `webhook_not_found` for what is no id.
pub(super) fn webhook_id(text: &str) -> Result<WebhookId, Problem> {
    Uuid::try_parse(text).map(WebhookId).map_err(|_| StoreError::NotFound("webhook").into())
}

/// It is told of what happens from now on. The answer is the only one with its secret.
pub(super) async fn create(
    body: JsonBody<NewWebhookBody>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
) -> HandlerResult<Created<WebhookResource>> {
    let config = Arc::clone(&app.engine.config);
    let read = body.read(&app, move |form| webhook_form::read_new(form, &config));
    let (url, asked) = read.await?;
    let secret = new_secret()?;
    let new = NewWebhook {
        id: WebhookId(clock::new_webhook_id()),
        owner,
        url,
        description: asked.description.unwrap_or_default(),
        filter: asked.filter.unwrap_or_default(),
        secret: app.engine.context.vault.encrypt_bytes(&secret.0)?,
    };
    let added = app.engine.add_webhook(new).await?;
    let location = webhook_url(added.id);
    Ok(Created::new(&WebhookResource::with_secret(added, &secret)).header(header::LOCATION, location))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WebhookList {
    webhooks: Vec<WebhookResource>,
}

/// All of them, oldest first: they are few.
pub(super) async fn list(app: web::Data<AppState>, Owner(owner): Owner) -> HandlerResult<Okay<WebhookList>> {
    let found = app.engine.context.read(move |snapshot| snapshot.webhooks(owner)).await?;
    Ok(Okay::new(&WebhookList { webhooks: found.into_iter().map(WebhookResource::from).collect() }))
}

pub(super) async fn show((id, app, Owner(owner)): ById) -> HandlerResult<Okay<WebhookResource>> {
    let id = webhook_id(&id)?;
    let found = app.engine.context.read(move |snapshot| snapshot.webhook(owner, id)).await?;
    Ok(Okay::new(&found.into()))
}

/// Changes a webhook; fields that are missing stay.
pub(super) async fn change(
    body: JsonBody<WebhookChangeBody>,
    (id, app, Owner(owner)): ById,
) -> HandlerResult<Okay<WebhookResource>> {
    let (id, config) = (webhook_id(&id)?, Arc::clone(&app.engine.config));
    let change = body.read(&app, move |form| webhook_form::read(form, &config)).await?;
    Ok(answer(app.engine.change_webhook(owner, id, change).await?))
}

pub(super) async fn remove((id, app, Owner(owner)): ById) -> HandlerResult<NoContent> {
    let id = webhook_id(&id)?;
    app.engine.delete_webhook(owner, id).await?;
    Ok(NoContent::new())
}

const MICROS_PER_HOUR: Micros = 3_600_000_000;
const OVERLAP_HOURS_MAX: u64 = 720;

/// `{"overlap_hours": n}`: how long the secret before signs as well. The answer is the only one with the new secret.
pub(super) async fn rotate(
    body: JsonBody<RotateSecretBody>,
    (id, app, Owner(owner)): ById,
) -> HandlerResult<Okay<WebhookResource>> {
    let (id, config) = (webhook_id(&id)?, &app.engine.config);
    let asked = body.read(&app, |mut form| {
        let hours = |value: &Value| value.as_u64().filter(|hours| *hours <= OVERLAP_HOURS_MAX);
        let asked = form.take("overlap_hours", "0 to 720", hours);
        form.finish().map(|()| asked)
    });
    let overlap = asked.await?.unwrap_or(config.webhooks.rotation_overlap_hours) as Micros * MICROS_PER_HOUR;
    let secret = new_secret()?;
    let sealed = app.engine.context.vault.encrypt_bytes(&secret.0)?;
    let rotated = app.engine.rotate_webhook_secret(owner, id, sealed, overlap).await?;
    Ok(Okay::new(&WebhookResource::with_secret(rotated, &secret)))
}

/// It goes on where it stopped: what happened meanwhile is delivered.
pub(super) async fn enable(webhook: ById) -> HandlerResult<Okay<WebhookResource>> {
    set_enabled(webhook, true).await
}

pub(super) async fn disable(webhook: ById) -> HandlerResult<Okay<WebhookResource>> {
    set_enabled(webhook, false).await
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RecoverQuery {
    /// Events from then on are sent once more.
    #[schemars(required, extend("format" = "date-time"))]
    since: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Recovery {
    #[schemars(extend("format" = "date-time"))]
    since: String,
    /// The first event that is sent again; null when there is none.
    from_seq: Option<i64>,
    webhook: WebhookResource,
}

/// Everything that happened at or after `?since=` once more, whatever became of it before.
pub(super) async fn recover(
    (id, app, Owner(owner)): ById,
    Query(query): Query<RecoverQuery>,
) -> HandlerResult<Accepted<Recovery>> {
    let (id, given) = (webhook_id(&id)?, query.since.as_deref().unwrap_or_default());
    let since = time(&given.into()).ok_or_else(|| wrong("since", given, "a time in RFC 3339"))?;
    let first = app.engine.context.read(move |snapshot| {
        snapshot.webhook(owner, id)?;
        snapshot.first_event_since(owner, since)
    });
    let first = first.await?;
    // Without an event since then there is nothing to go back for.
    let from = first.unwrap_or(i64::MAX);
    let webhook = app.engine.rewind_webhook(owner, id, from).await?.into();
    Ok(Accepted::new(&Recovery { since: rfc3339(since), from_seq: first, webhook }))
}

async fn set_enabled((id, app, Owner(owner)): ById, enabled: bool) -> HandlerResult<Okay<WebhookResource>> {
    let id = webhook_id(&id)?;
    Ok(answer(app.engine.set_webhook_enabled(owner, id, enabled).await?))
}

fn answer(changed: Webhook) -> Okay<WebhookResource> {
    Okay::new(&changed.into())
}

fn new_secret() -> Result<SecretBytes, Problem> {
    signature::new_secret().map_err(|error| {
        tracing::error!(%error, "a secret could not be made");
        error_mapping::server_fault()
    })
}
