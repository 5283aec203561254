//! Results that an earlier run left in the output folder, read before the engine starts.

use anyhow::{Context, bail};

use super::plan::{self, RunPlan};
use crate::commands::run_inputs;
use quire_base::clock;
use quire_domain::ids::OwnerKey;
use quire_store::batches::BatchView;
use quire_store::{OpenStore, StoreError, StoreSnapshot, Transaction};

const PAGE: u32 = 256;

/// The batches of earlier runs into this folder, oldest first; adapted to what this run changes.
///
/// # Errors
/// When there are some and the run is not to go on with them, or when they were for other operations.
pub(super) fn take_over(plan: &RunPlan) -> anyhow::Result<Vec<BatchView>> {
    if !plan.data_dir().join("quire.db").exists() {
        return Ok(Vec::new());
    }
    let opened = OpenStore::open(plan.config.store_options(), clock::now()).context(plan.out.display().to_string())?;
    let batches = opened.reads.run(all)?;
    let out = plan.out.display();
    if !batches.is_empty() && !plan.resume {
        bail!("{out} holds an earlier run; go on with it by --resume, or choose another folder");
    }
    if let Some(other) = batches.iter().find(|batch| batch.operations != plan.operations) {
        let (earlier, now) = (plan::join_names(&other.operations), plan.operation_names());
        bail!("the earlier run into {out} was for --ops {earlier}, not {now}; use the same, or another folder");
    }
    for batch in &batches {
        reconfigure(&opened, batch, plan)?;
    }
    Ok(batches)
}

/// A run that goes on may bring a password or another wish for failures.
fn reconfigure(opened: &OpenStore, batch: &BatchView, plan: &RunPlan) -> anyhow::Result<()> {
    let (key, mut options, on_failure) = (batch.record.key, batch.options.clone(), plan.on_failure);
    if let Some(password) = &plan.password {
        options.password = Some(opened.vault.encrypt_text(password)?);
    }
    let change =
        move |txn: &mut dyn Transaction| run_inputs::reconfigure_batch_without_actor(txn, key, &options, on_failure);
    Ok(opened.open_writer()?.commit_one("run.reconfigure", clock::now(), change)?)
}

fn all(snapshot: &mut dyn StoreSnapshot) -> Result<Vec<BatchView>, StoreError> {
    let mut all = Vec::new();
    loop {
        let before = all.last().map(|batch: &BatchView| batch.record.key);
        let page = snapshot.batches(OwnerKey::LOCAL, before, PAGE)?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            all.reverse();
            return Ok(all);
        }
    }
}
