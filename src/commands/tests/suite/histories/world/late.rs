//! Reports that come too late or with a wrong fence: they are refused and change no row.

use super::super::acts::{Fate, Wrong};
use super::World;
use crate::commands::report::AttemptReport;
use crate::commands::tests::harness::TestStore;
use quire_domain::ids::BatchKey;

impl World {
    pub(super) fn late(&mut self, batch: BatchKey, nth: usize, outcome: Fate) {
        let mine: Vec<_> = self.spent.iter().filter(|(of, _)| *of == batch).collect();
        let Some(nth) = nth.checked_rem(mine.len()) else { return };
        let report = self.report(&mine[nth].1, outcome);
        self.assert_refused(batch, report);
    }

    pub(super) fn wrong_fence(&mut self, batch: BatchKey, nth: usize, outcome: Fate, wrong: Wrong) {
        let mine: Vec<_> = self.out.iter().filter(|(of, _)| *of == batch).collect();
        let Some(nth) = nth.checked_rem(mine.len()) else { return };
        let mut report = self.report(&mine[nth].1, outcome);
        match wrong {
            Wrong::Generation => report.fence.generation += 1,
            Wrong::Attempt => report.fence.attempt += 1,
            Wrong::AttemptBefore => report.fence.attempt -= 1,
            Wrong::Epoch => report.fence.epoch += 1,
        }
        self.assert_refused(batch, report);
    }

    /// The batch has nothing else to do at that moment, so that every change would be the report's.
    fn assert_refused(&mut self, batch: BatchKey, report: AttemptReport) {
        while self.changes(|store| drop(store.tick(batch, Vec::new(), 0))) > 0 {}
        // The moment of the tick before: a microsecond further a deadline may pass.
        self.store.now -= 1;
        let mut fenced = 0;
        let changes = self.changes(|store| fenced = store.tick(batch, vec![report.clone(), report], 0).fenced);
        assert_eq!((fenced, changes), (2, 0), "a report that came too late did something");
    }

    /// Rows changed in the database.
    fn changes(&mut self, act: impl FnOnce(&mut TestStore)) -> i64 {
        let before = self.store.total_changes();
        act(&mut self.store);
        self.store.total_changes() - before
    }
}
