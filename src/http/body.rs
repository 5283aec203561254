//! Request bodies: small ones as a whole, large ones piece by piece.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt as _;

use super::faults;
use super::form::Form;
use super::problem::{Code, Problem};
use crate::config::Config;

/// How a body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Multipart,
    Json,
    Other,
}

pub fn kind(request: &HttpRequest) -> Kind {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "multipart/form-data" => Kind::Multipart,
        "" | "application/json" => Kind::Json,
        other if other.ends_with("+json") => Kind::Json,
        _ => Kind::Other,
    }
}

/// What the client says the body's length is.
pub fn declared_bytes(request: &HttpRequest) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A JSON body of at most `http.max_json_kib`.
///
/// # Errors
/// `unsupported_media_type`, `payload_too_large`, `upload_incomplete`.
pub async fn json_bytes(request: &HttpRequest, mut payload: web::Payload, config: &Config) -> Result<Vec<u8>, Problem> {
    if kind(request) != Kind::Json {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "Send JSON with Content-Type: application/json, or documents as multipart/form-data where they are taken.",
        ));
    }
    let limit = config.http.max_json_kib << 10;
    let over = || faults::too_large("The JSON body", "http.max_json_kib", config.http.max_json_kib, "KiB");
    if declared_bytes(request).is_some_and(|bytes| bytes > limit) {
        drain(payload).await;
        return Err(over());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk?;
        if (bytes.len() + chunk.len()) as u64 > limit {
            drain(payload).await;
            return Err(over());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// As [`json_bytes`], read as an object.
///
/// # Errors
/// As [`json_bytes`], and `bad_json`.
pub async fn json(request: &HttpRequest, payload: web::Payload, config: &Config) -> Result<Form, Problem> {
    Form::parse(&json_bytes(request, payload, config).await?)
}

/// How much of a refused body is still taken: a client that writes would never read the answer.
pub const DRAIN_BYTES: u64 = 4 << 20;

pub async fn drain(mut payload: web::Payload) {
    let mut left = DRAIN_BYTES;
    while let Some(Ok(chunk)) = payload.next().await {
        left = left.saturating_sub(chunk.len() as u64);
        if left == 0 {
            break;
        }
    }
}
