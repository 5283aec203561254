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
use super::history::{self, AsOfQuery, AsOfView, PastView};
use super::item_dto::{ItemResource, resources, visible};
use super::item_query::ItemListQuery;
use super::lookup::{self, ById, BySubId};
use quire_domain::ids::BatchKey;
use quire_store::documents::{Document, DocumentSource};
use quire_store::items::{ItemDetails, StoredItem};
use quire_store::{StoreError, StoreSnapshot};

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ItemList {
    items: Vec<ItemResource>,
    /// The place in the log that this is of, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<AsOfView>,
    /// Null on the last page. With `name` a page may have no items and a next one all the same.
    next_cursor: Option<String>,
}

/// In input order; parameters keep some of them, or begin elsewhere.
pub(super) async fn list(
    (id, app, Owner(owner)): ById,
    Query(query): Query<ItemListQuery>,
) -> HandlerResult<Okay<ItemList>> {
    let (view, past) = history::now_or_as_of(&app, owner, &id, query.as_of()?).await?;
    let record = view.record;
    let (key, wanted) = (record.key, query.read(record.key, &app)?);
    let (filter, as_of) = (wanted.filter(), past.as_ref().map(PastView::as_of));
    let seen = past.clone();
    let read = app.engine.context.read(move |snapshot| {
        let found = wanted.find(snapshot, key, past.as_ref())?;
        Ok((details(snapshot, key, found.items, past.as_ref())?, found.next))
    });
    let (page, next) = read.await?;
    let next_cursor = next.map(|after| ListCursor::Items { batch: key, filter, after }.encode());
    let items = resources(page, &record, seen.as_ref(), &app.engine);
    Ok(Okay::new(&ItemList { items, as_of, next_cursor }))
}

/// One item with all its attempts.
pub(super) async fn show(
    (path, app, Owner(owner)): BySubId,
    Query(query): Query<AsOfQuery>,
) -> HandlerResult<Okay<ItemResource>> {
    let (id, position) = path.into_inner();
    let (view, past) = history::now_or_as_of(&app, owner, &id, query.read()?).await?;
    let (record, position) = (view.record, lookup::position(&position)?);
    let (key, seen) = (record.key, past.clone());
    let read = app.engine.context.read(move |snapshot| {
        let stored = snapshot.item(key, position)?;
        details(snapshot, key, vec![stored], past.as_ref())
    });
    let page: ItemDetails = read.await?;
    let attempts: Vec<AttemptView> = page.attempts.iter().cloned().map(AttemptView::from).collect();
    let item = resources(page, &record, seen.as_ref(), &app.engine).pop().ok_or(StoreError::NotFound("item"))?;
    Ok(Okay::new(&ItemResource { attempts: Some(attempts), ..item }))
}

/// What readers want to see of the items, as they are or as they were.
fn details(
    snapshot: &mut dyn StoreSnapshot,
    batch: BatchKey,
    items: Vec<StoredItem>,
    past: Option<&PastView>,
) -> Result<ItemDetails, StoreError> {
    let mut page = snapshot.item_page(batch, items)?;
    if let Some(past) = past {
        past.turn_back(&mut page);
    }
    Ok(page)
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
