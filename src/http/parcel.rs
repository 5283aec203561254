//! A request that brings documents, as a form or as JSON that names files sent before; with its idempotency key, if any.

use actix_web::{HttpRequest, web};
use sha2::{Digest, Sha256};

use super::Front;
use super::body::{self, Kind};
use super::form::{Bounds, Form};
use super::intake;
use super::problem::{Code, Problem};
use super::upload::{self, Parcel, Received};
use crate::store::submit::Idempotency;

pub struct Brought<T> {
    /// What the form asks for.
    pub asked: T,
    pub uploaded: Vec<Received>,
    pub idempotency: Option<Idempotency>,
}

/// Of an answer that stands for an earlier request, too.
pub const REPLAYED: (&str, &str) = ("idempotent-replayed", "true");

/// Takes the body in; `read` is told the form and how many documents came with it. `purpose` is what the same key and
/// body may not stand for twice over: another one is another request.
///
/// # Errors
/// `bad_idempotency_key`, and those of the body.
pub async fn receive<T: Send + 'static>(
    request: &HttpRequest,
    payload: web::Payload,
    front: &Front,
    purpose: &str,
    read: impl FnOnce(Form<'_>, usize) -> Result<T, Problem> + Send + 'static,
) -> Result<Brought<T>, Problem> {
    let key = idempotency_key(request)?;
    let payload = intake::admit(front, payload).await?;
    let engine = &front.engine;
    let mut digest = Sha256::new_with_prefix(purpose);
    let Parcel { files: uploaded, options } = if body::kind(request) == Kind::Multipart && body::is_announced(request) {
        upload::receive_form(request, payload, &engine.world, &engine.config).await?
    } else {
        let options = body::json_bytes(request, payload, &engine.config).await?;
        Parcel { files: Vec::new(), options }
    };
    let documents = uploaded.len();
    // The boundary of a form differs each time it is sent: what counts is what it carries.
    let files: String = uploaded.iter().map(|file| format!("\0{}\0{}", file.name, file.blob().sha256)).collect();
    let bounds = Bounds::from(&engine.config.http);
    let reading = front.readers.read(options.len(), move || {
        digest.update(&options);
        digest.update(files);
        Ok((read(Form::parse(&options, bounds)?, documents)?, digest.finalize()))
    });
    let (asked, digest) = reading.await?;
    // What is kept could be tried passwords on, were it a plain digest of a body that holds one.
    let fingerprint = engine.world.vault.tag(&digest);
    let idempotency = key.map(|key| Idempotency { key, fingerprint });
    Ok(Brought { asked, uploaded, idempotency })
}

const KEY_CHARS: usize = 255;

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=KEY_CHARS).contains(&key.len()));
    let wrong = || Problem::new(Code::BadIdempotencyKey, "Give 1 to 255 visible ASCII characters, such as a UUID.");
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}
