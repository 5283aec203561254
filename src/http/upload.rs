//! Upload of documents to the blob store: in pieces, off the async thread, hashed and synced, or not at all.

use std::io;
use std::sync::Arc;

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, ContentDisposition, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::{self, Bytes};
use futures_util::{Stream, StreamExt as _};

use super::body::{DRAIN_BYTES, declared_bytes, drain};
use super::error_mapping;
use super::field_errors::{FieldError, cut};
use super::names::{NAMELESS, display_name};
use super::problem::{Problem, ProblemCode};
use super::strict::no_encoding;
use crate::actors::engine::EngineContext;
use crate::config::{Config, HttpConfig};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_store::blobs::{BlobRef, BlobStore, BlobWriter, StagedBlob};
use quire_store::{DiskFailure, StoreError};

/// A document that is all there. Dropped, it leaves nothing behind; [`keep`] gives it a name in the blob store.
#[derive(Debug)]
pub(super) struct UploadedFile {
    /// For people; see [`display_name`].
    pub name: String,
    synced: StagedBlob,
}

impl UploadedFile {
    pub(super) fn new(name: String, synced: StagedBlob) -> Self {
        Self { name, synced }
    }

    pub(super) fn blob(&self) -> &BlobRef {
        &self.synced.blob
    }
}

/// All that a multipart request brought.
#[derive(Debug, Default)]
pub(super) struct MultipartUpload {
    pub files: Vec<UploadedFile>,
    /// The JSON of the part `options`.
    pub options: Vec<u8>,
}

/// The body is the document.
///
/// # Errors
/// `payload_too_large`, `upload_incomplete`, or a fault of the disk; nothing is kept then.
pub(super) async fn receive_raw(
    request: &HttpRequest,
    mut payload: web::Payload,
    name: String,
    context: &Arc<EngineContext>,
    config: &Config,
) -> Result<UploadedFile, Problem> {
    let mut writer = UploadWriter::new(context, &config.http);
    if declared_bytes(request).is_some_and(|bytes| bytes > writer.limit) {
        drain(payload).await;
        return Err(writer.over());
    }
    while let Some(chunk) = payload.next().await {
        if let Err(problem) = writer.take(&chunk?).await {
            drain(payload).await;
            return Err(problem);
        }
    }
    Ok(UploadedFile { name, synced: writer.finish().await? })
}

/// Gives the documents of a request their names in the blob store and has `write` name them in rows: of a request that
/// is refused nothing stays.
///
/// # Errors
/// Those of the write, or a fault of the disk.
pub(super) async fn keep<T>(
    context: &Arc<EngineContext>,
    received: Vec<UploadedFile>,
    write: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Problem> {
    let synced: Vec<StagedBlob> = received.into_iter().map(|received| received.synced).collect();
    let named = on_disk(context, move |blobs| blobs.publish_all(synced)).await?;
    let written = write.await;
    if written.as_ref().is_err_and(StoreError::nothing_was_written) && !is_disabled(Safeguard::HttpLeavings) {
        on_disk(context, move |blobs| blobs.unpublish_new(&named)).await?;
    }
    Ok(written?)
}

/// Parts named `files` are documents, a part named `options` is JSON.
///
/// # Errors
/// As [`receive_raw`], `bad_multipart`, and `validation_failed` for other parts.
pub(super) async fn receive_form(
    request: &HttpRequest,
    payload: web::Payload,
    context: &Arc<EngineContext>,
    config: &Config,
) -> Result<MultipartUpload, Problem> {
    let http = &config.http;
    let over = || error_mapping::too_large("The request", "http.max_upload_mib", http.max_upload_mib, "MiB");
    if declared_bytes(request).is_some_and(|bytes| bytes > http.max_upload_mib << 20) {
        drain(payload).await;
        return Err(over());
    }
    let mut parts = Multipart::new(&tolerant(request.headers()), bounded(payload, http.max_upload_mib << 20));
    let read = read_parts(&mut parts, context, http).await;
    // A refused body still arrives, and a client that writes would never read the answer; after an error of its
    // own the parser may not be asked again.
    let is_refusal =
        |code| matches!(code, ProblemCode::TooLarge | ProblemCode::Invalid | ProblemCode::UnsupportedMediaType);
    let is_ours = |problem: &Problem| problem.is_of_disk() || is_refusal(problem.code());
    if read.as_ref().is_err_and(is_ours) {
        while let Some(Ok(_)) = parts.next().await {}
    }
    read
}

/// Ends in an error a little behind the limit, so that a refused body is taken for a while and not for ever.
fn bounded(payload: web::Payload, limit: u64) -> impl Stream<Item = Result<Bytes, PayloadError>> + 'static {
    let most = limit.saturating_add(DRAIN_BYTES);
    payload.scan(0, move |taken, chunk| {
        *taken += chunk.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let bounded = if *taken > most { Err(PayloadError::Overflow) } else { chunk };
        async move { Some(bounded) }
    })
}

