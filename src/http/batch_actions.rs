//! Batch actions: pause, resume, seal, retry, cancel, extend.
//!
//! Idempotent: done, now or before → 200; under way → 202; forbidden by the state → 409.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::AppState;
use super::api::bodies::{AddItemsBody, PauseBody, RetryBody};
use super::api::{Accepted, Either, HandlerResult, JsonBody, Okay, Query, SubmissionBody};
use super::auth::Owner;
use super::correlation::Correlation;
use super::dto::BatchResource;
use super::field_errors::FieldError;
use super::form::JsonForm;
use super::lookup::{self, ById};
use super::order::ItemSource;
use super::problem::Problem;
use super::retry_form;
use super::submission::{self, ReceivedSubmission};
use super::upload;
use crate::commands::control::{AppliedControl, RetryRequest};
use quire_domain::batch::{BatchInput, ItemSweep, PauseMode, StoredStatus};
use quire_domain::ids::{BatchKey, CorrelationId};

/// The batch as it is now: done, or under way.
type ActionReply = Either<Okay<BatchResource>, Accepted<BatchResource>>;

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PauseQuery {
    /// As in the body.
    #[schemars(with = "Option<PauseMode>")]
    mode: Option<String>,
}

/// `{"mode": "drain" | "interrupt"}`, or `?mode=`; without either, `drain`.
pub(super) async fn pause(
    body: JsonBody<PauseBody>,
    batch: ById,
    Query(query): Query<PauseQuery>,
    by: Correlation,
) -> HandlerResult<ActionReply> {
    let (_, app, _) = &batch;
    let asked = body.read(app, |mut form| {
        let asked = form.take("mode", MODES, |mode| PauseMode::deserialize(mode).ok());
        form.finish().map(|()| asked)
    });
    let asked = asked.await?;
    let in_query = query
        .mode
        .as_deref()
        .map(|mode| PauseMode::deserialize(Value::from(mode)).map_err(|_| lookup::wrong("mode", mode, MODES)));
    let mode = in_query.transpose()?.or(asked).unwrap_or_default();
    Ok(ask(batch, BatchInput::PauseAsked { mode }, by).await?.reply())
}

const MODES: &str = "drain, interrupt";

pub(super) async fn resume(batch: ById, by: Correlation) -> HandlerResult<Okay<BatchResource>> {
    Ok(Okay::new(&ask(batch, BatchInput::ResumeAsked, by).await?.batch))
}

pub(super) async fn seal(batch: ById, by: Correlation) -> HandlerResult<Okay<BatchResource>> {
    Ok(Okay::new(&ask(batch, BatchInput::Sealed, by).await?.batch))
}

pub(super) async fn cancel(batch: ById, by: Correlation) -> HandlerResult<ActionReply> {
    Ok(ask(batch, BatchInput::CancelAsked, by).await?.reply())
}

/// Failed, expired and skipped items again; with `{"cancelled": true}` the cancelled ones, too; with `codes` or
/// `positions` only some that failed.
pub(super) async fn retry(
    body: JsonBody<RetryBody>,
    (id, app, Owner(owner)): ById,
    Correlation(by): Correlation,
) -> HandlerResult<ActionReply> {
    let request = body.read(&app, retry_form::read).await?;
    let found = lookup::batch(&app, owner, &id).await?.view.record;
    if is_being_done(&request, found.batch.retrying) {
        return Ok(Either::Right(Accepted::new(&current(&app, found.key).await?)));
    }
    let done = app.engine.retry(found.key, request, by).await?;
    let acted = Acted { batch: current(&app, found.key).await?, is_under_way: done.changed };
    Ok(acted.reply())
}

/// Whether it was asked for before. How many it is, only a retry that begins can say.
fn is_being_done(request: &RetryRequest, retrying: Option<ItemSweep>) -> bool {
    let RetryRequest { codes, positions, expected, .. } = request;
    if positions.is_some() || expected.is_some() {
        return false;
    }
    match retrying {
        Some(ItemSweep::RetryFailed { codes: of, .. }) => *codes == Some(of),
        Some(_) => codes.is_none(),
        None => false,
    }
}

/// `{"files": [...]}` or `{"items": n}`, or a form with `files`.
pub(super) async fn extend(
    body: SubmissionBody<AddItemsBody>,
    (id, app, Owner(owner)): ById,
    Correlation(by): Correlation,
) -> HandlerResult<Accepted<BatchResource>> {
    let engine = &app.engine;
    let found = lookup::batch(&app, owner, &id).await?.view;
    let purpose = format!("items of {}\0", found.record.id);
    let config = Arc::clone(&engine.config);
    let read = move |mut form: JsonForm<'_>, uploaded| {
        let more = ItemSource::read(&mut form, uploaded, &config);
        more.check(&mut form, &found.operations, uploaded);
        form.finish().map(|()| more)
    };
    let ReceivedSubmission { asked, uploaded, idempotency } = submission::receive(body, &app, &purpose, read).await?;
    let items = submission::gather(&app, owner, asked, &uploaded).await?;
    if items.is_empty() {
        let detail = "name at least one document to add".to_owned();
        return Err(Problem::invalid(FieldError { field: "files".into(), value: None, detail, allowed: None }));
    }
    let extend = engine.extend(found.record.key, items, idempotency, by);
    let extended = upload::keep(&engine.context, uploaded, extend).await?;
    let answer = Accepted::new(&current(&app, found.record.key).await?);
    Ok(if extended.replayed { submission::replayed(answer) } else { answer })
}

async fn ask((id, app, Owner(owner)): ById, event: BatchInput, Correlation(by): Correlation) -> Result<Acted, Problem> {
    let found = lookup::batch(&app, owner, &id).await?.view;
    control(&app, found.record.key, event, by).await
}

async fn control(app: &AppState, key: BatchKey, event: BatchInput, by: CorrelationId) -> Result<Acted, Problem> {
    let done = app.engine.control(key, event, by).await?;
    Ok(Acted { batch: current(app, key).await?, is_under_way: is_under_way(event, &done) })
}

/// Whether what was asked goes on.
pub(super) fn is_under_way(event: BatchInput, done: &AppliedControl) -> bool {
    match event {
        BatchInput::PauseAsked { .. } => done.record.batch.stored_status() == StoredStatus::Pausing,
        BatchInput::CancelAsked => !done.record.batch.is_ended(),
        BatchInput::RetryAsked { .. } => done.changed,
        _ => false,
    }
}

/// The batch after an action, which may go on.
struct Acted {
    batch: BatchResource,
    is_under_way: bool,
}

impl Acted {
    fn reply(&self) -> ActionReply {
        match self.is_under_way {
            true => Either::Right(Accepted::new(&self.batch)),
            false => Either::Left(Okay::new(&self.batch)),
        }
    }
}

async fn current(app: &AppState, key: BatchKey) -> Result<BatchResource, Problem> {
    let seen = lookup::batch_by_key(app, key).await?;
    Ok(BatchResource::of(seen, &app.engine))
}
