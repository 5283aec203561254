//! Handlers of a webhook's deliveries: list, send a test, resend one.

use actix_web::http::header;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::{Accepted, HandlerResult, Okay, Query};
use super::auth::Owner;
use super::cursor::{self, ListCursor};
use super::lookup::{self, ById, BySubId, Paging};
use super::problem::Problem;
use super::webhooks::{webhook_id, webhook_url};
use quire_base::clock::rfc3339;
use quire_domain::webhook::{DeliveryAttempt, DeliveryError, DeliveryState, MessageId, MessageSubject};
use quire_store::StoreError;
use quire_store::deliveries::Delivery;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Delivery")]
pub(super) struct DeliveryResource {
    /// The header `webhook-id` of each attempt.
    pub id: String,
    pub r#type: String,
    /// The event; absent for a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    pub state: DeliveryState,
    /// Attempts since it was enqueued, resent or recovered.
    pub tries: u32,
    /// Not before then; absent when it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub next_at: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub ended_at: Option<String>,
    /// The newest, oldest of them first.
    pub attempts: Vec<DeliveryAttemptView>,
    pub links: DeliveryLinks,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeliveryAttempt")]
pub(super) struct DeliveryAttemptView {
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub duration_ms: u64,
    pub status: Option<u16>,
    pub error: Option<DeliveryError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The beginning of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DeliveryLinks {
    #[serde(rename = "self")]
    pub own: String,
    pub webhook: String,
}

impl From<Delivery> for DeliveryResource {
    fn from(delivery: Delivery) -> Self {
        let (webhook, message) = (webhook_url(delivery.id.webhook), delivery.message);
        let is_pending = message.state == DeliveryState::Pending;
        Self {
            id: delivery.id.to_string(),
            r#type: delivery.kind,
            seq: match delivery.id.what {
                MessageSubject::Event(seq) => Some(seq),
                MessageSubject::Test(_) => None,
            },
            state: message.state,
            tries: message.tries,
            next_at: is_pending.then(|| rfc3339(message.next_at)),
            created_at: rfc3339(delivery.created_at),
            ended_at: delivery.ended_at.map(rfc3339),
            attempts: delivery.attempts.into_iter().map(DeliveryAttemptView::from).collect(),
            links: DeliveryLinks { own: format!("{webhook}/deliveries/{}", delivery.id), webhook },
        }
    }
}

impl From<DeliveryAttempt> for DeliveryAttemptView {
    fn from(attempt: DeliveryAttempt) -> Self {
        let DeliveryAttempt { at, duration_ms, status, error, detail, excerpt } = attempt;
        Self { at: rfc3339(at), duration_ms, status, error, detail, excerpt }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DeliveryPage {
    deliveries: Vec<DeliveryResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct DeliveryListQuery {
    #[serde(flatten)]
    paging: Paging,
    /// Keeps those in one state.
    #[schemars(with = "Option<DeliveryState>")]
    state: Option<String>,
}

/// Newest first; `?state=` keeps those in one state.
pub(super) async fn list(
    (id, app, Owner(owner)): ById,
    Query(query): Query<DeliveryListQuery>,
) -> HandlerResult<Okay<DeliveryPage>> {
    let (id, limit, context) = (webhook_id(&id)?, query.paging.limit(&app)?, &app.engine.context);
    let state: Option<DeliveryState> = lookup::one_of("state", query.state.as_deref(), DeliveryState::NAMES)?;
    let webhook = context.read(move |snapshot| snapshot.webhook(owner, id)).await?;
    let before = match query.paging.cursor()? {
        None => None,
        Some(ListCursor::Deliveries { webhook: of, state: with, before }) if of == webhook.key && with == state => {
            Some(before)
        }
        Some(_) => return Err(cursor::foreign()),
    };
    let key = webhook.key;
    let found = context.read(move |snapshot| snapshot.deliveries(&webhook, state, before, limit + 1));
    let mut found = found.await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| has_more).map(|delivery| delivery.key);
    let next_cursor = last.map(|before| ListCursor::Deliveries { webhook: key, state, before }.encode());
    let deliveries = found.into_iter().map(DeliveryResource::from).collect();
    Ok(Okay::new(&DeliveryPage { deliveries, next_cursor }))
}

pub(super) async fn show((path, app, Owner(owner)): BySubId) -> HandlerResult<Okay<DeliveryResource>> {
    let (id, message) = (webhook_id(&path.0)?, message_id(&path.1)?);
    let read = app.engine.context.read(move |snapshot| {
        let webhook = snapshot.webhook(owner, id)?;
        snapshot.delivery(&webhook, message)
    });
    Ok(Okay::new(&read.await?.into()))
}

/// The same message once more, at once, under the same id.
pub(super) async fn resend((path, app, Owner(owner)): BySubId) -> HandlerResult<Accepted<DeliveryResource>> {
    let (id, message) = (webhook_id(&path.0)?, message_id(&path.1)?);
    let delivery = app.engine.resend_delivery(owner, id, message).await?;
    Ok(Accepted::new(&delivery.into()))
}

/// A message without an event, at once.
pub(super) async fn test((id, app, Owner(owner)): ById) -> HandlerResult<Accepted<DeliveryResource>> {
    let id = webhook_id(&id)?;
    let resource = DeliveryResource::from(app.engine.test_webhook(owner, id).await?);
    Ok(Accepted::new(&resource).header(header::LOCATION, resource.links.own))
}

fn message_id(text: &str) -> Result<MessageId, Problem> {
    MessageId::parse(text).ok_or_else(|| StoreError::NotFound("delivery").into())
}
