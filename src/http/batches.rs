//! Batches: submitted, listed, looked at.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Front;
use super::auth::Owner;
use super::body::{self, Kind};
use super::conditional;
use super::correlation::Correlation;
use super::cursor::{self, Cursor};
use super::dto::{BatchResource, batch_url};
use super::form::Form;
use super::intake;
use super::lookup::{self, PageQuery, Seen};
use super::order::Order;
use super::problem::{Code, Problem};
use super::upload;
use super::wares;
use crate::clock;
use crate::store::batches;
use crate::store::blobs::hex;
use crate::store::submit::{Idempotency, NewBatch};

/// Answers once the batch is on disk.
pub async fn submit(
    request: HttpRequest,
    payload: web::Payload,
    front: web::Data<Front>,
    Owner(owner): Owner,
    Correlation(correlation): Correlation,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&request)?;
    let payload = intake::admit(&front, payload).await?;
    let engine = &front.engine;
    let mut digest = Sha256::new();
    let mut uploaded = Vec::new();
    let form = if body::kind(&request) == Kind::Multipart {
        let parcel = upload::receive_form(&request, payload, &engine.world, &engine.config).await?;
        // The boundary of a form differs each time it is sent: what counts is what it carries.
        digest.update(&parcel.options);
        for file in &parcel.files {
            digest.update(format!("\0{}\0{}", file.name, file.blob.sha256));
        }
        uploaded = parcel.files;
        Form::parse(&parcel.options)?
    } else {
        let bytes = body::json_bytes(&request, payload, &engine.config).await?;
        digest.update(&bytes);
        Form::parse(&bytes)?
    };
    let order = Order::read(form, uploaded.len(), &engine.config)?;
    let items = wares::gather(&front, owner, order.wares, uploaded).await?;
    let new = NewBatch {
        id: clock::new_batch_id(),
        owner,
        name: order.name,
        operations: order.operations,
        options: order.options,
        priority: order.priority,
        on_failure: order.on_failure,
        sealed: order.sealed,
        not_before: order.not_before,
        deadline: order.deadline,
        correlation,
        idempotency: key.map(|key| Idempotency { key, fingerprint: hex(&digest.finalize()) }),
        items,
    };
    let submitted = engine.submit(new).await?;
    let seen = lookup::batch_by_key(&front, submitted.held.key).await?;
    let mut answer = HttpResponse::Accepted();
    answer.insert_header((header::LOCATION, batch_url(submitted.held.id)));
    if submitted.replayed {
        answer.insert_header(("Idempotent-Replayed", "true"));
    }
    Ok(answer.json(BatchResource::of(seen, engine)))
}

#[derive(Debug, Serialize)]
struct BatchPage {
    batches: Vec<BatchResource>,
    /// Absent on the last page.
    next_cursor: Option<String>,
}

/// Newest first.
pub async fn list(
    query: web::Query<PageQuery>,
    front: web::Data<Front>,
    Owner(owner): Owner,
) -> Result<HttpResponse, Problem> {
    let limit = query.limit(&front)?;
    let before = match query.cursor()? {
        None => None,
        Some(Cursor::Batches { before }) => Some(before),
        Some(Cursor::Items { .. }) => return Err(cursor::foreign()),
    };
    let found = front.engine.world.read(move |conn| {
        let found = batches::list(conn, owner, before, limit + 1)?;
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
pub async fn show(
    request: HttpRequest,
    id: web::Path<String>,
    front: web::Data<Front>,
    Owner(owner): Owner,
) -> Result<HttpResponse, Problem> {
    let resource = BatchResource::of(lookup::batch(&front, owner, &id).await?, &front.engine);
    let etag = resource.etag();
    if conditional::is_known(&request, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag)).json(resource))
}

const KEY_CHARS: usize = 255;

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=KEY_CHARS).contains(&key.len()));
    let wrong = || Problem::new(Code::BadIdempotencyKey, "Give 1 to 255 visible ASCII characters, such as a UUID.");
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}
