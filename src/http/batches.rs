//! Batches: submitted, listed, looked at.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::Front;
use super::auth::Owner;
use super::conditional;
use super::correlation::Correlation;
use super::cursor::{self, Cursor};
use super::dto::{BatchResource, batch_url};
use super::form::Form;
use super::lookup::{self, Addressed, PageQuery, Seen};
use super::order::Order;
use super::parcel::{self, Brought};
use super::problem::Answer;
use super::{upload, wares};
use crate::clock;
use crate::store::batches::{self, BatchOptions};
use crate::store::submit::NewBatch;

/// Answers once the batch is on disk.
pub async fn submit(
    request: HttpRequest,
    payload: web::Payload,
    front: web::Data<Front>,
    Owner(owner): Owner,
    Correlation(correlation): Correlation,
) -> Answer {
    let engine = &front.engine;
    let config = Arc::clone(&engine.config);
    let read = move |form: Form<'_>, uploaded| Order::read(form, uploaded, &config);
    let Brought { asked: order, uploaded, idempotency } = parcel::receive(&request, payload, &front, "", read).await?;
    let items = wares::gather(&front, owner, order.wares, &uploaded).await?;
    let password = order.password.map(|password| engine.world.vault.seal(&password)).transpose()?;
    let new = NewBatch {
        id: clock::new_batch_id(),
        owner,
        name: order.name,
        collection: order.collection,
        operations: order.operations,
        options: BatchOptions { password, ..order.options },
        priority: order.priority,
        on_failure: order.on_failure,
        sealed: order.sealed,
        not_before: order.not_before,
        deadline: order.deadline,
        correlation,
        idempotency,
        items,
    };
    let submitted = upload::keep(&engine.world, uploaded, engine.submit(new)).await?;
    let seen = lookup::batch_by_key(&front, submitted.held.key).await?;
    let mut answer = HttpResponse::Accepted();
    answer.insert_header((header::LOCATION, batch_url(submitted.held.id)));
    if submitted.replayed {
        answer.insert_header(parcel::REPLAYED);
    }
    Ok(answer.json(BatchResource::of(seen, engine)))
}

#[derive(Debug, Serialize)]
struct BatchPage {
    batches: Vec<BatchResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

/// Newest first; `?collection=` keeps those of one collection.
pub async fn list(query: web::Query<PageQuery>, front: web::Data<Front>, Owner(owner): Owner) -> Answer {
    let (limit, collection) = (query.limit(&front)?, query.collection()?);
    let before = match query.cursor()? {
        None => None,
        Some(Cursor::Batches { before }) => Some(before),
        Some(_) => return Err(cursor::foreign()),
    };
    let found = front.engine.world.read(move |conn| {
        let found = batches::list(conn, owner, collection.as_deref(), before, limit + 1)?;
        found.into_iter().map(|view| Seen::of(conn, view)).collect::<Result<Vec<_>, _>>()
    });
    let mut found = found.await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|last| Cursor::Batches { before: last.view.held.key }.word());
    let batches: Vec<_> = found.into_iter().map(|seen| BatchResource::of(seen, &front.engine)).collect();
    Ok(HttpResponse::Ok().json(BatchPage { batches, next_cursor: next }))
}

/// One batch, or 304 when the client has it as it is.
pub async fn show(request: HttpRequest, (id, front, Owner(owner)): Addressed) -> Answer {
    let resource = BatchResource::of(lookup::batch(&front, owner, &id).await?, &front.engine);
    let etag = resource.etag();
    if conditional::is_known(&request, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag)).json(resource))
}
