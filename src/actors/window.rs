//! What the engine looks like from outside: written by the supervisor, read by whoever explains why something waits.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use crate::domain::ids::BatchKey;
use crate::domain::waiting::EngineView;

#[derive(Debug, Default)]
pub struct Window {
    inner: RwLock<(EngineView, HashSet<BatchKey>)>,
}

impl Window {
    pub fn view(&self) -> EngineView {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Whether the batch has an actor.
    pub fn is_active(&self, batch: BatchKey) -> bool {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).1.contains(&batch)
    }

    pub(super) fn publish(&self, change: impl FnOnce(&mut EngineView, &mut HashSet<BatchKey>)) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let (view, active) = &mut *inner;
        change(view, active);
    }
}
