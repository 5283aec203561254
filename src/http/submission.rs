//! Submission of documents: a multipart form, or JSON that names uploaded files; with its idempotency key, if any. And
//! the items that follow from it.

use std::sync::Arc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, web};
use sha2::{Digest, Sha256};

use super::AppState;
use super::api::{Accepted, SubmissionBody};
use super::body::{self, BodyKind, drain};
use super::field_errors::{FieldError, FieldErrors};
use super::form::{FormLimits, JsonForm};
use super::order::{FileRef, ItemSource};
use super::problem::{Problem, ProblemCode};
use super::upload::{self, MultipartUpload, UploadedFile};
use crate::commands::submit::{Idempotency, NewItem};
use quire_domain::ids::OwnerKey;
use quire_store::StoreError;
use quire_store::documents::{Document, DocumentSource};
use quire_store::files::FileRow;
use quire_store::vault::Vault;

pub(super) struct ReceivedSubmission<T> {
    /// The parsed options of the submission.
    pub asked: T,
    pub uploaded: Vec<UploadedFile>,
    pub idempotency: Option<Idempotency>,
}

/// Marks an answer that stands for an earlier request, too.
pub(super) fn replayed<T: serde::Serialize>(answer: Accepted<T>) -> Accepted<T> {
    answer.header(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"))
}

/// Receives the body; `read` gets the form and the number of documents that came with it. `purpose` is mixed into the
/// idempotency fingerprint: the same key on another endpoint is another request.
///
/// # Errors
/// `bad_idempotency_key`, and those of the body.
pub(super) async fn receive<T: Send + 'static, B>(
    body: SubmissionBody<B>,
    app: &AppState,
    purpose: &str,
    read: impl FnOnce(JsonForm<'_>, usize) -> Result<T, Problem> + Send + 'static,
) -> Result<ReceivedSubmission<T>, Problem> {
    let (request, payload) = (&body.request, body.payload);
    let key = idempotency_key(request)?;
    let payload = admit(app, payload).await?;
    let engine = &app.engine;
    let mut digest = Sha256::new_with_prefix(purpose);
    let MultipartUpload { files: uploaded, options } =
        if body::kind(request) == BodyKind::Multipart && body::is_announced(request) {
            upload::receive_form(request, payload, &engine.context, &engine.config).await?
        } else {
            let options = body::json_bytes(request, payload, &engine.config).await?;
            MultipartUpload { files: Vec::new(), options }
        };
    let documents = uploaded.len();
    // The boundary of a form differs each time it is sent: what counts is what it carries.
    let files: String = uploaded.iter().map(|file| format!("\0{}\0{}", file.name, file.blob().sha256)).collect();
    let bounds = FormLimits::from(&engine.config.http);
    let reading = app.readers.read(options.len(), move || {
        digest.update(&options);
        digest.update(files);
        Ok((read(JsonForm::parse(&options, bounds)?, documents)?, digest.finalize()))
    });
    let (asked, digest) = reading.await?;
    // Passwords could be tried on the kept fingerprint, were it a plain digest of a body that holds one.
    let fingerprint = engine.context.vault.keyed_digest(&digest);
    let idempotency = key.map(|key| Idempotency { key, fingerprint });
    Ok(ReceivedSubmission { asked, uploaded, idempotency })
}

const KEY_CHARS: usize = 255;

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=KEY_CHARS).contains(&key.len()));
    let wrong =
        || Problem::new(ProblemCode::BadIdempotencyKey, "Give 1 to 255 visible ASCII characters, such as a UUID.");
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

/// Files named by id first, then those that came with the request, each in its order; or items without any.
///
/// # Errors
/// `validation_failed` naming every id that is not the owner's.
pub(super) async fn gather(
    app: &AppState,
    owner: OwnerKey,
    sources: ItemSource,
    uploaded: &[UploadedFile],
) -> Result<Vec<NewItem>, Problem> {
    let mut items = named(app, owner, sources.files).await?;
    items.extend(uploaded.iter().map(|received| {
        let (name, blob) = (received.name.clone(), received.blob().clone());
        let source = DocumentSource::Blob(blob.sha256);
        Some(Document { name, folder: None, size_bytes: blob.size_bytes, source, password: None })
    }));
    items.resize(items.len() + sources.items as usize, None);
    Ok(items)
}

async fn named(app: &AppState, owner: OwnerKey, named: Vec<FileRef>) -> Result<Vec<NewItem>, Problem> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let vault = Arc::clone(&app.engine.context.vault);
    let found = app.engine.context.read(move |snapshot| {
        let (mut items, mut field_errors) = (Vec::new(), FieldErrors::default());
        for (nth, named) in named.into_iter().enumerate() {
            match snapshot.file(owner, named.id) {
                Ok(row) => items.push(Some(document(named, row, &vault)?)),
                Err(StoreError::NotFound(_)) if field_errors.is_full() => field_errors.count(),
                Err(StoreError::NotFound(_)) => field_errors.add(unknown(nth, &named)),
                Err(error) => return Err(error),
            }
        }
        Ok((items, field_errors))
    });
    let (items, field_errors) = found.await?;
    if field_errors.is_empty() { Ok(items) } else { Err(Problem::invalid(field_errors)) }
}

fn document(named: FileRef, row: FileRow, vault: &Vault) -> Result<Document, StoreError> {
    Ok(Document {
        name: named.name.unwrap_or(row.name),
        folder: named.folder,
        size_bytes: row.size_bytes as u64,
        source: DocumentSource::Blob(row.sha256),
        password: named.password.map(|password| vault.encrypt_text(&password)).transpose()?,
    })
}

fn unknown(nth: usize, named: &FileRef) -> FieldError {
    FieldError {
        field: format!("files[{nth}].id"),
        value: Some(named.id.to_string().into()),
        detail: "there is no such file, or it is not yours".into(),
        allowed: Some("an id that POST /api/v1/files answered".into()),
    }
}

/// The body, to be read; one that is refused is taken for a while, or its sender would never read the answer.
///
/// # Errors
/// `disk_full` or `disk_fault` while the disk does not take writes, `disk_full` with less room than is to be kept.
pub(super) async fn admit(app: &AppState, payload: web::Payload) -> Result<web::Payload, Problem> {
    let db = &app.engine.context.db;
    let trouble = db.disk_fault().map(|fault| fault.trouble).or_else(|| db.disk.shortage());
    let Some(trouble) = trouble else { return Ok(payload) };
    drain(payload).await;
    Err(trouble.into())
}
