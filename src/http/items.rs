//! The items of a batch, their attempts and their artifacts.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::Front;
use super::auth::Owner;
use super::cursor::{self, Cursor};
use super::download::{self, Download};
use super::dto::AttemptView;
use super::item_dto::{ItemResource, resources, visible};
use super::lookup::{self, Addressed, Below, PageQuery};
use super::problem::Answer;
use crate::store::StoreError;
use crate::store::artifacts;
use crate::store::documents::{self, Document, Source};
use crate::store::items::{self, ItemPage, Pick};

#[derive(Debug, Serialize)]
struct ItemList {
    items: Vec<ItemResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

/// In input order; `?state=` keeps those in one state.
pub async fn list((id, front, Owner(owner)): Addressed, query: web::Query<PageQuery>) -> Answer {
    let held = lookup::batch(&front, owner, &id).await?.view.held;
    let (key, limit, state) = (held.key, query.limit(&front)?, query.state()?);
    let after = match query.cursor()? {
        None => 0,
        Some(Cursor::Items { batch, state: of, after }) if batch == key && of == state => after,
        Some(_) => return Err(cursor::foreign()),
    };
    let pick = state.map_or(Pick::Behind { after }, |state| Pick::InState { state, after });
    let read = front.engine.world.read(move |conn| {
        let mut found = items::pick(conn, key, pick, limit + 1)?;
        let has_more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let last = found.last().filter(|_| has_more).map(|item| item.position);
        Ok((items::page(conn, key, found)?, last))
    });
    let (page, last) = read.await?;
    let next = last.map(|after| Cursor::Items { batch: key, state, after }.word());
    let items = resources(page, &held, &front.engine);
    Ok(HttpResponse::Ok().json(ItemList { items, next_cursor: next }))
}

/// One item with all its attempts.
pub async fn show((path, front, Owner(owner)): Below) -> Answer {
    let (id, position) = path.into_inner();
    let held = lookup::batch(&front, owner, &id).await?.view.held;
    let (key, position) = (held.key, lookup::position(&position)?);
    let read = front.engine.world.read(move |conn| {
        let stored = items::load(conn, key, position)?;
        items::page(conn, key, vec![stored])
    });
    let page: ItemPage = read.await?;
    let attempts: Vec<AttemptView> = page.attempts.iter().cloned().map(AttemptView::from).collect();
    let mut resource = resources(page, &held, &front.engine).pop();
    if let Some(item) = &mut resource {
        item.attempts = Some(attempts);
    }
    Ok(HttpResponse::Ok().json(resource))
}

/// The document as it was sent, whole or in part, whatever became of the item: a bug report needs it.
pub async fn document(request: HttpRequest, (path, front, Owner(owner)): Below) -> Answer {
    let (id, position) = path.into_inner();
    let key = lookup::batch(&front, owner, &id).await?.view.held.key;
    let position = lookup::position(&position)?;
    let read = front.engine.world.read(move |conn| {
        items::load(conn, key, position)?;
        documents::of_item(conn, key, position)
    });
    let Some(Document { name, size_bytes, source: Source::Blob(sha256), .. }) = read.await? else {
        return Err(StoreError::NotFound("document").into());
    };
    // Nobody has vouched for what is in it.
    let wanted = Download { name, media_type: "application/octet-stream".into(), size_bytes, sha256 };
    download::answer(&request, wanted, &front.engine.world.blobs).await
}

/// One artifact, whole or in part.
pub async fn artifact(
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    front: web::Data<Front>,
    Owner(owner): Owner,
) -> Answer {
    let (id, position, name) = path.into_inner();
    let held = lookup::batch(&front, owner, &id).await?.view.held;
    let (key, position) = (held.key, lookup::position(&position)?);
    let read = front.engine.world.read(move |conn| {
        let stored = items::load(conn, key, position)?;
        let files = artifacts::of_item(conn, key, position, stored.item.generation)?;
        let row = visible(files, &stored, &held).find(|row| row.name == name);
        let row = row.ok_or(StoreError::NotFound("artifact"))?;
        Ok((row, documents::of_item(conn, key, position)?))
    });
    let (row, document) = read.await?;
    let name = match document {
        Some(document) => format!("{}.{}", document.name, row.name),
        None => row.name,
    };
    let wanted = Download { name, media_type: row.media_type, size_bytes: row.size_bytes as u64, sha256: row.sha256 };
    download::answer(&request, wanted, &front.engine.world.blobs).await
}
