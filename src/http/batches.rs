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
use super::dto::{BatchResource, StatusCounts, batch_url};
use super::form::JsonForm;
use super::history::{self, AsOfQuery};
use super::lookup::{self, BatchWithBackoff, ById, Paging};
use super::order::SubmitBatch;
use super::problem::Problem;
use super::submission::{self, ReceivedSubmission};
use super::{AppState, conditional, upload};
use crate::commands::submit::NewBatch;
use quire_base::clock;
use quire_domain::batch::BatchStatus;
use quire_store::batch_filter::{BatchFilter, BatchScanLimits};
use quire_store::batches::{BatchItemOptions, BatchSpec};

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
    let password = order.password.map(|password| engine.context.vault.encrypt_text(&password)).transpose()?;
    let new = NewBatch {
        id: clock::new_batch_id(),
        owner,
        spec: BatchSpec { options: BatchItemOptions { password, ..order.spec.options }, ..order.spec },
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
    /// Absent on the last page. A page with a filter may have fewer batches than asked for, or none, and go on.
    next_cursor: Option<String>,
    /// Of all batches of the owner; absent where `collection`, `q` or `failed` narrow the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts_by_status: Option<StatusCounts>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct BatchListQuery {
    #[serde(flatten)]
    paging: Paging,
    /// Keeps those of one collection.
    #[schemars(length(min = 1, max = 200), regex(pattern = crate::http::names::VISIBLE_PATTERN))]
    collection: Option<String>,
    /// Keeps those in one status.
    #[schemars(with = "Option<BatchStatus>")]
    status: Option<String>,
    /// Keeps those with this in their name or their collection; large and small ASCII letters are the same.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^[^\u0000]*$"))]
    q: Option<String>,
    /// True keeps those in which items have failed.
    #[schemars(with = "Option<bool>")]
    failed: Option<String>,
}

impl BatchListQuery {
    fn filter(&self) -> Result<BatchFilter, Problem> {
        let status = lookup::one_of("status", self.status.as_deref(), BatchStatus::NAMES)?;
        let failed =
            self.failed.as_deref().map(|word| word.parse().map_err(|_| lookup::wrong("failed", word, "true, false")));
        Ok(BatchFilter {
            statuses: status.into_iter().collect(),
            collection: lookup::collection(self.collection.as_deref())?,
            q: lookup::part("q", self.q.as_deref())?,
            with_failures: failed.transpose()?.unwrap_or_default(),
        })
    }
}

/// Newest first; the parameters keep some.
pub(super) async fn list(
    Query(query): Query<BatchListQuery>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
) -> HandlerResult<Okay<BatchPage>> {
    let (limit, filter) = (query.paging.limit(&app)?, query.filter()?);
    let words: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
    let digest = cursor::filter_digest(&(words, &filter.collection, &filter.q, filter.with_failures));
    let before = match query.paging.cursor()? {
        None => None,
        Some(ListCursor::Batches { before, filter }) if filter == digest => Some(before),
        Some(_) => return Err(cursor::foreign()),
    };
    let scan =
        BatchScanLimits { limit, looked_at: app.engine.config.http.max_scanned_batches as u32, now: clock::now() };
    let found = app.engine.context.read(move |snapshot| {
        let found = snapshot.matching_batches(owner, &filter, before, scan)?;
        let is_of_all = filter.collection.is_none() && filter.q.is_none() && !filter.with_failures;
        let counts = if is_of_all { Some(snapshot.status_counts(owner)?) } else { None };
        let batches = found.batches.into_iter().map(|view| BatchWithBackoff::of(snapshot, view));
        Ok((batches.collect::<Result<Vec<_>, _>>()?, found.next, counts))
    });
    let (found, next, counts) = found.await?;
    let next_cursor = next.map(|before| ListCursor::Batches { before, filter: digest }.encode());
    let batches: Vec<_> = found.into_iter().map(|seen| BatchResource::of(seen, &app.engine)).collect();
    Ok(Okay::new(&BatchPage { batches, next_cursor, counts_by_status: counts.map(StatusCounts::of) }))
}

/// One batch, or 304 when the client has it as it is.
pub(super) async fn show(
    request: HttpRequest,
    (id, app, Owner(owner)): ById,
    Query(query): Query<AsOfQuery>,
) -> HandlerResult<Either<Okay<BatchResource>, NotModified>> {
    if let Some(as_of) = query.read()? {
        let (view, past) = history::batch_as_of(&app, owner, &id, as_of).await?;
        let etag = past.etag();
        if conditional::is_known(&request, &etag) {
            return Ok(Either::Right(NotModified::new(&etag)));
        }
        let seen = BatchWithBackoff { view, next_backoff: None };
        let resource = BatchResource::of(seen, &app.engine).at(&past);
        return Ok(Either::Left(Okay::new(&resource).header(header::ETAG, etag)));
    }
    let resource = BatchResource::of(lookup::batch(&app, owner, &id).await?, &app.engine);
    let etag = resource.etag();
    if conditional::is_known(&request, &etag) {
        return Ok(Either::Right(NotModified::new(&etag)));
    }
    Ok(Either::Left(Okay::new(&resource).header(header::ETAG, etag)))
}
