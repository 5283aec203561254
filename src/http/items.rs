//! Handlers of a batch's items, their attempts and their artifacts.

use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::Serialize;

use super::AppState;
use super::api::{FileContent, HandlerResult, Okay, Query};
use super::auth::Owner;
use super::cursor::ListCursor;
use super::download::{self, Download};
use super::dto::AttemptView;
use super::item_dto::{ItemResource, resources, visible};
use super::item_query::ItemListQuery;
use super::lookup::{self, ById, BySubId};
use quire_store::StoreError;
use quire_store::documents::{Document, DocumentSource};
use quire_store::items::ItemDetails;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ItemList {
    items: Vec<ItemResource>,
    /// Null on the last page. With `name` a page may have no items and a next one all the same.
    next_cursor: Option<String>,
}

/// In input order; parameters keep some of them, or begin elsewhere.
pub(super) async fn list(
    (id, app, Owner(owner)): ById,
    Query(query): Query<ItemListQuery>,
) -> HandlerResult<Okay<ItemList>> {
    let record = lookup::batch(&app, owner, &id).await?.view.record;
    let (key, wanted) = (record.key, query.read(record.key, &app)?);
    let filter = wanted.filter();
    let read = app.engine.context.read(move |snapshot| {
        let found = wanted.find(snapshot, key)?;
        Ok((snapshot.item_page(key, found.items)?, found.next))
    });
    let (page, next) = read.await?;
    let next = next.map(|after| ListCursor::Items { batch: key, filter, after }.encode());
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
    let page: ItemDetails = read.await?;
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
