//! Submits the inputs that the walk finds to the store, chunk by chunk, while the engine works on earlier ones.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::plan::RunPlan;
use super::state::RunState;
use super::stop::StopFlag;
use super::walk::FoundFile;
use super::{changed, names};
use crate::actors::engine::Engine;
use crate::commands::submit::{NewBatch, NewItem};
use quire_base::clock;
use quire_domain::batch::BatchInput;
use quire_domain::ids::{BatchKey, CorrelationId, OwnerKey};
use quire_store::batches::{BatchItemOptions, BatchRecord, BatchSpec};
use quire_store::documents::{Document, DocumentSource};
use quire_store::run_inputs::RunInputPaths;
use quire_store::{StoreError, StoreSnapshot};

pub(super) struct InputSubmitter<'a> {
    pub engine: &'a Engine,
    pub plan: &'a RunPlan,
    pub state: &'a RunState,
    pub stop: &'a StopFlag,
    /// The batch that still takes items, if any.
    pub open: Option<BatchKey>,
    pub correlation: CorrelationId,
}

impl InputSubmitter<'_> {
    /// Takes in what comes until the walk is over, then seals the batch; leaves it open when the run is stopped.
    ///
    /// # Errors
    /// [`StoreError`] when the store takes no more.
    pub(super) async fn take_in(
        mut self,
        first: Vec<FoundFile>,
        mut more: mpsc::Receiver<Vec<FoundFile>>,
    ) -> Result<(), StoreError> {
        let mut next = Some(first);
        while let Some(chunk) = next {
            self.add(chunk).await?;
            next = tokio::select! {
                biased;
                () = self.stop.asked() => return Ok(()),
                chunk = more.recv() => chunk,
            };
        }
        if let Some(key) = self.open {
            self.engine.control(key, BatchInput::Sealed, self.correlation.clone()).await?;
        }
        self.state.is_taken_in.set(true);
        Ok(())
    }

    async fn add(&mut self, chunk: Vec<FoundFile>) -> Result<(), StoreError> {
        let (out, changed) = (self.plan.out.clone(), self.changed(&chunk).await?);
        let (items, inputs) = self.engine.context.read(move |snapshot| placed(snapshot, chunk, changed, &out)).await?;
        if inputs.is_empty() {
            return Ok(());
        }
        let (count, renamed) = (inputs.len() as u64, inputs.iter().filter(|input| input.renamed).count() as u64);
        self.store(items, inputs).await?;
        self.state.added.set(self.state.added.get() + count);
        self.state.renamed.set(self.state.renamed.get() + renamed);
        Ok(())
    }

    /// Those that were done before and are other files now.
    async fn changed(&self, chunk: &[FoundFile]) -> Result<HashMap<PathBuf, RunInputPaths>, StoreError> {
        let paths: Vec<_> = chunk.iter().map(|found| found.path.clone()).collect();
        let done = self.engine.context.read(move |snapshot| changed::done(snapshot, &paths)).await?;
        let blobs = self.engine.context.blobs.clone();
        let changed = tokio::task::spawn_blocking(move || changed::changed(done, &blobs)).await;
        let changed = changed.map_err(|error| StoreError::Aborted(error.to_string()))?;
        Ok(changed.into_iter().map(|input| (input.path.clone(), input)).collect())
    }

    async fn store(&mut self, items: Vec<NewItem>, inputs: Vec<RunInputPaths>) -> Result<BatchRecord, StoreError> {
        if let Some(key) = self.open {
            return self.engine.extend_run(key, items, inputs, self.correlation.clone()).await;
        }
        let new = self.batch(items)?;
        let record = self.engine.submit_run(new, inputs).await?;
        self.open = Some(record.key);
        self.state.add(&record);
        Ok(record)
    }

    fn batch(&self, items: Vec<NewItem>) -> Result<NewBatch, StoreError> {
        let vault = &self.engine.context.vault;
        let password = self.plan.password.as_ref().map(|password| vault.encrypt_text(password)).transpose()?;
        let spec = BatchSpec {
            name: Some("quire run".into()),
            options: BatchItemOptions { password, ..BatchItemOptions::default() },
            on_failure: self.plan.on_failure,
            sealed: false,
            ..BatchSpec::for_operations(&self.plan.operations)
        };
        Ok(NewBatch {
            id: clock::new_batch_id(),
            owner: OwnerKey::LOCAL,
            spec,
            correlation: self.correlation.clone(),
            idempotency: None,
            items,
        })
    }
}

/// Those that are no inputs yet, each with a place of its own, and the changed, each in its place of before.
fn placed(
    snapshot: &mut dyn StoreSnapshot,
    chunk: Vec<FoundFile>,
    mut changed: HashMap<PathBuf, RunInputPaths>,
    out: &Path,
) -> Result<(Vec<NewItem>, Vec<RunInputPaths>), StoreError> {
    let paths: Vec<_> = chunk.iter().map(|found| found.path.as_path()).collect();
    let mut known = snapshot.known_run_inputs(&paths)?;
    let mut stems = HashSet::new();
    let (mut items, mut inputs) = (Vec::new(), Vec::new());
    for found in chunk {
        if let Some(input) = changed.remove(&found.path) {
            items.push(Some(document(&found)));
            inputs.push(input);
            continue;
        }
        if !known.insert(found.path.clone()) {
            continue;
        }
        let (stem, renamed) = free_stem(snapshot, &found, &stems, out)?;
        stems.insert(stem.clone());
        items.push(Some(document(&found)));
        inputs.push(RunInputPaths { path: found.path, stem, renamed });
    }
    Ok((items, inputs))
}

/// The first of the possible stems that no other input has and under which no foreign file lies.
fn free_stem(
    snapshot: &mut dyn StoreSnapshot,
    found: &FoundFile,
    chunk: &HashSet<PathBuf>,
    out: &Path,
) -> Result<(PathBuf, bool), StoreError> {
    let natural = natural_stem(&found.place);
    let is_foreign = |stem: &Path| {
        [".txt", ".json"].iter().any(|suffix| names::with_suffix(&out.join(stem), suffix).symlink_metadata().is_ok())
    };
    for stem in names::stems(&found.place) {
        if !chunk.contains(&stem) && !snapshot.is_stem_taken(&stem)? && !is_foreign(&stem) {
            let renamed = stem != natural;
            return Ok((stem, renamed));
        }
    }
    Err(StoreError::Conflict(format!("no name is left for the results of {}", found.path.display())))
}

fn natural_stem(place: &Path) -> PathBuf {
    if names::is_pdf(place) { place.with_extension("") } else { place.to_path_buf() }
}

fn document(found: &FoundFile) -> Document {
    Document {
        name: found.place.to_string_lossy().into_owned(),
        size_bytes: found.size_bytes,
        source: DocumentSource::Path(found.path.clone()),
        folder: None,
        password: None,
    }
}
