//! State shared by the parts of a run. All of them live on one thread.

use std::cell::{Cell, RefCell};

use crate::actors::engine::{Engine, EngineContext};
use quire_base::clock;
use quire_domain::batch::BatchInput;
use quire_domain::counts::ItemCounts;
use quire_domain::ids::BatchKey;
use quire_store::batches::{BatchRecord, BatchView};
use quire_store::{StoreError, StoreSnapshot};

#[derive(Debug, Default)]
pub(super) struct RunState {
    batches: RefCell<Vec<BatchKey>>,
    /// Every input is in the store and no more will come.
    pub is_taken_in: Cell<bool>,
    /// Inputs that this run added.
    pub added: Cell<u64>,
    /// Inputs whose results got another name than their own.
    pub renamed: Cell<u64>,
}

impl RunState {
    pub(super) fn add(&self, record: &BatchRecord) {
        self.batches.borrow_mut().push(record.key);
    }

    pub(super) fn keys(&self) -> Vec<BatchKey> {
        self.batches.borrow().clone()
    }

    /// The counts of all batches together, and whether all have ended.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub(super) async fn counts(&self, context: &EngineContext) -> Result<(ItemCounts, bool), StoreError> {
        let keys = self.keys();
        let all = move |snapshot: &mut dyn StoreSnapshot| {
            keys.into_iter().map(|key| snapshot.batch(key)).collect::<Result<Vec<_>, _>>()
        };
        let all = context.read(all).await?;
        let sum = all.iter().fold(ItemCounts::default(), |sum, record| plus(sum, &record.batch.counts));
        Ok((sum, all.iter().all(|record| record.batch.is_ended())))
    }
}

/// Whatever did not succeed in earlier runs is tried again.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) async fn retry_all(engine: &Engine, earlier: &[BatchView]) -> Result<(), StoreError> {
    for batch in earlier.iter().filter(|batch| batch.record.batch.retrying.is_none()) {
        let retry = BatchInput::RetryAsked { cancelled_too: true };
        engine.control(batch.record.key, retry, clock::new_correlation_id()).await?;
    }
    Ok(())
}

fn plus(a: ItemCounts, b: &ItemCounts) -> ItemCounts {
    ItemCounts {
        total: a.total + b.total,
        queued: a.queued + b.queued,
        running: a.running + b.running,
        retry_wait: a.retry_wait + b.retry_wait,
        succeeded: a.succeeded + b.succeeded,
        failed: a.failed + b.failed,
        cancelled: a.cancelled + b.cancelled,
        expired: a.expired + b.expired,
        skipped: a.skipped + b.skipped,
    }
}
