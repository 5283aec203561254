//! The states of all items of a batch as bytes, of one revision: small enough for a batch of a million items to be drawn.

use std::io;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::api::{BinaryContent, Either, HandlerResult, NotModified, Query};
use super::assets::{gzip, takes_gzip};
use super::auth::Owner;
use super::history::{self, AsOfQuery, PastView};
use super::lookup::{self, ById};
use super::problem::Problem;
use super::{AppState, conditional, head};
use quire_domain::failure::FailureCode;
use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;
use quire_store::{StoreError, StoreSnapshot};

const BYTES_PER_ITEM: u64 = 2;
/// Rows in memory at once; of all the others there are their two bytes.
const PAGE: u32 = 10_000;

/// Walks over all items of a batch, one at a time: each holds a read connection for as long as it takes, and short
/// reads need the others.
#[derive(Debug)]
pub(super) struct StateWalks(Arc<Semaphore>);

impl StateWalks {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }

    /// The right to walk, once nobody else does.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.0).acquire_owned().await
    }
}

/// Two bytes for each item, in input order: the number of its state in `X-Quire-States`, counted from 0, and the number
/// of its failure code in `X-Quire-Failures`, counted from 1; 0 is none. All of them are of the revision `X-Quire-Rev`.
pub(super) async fn states(
    request: HttpRequest,
    (id, app, Owner(owner)): ById,
    Query(query): Query<AsOfQuery>,
) -> HandlerResult<Either<BinaryContent, NotModified>> {
    if let Some(as_of) = query.read()? {
        let (_, past) = history::batch_as_of(&app, owner, &id, as_of).await?;
        return past_states(&request, &past).await.map(Either::Left);
    }
    let record = lookup::batch(&app, owner, &id).await?.view.record;
    if conditional::is_known(&request, &etag(record.rev)) {
        return Ok(Either::Right(unchanged(record.rev)));
    }
    if head::is_asked(&request) {
        let length = record.batch.counts.total * BYTES_PER_ITEM;
        let nothing = SizedStream::new(length, stream::empty::<io::Result<Bytes>>());
        return Ok(Either::Left(answer(record.rev, HttpResponse::Ok().body(nothing))));
    }
    let (rev, bytes) = walk(&app, record.key).await?;
    Ok(Either::Left(answer(rev, body(&request, bytes).await?)))
}

async fn past_states(request: &HttpRequest, past: &PastView) -> Result<BinaryContent, Problem> {
    let bytes = past.batch.items.iter().flat_map(|item| [item.state as u8, failure_number(item.failure)]).collect();
    Ok(answer(past.batch.rev, body(request, bytes).await?))
}

async fn body(request: &HttpRequest, bytes: Vec<u8>) -> Result<HttpResponse, Problem> {
    if !takes_gzip(request.headers()) {
        return Ok(HttpResponse::Ok().body(bytes));
    }
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_ENCODING, "gzip")).body(packed(bytes).await?))
}

/// Weak, as the packed bytes are others. Another version of the server may know more states and codes.
fn etag(rev: u64) -> String {
    format!("W/\"{rev}-{}\"", env!("CARGO_PKG_VERSION"))
}

const REV: HeaderName = HeaderName::from_static("x-quire-rev");
const STATES: HeaderName = HeaderName::from_static("x-quire-states");
const FAILURES: HeaderName = HeaderName::from_static("x-quire-failures");

fn described(rev: u64) -> [(HeaderName, HeaderValue); 4] {
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    [
        (header::ETAG, value(&etag(rev))),
        (REV, HeaderValue::from(rev)),
        (STATES, value(&ItemState::NAMES.join(","))),
        (FAILURES, value(&FailureCode::NAMES.join(","))),
    ]
}

fn answer(rev: u64, answer: HttpResponse) -> BinaryContent {
    let mut content = BinaryContent(answer)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::VARY, "Accept-Encoding")
        .header(header::CACHE_CONTROL, "no-cache");
    for (name, value) in described(rev) {
        content = content.header(name, value);
    }
    content
}

fn unchanged(rev: u64) -> NotModified {
    described(rev).into_iter().fold(NotModified::new(&etag(rev)), |answer, (name, value)| answer.header(name, value))
}

/// The bytes, and the revision of the snapshot that they are of.
async fn walk(app: &AppState, key: BatchKey) -> Result<(u64, Vec<u8>), Problem> {
    let permit = app.walks.permit().await;
    let read = app.engine.context.read(move |snapshot| {
        // Held by the read itself, which goes on when its client has left.
        let _permit = permit;
        let record = snapshot.batch(key)?;
        Ok((record.rev, bytes_of(snapshot, key, record.batch.counts.total)?))
    });
    Ok(read.await?)
}

fn bytes_of(snapshot: &mut dyn StoreSnapshot, key: BatchKey, total: u64) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity((total * BYTES_PER_ITEM) as usize);
    let mut after = 0;
    loop {
        let marks = snapshot.item_state_summaries(key, after, PAGE)?;
        bytes.extend(marks.iter().flat_map(|mark| [mark.state as u8, failure_number(mark.failure)]));
        match marks.last() {
            Some(last) if marks.len() == PAGE as usize => after = last.position,
            _ => return Ok(bytes),
        }
    }
}

/// All numbers fit into a byte.
const _: () = assert!(ItemState::ALL.len() <= 256 && FailureCode::ALL.len() < 256);

fn failure_number(failure: Option<FailureCode>) -> u8 {
    failure.map_or(0, |code| code as u8 + 1)
}

async fn packed(bytes: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let packed = tokio::task::spawn_blocking(move || gzip(&bytes)).await;
    packed.map_err(|error| StoreError::Aborted(error.to_string()).into())
}
