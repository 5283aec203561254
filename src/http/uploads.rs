//! Handlers of uploads that come in pieces, so that a line that breaks costs one piece.
//!
//! The header `Upload-Offset` is that of draft-ietf-httpbis-resumable-upload-09: where the upload goes on. What it says is
//! durable: a piece is synced before it is answered, and a piece that did not come in whole counts for nothing.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpRequest, web};
use futures_util::StreamExt as _;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::api::bodies::NewUploadBody;
use super::api::{Created, Either, HandlerResult, JsonBody, NoContent, Okay, PieceBody};
use super::auth::Owner;
use super::body::{self, BodyKind, declared_bytes, drain};
use super::field_errors::cut;
use super::files::FileResource;
use super::form::JsonForm;
use super::lookup::ById;
use super::names::{NAMELESS, display_name};
use super::problem::{Problem, ProblemCode};
use super::upload::{self, UploadedFile, on_disk};
use super::{AppState, error_mapping, submission};
use crate::actors::engine::EngineContext;
use crate::config::{Config, HttpConfig};
use quire_base::clock::{self, rfc3339};
use quire_domain::ids::{Micros, OwnerKey};
use quire_store::StoreError;
use quire_store::files::NewFile;
use quire_store::pieces::{PieceWriter, UploadWriteLock};
use quire_store::uploads::{NewUpload, UploadRow};

