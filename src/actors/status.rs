//! Engine status: published by the supervisor, read by whoever explains why something waits.

use std::collections::HashMap;

use tokio::sync::watch;

use quire_domain::ids::BatchKey;
use quire_domain::waiting::EngineView;
use quire_supervision::ActorPath;

/// A batch with an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveBatch {
    pub actor: ActorPath,
    pub slots_held: u32,
}

/// What the batch supervisor publishes: the view, and the batches with an actor.
#[derive(Debug, Default)]
pub struct BatchSupervisorSnapshot {
    pub view: EngineView,
    pub active: HashMap<BatchKey, ActiveBatch>,
}

/// Publishes the [`BatchSupervisorSnapshot`] to whoever asks.
#[derive(Debug, Default)]
pub struct SnapshotPublisher(watch::Sender<BatchSupervisorSnapshot>);

impl SnapshotPublisher {
    /// The engine as the batch supervisor published it last.
    pub fn supervisor_view(&self) -> EngineView {
        self.0.borrow().view.clone()
    }

    /// The batch's actor and slots; `None` when it has no actor.
    pub fn active_batch(&self, batch: BatchKey) -> Option<ActiveBatch> {
        self.0.borrow().active.get(&batch).cloned()
    }

    pub(super) fn publish(&self, change: impl FnOnce(&mut BatchSupervisorSnapshot)) {
        self.0.send_modify(change);
    }
}
