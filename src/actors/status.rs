//! Engine status: published by the supervisor, read by whoever explains why something waits.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::domain::ids::BatchKey;
use crate::domain::waiting::EngineView;
use crate::supervision::ActorId;

/// A batch with an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveBatch {
    pub actor: ActorId,
    pub slots_held: u32,
}

#[derive(Debug, Default)]
pub struct EngineStatus {
    inner: RwLock<(EngineView, HashMap<BatchKey, ActiveBatch>)>,
}

impl EngineStatus {
    pub fn view(&self) -> EngineView {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The batch's actor and slots; `None` when it has no actor.
    pub fn active(&self, batch: BatchKey) -> Option<ActiveBatch> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).1.get(&batch).cloned()
    }

    pub(super) fn publish(&self, change: impl FnOnce(&mut EngineView, &mut HashMap<BatchKey, ActiveBatch>)) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let (view, active) = &mut *inner;
        change(view, active);
    }
}
