//! Handlers of a batch's items, their attempts and their artifacts.

use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::api::{FileContent, HandlerResult, Okay, Query};
use super::auth::Owner;
use super::cursor::{self, ListCursor};
use super::download::{self, Download};
use super::dto::AttemptView;
use super::item_dto::{ItemResource, resources, visible};
use super::lookup::{self, ById, BySubId, Paging};
use quire_domain::item::ItemState;
use quire_store::StoreError;
use quire_store::documents::{Document, DocumentSource};
use quire_store::items::{ItemFilter, ItemPage};

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ItemList {
    items: Vec<ItemResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ItemListQuery {
    #[serde(flatten)]
    paging: Paging,
    /// Keeps those in one state.
    #[schemars(with = "Option<ItemState>")]
    state: Option<String>,
}

/// In input order; `?state=` keeps those in one state.
pub(super) async fn list(
    (id, app, Owner(owner)): ById,
    Query(query): Query<ItemListQuery>,
) -> HandlerResult<Okay<ItemList>> {
    let record = lookup::batch(&app, owner, &id).await?.view.record;
    let (key, limit) = (record.key, query.paging.limit(&app)?);
    let state = lookup::one_of("state", query.state.as_deref(), ItemState::NAMES)?;
    let after = match query.paging.cursor()? {
        None => 0,
        Some(ListCursor::Items { batch, state: of, after }) if batch == key && of == state => after,
        Some(_) => return Err(cursor::foreign()),
    };
    let pick = state.map_or(ItemFilter::Behind { after }, |state| ItemFilter::InState { state, after });
    let read = app.engine.context.read(move |snapshot| {
        let mut found = snapshot.items(key, pick, limit + 1)?;
        let has_more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let last = found.last().filter(|_| has_more).map(|item| item.position);
        Ok((snapshot.item_page(key, found)?, last))
    });
    let (page, last) = read.await?;
    let next = last.map(|after| ListCursor::Items { batch: key, state, after }.encode());
    let items = resources(page, &record, &app.engine);
    Ok(Okay::new(&ItemList { items, next_cursor: next }))
}

/// One item with all its attempts.
pub(super) async fn show((path, app, Owner(owner)): BySubId) -> HandlerResult<Okay<ItemResource>> {
    let (id, position) = path.into_inner();
    let record = lookup::batch(&app, owner, &id).await?.view.record;
    let (key, position) = (record.key, lookup::position(&position)?);
    let read = app.engine.context.read(move |snapshot| {
        let stored = snapshot.item(key, position)?;
        snapshot.item_page(key, vec![stored])
    });
    let page: ItemPage = read.await?;
    let attempts: Vec<AttemptView> = page.attempts.iter().cloned().map(AttemptView::from).collect();
    let item = resources(page, &record, &app.engine).pop().ok_or(StoreError::NotFound("item"))?;
    Ok(Okay::new(&ItemResource { attempts: Some(attempts), ..item }))
}

/// The document as it was sent, whole or in part, whatever became of the item: a bug report needs it.
pub(super) async fn document(request: HttpRequest, (path, app, Owner(owner)): BySubId) -> HandlerResult<FileContent> {
    let (id, position) = path.into_inner();
    let key = lookup::batch(&app, owner, &id).await?.view.record.key;
    let position = lookup::position(&position)?;
    let read = app.engine.context.read(move |snapshot| {
        snapshot.item(key, position)?;
        snapshot.document(key, position)
    });
    let Some(Document { name, size_bytes, source: DocumentSource::Blob(sha256), .. }) = read.await? else {
        return Err(StoreError::NotFound("document").into());
    };
    // Nobody has vouched for what is in it.
    let wanted = Download { name, media_type: "application/octet-stream".into(), size_bytes, sha256 };
    download::answer(&request, wanted, &app.engine.context.blobs).await
}

/// One artifact, whole or in part.
pub(super) async fn artifact(
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
) -> HandlerResult<FileContent> {
    let (id, position, name) = path.into_inner();
    let record = lookup::batch(&app, owner, &id).await?.view.record;
    let (key, position) = (record.key, lookup::position(&position)?);
    let read = app.engine.context.read(move |snapshot| {
        let stored = snapshot.item(key, position)?;
        let files = snapshot.artifacts(key, position, stored.item.generation)?;
        let row = visible(files, &stored, &record).find(|row| row.name == name);
        let row = row.ok_or(StoreError::NotFound("artifact"))?;
        Ok((row, snapshot.document(key, position)?))
    });
    let (row, document) = read.await?;
    let name = match document {
        Some(document) => format!("{}.{}", document.name, row.name),
        None => row.name,
    };
    let wanted = Download { name, media_type: row.media_type, size_bytes: row.size_bytes as u64, sha256: row.sha256 };
    download::answer(&request, wanted, &app.engine.context.blobs).await
}
