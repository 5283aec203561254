//! Handlers of batches: submit, list, get.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::bodies::SubmitBatchBody;
use super::api::{Accepted, Either, HandlerResult, NotModified, Okay, Query, SubmissionBody};
use super::auth::Owner;
use super::correlation::Correlation;
use super::cursor::{self, ListCursor};
use super::dto::{BatchResource, batch_url};
use super::form::JsonForm;
use super::lookup::{self, BatchWithBackoff, ById, Paging};
use super::order::SubmitBatch;
use super::submission::{self, ReceivedSubmission};
use super::{AppState, conditional, upload};
use crate::commands::submit::NewBatch;
use quire_base::clock;
use quire_store::batches::{BatchOptions, BatchSpec};

/// Answers once the batch is on disk.
pub(super) async fn submit(
    body: SubmissionBody<SubmitBatchBody>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
    Correlation(correlation): Correlation,
) -> HandlerResult<Accepted<BatchResource>> {
    let engine = &app.engine;
    let config = Arc::clone(&engine.config);
    let read = move |form: JsonForm<'_>, uploaded| SubmitBatch::read(form, uploaded, &config);
    let ReceivedSubmission { asked: order, uploaded, idempotency } = submission::receive(body, &app, "", read).await?;
    let items = submission::gather(&app, owner, order.sources, &uploaded).await?;
    let password = order.password.map(|password| engine.context.vault.seal(&password)).transpose()?;
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
    let answer = Accepted::new(&BatchResource::of(seen, engine));
    let answer = answer.header(header::LOCATION, batch_url(submitted.record.id));
    Ok(if submitted.replayed { submission::replayed(answer) } else { answer })
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BatchPage {
    batches: Vec<BatchResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct BatchListQuery {
    #[serde(flatten)]
    paging: Paging,
    /// Keeps those of one collection.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^[!-~]+$"))]
    collection: Option<String>,
}

/// Newest first; `?collection=` keeps those of one collection.
pub(super) async fn list(
    Query(query): Query<BatchListQuery>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
) -> HandlerResult<Okay<BatchPage>> {
    let (limit, collection) = (query.paging.limit(&app)?, lookup::collection(query.collection.as_deref())?);
    let before = match query.paging.cursor()? {
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
    Ok(Okay::new(&BatchPage { batches, next_cursor: next }))
}

/// One batch, or 304 when the client has it as it is.
pub(super) async fn show(
    request: HttpRequest,
    (id, app, Owner(owner)): ById,
) -> HandlerResult<Either<Okay<BatchResource>, NotModified>> {
    let resource = BatchResource::of(lookup::batch(&app, owner, &id).await?, &app.engine);
    let etag = resource.etag();
    if conditional::is_known(&request, &etag) {
        return Ok(Either::Right(NotModified::new(&etag)));
    }
    Ok(Either::Left(Okay::new(&resource).header(header::ETAG, etag)))
}
