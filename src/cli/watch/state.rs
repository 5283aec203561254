//! State of a watch, rebuilt from the updates of a feed. Pure: the same updates lead to the same state.

use std::collections::BTreeMap;

use crate::cli::remote::feed::FeedUpdate;
use quire_domain::batch::{BatchOutcome, BatchStatus};
use quire_domain::counts::ItemCounts;
use quire_domain::event::EventView;
use quire_domain::ids::BatchId;
use quire_domain::live_frames::{BatchPace, BatchState, Progress, RunningItem, Snapshot};

/// Everything watched.
#[derive(Debug, Default)]
pub struct WatchState {
    /// Nothing else is looked at.
    only: Option<BatchId>,
    batches: BTreeMap<BatchId, WatchedBatch>,
}

/// One batch.
#[derive(Debug, Clone)]
pub struct WatchedBatch {
    pub rev: u64,
    pub status: BatchStatus,
    pub outcome: Option<BatchOutcome>,
    pub counts: ItemCounts,
    pub pace: BatchPace,
    pub running: Vec<RunningItem>,
}

/// End of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchEnd {
    pub batch: BatchId,
    pub outcome: BatchOutcome,
    pub failed: u64,
}

/// Ended batches beyond so many are forgotten, the oldest first.
const ENDED_KEPT: usize = 20;

impl WatchState {
    /// Nothing watched yet; of one batch, or of all.
    pub fn watching(only: Option<BatchId>) -> Self {
        Self { only, ..Self::default() }
    }

    pub fn apply(&mut self, update: FeedUpdate) {
        match update {
            FeedUpdate::Snapshot(snapshot) => self.adopt(snapshot),
            FeedUpdate::Events(events) => events.iter().for_each(|event| self.hear(event)),
            FeedUpdate::Progress(progress) => self.go_on(*progress),
            FeedUpdate::Reset(_) => self.batches.clear(),
            FeedUpdate::Live | FeedUpdate::Polling | FeedUpdate::Lost { .. } => {}
        }
    }

    /// How the batch ended; none as long as it goes on.
    pub fn batch_end(&self, batch: BatchId) -> Option<BatchEnd> {
        let WatchedBatch { outcome, counts, .. } = self.batches.get(&batch)?;
        outcome.map(|outcome| BatchEnd { batch, outcome, failed: counts.failed })
    }

    /// Those at work first, each kind newest first.
    pub fn batches(&self) -> Vec<(BatchId, &WatchedBatch)> {
        let newest = self.batches.iter().rev().map(|(id, seen)| (*id, seen));
        let (ended, live): (Vec<_>, Vec<_>) = newest.partition(|(_, seen)| seen.outcome.is_some());
        live.into_iter().chain(ended).collect()
    }

    fn adopt(&mut self, snapshot: Snapshot) {
        for state in snapshot.batches {
            if self.is_watched(state.batch) {
                self.set(state);
            }
        }
        self.forget_old();
    }

    fn hear(&mut self, event: &EventView) {
        let data = &event.data;
        let (Some(status), Some(counts)) = (data.status, data.counts) else { return };
        if !self.is_watched(event.batch) {
            return;
        }
        let generation = data.generation.unwrap_or(1);
        let state = BatchState { batch: event.batch, rev: data.rev, status, outcome: data.outcome, generation, counts };
        self.set(state);
        self.forget_old();
    }

    fn go_on(&mut self, progress: Progress) {
        let Some(seen) = self.batches.get_mut(&progress.batch) else { return };
        if progress.rev >= seen.rev {
            (seen.rev, seen.counts) = (progress.rev, progress.counts);
        }
        (seen.pace, seen.running) = (progress.pace, progress.running);
    }

    fn set(&mut self, state: BatchState) {
        let known = self.batches.get(&state.batch);
        if known.is_some_and(|known| known.rev > state.rev) {
            return;
        }
        let has_ended = state.outcome.is_some();
        let (pace, running) = match known.filter(|_| !has_ended) {
            Some(known) => (known.pace, known.running.clone()),
            None => (BatchPace::default(), Vec::new()),
        };
        let BatchState { batch, rev, status, outcome, counts, .. } = state;
        self.batches.insert(batch, WatchedBatch { rev, status, outcome, counts, pace, running });
    }

    fn is_watched(&self, batch: BatchId) -> bool {
        self.only.is_none_or(|only| only == batch)
    }

    fn forget_old(&mut self) {
        let ended: Vec<_> = self.batches.iter().filter(|(_, seen)| seen.outcome.is_some()).map(|(id, _)| *id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(ENDED_KEPT)) {
            self.batches.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quire_domain::event::{EventData, EventType};
    use quire_domain::ids::CorrelationId;

    fn batch(nth: u128) -> BatchId {
        BatchId(uuid::Uuid::from_u128(nth))
    }

    fn event(nth: u128, rev: u64, outcome: Option<BatchOutcome>) -> EventView {
        let status = outcome.map_or(BatchStatus::Running, BatchOutcome::status);
        let counts = ItemCounts { total: rev, ..ItemCounts::default() };
        let data = EventData { rev, status: Some(status), counts: Some(counts), outcome, ..EventData::default() };
        EventView {
            seq: rev as i64,
            kind: EventType::BatchProgress,
            at: "2026-01-01T00:00:00Z".into(),
            batch: batch(nth),
            item: None,
            correlation_id: CorrelationId::parse("c").unwrap(),
            data,
        }
    }

    #[test]
    fn what_is_older_than_what_is_known_changes_nothing() {
        let mut state = WatchState::watching(Some(batch(1)));
        state.apply(FeedUpdate::Events(vec![event(1, 5, Some(BatchOutcome::Partial)), event(1, 4, None)]));
        assert_eq!(state.batch_end(batch(1)).map(|ended| ended.outcome), Some(BatchOutcome::Partial));
        assert_eq!(state.batches()[0].1.counts.total, 5);
    }

    #[test]
    fn a_retried_batch_is_at_work_again() {
        let mut state = WatchState::watching(None);
        state.apply(FeedUpdate::Events(vec![event(1, 5, Some(BatchOutcome::Partial)), event(1, 6, None)]));
        assert_eq!(state.batch_end(batch(1)), None);
    }

    #[test]
    fn other_batches_are_not_looked_at_when_one_is_named() {
        let mut state = WatchState::watching(Some(batch(1)));
        state.apply(FeedUpdate::Events(vec![event(2, 1, None)]));
        assert!(state.batches().is_empty());
    }

    #[test]
    fn ended_batches_do_not_pile_up() {
        let mut state = WatchState::watching(None);
        state.apply(FeedUpdate::Events((0..100).map(|nth| event(nth, 1, Some(BatchOutcome::Failed))).collect()));
        assert_eq!(state.batches().len(), ENDED_KEPT);
        assert_eq!(state.batches()[0].0, batch(99));
    }
}
