//! Handler of the search: batches and documents of one's own, by a part of their names or the beginning of an id.

use actix_web::web;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::api::{HandlerResult, Okay, Query};
use super::auth::Owner;
use super::dto::batch_url;
use super::field_errors::FieldError;
use super::lookup;
use super::problem::Problem;
use quire_domain::closed_list;
use quire_store::name_search::{NameSearchHit, NameSearchRequest};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SearchQuery {
    /// A part of a batch's name, its collection, or a document's name (large and small ASCII letters are the same), or the
    /// first digits of a batch's id.
    #[schemars(with = "String", length(min = 1, max = 200), regex(pattern = r"^[^\u0000]*$"))]
    q: Option<String>,
}

closed_list! {
    #[derive(JsonSchema)]
    pub(super) enum HitKind {
        Batch = "batch",
        Item = "item",
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HitView {
    kind: HitKind,
    /// The batch's id; of an item, that and its position, with a slash between them.
    id: String,
    title: String,
    href: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SearchResult {
    /// At most 20: batches by id, then by name and collection, then items; newest batches first. Of very many only the
    /// newest are looked at (`http.max_searched_rows`).
    hits: Vec<HitView>,
}

const MOST: u32 = 20;

pub(super) async fn search(
    Query(query): Query<SearchQuery>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
) -> HandlerResult<Okay<SearchResult>> {
    let Some(text) = lookup::part("q", query.q.as_deref())? else {
        let (detail, allowed) = ("what is looked for?".to_owned(), Some("1 to 200 characters".to_owned()));
        return Err(Problem::invalid(FieldError { field: "q".into(), value: None, detail, allowed }));
    };
    let wanted = NameSearchRequest { text, limit: MOST, looked_at: app.engine.config.http.max_searched_rows as u32 };
    let hits = app.engine.context.read(move |snapshot| snapshot.search(owner, &wanted)).await?;
    Ok(Okay::new(&SearchResult { hits: hits.into_iter().map(HitView::from).collect() }))
}

impl From<NameSearchHit> for HitView {
    fn from(hit: NameSearchHit) -> Self {
        let batch = hit.batch.to_string();
        match hit.item {
            None => Self {
                kind: HitKind::Batch,
                title: hit.title.unwrap_or_else(|| batch.clone()),
                id: batch,
                href: batch_url(hit.batch),
            },
            Some(position) => Self {
                kind: HitKind::Item,
                id: format!("{batch}/{position}"),
                title: hit.title.unwrap_or_default(),
                href: format!("{}/items/{position}", batch_url(hit.batch)),
            },
        }
    }
}
