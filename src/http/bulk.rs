//! One act on many batches: all that a filter keeps, whose number the caller has to know.

use actix_web::web;
use futures_util::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AppState;
use super::api::bodies::BulkBody;
use super::api::{HandlerResult, JsonBody, Okay};
use super::auth::Owner;
use super::batch_actions::is_under_way;
use super::correlation::Correlation;
use super::field_errors::FieldError;
use super::form::JsonForm;
use super::order::{self, NAME_CHARS, known, text, words};
use super::problem::{Problem, ProblemCode};
use crate::actors::engine::Engine;
use quire_base::clock;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::batch::{BatchInput, BatchStatus, PauseMode};
use quire_domain::closed_list;
use quire_domain::ids::{BatchId, CorrelationId, OwnerKey};
use quire_store::batch_filter::{BatchFilter, BatchScanLimits};
use quire_store::batches::BatchRecord;

closed_list! {
    #[derive(Deserialize, JsonSchema)]
    pub(super) enum BulkVerb {
        /// What runs may finish.
        Pause = "pause",
        Resume = "resume",
        Cancel = "cancel",
        /// Failed, expired and skipped items.
        Retry = "retry",
    }
}

impl BulkVerb {
    fn event(self) -> BatchInput {
        match self {
            BulkVerb::Pause => BatchInput::PauseAsked { mode: PauseMode::Drain },
            BulkVerb::Resume => BatchInput::ResumeAsked,
            BulkVerb::Cancel => BatchInput::CancelAsked,
            BulkVerb::Retry => BatchInput::RetryAsked { cancelled_too: false },
        }
    }
}

#[derive(Debug)]
pub(super) struct BulkOrder {
    verb: Option<BulkVerb>,
    filter: BatchFilter,
    expected: Option<u64>,
    is_dry_run: bool,
}

/// # Errors
/// `validation_failed` with every field that is wrong.
pub(super) fn read(mut form: JsonForm<'_>) -> Result<BulkOrder, Problem> {
    let allowed = BulkVerb::NAMES.join(", ");
    let verb = form.take("verb", &allowed, known);
    let order = BulkOrder {
        verb,
        filter: filter(&mut form),
        expected: form.take("expected", "a whole number, 0 or more", Value::as_u64),
        is_dry_run: form.take("dry_run", "true, false", Value::as_bool).unwrap_or_default(),
    };
    if verb.is_none() && form.is_empty() {
        form.refuse("verb", None, "what is to be done?", Some(&allowed));
    }
    if order.expected.is_none() && !order.is_dry_run && form.is_empty() {
        let detail = "how many batches are meant? `dry_run`: true counts them and does nothing";
        form.refuse("expected", None, detail, Some("the number of batches that the filter keeps"));
    }
    form.finish()?;
    Ok(order)
}

const FILTER: &str = "{status, collection, q}; {} keeps all of your batches";

fn filter(form: &mut JsonForm<'_>) -> BatchFilter {
    let Some(raw) = form.take_raw("filter") else {
        form.refuse("filter", None, "which batches are meant?", Some(FILTER));
        return BatchFilter::default();
    };
    let Ok(mut inner) = JsonForm::within(raw.get().as_bytes(), "filter.".to_owned(), form.bounds()) else {
        form.refuse("filter", Some(raw), "this value is not taken", Some(FILTER));
        return BatchFilter::default();
    };
    let allowed = BatchStatus::NAMES.join(", ");
    let statuses = inner.take_raw("status").and_then(|raw| words(&mut inner, ("status", raw), ("status", &allowed)));
    let filter = BatchFilter {
        statuses: statuses.unwrap_or_default(),
        collection: inner.take("collection", order::COLLECTION_RULE, order::collection),
        q: inner.take("q", "1 to 200 characters", |value| text(value, NAME_CHARS)),
        with_failures: false,
    };
    form.put_batch(inner.into_errors());
    filter
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BulkResult {
    /// Batches that the filter kept.
    matched: u64,
    /// Those with which it is done, now or before.
    done: u64,
    /// Those with which it goes on.
    under_way: u64,
    /// Those that did not take it: the first ones, at most `http.max_page_items`.
    refused: Vec<RefusedBatch>,
    /// How many there are of these.
    refused_count: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RefusedBatch {
    batch: BatchId,
    code: ProblemCode,
}

/// Acts on what the filter keeps at this moment, if that is as many as expected; then on each batch for itself.
pub(super) async fn act(
    body: JsonBody<BulkBody>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
    Correlation(by): Correlation,
) -> HandlerResult<Okay<BulkResult>> {
    let BulkOrder { verb, filter, expected, is_dry_run } = body.read(&app, read).await?;
    let found = matching(&app, owner, filter).await?;
    let matched = found.len() as u64;
    if expected.is_some_and(|expected| expected != matched) && !is_disabled(Safeguard::HttpExpected) {
        let detail =
            format!("The filter keeps {matched} batches by now; nothing was done. Look again and send that number.");
        return Err(Problem::new(ProblemCode::ExpectedDiffers, detail).matched(matched));
    }
    let mut result = BulkResult { matched, done: 0, under_way: 0, refused: Vec::new(), refused_count: 0 };
    let Some(verb) = verb.filter(|_| !is_dry_run) else { return Ok(Okay::new(&result)) };
    let engine = &app.engine;
    let acts = stream::iter(found).map(|record| one(engine, record, verb, by.clone())).buffered(AT_ONCE);
    let mut acts = std::pin::pin!(acts);
    let most = engine.config.http.max_page_items;
    while let Some((batch, outcome)) = acts.next().await {
        match outcome {
            Ok(false) => result.done += 1,
            Ok(true) => result.under_way += 1,
            Err(code) => {
                result.refused_count += 1;
                if result.refused_count <= most {
                    result.refused.push(RefusedBatch { batch, code });
                }
            }
        }
    }
    Ok(Okay::new(&result))
}

/// Writes that wait for one commit together.
const AT_ONCE: usize = 64;

/// Whether it goes on, or why it was refused.
async fn one(
    engine: &Engine,
    record: BatchRecord,
    verb: BulkVerb,
    by: CorrelationId,
) -> (BatchId, Result<bool, ProblemCode>) {
    if verb == BulkVerb::Retry && record.batch.retrying.is_some() {
        return (record.id, Ok(true));
    }
    let done = engine.control(record.key, verb.event(), by).await;
    let outcome = done.map(|done| is_under_way(verb.event(), &done)).map_err(|error| Problem::from(error).code());
    (record.id, outcome)
}

/// All of them, or a refusal.
async fn matching(app: &AppState, owner: OwnerKey, filter: BatchFilter) -> Result<Vec<BatchRecord>, Problem> {
    let http = &app.engine.config.http;
    let (limit, looked_at) = (http.max_bulk_batches as u32, http.max_scanned_batches as u32);
    let scan = BatchScanLimits { limit, looked_at, now: clock::now() };
    let read = app.engine.context.read(move |snapshot| snapshot.matching_batches(owner, &filter, None, scan));
    let found = read.await?;
    if found.next.is_none() {
        return Ok(found.batches.into_iter().map(|view| view.record).collect());
    }
    let detail = match found.batches.len() as u64 == http.max_bulk_batches {
        true => format!("it keeps more than {limit} batches (http.max_bulk_batches); narrow it, and ask several times"),
        false => format!("more than {looked_at} batches would be looked at (http.max_scanned_batches); name a status"),
    };
    Err(Problem::invalid(FieldError { field: "filter".into(), value: None, detail, allowed: Some(FILTER.into()) }))
}
