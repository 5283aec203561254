//! Items as clients see them: one row of the list, of the results, and the whole item.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::dto::{AttemptView, FailureView, WaitingView, batch_url, time_if_set, waiting};
use super::history::PastView;
use super::names::encoded;
use crate::actors::engine::{BatchEngineView, Engine};
use quire_base::clock::{self, rfc3339};
use quire_domain::ids::ItemAddress;
use quire_domain::item::{AttemptEnd, ItemState};
use quire_domain::live_frames::AttemptProgress;
use quire_domain::operation::DocumentSummary;
use quire_domain::waiting::item_waiting_reason;
use quire_store::artifacts::ArtifactRow;
use quire_store::attempts::AttemptRow;
use quire_store::batches::BatchRecord;
use quire_store::documents::Document;
use quire_store::items::{ItemDetails, StoredItem};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Item")]
pub(super) struct ItemResource {
    pub position: u32,
    pub name: Option<String>,
    /// Where the document lay, as was said when it was submitted.
    pub folder: Option<String>,
    pub size_bytes: Option<u64>,
    pub state: ItemState,
    pub generation: u32,
    /// The number of the newest attempt of this generation.
    pub attempt: u32,
    pub failure: Option<FailureView>,
    /// Summary of the document: pages, characters, warnings.
    #[schemars(with = "Option<DocumentSummary>")]
    pub summary: Option<Value>,
    pub artifacts: Vec<ArtifactView>,
    pub progress: Option<AttemptProgress>,
    #[schemars(with = "Option<WaitingView>")]
    pub waiting_because: Option<Value>,
    /// When a worker process took it last.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub ended_at: Option<String>,
    /// Of the request that brought the item in.
    pub correlation_id: Option<String>,
    /// Of its newest attempt that has ended: the time that its worker process worked on it.
    pub work_ms: Option<f64>,
    /// Only in the item itself, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<AttemptView>>,
    pub links: ItemLinks,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ItemLinks {
    #[serde(rename = "self")]
    pub own: String,
    /// As it was sent; absent for an item that works on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Artifact")]
pub(super) struct ArtifactView {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
    pub href: String,
}

/// The rows of a page as resources, in its order.
pub(super) fn resources(
    page: ItemDetails,
    record: &BatchRecord,
    past: Option<&PastView>,
    engine: &Engine,
) -> Vec<ItemResource> {
    let mut documents: HashMap<u32, Document> = page.documents.into_iter().collect();
    let mut newest: HashMap<u32, AttemptRow> = HashMap::new();
    // In the order of their numbers: the last one stays.
    for attempt in page.attempts {
        newest.insert(attempt.position as u32, attempt);
    }
    let mut artifacts: HashMap<u32, Vec<ArtifactRow>> = HashMap::new();
    for artifact in page.artifacts {
        artifacts.entry(artifact.position as u32).or_default().push(artifact);
    }
    let correlations = page.correlations;
    let seen = engine.engine_view_for_batch(record.key);
    let view = page.items.into_iter().map(|stored| {
        let position = stored.position;
        let files = artifacts.remove(&position).unwrap_or_default();
        let item = resource(&stored, documents.remove(&position), newest.remove(&position), files, record, engine);
        // What it does, and what it waits for, is of the present alone.
        let item = match past {
            Some(_) => ItemResource { progress: None, ..item },
            None => ItemResource { waiting_because: waits(&stored, record, &seen), ..item },
        };
        ItemResource { correlation_id: correlations.get(&stored.correlation).cloned(), ..item }
    });
    view.collect()
}

fn resource(
    stored: &StoredItem,
    document: Option<Document>,
    newest: Option<AttemptRow>,
    files: Vec<ArtifactRow>,
    record: &BatchRecord,
    engine: &Engine,
) -> ItemResource {
    let StoredItem { position, item, .. } = *stored;
    let own = format!("{}/items/{position}", batch_url(record.id));
    let live = engine.context.progress_tracker.running_attempt(ItemAddress { batch: record.key, position });
    let newest = newest.filter(|attempt| attempt.generation as u32 == item.generation);
    let href = document.as_ref().map(|_| format!("{own}/document"));
    let size_bytes = document.as_ref().map(|document| document.size_bytes);
    let (name, folder) = document.map_or((None, None), |document| (Some(document.name), document.folder));
    ItemResource {
        position,
        name,
        folder,
        size_bytes,
        state: item.state,
        generation: item.generation,
        attempt: item.attempt,
        failure: failure(stored, newest.as_ref()),
        summary: summary(stored, newest.as_ref()),
        artifacts: visible(files, stored, record).map(|row| artifact(row, &own)).collect(),
        progress: live.filter(|_| item.state == ItemState::Running).map(|live| live.progress(clock::now())),
        waiting_because: None,
        started_at: time_if_set(stored.started_at),
        ended_at: stored.ended_at.map(rfc3339),
        correlation_id: None,
        work_ms: newest.as_ref().and_then(AttemptRow::work_ms),
        attempts: None,
        links: ItemLinks { own, document: href },
    }
}

/// Of the item's generation, and only while the batch's policy does not hide them.
pub(super) fn visible(
    files: Vec<ArtifactRow>,
    stored: &StoredItem,
    record: &BatchRecord,
) -> impl Iterator<Item = ArtifactRow> {
    let (generation, hidden) = (stored.item.generation, record.batch.hides_artifacts());
    let succeeded = stored.item.state == ItemState::Succeeded;
    files.into_iter().filter(move |row| succeeded && !hidden && row.generation as u32 == generation)
}

fn artifact(row: ArtifactRow, own: &str) -> ArtifactView {
    let href = format!("{own}/artifacts/{}", encoded(&row.name));
    ArtifactView {
        name: row.name,
        media_type: row.media_type,
        size_bytes: row.size_bytes as u64,
        sha256: row.sha256,
        href,
    }
}

fn failure(stored: &StoredItem, newest: Option<&AttemptRow>) -> Option<FailureView> {
    let item = &stored.item;
    let code = item.failure.filter(|_| item.state != ItemState::Succeeded)?;
    let detail = newest.filter(|attempt| attempt.failure.as_deref() == Some(code.as_str()));
    Some(FailureView::new(code, item.reason, detail.and_then(|attempt| attempt.detail.clone())))
}

fn summary(stored: &StoredItem, newest: Option<&AttemptRow>) -> Option<Value> {
    let succeeded = stored.item.state == ItemState::Succeeded;
    let newest = newest.filter(|attempt| succeeded && attempt.ended == AttemptEnd::Succeeded.as_str())?;
    serde_json::from_str(newest.summary.as_deref()?).ok()
}

fn waits(stored: &StoredItem, record: &BatchRecord, seen: &BatchEngineView) -> Option<Value> {
    let (state, run_at) = (stored.item.state, stored.item.run_at);
    waiting(item_waiting_reason(
        state,
        run_at,
        &record.batch,
        record.priority,
        seen.slots_held,
        &seen.engine,
        clock::now(),
    ))
}