/// Of a part, from the time of mail; nobody decodes it.
const TRANSFER: HeaderName = HeaderName::from_static("content-transfer-encoding");

async fn read_parts(
    parts: &mut Multipart,
    context: &Arc<EngineContext>,
    http: &HttpConfig,
) -> Result<MultipartUpload, Problem> {
    let over = || error_mapping::too_large("The request", "http.max_upload_mib", http.max_upload_mib, "MiB");
    let mut upload_form = MultipartUpload::default();
    let (mut total, mut has_options) = (0, false);
    while let Some(part) = parts.next().await {
        let part = part?;
        no_encoding(part.headers(), header::CONTENT_ENCODING, &["identity"])?;
        no_encoding(part.headers(), TRANSFER, &["7bit", "8bit", "binary"])?;
        let (field, name) = labels(&part);
        match field.as_str() {
            "files" | "files[]" | "file" => {
                if upload_form.files.len() as u64 >= http.max_upload_files {
                    return Err(error_mapping::too_large(
                        "The number of documents",
                        "http.max_upload_files",
                        http.max_upload_files,
                        "documents",
                    ));
                }
                let received = one(part, name, context, http).await?;
                total += received.blob().size_bytes;
                upload_form.files.push(received);
            }
            "options" if has_options => return Err(wrong_part(&field, "this part stands here twice")),
            "options" => (upload_form.options, has_options) = (options(part, http).await?, true),
            _ => return Err(wrong_part(&field, "there is no such part")),
        }
        if total > http.max_upload_mib << 20 {
            return Err(over());
        }
    }
    Ok(upload_form)
}

/// A name for a raw body: the query's, else `X-File-Name`, else the one of `Content-Disposition`.
pub(super) fn raw_name(request: &HttpRequest, query: Option<&str>) -> String {
    let header =
        |name: &str| request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let disposed =
        || request.headers().get(header::CONTENT_DISPOSITION).and_then(disposition).and_then(|it| filename(&it));
    let given = query.map(str::to_owned).or_else(|| header("x-file-name")).or_else(disposed);
    given.map_or_else(|| NAMELESS.to_owned(), |given| display_name(&given))
}

async fn one(
    mut part: Field,
    name: String,
    context: &Arc<EngineContext>,
    http: &HttpConfig,
) -> Result<UploadedFile, Problem> {
    let mut writer = UploadWriter::new(context, http);
    while let Some(chunk) = part.next().await {
        writer.take(&chunk?).await?;
    }
    Ok(UploadedFile { name, synced: writer.finish().await? })
}

async fn options(mut part: Field, http: &HttpConfig) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() as u64 > http.max_json_kib << 10 {
            return Err(error_mapping::too_large("The part `options`", "http.max_json_kib", http.max_json_kib, "KiB"));
        }
    }
    Ok(bytes)
}

fn wrong_part(field: &str, detail: &str) -> Problem {
    Problem::invalid(FieldError {
        field: cut(field, 40),
        value: None,
        detail: detail.into(),
        allowed: Some("files (repeated), options (once)".into()),
    })
}

/// The form's own kind makes the parser refuse file names that are not UTF-8; another multipart kind leaves
/// the labels to us.
fn tolerant(headers: &HeaderMap) -> HeaderMap {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parameters = given.split_once(';').map_or("", |(_, parameters)| parameters);
    let mut tolerant = HeaderMap::new();
    if let Ok(kind) = HeaderValue::from_str(&format!("multipart/mixed;{parameters}")) {
        tolerant.insert(header::CONTENT_TYPE, kind);
    }
    tolerant
}

