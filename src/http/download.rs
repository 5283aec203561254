//! One file of the blob store, on its way out: whole or a span, read off the async thread.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, stream};

use super::conditional::{self, Part};
use super::faults;
use super::names;
use super::problem::{Answer, Code, Problem};
use crate::store::blobs::Blobs;

#[derive(Debug)]
pub struct Download {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// # Errors
/// `range_not_satisfiable`, or `server_fault` when the blob is gone.
pub async fn answer(request: &HttpRequest, wanted: Download, blobs: &Blobs) -> Answer {
    let (size, etag) = (wanted.size_bytes, format!("\"{}\"", wanted.sha256));
    if conditional::is_known(request, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    let part = conditional::part(request, size, &etag);
    let (mut answer, from, length) = match part {
        Part::Whole => (HttpResponse::Ok(), 0, size),
        Part::Span(first, last) => (HttpResponse::PartialContent(), first, last - first + 1),
        Part::Beyond => return Err(beyond(size)),
    };
    if let Part::Span(first, last) = part {
        answer.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
    }
    answer
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_TYPE, wanted.media_type))
        .insert_header((header::CONTENT_DISPOSITION, names::attachment(&wanted.name)));
    let file = open(blobs.clone(), wanted.sha256, from).await?;
    Ok(answer.body(SizedStream::new(length, pieces(file, length))))
}

fn beyond(size: u64) -> Problem {
    let detail = format!("The file has {size} bytes; ask for a range that begins within them.");
    Problem::new(Code::RangeNotSatisfiable, detail).header(header::CONTENT_RANGE, format!("bytes */{size}"))
}

async fn open(blobs: Blobs, sha256: String, from: u64) -> Result<File, Problem> {
    let opened = tokio::task::spawn_blocking(move || {
        let mut file = blobs.read(&sha256)?;
        file.seek(SeekFrom::Start(from))?;
        Ok::<_, io::Error>(file)
    });
    opened.await.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "an artifact's file cannot be read");
        faults::server_fault()
    })
}

const PIECE_BYTES: u64 = 128 << 10;

fn pieces(file: File, length: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((file, length), |(file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || piece(file, left.min(PIECE_BYTES)));
        let (file, bytes) = read.await.map_err(io::Error::other)??;
        let left = left - bytes.len() as u64;
        Ok(Some((bytes, (file, left))))
    })
}

/// Exactly `length` bytes: a file that is shorter than its row says breaks the answer off.
fn piece(mut file: File, length: u64) -> io::Result<(File, Bytes)> {
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    Ok((file, bytes.into()))
}
