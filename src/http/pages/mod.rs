//! Pages of one document, cut from its artifact `pages.json`: a window of them, as much as one answer may hold.
//!
//! The artifact was written by a worker process and may be as large as `worker.max_output_mib`, in whatever shape a
//! hostile document may have brought about. It is read as a stream: [`bounded`] keeps each of its strings short and its
//! nesting flat, [`window`] keeps the pages that are wanted.

mod bounded;
mod window;

use std::io::{self, BufReader, Read};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::api::{HandlerResult, Okay, Query};
use super::auth::Owner;
use super::error_mapping;
use super::item_dto::visible;
use super::lookup::{self, BySubId};
use super::problem::{Problem, ProblemCode};
use quire_store::artifacts::ArtifactRow;
use quire_store::blobs::BlobStore;
use quire_store::verified_reader::VerifiedReader;
use window::PageWindow;

const ARTIFACT: &str = "pages.json";

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PagesQuery {
    /// The page to begin with; 1 when left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 2_147_483_647))]
    from: Option<String>,
    /// At most so many; 20 when left out. There are fewer when the answer would be larger than `http.max_pages_kib`.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000))]
    limit: Option<String>,
}

const DEFAULT_LIMIT: u32 = 20;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DocumentPages {
    /// Of the whole document.
    pages: u32,
    from: u32,
    /// The next ones begin behind the last of these.
    items: Vec<DocumentPage>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DocumentPage {
    /// Counted from 1.
    page: u32,
    /// As the document names it, such as `iv`.
    label: Option<String>,
    text: String,
    /// Characters of the whole page other than white space.
    char_count: u64,
    warnings: Vec<String>,
    /// The page does not fit into one answer: the rest of it is in the artifact `pages.json`.
    truncated: bool,
}

/// Some pages with their text, in order.
pub(super) async fn show(
    Query(query): Query<PagesQuery>,
    (path, app, Owner(owner)): BySubId,
) -> HandlerResult<Okay<DocumentPages>> {
    let (id, position) = path.into_inner();
    let record = lookup::batch(&app, owner, &id).await?.view.record;
    let (key, position) = (record.key, lookup::position(&position)?);
    let mut window = query.window(&app)?;
    let read = app.engine.context.read(move |snapshot| {
        let stored = snapshot.item(key, position)?;
        let files = snapshot.artifacts(key, position, stored.item.generation)?;
        Ok(visible(files, &stored, &record).find(|row| row.name == ARTIFACT))
    });
    let row = read.await?.ok_or_else(no_pages)?;
    let blobs = app.engine.context.blobs.clone();
    let done = tokio::task::spawn_blocking(move || fill(&mut window, &blobs, &row).map(|()| window)).await;
    let window = done.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "a document's pages cannot be read; `quire fsck --deep` finds what else is not whole");
        error_mapping::server_fault()
    })?;
    Ok(Okay::new(&window.into_answer()))
}

fn no_pages() -> Problem {
    Problem::new(
        ProblemCode::ArtifactNotFound,
        "The item has no artifact pages.json: it has not succeeded, or its batch did not ask for the operation text.",
    )
}

impl PagesQuery {
    fn window(&self, app: &AppState) -> Result<PageWindow, Problem> {
        let http = &app.engine.config.http;
        let (from, most) =
            (lookup::number("from", self.from.as_deref(), i32::MAX as u32, "")?, http.max_page_items as u32);
        let limit = lookup::number("limit", self.limit.as_deref(), most, " (http.max_page_items)")?;
        let limit = limit.unwrap_or(most.min(DEFAULT_LIMIT));
        Ok(PageWindow::new(from.unwrap_or(1), limit, (http.max_pages_kib as usize) << 10))
    }
}

/// # Errors
/// When the blob is gone, holds other bytes, or is no `pages.json`.
fn fill(window: &mut PageWindow, blobs: &BlobStore, row: &ArtifactRow) -> io::Result<()> {
    let blob = blobs.open_preverified(&row.sha256, row.size_bytes as u64)?;
    window.read(BufReader::new(Pieces { blob, piece: Vec::new(), at: 0 }))
}

/// A verified blob as a stream of bytes.
struct Pieces {
    blob: VerifiedReader,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            (self.piece, self.at) = (self.blob.next_chunk()?.unwrap_or_default(), 0);
        }
        let count = buffer.len().min(self.piece.len() - self.at);
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
