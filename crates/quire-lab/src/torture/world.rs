//! Reads the data directory while no server runs, for the checker.

use std::collections::BTreeSet;
use std::path::Path;

use uuid::Uuid;

use super::checker::{BatchFound, ItemFound, ObservedState, RuleBroken, TortureFinding};
use super::history::ObservedBatch;
use super::server::SETTINGS;
use quire::config::Config;
use quire_base::clock;
use quire_domain::ids::OwnerKey;
use quire_domain::item::AttemptEnd;
use quire_store::batches::BatchView;
use quire_store::items::{ItemDetails, ItemFilter};
use quire_store::{OpenStore, StoreError, StoreSnapshot};

const PAGE: u32 = 500;

/// Opens the directory as a server would, recounts it and reads everything; `deep` reads every byte of every blob.
///
/// # Errors
/// When it cannot be opened or read at all.
pub(super) fn look(
    data: &Path,
    files: &BTreeSet<String>,
    deep: bool,
) -> anyhow::Result<(ObservedState, Vec<TortureFinding>)> {
    let mut flags: Vec<_> = SETTINGS.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    flags.push(("server.data_dir", data.to_string_lossy().into_owned()));
    let opened = OpenStore::open(Config::load(None, &flags)?.store_options(), clock::now())?;
    let found = opened.check_consistency(deep)?;
    let unsound = found.iter().map(|finding| TortureFinding { kind: RuleBroken::Unsound, detail: finding.to_string() });
    let unsound: Vec<_> = unsound.chain(leftovers(data)).collect();
    let world = opened.reads.run(|snapshot| {
        let files_missing = missing(snapshot, files)?;
        Ok(ObservedState { batches: all(snapshot)?, files_missing, is_over: false })
    })?;
    Ok((world, unsound))
}

/// The start has swept what unfinished writes left.
fn leftovers(data: &Path) -> Option<TortureFinding> {
    let count = std::fs::read_dir(data.join("incoming")).map_or(0, Iterator::count);
    (count > 0).then(|| TortureFinding {
        kind: RuleBroken::Unsound,
        detail: format!("{count} unfinished files after a start"),
    })
}

fn missing(snapshot: &mut dyn StoreSnapshot, files: &BTreeSet<String>) -> Result<Vec<String>, StoreError> {
    let mut missing = Vec::new();
    for id in files {
        let found = Uuid::try_parse(id).ok().map(|id| snapshot.file(OwnerKey::LOCAL, id));
        match found {
            Some(Ok(_)) => {}
            None | Some(Err(StoreError::NotFound(_))) => missing.push(id.clone()),
            Some(Err(error)) => return Err(error),
        }
    }
    Ok(missing)
}

fn all(snapshot: &mut dyn StoreSnapshot) -> Result<Vec<BatchFound>, StoreError> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = snapshot.batches(OwnerKey::LOCAL, before, PAGE)?;
        let Some(last) = page.last() else { return Ok(all) };
        before = Some(last.record.key);
        for view in page {
            let items = items_of(snapshot, &view)?;
            all.push(BatchFound { seen: seen(view), items });
        }
    }
}

fn seen(view: BatchView) -> ObservedBatch {
    let batch = &view.record.batch;
    ObservedBatch {
        id: view.record.id.to_string(),
        status: batch.status(clock::now()),
        control: batch.control,
        sealed: batch.sealed,
        rev: view.record.rev,
        generation: batch.generation,
        outcome: batch.outcome,
        counts: batch.counts,
        name: view.name,
    }
}

fn items_of(snapshot: &mut dyn StoreSnapshot, view: &BatchView) -> Result<Vec<ItemFound>, StoreError> {
    let (key, mut all, mut after) = (view.record.key, Vec::new(), 0);
    loop {
        let found = snapshot.items(key, ItemFilter::Behind { after }, PAGE)?;
        let Some(last) = found.last() else { return Ok(all) };
        after = last.position;
        let page = snapshot.item_page(key, found)?;
        all.extend(page.items.iter().map(|stored| {
            let item = &stored.item;
            let (state, generation, position) = (item.state, item.generation, stored.position);
            let (successes, artifacts) = (successes(&page, position), artifacts(&page, position));
            let unmanned = unmanned(&page, position);
            ItemFound { position, state, generation, successes, unmanned, artifacts }
        }));
    }
}

fn successes(page: &ItemDetails, position: u32) -> Vec<u32> {
    let of_item = page.attempts.iter().filter(|row| row.position as u32 == position);
    of_item.filter(|row| row.ended == AttemptEnd::Succeeded.as_str()).map(|row| row.generation as u32).collect()
}

/// Attempts that came to a result and name no worker process.
fn unmanned(page: &ItemDetails, position: u32) -> Vec<u32> {
    let has_result = |ended: &str| [AttemptEnd::Succeeded, AttemptEnd::Failed].iter().any(|end| end.as_str() == ended);
    let of_item = page.attempts.iter().filter(|row| row.position as u32 == position && row.started_at > 0);
    let without = of_item.filter(|row| has_result(&row.ended) && row.worker_pid.is_none());
    without.map(|row| row.attempt as u32).collect()
}

fn artifacts(page: &ItemDetails, position: u32) -> Vec<(u32, String)> {
    let of_item = page.artifacts.iter().filter(|row| row.position as u32 == position);
    of_item.map(|row| (row.generation as u32, row.name.clone())).collect()
}
