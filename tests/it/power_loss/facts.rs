//! Facts that the server has promised and shown, and whether a data directory still holds them.

use std::collections::HashMap;
use std::path::Path;

use quire_base::clock;
use quire_domain::batch::BatchControl;
use quire_domain::event::Event;
use quire_domain::ids::{BatchId, BatchKey, OwnerKey};
use quire_store::documents::DocumentSource;
use quire_store::{OpenStore, StoreError, StoreSnapshot};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::harness::options;

/// Something that a client was told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Fact {
    /// A batch was accepted with so many items, or more later; the sha256 of its documents from the first on.
    Batch {
        id: Uuid,
        items: u64,
        documents: Vec<String>,
    },
    File {
        id: Uuid,
        sha256: String,
    },
    Event {
        seq: i64,
        kind: String,
        batch: Uuid,
        item: Option<u32>,
    },
    /// `run`, `paused` or `cancelled`.
    Control {
        batch: Uuid,
        is: BatchControl,
    },
    Sealed {
        batch: Uuid,
    },
}

/// A fact, and the span of the tape over which it has to hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Witnessed {
    pub fact: Fact,
    /// The tape's length when the answer was there.
    pub from: u64,
    /// The tape's length when the contrary was asked for, if it was.
    pub until: Option<u64>,
}

impl Witnessed {
    fn holds_at(&self, cut: u64) -> bool {
        self.from <= cut && self.until.is_none_or(|until| cut <= until)
    }
}

/// Losses of a data directory, as of a cut behind this place of the tape. The directory is opened as a server
/// would open it.
pub(super) fn losses(data: &Path, facts: &[Witnessed], cut: u64) -> Vec<String> {
    let opened = match OpenStore::open(options(data, "full"), clock::now()) {
        Ok(opened) => opened,
        Err(error) => return vec![format!("it cannot be opened: {error}")],
    };
    let mut losses: Vec<_> = match opened.check(true) {
        Ok(findings) => findings.iter().map(ToString::to_string).collect(),
        Err(error) => return vec![format!("it cannot be read: {error}")],
    };
    let looked = opened.reads.run(|snapshot| {
        let log: HashMap<i64, Event> = log(snapshot)?.into_iter().map(|event| (event.seq, event)).collect();
        for witnessed in facts.iter().filter(|witnessed| witnessed.holds_at(cut)) {
            if !holds(snapshot, &witnessed.fact, &log)? {
                losses.push(format!("lost: {:?}", witnessed.fact));
            }
        }
        Ok(())
    });
    losses.extend(looked.err().map(|error| format!("it cannot be read: {error}")));
    losses
}

fn log(snapshot: &mut dyn StoreSnapshot) -> Result<Vec<Event>, StoreError> {
    snapshot.events_after(OwnerKey::LOCAL, 0, u32::MAX >> 1)
}

fn holds(snapshot: &mut dyn StoreSnapshot, fact: &Fact, log: &HashMap<i64, Event>) -> Result<bool, StoreError> {
    match fact {
        Fact::Batch { id, items, documents } => with_batch(snapshot, *id, |snapshot, key| {
            let total = snapshot.batch(key)?.batch.counts.total;
            let stored = snapshot.documents_between(key, 1, documents.len() as u32)?;
            let named = |nth: usize| stored.get(nth).map(|(_, document)| &document.source);
            let are_there = documents.iter().enumerate().all(|(nth, sha256)| is_blob(named(nth), sha256));
            Ok(total >= *items && are_there)
        }),
        Fact::File { id, sha256 } => found(snapshot.file(OwnerKey::LOCAL, *id).map(|row| row.sha256 == *sha256)),
        Fact::Event { seq, kind, batch, item } => {
            let same = |event: &Event| event.kind.as_str() == kind && event.batch.0 == *batch && event.item == *item;
            let has_results = kind != "item.completed" || has_results(snapshot, *batch, *item)?;
            Ok(log.get(seq).is_some_and(same) && has_results)
        }
        Fact::Control { batch, is } => {
            with_batch(snapshot, *batch, |snapshot, key| Ok(snapshot.batch(key)?.batch.control == *is))
        }
        Fact::Sealed { batch } => with_batch(snapshot, *batch, |snapshot, key| Ok(snapshot.batch(key)?.batch.sealed)),
    }
}

/// An item with a document echoes it: it has an artifact when it is done.
fn has_results(snapshot: &mut dyn StoreSnapshot, batch: Uuid, item: Option<u32>) -> Result<bool, StoreError> {
    let item = item.unwrap_or_default();
    with_batch(snapshot, batch, |snapshot, key| {
        let has_document = !snapshot.documents_between(key, item, item)?.is_empty();
        Ok(!has_document || !snapshot.artifacts(key, item, 1)?.is_empty())
    })
}

fn is_blob(source: Option<&DocumentSource>, sha256: &str) -> bool {
    matches!(source, Some(DocumentSource::Blob(stored)) if stored == sha256)
}

fn with_batch(
    snapshot: &mut dyn StoreSnapshot,
    id: Uuid,
    look: impl FnOnce(&mut dyn StoreSnapshot, BatchKey) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let key = snapshot.find_batch(OwnerKey::LOCAL, BatchId(id));
    found(key.and_then(|key| look(snapshot, key)))
}

fn found(result: Result<bool, StoreError>) -> Result<bool, StoreError> {
    match result {
        Err(StoreError::NotFound(_)) => Ok(false),
        other => other,
    }
}
