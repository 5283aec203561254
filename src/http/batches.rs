//! Handlers of batches: submit, list, get.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::auth::Owner;
use super::correlation::Correlation;
use super::cursor::{self, ListCursor};
use super::dto::{BatchResource, batch_url};
use super::form::JsonForm;
use super::lookup::{self, BatchWithBackoff, ById, PageQuery};
use super::order::SubmitBatch;
use super::problem::HandlerResult;
use super::submission::{self, ReceivedSubmission};
use super::{AppState, conditional, upload};
use crate::commands::submit::NewBatch;
use quire_base::clock;
use quire_store::batches::{BatchOptions, BatchSpec};

/// Answers once the batch is on disk.
pub(super) async fn submit(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<AppState>,
    Owner(owner): Owner,
    Correlation(correlation): Correlation,
) -> HandlerResult {
    let engine = &app.engine;
    let config = Arc::clone(&engine.config);
    let read = move |form: JsonForm<'_>, uploaded| SubmitBatch::read(form, uploaded, &config);
    let ReceivedSubmission { asked: order, uploaded, idempotency } =
        submission::receive(&request, payload, &app, "", read).await?;
    let items = submission::gather(&app, owner, order.sources, &uploaded).await?;
    let password = order.password.map(|password| engine.context.vault.encrypt_text(&password)).transpose()?;
    let new = NewBatch {
        id: clock::new_batch_id(),
        owner,
        spec: BatchSpec { options: BatchOptions { password, ..order.spec.options }, ..order.spec },
        correlation,
        idempotency,
        items,
    };
    let submitted = upload::keep(&engine.context, uploaded, engine.submit(new)).await?;
    let seen = lookup::batch_by_key(&app, submitted.record.key).await?;
    let mut answer = HttpResponse::Accepted();
    answer.insert_header((header::LOCATION, batch_url(submitted.record.id)));
    if submitted.replayed {
        answer.insert_header(submission::REPLAYED);
    }
    Ok(answer.json(BatchResource::of(seen, engine)))
}

#[derive(Debug, Serialize)]
struct BatchPage {
    batches: Vec<BatchResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

/// Newest first; `?collection=` keeps those of one collection.
pub(super) async fn list(query: web::Query<PageQuery>, app: web::Data<AppState>, Owner(owner): Owner) -> HandlerResult {
    let (limit, collection) = (query.limit(&app)?, query.collection()?);
    let before = match query.cursor()? {
        None => None,
        Some(ListCursor::Batches { before }) => Some(before),
        Some(_) => return Err(cursor::foreign()),
    };
    let found = app.engine.context.read(move |snapshot| {
        let found = snapshot.batches(owner, collection.as_deref(), before, limit + 1)?;
        found.into_iter().map(|view| BatchWithBackoff::of(snapshot, view)).collect::<Result<Vec<_>, _>>()
    });
    let mut found = found.await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next =
        found.last().filter(|_| has_more).map(|last| ListCursor::Batches { before: last.view.record.key }.encode());
    let batches: Vec<_> = found.into_iter().map(|seen| BatchResource::of(seen, &app.engine)).collect();
    Ok(HttpResponse::Ok().json(BatchPage { batches, next_cursor: next }))
}

/// One batch, or 304 when the client has it as it is.
pub(super) async fn show(request: HttpRequest, (id, app, Owner(owner)): ById) -> HandlerResult {
    let resource = BatchResource::of(lookup::batch(&app, owner, &id).await?, &app.engine);
    let etag = resource.etag();
    if conditional::is_known(&request, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag)).json(resource))
}
