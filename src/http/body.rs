//! Request bodies: small ones as a whole, large ones piece by piece.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::AppState;
use super::error_mapping;
use super::form::{FormLimits, JsonForm};
use super::problem::{Problem, ProblemCode};
use crate::config::Config;

/// Kind of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyKind {
    Multipart,
    Json,
    Form,
    Other,
}

pub(super) fn kind(request: &HttpRequest) -> BodyKind {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "multipart/form-data" => BodyKind::Multipart,
        "" | "application/json" => BodyKind::Json,
        "application/x-www-form-urlencoded" => BodyKind::Form,
        other if other.ends_with("+json") => BodyKind::Json,
        _ => BodyKind::Other,
    }
}

/// Length of the body as the client declares it.
pub(super) fn declared_bytes(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether anything is to come behind the head.
pub(super) fn is_announced(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::TRANSFER_ENCODING) || declared_bytes(request).is_some_and(|bytes| bytes > 0)
}

/// A JSON body of at most `http.max_json_kib`. What is announced as something else and has no bytes is no body.
///
/// # Errors
/// `unsupported_media_type`, `payload_too_large`, `upload_incomplete`.
pub(super) async fn json_bytes(
    request: &HttpRequest,
    mut payload: web::Payload,
    config: &Config,
) -> Result<Vec<u8>, Problem> {
    let limit = config.http.max_json_kib << 10;
    let over = || error_mapping::too_large("The JSON body", "http.max_json_kib", config.http.max_json_kib, "KiB");
    let declared = declared_bytes(request).unwrap_or_default();
    let is_json = kind(request) == BodyKind::Json;
    if is_json && declared > limit {
        drain(payload).await;
        return Err(over());
    }
    // Room that nobody writes to costs nothing.
    let mut bytes = Vec::with_capacity(if is_json { declared as usize } else { 0 });
    while let Some(chunk) = payload.next().await {
        let chunk = chunk?;
        if !is_json || (bytes.len() + chunk.len()) as u64 > limit {
            drain(payload).await;
            return Err(if is_json { over() } else { no_json() });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A form of a few short fields. What is announced as something else and has no bytes is an empty one.
///
/// # Errors
/// `unsupported_media_type`, `payload_too_large`, `upload_incomplete`, and `bad_request` for what is no such form.
pub(super) async fn form<T: DeserializeOwned>(request: &HttpRequest, mut payload: web::Payload) -> Result<T, Problem> {
    let is_form = kind(request) == BodyKind::Form;
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        bytes.extend_from_slice(&chunk?);
        if !is_form || bytes.len() > FORM_BYTES {
            drain(payload).await;
            return Err(if is_form { large_form() } else { no_form() });
        }
    }
    let read = std::str::from_utf8(&bytes).ok().and_then(|text| web::Query::<T>::from_query(text).ok());
    let wrong = || Problem::new(ProblemCode::BadRequest, "The form does not have the fields that are wanted here.");
    read.map(web::Query::into_inner).ok_or_else(wrong)
}

/// Two secrets and an address.
const FORM_BYTES: usize = 8 << 10;

fn large_form() -> Problem {
    Problem::new(ProblemCode::TooLarge, format!("The form is larger than {FORM_BYTES} bytes."))
}

fn no_form() -> Problem {
    let detail = "Send a form with Content-Type: application/x-www-form-urlencoded.";
    Problem::new(ProblemCode::UnsupportedMediaType, detail)
}

fn no_json() -> Problem {
    Problem::new(
        ProblemCode::UnsupportedMediaType,
        "Send JSON with Content-Type: application/json, or documents as multipart/form-data where they are taken.",
    )
}

/// As [`json_bytes`], read as an object, off the HTTP thread where it is a large one.
///
/// # Errors
/// As [`json_bytes`], `bad_json`, and what `read` finds.
pub(super) async fn json<T: Send + 'static>(
    request: &HttpRequest,
    payload: web::Payload,
    app: &AppState,
    read: impl FnOnce(JsonForm<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let bytes = json_bytes(request, payload, &app.engine.config).await?;
    let bounds = FormLimits::from(&app.engine.config.http);
    app.readers.read(bytes.len(), move || read(JsonForm::parse(&bytes, bounds)?)).await
}

/// Reads large bodies, a few at once, where no other request waits behind them.
#[derive(Debug)]
pub(super) struct BodyReaders(Arc<Semaphore>);

/// Of large bodies that are read at once; the others wait their turn.
const READERS: usize = 2;
const LARGE_BYTES: usize = 256 << 10;

impl BodyReaders {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(READERS)))
    }

    /// # Errors
    /// Those of the reading.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        bytes: usize,
        read: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if bytes <= LARGE_BYTES {
            return read();
        }
        // It goes with the reading, which goes on when its client has left.
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            read()
        });
        reading.await.unwrap_or_else(|error| {
            tracing::error!(%error, "reading a request was broken off");
            Err(error_mapping::server_fault())
        })
    }
}

/// Bytes of a refused body that are still taken: a client that writes would never read the answer.
pub(super) const DRAIN_BYTES: u64 = 4 << 20;

pub(super) async fn drain(mut payload: web::Payload) {
    let mut left = DRAIN_BYTES;
    while let Some(Ok(chunk)) = payload.next().await {
        left = left.saturating_sub(chunk.len() as u64);
        if left == 0 {
            break;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn a_large_body_is_read_off_the_thread_that_asks_and_a_small_one_on_it() {
        let (readers, here) = (BodyReaders::new(), thread::current().id());
        for (bytes, is_here) in [(0, true), (LARGE_BYTES, true), (LARGE_BYTES + 1, false), (usize::MAX, false)] {
            let there = readers.read(bytes, || Ok(thread::current().id())).await.unwrap();
            assert_eq!(there == here, is_here, "{bytes} bytes");
        }
    }

    #[tokio::test]
    async fn a_reading_that_panics_is_a_fault_and_gives_its_turn_back() {
        let readers = BodyReaders::new();
        for _ in 0..=READERS {
            let read = readers.read(usize::MAX, || -> Result<(), Problem> { panic!("planted") }).await;
            assert_eq!(read.unwrap_err().code(), ProblemCode::ServerFault);
        }
        assert!(readers.read(usize::MAX, || Ok(())).await.is_ok());
    }
}
