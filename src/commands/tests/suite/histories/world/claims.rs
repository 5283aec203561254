//! Claims: who holds which, and the reports of their ends.

use super::super::acts::Fate;
use super::World;
use crate::commands::recover;
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::tests::harness::report;
use crate::commands::tick::{ClaimedItem, TickResult};
use quire_domain::batch::BatchControl;
use quire_domain::failure::Failure;
use quire_domain::ids::BatchKey;

impl World {
    pub(super) fn receive(&mut self, batch: BatchKey, result: TickResult) {
        let after = &result.record.batch;
        assert!(
            result.claimed.is_empty() || after.control == BatchControl::Run && !after.halted && !after.deadline_hit
        );
        for claimed in result.claimed {
            let (position, fence) = (claimed.position, claimed.fence);
            assert!(self.given.insert((batch, position, fence)), "{fence:?} was given out before");
            let is_same = |(of, other): &(BatchKey, ClaimedItem)| *of == batch && other.position == position;
            if let Some(place) = self.out.iter().position(is_same) {
                let before = self.out.swap_remove(place);
                assert!(before.1.fence.generation < fence.generation, "{position} was claimed twice");
                self.spent.push(before);
            }
            self.out.push((batch, claimed));
        }
    }

    pub(super) fn recover(&mut self, batch: BatchKey) {
        let mut after = Some(0);
        while let Some(from) = after {
            after = self.store.write(move |txn| recover::recover(txn, batch, from)).unwrap();
        }
        self.take_back(batch);
    }

    pub(super) fn take_back(&mut self, batch: BatchKey) {
        let (mine, others) = self.out.drain(..).partition(|(of, _)| *of == batch);
        self.out = others;
        self.spent.extend::<Vec<_>>(mine);
    }

    pub(super) fn report(&self, claimed: &ClaimedItem, outcome: Fate) -> AttemptReport {
        let made = |count: u8| self.artifacts.iter().take(count.into()).cloned().collect();
        let end = match outcome {
            Fate::Success { artifacts } => AttemptOutcome::Succeeded { summary: None, artifacts: made(artifacts) },
            Fate::Twice => AttemptOutcome::Succeeded { summary: None, artifacts: made(2) },
            Fate::Failure(code) => AttemptOutcome::Failed(Failure::new(code, "seen in a test")),
            Fate::Yield(why) => AttemptOutcome::Yielded(why),
            Fate::Stopped => AttemptOutcome::Stopped,
        };
        report(claimed, end)
    }
}
