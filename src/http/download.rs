//! Download of one file of the blob store, whole or as a range, read off the async thread, its bytes verified against
//! its ETag.

use std::io;

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, stream};

use super::api::{FileContent, HandlerResult};
use super::conditional::{self, ByteRange};
use super::error_mapping;
use super::names;
use super::problem::{Problem, ProblemCode};
use quire_store::blobs::BlobStore;
use quire_store::verified_reader::VerifiedReader;

#[derive(Debug)]
pub(super) struct Download {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// # Errors
/// `range_not_satisfiable`, or `server_fault` when the blob is gone or holds other bytes.
pub(super) async fn answer(request: &HttpRequest, wanted: Download, blobs: &BlobStore) -> HandlerResult<FileContent> {
    let (size, etag) = (wanted.size_bytes, format!("\"{}\"", wanted.sha256));
    if conditional::is_known(request, &etag) {
        return Ok(FileContent(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish()));
    }
    let part = conditional::part(request, size, &etag);
    let (mut answer, from, length) = match part {
        ByteRange::Whole => (HttpResponse::Ok(), 0, size),
        ByteRange::Span(first, last) => (HttpResponse::PartialContent(), first, last - first + 1),
        ByteRange::Beyond => return Err(beyond(size)),
    };
    if let ByteRange::Span(first, last) = part {
        answer.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
    }
    answer
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_TYPE, wanted.media_type))
        .insert_header((header::CONTENT_DISPOSITION, names::attachment(&wanted.name)))
        .insert_header((header::CONTENT_SECURITY_POLICY, FOREIGN_POLICY));
    let blob = open(blobs.clone(), wanted.sha256, size, from, length).await?;
    Ok(FileContent(answer.body(SizedStream::new(length, pieces(blob)))))
}

/// What others have made is of this server's origin: should a browser show it all the same, it shows it apart, and lets
/// it load and run nothing.
pub(super) const FOREIGN_POLICY: &str = "sandbox; default-src 'none'";

fn beyond(size: u64) -> Problem {
    let detail = format!("The file has {size} bytes; ask for a range that begins within them.");
    Problem::new(ProblemCode::RangeNotSatisfiable, detail).header(header::CONTENT_RANGE, format!("bytes */{size}"))
}

async fn open(blobs: BlobStore, sha256: String, size: u64, from: u64, length: u64) -> Result<VerifiedReader, Problem> {
    let opened = tokio::task::spawn_blocking(move || blobs.open_verified(&sha256, size, from, length));
    opened.await.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "an artifact's file cannot be sent; `quire fsck --deep` finds what else is not whole");
        error_mapping::server_fault()
    })
}

/// A piece that cannot be had ends the answer before its length: nobody takes it for whole.
fn pieces(blob: VerifiedReader) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(blob, |mut blob| async move {
        let read = tokio::task::spawn_blocking(move || Ok::<_, io::Error>((blob.next_chunk()?, blob)));
        match read.await.map_err(io::Error::other).flatten() {
            Ok((piece, blob)) => Ok(piece.map(|piece| (Bytes::from(piece), blob))),
            Err(error) => {
                tracing::error!(%error, "an artifact's file cannot be sent to its end; the answer was broken off");
                Err(error)
            }
        }
    })
}
