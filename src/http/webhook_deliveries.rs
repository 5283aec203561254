//! What became of a webhook's messages; a test, and one of them once more.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::auth::Owner;
use super::cursor::{self, Cursor};
use super::lookup::{Addressed, Below, PageQuery};
use super::problem::{Answer, Problem};
use super::webhooks::{webhook_id, webhook_url};
use crate::clock::rfc3339;
use crate::domain::webhook::{Attempt, DeliveryState, MessageId, Subject, Trouble};
use crate::store::StoreError;
use crate::store::webhooks;
use crate::store::webhooks::deliveries::{self, Delivery};

#[derive(Debug, Serialize)]
pub struct DeliveryResource {
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
    pub next_at: Option<String>,
    pub created_at: String,
    pub ended_at: Option<String>,
    /// The newest, oldest of them first.
    pub attempts: Vec<AttemptView>,
    pub links: DeliveryLinks,
}

#[derive(Debug, Serialize)]
pub struct AttemptView {
    pub at: String,
    pub duration_ms: u64,
    pub status: Option<u16>,
    pub error: Option<Trouble>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The beginning of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct DeliveryLinks {
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
                Subject::Event(seq) => Some(seq),
                Subject::Test(_) => None,
            },
            state: message.state,
            tries: message.tries,
            next_at: is_pending.then(|| rfc3339(message.next_at)),
            created_at: rfc3339(delivery.created_at),
            ended_at: delivery.ended_at.map(rfc3339),
            attempts: delivery.attempts.into_iter().map(AttemptView::from).collect(),
            links: DeliveryLinks { own: format!("{webhook}/deliveries/{}", delivery.id), webhook },
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { at, duration_ms, status, error, detail, excerpt } = attempt;
        Self { at: rfc3339(at), duration_ms, status, error, detail, excerpt }
    }
}

#[derive(Debug, Serialize)]
struct DeliveryPage {
    deliveries: Vec<DeliveryResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

/// Newest first; `?state=` keeps those in one state.
pub async fn list((id, front, Owner(owner)): Addressed, query: web::Query<PageQuery>) -> Answer {
    let (id, limit, world) = (webhook_id(&id)?, query.limit(&front)?, &front.engine.world);
    let state: Option<DeliveryState> = query.state_of(&DeliveryState::ALL.map(DeliveryState::as_str))?;
    let webhook = world.read(move |conn| webhooks::find(conn, owner, id)).await?;
    let before = match query.cursor()? {
        None => None,
        Some(Cursor::Deliveries { webhook: of, state: with, before }) if of == webhook.key && with == state => {
            Some(before)
        }
        Some(_) => return Err(cursor::foreign()),
    };
    let key = webhook.key;
    let found = world.read(move |conn| deliveries::page(conn, &webhook, state, before, limit + 1));
    let mut found = found.await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| has_more).map(|delivery| delivery.key);
    let next_cursor = last.map(|before| Cursor::Deliveries { webhook: key, state, before }.word());
    let deliveries = found.into_iter().map(DeliveryResource::from).collect();
    Ok(HttpResponse::Ok().json(DeliveryPage { deliveries, next_cursor }))
}

pub async fn show((path, front, Owner(owner)): Below) -> Answer {
    let (id, message) = (webhook_id(&path.0)?, message_id(&path.1)?);
    let read = front.engine.world.read(move |conn| {
        let webhook = webhooks::find(conn, owner, id)?;
        deliveries::find(conn, &webhook, message)
    });
    Ok(HttpResponse::Ok().json(DeliveryResource::from(read.await?)))
}

/// The same message once more, at once, under the same id.
pub async fn resend((path, front, Owner(owner)): Below) -> Answer {
    let (id, message) = (webhook_id(&path.0)?, message_id(&path.1)?);
    let write = move |txn: &mut crate::store::Txn<'_>| deliveries::resend(txn, owner, id, message);
    let (key, delivery) = front.engine.world.db.write("webhook.resend", write).await?;
    front.engine.webhook_changed(key);
    Ok(HttpResponse::Accepted().json(DeliveryResource::from(delivery)))
}

/// A message without an event, at once.
pub async fn test((id, front, Owner(owner)): Addressed) -> Answer {
    let id = webhook_id(&id)?;
    let write = move |txn: &mut crate::store::Txn<'_>| deliveries::add_test(txn, owner, id);
    let (key, delivery) = front.engine.world.db.write("webhook.test", write).await?;
    front.engine.webhook_changed(key);
    let resource = DeliveryResource::from(delivery);
    let location = (header::LOCATION, resource.links.own.clone());
    Ok(HttpResponse::Accepted().insert_header(location).json(resource))
}

fn message_id(text: &str) -> Result<MessageId, Problem> {
    MessageId::parse(text).ok_or_else(|| StoreError::NotFound("delivery").into())
}