/// The part's field, and its file's display name.
fn labels(part: &Field) -> (String, String) {
    let labels = part.headers().get(header::CONTENT_DISPOSITION).and_then(disposition);
    let field = labels.as_ref().and_then(|labels| labels.get_name()).unwrap_or_default().to_owned();
    let name = labels.as_ref().and_then(filename).map_or_else(|| NAMELESS.to_owned(), |name| display_name(&name));
    (field, name)
}

fn disposition(value: &HeaderValue) -> Option<ContentDisposition> {
    let text = with_plain_backslashes(&String::from_utf8_lossy(value.as_bytes()));
    ContentDisposition::from_raw(&HeaderValue::from_str(&text).ok()?).ok()
}

/// Some clients send a file's path as their system writes it, others escape what stands between quotes: a backslash
/// that is before neither a quote nor another one stands for itself.
fn with_plain_backslashes(text: &str) -> String {
    let (mut plain, mut chars) = (String::with_capacity(text.len()), text.chars().peekable());
    while let Some(char) = chars.next() {
        plain.push(char);
        if char == '\\' {
            plain.push(chars.next_if(|next| ['"', '\\'].contains(next)).unwrap_or('\\'));
        }
    }
    plain
}

fn filename(labels: &ContentDisposition) -> Option<String> {
    let extended = labels.get_filename_ext().map(|name| String::from_utf8_lossy(&name.value).into_owned());
    extended.or_else(|| labels.get_filename().map(str::to_owned))
}

const PIECE_BYTES: usize = 256 << 10;

/// One document while it arrives. Dropped, it leaves nothing behind.
struct UploadWriter {
    context: Arc<EngineContext>,
    spool: Option<BlobWriter>,
    pending: Vec<u8>,
    taken: u64,
    limit: u64,
}

impl UploadWriter {
    fn new(context: &Arc<EngineContext>, http: &HttpConfig) -> Self {
        Self {
            context: Arc::clone(context),
            spool: None,
            pending: Vec::new(),
            taken: 0,
            limit: http.max_file_mib << 20,
        }
    }

    async fn take(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        self.taken += chunk.len() as u64;
        if self.taken > self.limit {
            return Err(self.over());
        }
        self.pending.extend_from_slice(chunk);
        if self.pending.len() >= PIECE_BYTES {
            self.spool = Some(self.write(Ok).await?);
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<StagedBlob, Problem> {
        self.write(BlobWriter::sync).await
    }

    /// Writes what has gathered, then does `next`, in one visit to the disk.
    async fn write<T: Send + 'static>(&mut self, next: fn(BlobWriter) -> io::Result<T>) -> Result<T, Problem> {
        let (begun, disk) = (self.spool.take(), self.context.db.disk.clone());
        let piece = std::mem::take(&mut self.pending);
        let written = on_disk(&self.context, move |blobs| {
            if let Some(trouble) = disk.shortage_with_free(blobs.free_disk_mib()?) {
                return Ok(Err(trouble));
            }
            let mut spool = begun.map_or_else(|| blobs.begin_blob(), Ok)?;
            spool.write(&piece)?;
            next(spool).map(Ok)
        });
        Ok(written.await??)
    }

    fn over(&self) -> Problem {
        error_mapping::too_large("The document", "http.max_file_mib", self.limit >> 20, "MiB")
    }
}

/// # Errors
/// A fault of the disk, which the writer hears of.
pub(super) async fn on_disk<T: Send + 'static>(
    context: &EngineContext,
    work: impl FnOnce(&BlobStore) -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let blobs = context.blobs.clone();
    let done = tokio::task::spawn_blocking(move || work(&blobs)).await.map_err(|error| {
        tracing::error!(%error, "writing an upload was broken off");
        error_mapping::server_fault()
    });
    match done? {
        Ok(done) => Ok(done),
        Err(error) => {
            context.db.confirm_disk_fault().await;
            Err(DiskFailure::from(error).into())
        }
    }
}
