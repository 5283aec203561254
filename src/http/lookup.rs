//! Extractors for routes with an id: path, state, owner.

use actix_web::web;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use super::auth::Owner;
use super::cursor::ListCursor;
use super::field_errors::{FieldError, cut};
use super::problem::{Problem, ProblemCode};
use super::{AppState, order};
use quire_domain::ids::{BatchId, BatchKey, Micros, OwnerKey};
use quire_store::batches::BatchView;
use quire_store::{StoreError, StoreSnapshot, enum_text};

/// Extractor for routes with one id: path, state, owner.
pub(super) type ById = (web::Path<String>, web::Data<AppState>, Owner);

/// Extractor for routes with two ids: path, state, owner.
pub(super) type BySubId = (web::Path<(String, String)>, web::Data<AppState>, Owner);

/// An owner's batch. What is no id is nobody's id.
///
/// # Errors
/// `batch_not_found`, also for another owner's.
pub(super) async fn batch(app: &AppState, owner: OwnerKey, id: &str) -> Result<BatchWithBackoff, Problem> {
    let id = batch_id(id)?;
    let found = app.engine.context.read(move |snapshot| {
        let key = snapshot.find_batch(owner, id)?;
        snapshot.batch_view(key).and_then(|view| BatchWithBackoff::of(snapshot, view))
    });
    Ok(found.await?)
}

/// As [`batch`], by its key.
///
/// # Errors
/// When the store fails.
pub(super) async fn batch_by_key(app: &AppState, key: BatchKey) -> Result<BatchWithBackoff, Problem> {
    let found = app
        .engine
        .context
        .read(move |snapshot| snapshot.batch_view(key).and_then(|view| BatchWithBackoff::of(snapshot, view)));
    Ok(found.await?)
}

/// A batch with what explains why it waits.
#[derive(Debug)]
pub(super) struct BatchWithBackoff {
    pub view: BatchView,
    pub next_backoff: Option<Micros>,
}

impl BatchWithBackoff {
    /// # Errors
    /// When the store fails.
    pub(super) fn of(snapshot: &mut dyn StoreSnapshot, view: BatchView) -> Result<Self, StoreError> {
        let next_backoff = match view.record.batch.counts.retry_wait {
            0 => None,
            _ => snapshot.next_backoff(view.record.key)?,
        };
        Ok(Self { view, next_backoff })
    }
}

fn batch_id(id: &str) -> Result<BatchId, Problem> {
    Uuid::try_parse(id).map(BatchId).map_err(|_| StoreError::NotFound("batch").into())
}

/// # Errors
/// `item_not_found` for what is no position.
pub(super) fn position(text: &str) -> Result<u32, Problem> {
    let position = text.parse().ok().filter(|position| (1..=i32::MAX as u32).contains(position));
    position.ok_or_else(|| StoreError::NotFound("item").into())
}

/// `?limit=&cursor=` of a list.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Paging {
    /// At most so many; 100 when left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000))]
    pub limit: Option<String>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Paging {
    /// # Errors
    /// `validation_failed` for a number out of range.
    pub(super) fn limit(&self, app: &AppState) -> Result<u32, Problem> {
        limit(app, self.limit.as_deref())
    }

    /// # Errors
    /// `bad_cursor`.
    pub(super) fn cursor(&self) -> Result<Option<ListCursor>, Problem> {
        self.cursor.as_deref().map(ListCursor::parse).transpose()
    }
}

/// A parameter that is a number from 1 to `most`; `why` follows that in the refusal.
///
/// # Errors
/// `validation_failed` for what is none.
pub(super) fn number(name: &str, given: Option<&str>, most: u32, why: &str) -> Result<Option<u32>, Problem> {
    let read = |text: &str| text.parse().ok().filter(|number| (1..=most).contains(number));
    given.map(|text| read(text).ok_or_else(|| wrong(name, text, &format!("1 to {most}{why}")))).transpose()
}

/// How many are wanted at most.
///
/// # Errors
/// `validation_failed` for a number out of range.
pub(super) fn limit(app: &AppState, given: Option<&str>) -> Result<u32, Problem> {
    let most = app.engine.config.http.max_page_items as u32;
    let limit = number("limit", given, most, " (http.max_page_items)")?;
    Ok(limit.unwrap_or(most.min(DEFAULT_LIMIT)))
}

/// A parameter that is one of a closed list, of which these are all.
///
/// # Errors
/// `validation_failed` for a word that is not in it.
pub(super) fn one_of<'a, T: Deserialize<'a>>(
    name: &str,
    given: Option<&'a str>,
    all: &[&str],
) -> Result<Option<T>, Problem> {
    let parse = |text: &'a str| enum_text::parse(text).map_err(|_| wrong(name, text, &all.join(", ")));
    given.map(parse).transpose()
}

/// # Errors
/// `validation_failed` for what is no collection's name.
pub(super) fn collection(given: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(name) = given else { return Ok(None) };
    order::collection(&name.into()).map(Some).ok_or_else(|| wrong("collection", name, order::COLLECTION_RULE))
}

/// Words to be looked for.
///
/// # Errors
/// `validation_failed` for none, or too many.
pub(super) fn part(name: &str, given: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = given else { return Ok(None) };
    order::text(&text.into(), order::NAME_CHARS).map(Some).ok_or_else(|| wrong(name, text, "1 to 200 characters"))
}

const DEFAULT_LIMIT: u32 = 100;

/// One parameter of the query is wrong.
pub(super) fn wrong(field: &str, value: &str, allowed: &str) -> Problem {
    let value = cut(value, 100);
    Problem::invalid(FieldError {
        field: field.into(),
        value: Some(value.into()),
        detail: "this value is not taken".into(),
        allowed: Some(allowed.into()),
    })
}

/// Limit of the framework's message, which may quote the query.
const SAID_CHARS: usize = 200;

/// Turns the framework's refusal of a query into a problem.
pub(super) fn query_config() -> web::QueryConfig {
    web::QueryConfig::default().error_handler(|error, _| {
        Problem::new(
            ProblemCode::BadRequest,
            format!("The query cannot be understood: {}.", cut(&error.to_string(), SAID_CHARS)),
        )
        .into()
    })
}
