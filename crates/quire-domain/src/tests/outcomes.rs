//! The outcome and the counts say the same.

use super::reachable;
use crate::batch::{Batch, BatchControl, BatchInput, BatchOutcome, FailurePolicy};
use crate::counts::ItemCounts;

/// The rule of the design, in its order; a rolled-back batch delivers nothing, an empty cancelled one is cancelled.
fn by_the_book(counts: &ItemCounts, control: BatchControl, deadline_hit: bool, policy: FailurePolicy) -> BatchOutcome {
    let cancelled = control == BatchControl::Cancelled;
    match counts {
        _ if cancelled && counts.total == 0 => BatchOutcome::Cancelled,
        _ if counts.succeeded == counts.total => BatchOutcome::Succeeded,
        _ if cancelled && counts.cancelled >= 1 => BatchOutcome::Cancelled,
        _ if deadline_hit && counts.expired >= 1 => BatchOutcome::Expired,
        _ if counts.succeeded == 0 || policy == FailurePolicy::Rollback => BatchOutcome::Failed,
        _ => BatchOutcome::Partial,
    }
}

/// Batches whose items are all terminal, with 0 to 2 items in each terminal state.
fn each_finished_batch(mut visit: impl FnMut(Batch)) {
    for mix in 0..3u64.pow(5) {
        let digit = |place: u32| mix / 3u64.pow(place) % 3;
        let [succeeded, failed, cancelled, expired, skipped] = [0, 1, 2, 3, 4].map(digit);
        let total = succeeded + failed + cancelled + expired + skipped;
        let counts = ItemCounts { total, succeeded, failed, cancelled, expired, skipped, ..ItemCounts::default() };
        for (policy, control, deadline_hit) in circumstances() {
            visit(Batch { control, counts, deadline_hit, ..Batch::submitted(0, true, policy) });
        }
    }
}

fn circumstances() -> impl Iterator<Item = (FailurePolicy, BatchControl, bool)> {
    let controls =
        FailurePolicy::ALL.iter().flat_map(|policy| BatchControl::ALL.iter().map(move |control| (*policy, *control)));
    controls.flat_map(|(policy, control)| [false, true].map(|deadline_hit| (policy, control, deadline_hit)))
}

fn finalized(batch: Batch) -> Batch {
    batch.step(&BatchInput::FinalizeAsked, 0).unwrap().batch
}

#[test]
fn the_outcome_follows_from_the_counts_by_the_book() {
    each_finished_batch(|batch| {
        let outcome = finalized(batch).outcome.unwrap();
        assert_eq!(
            outcome,
            by_the_book(&batch.counts, batch.control, batch.deadline_hit, batch.on_failure),
            "{batch:?}"
        );
    });
}

#[test]
fn the_outcome_of_every_reachable_end_is_by_the_book() {
    let mut ends = 0;
    for batch in reachable::states().iter().map(|world| &world.batch).filter(|batch| batch.is_ended()) {
        let expected = by_the_book(&batch.counts, batch.control, batch.deadline_hit, batch.on_failure);
        assert_eq!(batch.outcome, Some(expected), "{batch:?}");
        ends += 1;
    }
    assert!(ends > 100, "only {ends} ends");
}

#[test]
fn success_means_that_every_item_succeeded() {
    each_finished_batch(|batch| {
        let all = batch.counts.succeeded == batch.counts.total;
        let cancelled_empty = batch.control == BatchControl::Cancelled && batch.counts.total == 0;
        assert_eq!(finalized(batch).outcome == Some(BatchOutcome::Succeeded), all && !cancelled_empty, "{batch:?}");
    });
}

#[test]
fn a_rollback_shows_artifacts_only_when_everything_succeeded() {
    each_finished_batch(|batch| {
        let all = batch.counts.succeeded == batch.counts.total;
        assert_eq!(batch.hides_artifacts(), batch.on_failure == FailurePolicy::Rollback && !all, "{batch:?}");
    });
}

#[test]
fn a_batch_with_a_live_item_does_not_end() {
    let batch = Batch::submitted(1, true, FailurePolicy::Continue);
    assert!(batch.step(&BatchInput::FinalizeAsked, 0).is_err());
    assert!(
        Batch { sealed: false, ..Batch::submitted(0, true, FailurePolicy::Continue) }
            .step(&BatchInput::FinalizeAsked, 0)
            .is_err()
    );
}
