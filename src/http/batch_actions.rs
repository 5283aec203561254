//! Batch actions: pause, resume, seal, retry, cancel, extend.
//!
//! Idempotent: done, now or before → 200; under way → 202; forbidden by the state → 409.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;

use super::AppState;
use super::auth::Owner;
use super::body;
use super::correlation::Correlation;
use super::dto::BatchResource;
use super::field_errors::FieldError;
use super::form::JsonForm;
use super::lookup::{self, ById};
use super::order::ItemSource;
use super::problem::{HandlerResult, Problem};
use super::submission::{self, ReceivedSubmission};
use super::upload;
use quire_domain::batch::{BatchEvent, BatchStatus, PauseMode};
use quire_domain::ids::{BatchKey, CorrelationId};

#[derive(Debug, Deserialize)]
pub(super) struct PauseQuery {
    mode: Option<String>,
}

/// `{"mode": "drain" | "interrupt"}`, or `?mode=`; without either, `drain`.
pub(super) async fn pause(
    request: HttpRequest,
    payload: web::Payload,
    batch: ById,
    query: web::Query<PauseQuery>,
    by: Correlation,
) -> HandlerResult {
    let (_, app, _) = &batch;
    let asked = body::json(&request, payload, app, |mut form| {
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

pub(super) async fn resume(batch: ById, by: Correlation) -> HandlerResult {
    ask(batch, BatchEvent::ResumeAsked, by).await
}

pub(super) async fn seal(batch: ById, by: Correlation) -> HandlerResult {
    ask(batch, BatchEvent::Sealed, by).await
}

pub(super) async fn cancel(batch: ById, by: Correlation) -> HandlerResult {
    ask(batch, BatchEvent::CancelAsked, by).await
}

/// Failed, expired and skipped items again; with `{"cancelled": true}` the cancelled ones, too.
pub(super) async fn retry(
    request: HttpRequest,
    payload: web::Payload,
    (id, app, Owner(owner)): ById,
    Correlation(by): Correlation,
) -> HandlerResult {
    let cancelled_too = body::json(&request, payload, &app, |mut form| {
        let cancelled_too = form.take("cancelled", "true, false", Value::as_bool).unwrap_or(false);
        form.finish().map(|()| cancelled_too)
    });
    let cancelled_too = cancelled_too.await?;
    let found = lookup::batch(&app, owner, &id).await?.view;
    if found.record.batch.retrying.is_some() {
        return answer(&app, found.record.key, StatusCode::ACCEPTED).await;
    }
    control(&app, found.record.key, BatchEvent::RetryAsked { cancelled_too }, by).await
}

/// `{"files": [...]}` or `{"items": n}`, or a form with `files`.
pub(super) async fn extend(
    request: HttpRequest,
    payload: web::Payload,
    (id, app, Owner(owner)): ById,
    Correlation(by): Correlation,
) -> HandlerResult {
    let engine = &app.engine;
    let found = lookup::batch(&app, owner, &id).await?.view;
    let purpose = format!("items of {}\0", found.record.id);
    let config = Arc::clone(&engine.config);
    let read = move |mut form: JsonForm<'_>, uploaded| {
        let more = ItemSource::read(&mut form, uploaded, &config);
        more.check(&mut form, &found.operations, uploaded);
        form.finish().map(|()| more)
    };
    let ReceivedSubmission { asked, uploaded, idempotency } =
        submission::receive(&request, payload, &app, &purpose, read).await?;
    let items = submission::gather(&app, owner, asked, &uploaded).await?;
    if items.is_empty() {
        let detail = "name at least one document to add".to_owned();
        return Err(Problem::invalid(FieldError { field: "files".into(), value: None, detail, allowed: None }));
    }
    let extend = engine.extend(found.record.key, items, idempotency, by);
    let extended = upload::keep(&engine.context, uploaded, extend).await?;
    let mut answer = answer(&app, found.record.key, StatusCode::ACCEPTED).await?;
    if extended.replayed {
        let (name, value) = submission::REPLAYED;
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(answer)
}

async fn ask((id, app, Owner(owner)): ById, event: BatchEvent, Correlation(by): Correlation) -> HandlerResult {
    let found = lookup::batch(&app, owner, &id).await?.view;
    control(&app, found.record.key, event, by).await
}

async fn control(app: &AppState, key: BatchKey, event: BatchEvent, by: CorrelationId) -> HandlerResult {
    let done = app.engine.control(key, event, by).await?;
    let status = done.record.batch.status(quire_base::clock::now());
    let is_under_way = match event {
        BatchEvent::PauseAsked { .. } => status == BatchStatus::Pausing,
        BatchEvent::CancelAsked => !done.record.batch.is_ended(),
        BatchEvent::RetryAsked { .. } => done.changed,
        _ => false,
    };
    answer(app, key, if is_under_way { StatusCode::ACCEPTED } else { StatusCode::OK }).await
}

async fn answer(app: &AppState, key: BatchKey, status: StatusCode) -> HandlerResult {
    let seen = lookup::batch_by_key(app, key).await?;
    Ok(HttpResponse::build(status).json(BatchResource::of(seen, &app.engine)))
}
