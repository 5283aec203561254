//! A request that brings documents, as a form or as JSON that names files sent before; with its idempotency key, if any.

use actix_web::{HttpRequest, web};
use sha2::{Digest, Sha256};

use super::Front;
use super::body::{self, Kind};
use super::form::Form;
use super::intake;
use super::problem::{Code, Problem};
use super::upload::{self, Received};
use crate::store::submit::Idempotency;

pub struct Brought {
    pub form: Form,
    pub uploaded: Vec<Received>,
    pub idempotency: Option<Idempotency>,
}

/// Of an answer that stands for an earlier request, too.
pub const REPLAYED: (&str, &str) = ("idempotent-replayed", "true");

/// Takes the body in. `purpose` is what the same key and body may not stand for twice over: another one is another
/// request.
///
/// # Errors
/// `bad_idempotency_key`, and those of the body.
pub async fn receive(
    request: &HttpRequest,
    payload: web::Payload,
    front: &Front,
    purpose: &str,
) -> Result<Brought, Problem> {
    let key = idempotency_key(request)?;
    let payload = intake::admit(front, payload).await?;
    let engine = &front.engine;
    let mut digest = Sha256::new_with_prefix(purpose);
    let mut uploaded = Vec::new();
    let form = if body::kind(request) == Kind::Multipart {
        let parcel = upload::receive_form(request, payload, &engine.world, &engine.config).await?;
        // The boundary of a form differs each time it is sent: what counts is what it carries.
        digest.update(&parcel.options);
        for file in &parcel.files {
            digest.update(format!("\0{}\0{}", file.name, file.blob.sha256));
        }
        uploaded = parcel.files;
        Form::parse(&parcel.options)?
    } else {
        let bytes = body::json_bytes(request, payload, &engine.config).await?;
        digest.update(&bytes);
        Form::parse(&bytes)?
    };
    // What is kept could be tried passwords on, were it a plain digest of a body that holds one.
    let fingerprint = engine.world.vault.tag(&digest.finalize());
    let idempotency = key.map(|key| Idempotency { key, fingerprint });
    Ok(Brought { form, uploaded, idempotency })
}

const KEY_CHARS: usize = 255;

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=KEY_CHARS).contains(&key.len()));
    let wrong = || Problem::new(Code::BadIdempotencyKey, "Give 1 to 255 visible ASCII characters, such as a UUID.");
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}
