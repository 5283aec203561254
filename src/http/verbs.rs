//! What users ask of a batch: pause, resume, seal, retry, cancel, more items.
//!
//! Idempotent: done, now or before → 200; under way → 202; forbidden by the state → 409.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;

use super::Front;
use super::auth::Owner;
use super::body;
use super::correlation::Correlation;
use super::dto::BatchResource;
use super::form::Form;
use super::lookup::{self, Addressed};
use super::mistakes::FieldError;
use super::order::Wares;
use super::parcel::{self, Brought};
use super::problem::{Answer, Problem};
use super::{upload, wares};
use crate::domain::batch::{BatchEvent, BatchStatus, PauseMode};
use crate::domain::ids::{BatchKey, CorrelationId};

#[derive(Debug, Deserialize)]
pub struct PauseQuery {
    mode: Option<String>,
}

/// `{"mode": "drain" | "interrupt"}`, or `?mode=`; without either, `drain`.
pub async fn pause(
    request: HttpRequest,
    payload: web::Payload,
    batch: Addressed,
    query: web::Query<PauseQuery>,
    by: Correlation,
) -> Answer {
    let (_, front, _) = &batch;
    let asked = body::json(&request, payload, front, |mut form| {
        let asked = form.take("mode", MODES, |mode| PauseMode::deserialize(mode).ok());
        form.finish().map(|()| asked)
    });
    let asked = asked.await?;
    let in_query = query
        .mode
        .as_deref()
        .map(|mode| PauseMode::deserialize(Value::from(mode)).map_err(|_| lookup::wrong("mode", mode, MODES)));
    let mode = in_query.transpose()?.or(asked).unwrap_or_default();
    ask(batch, BatchEvent::PauseAsked { mode }, by).await
}

const MODES: &str = "drain, interrupt";

pub async fn resume(batch: Addressed, by: Correlation) -> Answer {
    ask(batch, BatchEvent::ResumeAsked, by).await
}

pub async fn seal(batch: Addressed, by: Correlation) -> Answer {
    ask(batch, BatchEvent::Sealed, by).await
}

pub async fn cancel(batch: Addressed, by: Correlation) -> Answer {
    ask(batch, BatchEvent::CancelAsked, by).await
}

/// Failed, expired and skipped items again; with `{"cancelled": true}` the cancelled ones, too.
pub async fn retry(
    request: HttpRequest,
    payload: web::Payload,
    (id, front, Owner(owner)): Addressed,
    Correlation(by): Correlation,
) -> Answer {
    let cancelled_too = body::json(&request, payload, &front, |mut form| {
        let cancelled_too = form.take("cancelled", "true, false", Value::as_bool).unwrap_or(false);
        form.finish().map(|()| cancelled_too)
    });
    let cancelled_too = cancelled_too.await?;
    let found = lookup::batch(&front, owner, &id).await?.view;
    if found.held.batch.retrying.is_some() {
        return answer(&front, found.held.key, StatusCode::ACCEPTED).await;
    }
    control(&front, found.held.key, BatchEvent::RetryAsked { cancelled_too }, by).await
}

/// `{"files": [...]}` or `{"items": n}`, or a form with `files`.
pub async fn extend(
    request: HttpRequest,
    payload: web::Payload,
    (id, front, Owner(owner)): Addressed,
    Correlation(by): Correlation,
) -> Answer {
    let engine = &front.engine;
    let found = lookup::batch(&front, owner, &id).await?.view;
    let purpose = format!("items of {}\0", found.held.id);
    let config = Arc::clone(&engine.config);
    let read = move |mut form: Form<'_>, uploaded| {
        let more = Wares::read(&mut form, uploaded, &config);
        more.check(&mut form, &found.operations, uploaded);
        form.finish().map(|()| more)
    };
    let Brought { asked, uploaded, idempotency } = parcel::receive(&request, payload, &front, &purpose, read).await?;
    let items = wares::gather(&front, owner, asked, &uploaded).await?;
    if items.is_empty() {
        let detail = "name at least one document to add".to_owned();
        return Err(Problem::invalid(FieldError { field: "files".into(), value: None, detail, allowed: None }));
    }
    let extend = engine.extend(found.held.key, items, idempotency, by);
    let extended = upload::keep(&engine.world, uploaded, extend).await?;
    let mut answer = answer(&front, found.held.key, StatusCode::ACCEPTED).await?;
    if extended.replayed {
        let (name, value) = parcel::REPLAYED;
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(answer)
}

async fn ask((id, front, Owner(owner)): Addressed, event: BatchEvent, Correlation(by): Correlation) -> Answer {
    let found = lookup::batch(&front, owner, &id).await?.view;
    control(&front, found.held.key, event, by).await
}

async fn control(front: &Front, key: BatchKey, event: BatchEvent, by: CorrelationId) -> Answer {
    let done = front.engine.control(key, event, by).await?;
    let status = done.held.batch.status(crate::clock::now());
    let is_under_way = match event {
        BatchEvent::PauseAsked { .. } => status == BatchStatus::Pausing,
        BatchEvent::CancelAsked => !done.held.batch.is_ended(),
        BatchEvent::RetryAsked { .. } => done.changed,
        _ => false,
    };
    answer(front, key, if is_under_way { StatusCode::ACCEPTED } else { StatusCode::OK }).await
}

async fn answer(front: &Front, key: BatchKey, status: StatusCode) -> Answer {
    let seen = lookup::batch_by_key(front, key).await?;
    Ok(HttpResponse::build(status).json(BatchResource::of(seen, &front.engine)))
}