pub(super) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OpenedUpload {
    #[schemars(extend("format" = "uuid"))]
    id: String,
    /// Where the first piece goes: 0.
    offset: u64,
    /// The largest piece that is taken (`http.upload_piece_max_mib`).
    piece_max_bytes: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
pub(super) struct UploadResource {
    #[schemars(extend("format" = "uuid"))]
    id: String,
    name: String,
    size_bytes: u64,
    /// Bytes that are durable: where the next piece goes.
    offset: u64,
    /// It is forgotten soon after; each piece puts that off.
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
}

/// A file as it is announced.
#[derive(Debug)]
pub(super) struct AnnouncedFile {
    name: String,
    size_bytes: u64,
}

/// # Errors
/// `validation_failed`, also for a size that no document may have.
pub(super) fn read(mut form: JsonForm<'_>, config: &Config) -> Result<AnnouncedFile, Problem> {
    let limit = config.http.max_file_mib << 20;
    let allowed = format!("a whole number, 0 to {limit} (http.max_file_mib)");
    let name = form.take("name", "text", |name| name.as_str().map(display_name));
    let raw = form.take_raw("size_bytes");
    let size_bytes = raw.and_then(super::form::value).and_then(|value| value.as_u64()).filter(|bytes| *bytes <= limit);
    let Some(size_bytes) = size_bytes else {
        let detail = if raw.is_some() { "this value is not taken" } else { "how many bytes will it be?" };
        form.refuse("size_bytes", raw, detail, Some(&allowed));
        return Err(Problem::invalid(form.into_errors()));
    };
    form.finish()?;
    Ok(AnnouncedFile { name: name.unwrap_or_else(|| NAMELESS.to_owned()), size_bytes })
}

/// Announces a document; its bytes follow in pieces.
pub(super) async fn create(
    body: JsonBody<NewUploadBody>,
    app: web::Data<AppState>,
    Owner(owner): Owner,
) -> HandlerResult<Created<OpenedUpload>> {
    let config = Arc::clone(&app.engine.config);
    let AnnouncedFile { name, size_bytes } = body.read(&app, move |form| read(form, &config)).await?;
    if let Some(trouble) = app.engine.context.db.disk.shortage() {
        return Err(trouble.into());
    }
    let id = clock::new_file_id();
    let expires_at = expiry(&app.engine.config.http);
    app.engine.open_upload(NewUpload { id, owner, name, size_bytes, expires_at }).await?;
    let piece_max_bytes = app.engine.config.http.upload_piece_max_mib << 20;
    let opened = OpenedUpload { id: id.to_string(), offset: 0, piece_max_bytes };
    Ok(Created::new(&opened).header(header::LOCATION, format!("/api/v1/uploads/{id}")).header(OFFSET, "0"))
}

fn expiry(http: &HttpConfig) -> Micros {
    clock::now() + http.upload_expiry_hours as Micros * HOUR
}

const HOUR: Micros = 3_600_000_000;

/// Where it goes on. One whose file is made tells its whole size, until it is forgotten.
pub(super) async fn show((id, app, Owner(owner)): ById) -> HandlerResult<Okay<UploadResource>> {
    let id = upload_id(&id)?;
    let row = find(&app, owner, id).await?;
    let of = row.clone();
    let offset = on_disk(&app.engine.context, move |blobs| blobs.upload_offset(id, &of)).await?;
    let shown = UploadResource {
        id: id.to_string(),
        name: row.name,
        size_bytes: row.size_bytes as u64,
        offset,
        expires_at: rfc3339(row.expires_at),
    };
    Ok(Okay::new(&shown).header(OFFSET, offset.to_string()).header(header::CACHE_CONTROL, "no-store"))
}

/// Gives it up, with its bytes; a file that was made of it stays.
pub(super) async fn remove((id, app, Owner(owner)): ById) -> HandlerResult<NoContent> {
    let id = upload_id(&id)?;
    app.engine.give_up_upload(owner, id).await?;
    on_disk(&app.engine.context, move |blobs| blobs.remove_upload(id)).await?;
    Ok(NoContent::new())
}

/// The next piece. The one that completes the upload is answered with the file, and so is an empty piece behind the last
/// byte: whoever did not hear the answer asks again.
pub(super) async fn append(
    PieceBody { request, payload }: PieceBody,
    (id, app, Owner(owner)): ById,
) -> HandlerResult<Either<NoContent, Created<FileResource>>> {
    let mut payload = submission::admit(&app, payload).await?;
    match take(&request, &mut payload, &app, (owner, &id)).await {
        Ok(TakenPiece { offset, file: None }) => Ok(Either::Left(NoContent::new().header(OFFSET, offset.to_string()))),
        Ok(TakenPiece { offset, file: Some(file) }) => {
            Ok(Either::Right(Created::new(&file).header(OFFSET, offset.to_string())))
        }
        Err(problem) => {
            drain(payload).await;
            Err(problem)
        }
    }
}

/// What became of a piece.
struct TakenPiece {
    offset: u64,
    /// Of the upload that it completed.
    file: Option<FileResource>,
}

async fn take(
    request: &HttpRequest,
    payload: &mut web::Payload,
    app: &AppState,
    (owner, id): (OwnerKey, &str),
) -> Result<TakenPiece, Problem> {
    let id = upload_id(id)?;
    // Whose it is comes first: a stranger does not hear that somebody writes it.
    find(app, owner, id).await?;
    if body::kind(request) == BodyKind::Multipart {
        return Err(Problem::new(ProblemCode::UnsupportedMediaType, "A piece is the bytes themselves, not a form."));
    }
    let asked = asked_offset(request)?;
    let claim = app.engine.context.blobs.lock_upload(id).ok_or_else(under_way)?;
    let row = find(app, owner, id).await?;
    let size = row.size_bytes as u64;
    if row.file.is_some() {
        return done(request, app, owner, (&row, asked)).await;
    }
    let piece = begin(app, claim, (id, &row), asked).await?;
    let (claim, offset) = receive(request, payload, app, (piece, asked, size)).await?;
    let claim = Arc::new(claim);
    if offset > asked {
        let expires_at = expiry(&app.engine.config.http);
        let advanced = app.engine.advance_upload((owner, id), Arc::clone(&claim), offset, expires_at).await;
        if matches!(advanced, Err(StoreError::NotFound(_))) {
            // Given up meanwhile: nobody else removes what was written since.
            on_disk(&app.engine.context, move |blobs| blobs.remove_upload(id)).await?;
        }
        advanced?;
    }
    let file = if offset == size { Some(complete(app, (owner, id), row, claim).await?) } else { None };
    Ok(TakenPiece { offset, file })
}

/// Begins the piece behind what is durable, if it goes there.
async fn begin(
    app: &AppState,
    claim: UploadWriteLock,
    (id, row): (Uuid, &UploadRow),
    asked: u64,
) -> Result<PieceWriter, Problem> {
    let row = row.clone();
    let begun = on_disk(&app.engine.context, move |blobs| {
        let offset = blobs.upload_offset(id, &row)?;
        Ok(if offset == asked { Ok(claim.begin(offset)) } else { Err(offset) })
    });
    begun.await?.map_err(|offset| offset_differs(asked, offset))
}

/// All of the piece, or nothing.
async fn receive(
    request: &HttpRequest,
    payload: &mut web::Payload,
    app: &AppState,
    (writer, offset, size): (PieceWriter, u64, u64),
) -> Result<(UploadWriteLock, u64), Problem> {
    let piece_max_mib = app.engine.config.http.upload_piece_max_mib;
    let mut spool = PieceSpool {
        context: Arc::clone(&app.engine.context),
        writer: Some(writer),
        pending: Vec::new(),
        taken: 0,
        piece_max_mib,
        left: size - offset,
    };
    spool.fits(declared_bytes(request).unwrap_or_default())?;
    while let Some(chunk) = payload.next().await {
        spool.take(&chunk?).await?;
    }
    spool.write(PieceWriter::finish).await
}

/// It was completed before: the same answer again.
async fn done(
    request: &HttpRequest,
    app: &AppState,
    owner: OwnerKey,
    (row, asked): (&UploadRow, u64),
) -> Result<TakenPiece, Problem> {
    let offset = row.size_bytes as u64;
    if asked != offset || body::is_announced(request) {
        return Err(offset_differs(asked, offset));
    }
    let file = row.file.as_deref().and_then(|id| Uuid::try_parse(id).ok()).ok_or(StoreError::NotFound("file"))?;
    let found = app.engine.context.read(move |snapshot| snapshot.file(owner, file)).await?;
    Ok(TakenPiece { offset, file: Some(FileResource::of_row(found, row.duplicate)) })
}

async fn complete(
    app: &AppState,
    (owner, id): (OwnerKey, Uuid),
    row: UploadRow,
    claim: Arc<UploadWriteLock>,
) -> Result<FileResource, Problem> {
    let engine = &app.engine;
    let held = Arc::clone(&claim);
    let synced = on_disk(&engine.context, move |_| held.stage_blob()).await?;
    let file = NewFile {
        public_id: clock::new_file_id(),
        owner,
        name: row.name.clone(),
        size_bytes: synced.blob.size_bytes,
        sha256: synced.blob.sha256.clone(),
    };
    let received = UploadedFile::new(row.name, synced);
    let completed = engine.complete_upload(id, claim, file.clone());
    let added = upload::keep(&engine.context, vec![received], completed).await?;
    // What stays is removed by the janitor: the upload is done.
    let _ = on_disk(&engine.context, move |blobs| blobs.remove_upload(id)).await;
    Ok(FileResource::new(file, added.is_duplicate))
}

async fn find(app: &AppState, owner: OwnerKey, id: Uuid) -> Result<UploadRow, Problem> {
    Ok(app.engine.context.read(move |snapshot| snapshot.upload(owner, id)).await?)
}

fn upload_id(id: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(id).map_err(|_| StoreError::NotFound("upload").into())
}

fn asked_offset(request: &HttpRequest) -> Result<u64, Problem> {
    let Some(given) = request.headers().get(OFFSET) else {
        let detail = "Send the header Upload-Offset: where the piece goes, as HEAD of this address answers it.";
        return Err(Problem::new(ProblemCode::BadRequest, detail));
    };
    let is_plain = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let read = given.to_str().ok().filter(is_plain).and_then(|text| text.parse().ok());
    read.ok_or_else(|| {
        let shown = cut(&String::from_utf8_lossy(given.as_bytes()), SHOWN_CHARS);
        let detail = format!("The Upload-Offset `{shown}` is not a number of bytes; HEAD of this address answers it.");
        Problem::new(ProblemCode::BadRequest, detail)
    })
}

const SHOWN_CHARS: usize = 40;

fn offset_differs(asked: u64, offset: u64) -> Problem {
    let detail = format!(
        "The piece is for offset {asked}, but {offset} bytes have arrived; nothing was kept. Go on at the Upload-Offset of \
         this answer."
    );
    Problem::new(ProblemCode::OffsetDiffers, detail).header(OFFSET, offset.to_string())
}

fn under_way() -> Problem {
    let detail =
        "Another request writes this upload just now; nothing was kept. Ask for its offset when that has ended.";
    Problem::new(ProblemCode::Conflict, detail).retry_after(1)
}

const SPOOL_BYTES: usize = 256 << 10;

/// One piece while it arrives. Dropped, nothing of it counts.
struct PieceSpool {
    context: Arc<EngineContext>,
    writer: Option<PieceWriter>,
    pending: Vec<u8>,
    taken: u64,
    piece_max_mib: u64,
    /// Bytes that the upload still misses.
    left: u64,
}

impl PieceSpool {
    /// Whether a piece of so many bytes is taken.
    fn fits(&self, bytes: u64) -> Result<(), Problem> {
        if bytes > self.piece_max_mib << 20 {
            return Err(error_mapping::too_large("The piece", "http.upload_piece_max_mib", self.piece_max_mib, "MiB"));
        }
        if bytes > self.left {
            let detail = format!(
                "The piece is longer than the {} bytes that the upload misses; nothing was kept. Send these, or announce \
                 another upload.",
                self.left
            );
            return Err(Problem::new(ProblemCode::TooLarge, detail));
        }
        Ok(())
    }

    async fn take(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        self.taken += chunk.len() as u64;
        self.fits(self.taken)?;
        self.pending.extend_from_slice(chunk);
        if self.pending.len() >= SPOOL_BYTES {
            self.writer = Some(self.write(Ok).await?);
        }
        Ok(())
    }

    /// Writes what has gathered, then does `next`, in one visit to the disk.
    async fn write<T: Send + 'static>(&mut self, next: fn(PieceWriter) -> std::io::Result<T>) -> Result<T, Problem> {
        let (writer, disk) = (self.writer.take(), self.context.db.disk.clone());
        let bytes = std::mem::take(&mut self.pending);
        let written = on_disk(&self.context, move |blobs| {
            if let Some(trouble) = disk.shortage_with_free(blobs.free_disk_mib()?) {
                return Ok(Err(trouble));
            }
            let mut writer = writer.ok_or_else(|| std::io::Error::other("the piece was given up"))?;
            writer.append(&bytes)?;
            next(writer).map(Ok)
        });
        Ok(written.await??)
    }
}
