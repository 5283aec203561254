//! The competitors for slots, and whether they are treated fairly.

use std::collections::BTreeSet;

use super::hall::Hall;
use crate::ids::BatchKey;

#[derive(Debug, Clone, Default)]
pub(super) struct Competitor {
    pub priority: i32,
    pub wanted: u32,
    pub held: u32,
    /// Who got a slot while this one waited empty-handed.
    pub passed_by: BTreeSet<i64>,
}

impl Competitor {
    fn waits_empty_handed(&self) -> bool {
        self.wanted > 0 && self.held == 0
    }
}

impl Hall {
    pub(super) fn enter(&mut self, batch: i64, priority: i32) {
        self.schedule.enter(BatchKey(batch), priority);
        let competitor = self.noted.entry(batch).or_default();
        if competitor.priority != priority {
            *competitor = Competitor { priority, passed_by: BTreeSet::new(), ..competitor.clone() };
        }
    }

    pub(super) fn note(&mut self, batch: i64, change: impl FnOnce(&mut Competitor)) {
        let Some(competitor) = self.noted.get_mut(&batch) else { return };
        change(competitor);
        if !competitor.waits_empty_handed() {
            competitor.passed_by.clear();
        }
    }

    pub(super) fn grant(&mut self) {
        let free = self.schedule.in_use() < self.schedule.slots();
        let wanting = self.noted.values().filter(|competitor| competitor.wanted > 0);
        let highest = wanting.map(|competitor| competitor.priority).max();
        let granted = self.schedule.grant();
        assert_eq!(granted.is_some(), free && highest.is_some(), "a free slot goes to whoever wants one");
        if let Some(BatchKey(batch)) = granted {
            let competitor = self.noted[&batch].clone();
            assert!(competitor.wanted > 0);
            assert_eq!(Some(competitor.priority), highest, "the highest priority comes first");
            self.check_fairness(batch, &competitor);
            self.note(batch, |competitor| {
                competitor.wanted -= 1;
                competitor.held += 1;
            });
        }
    }

    fn check_fairness(&mut self, batch: i64, granted: &Competitor) {
        let rivals = self.noted.iter_mut().filter(|(rival, _)| **rival != batch);
        for (rival, other) in rivals.filter(|(_, other)| other.wanted > 0 && other.priority == granted.priority) {
            assert!(granted.held <= other.held, "{rival} holds less than {batch} and was passed over");
            if other.waits_empty_handed() {
                assert!(other.passed_by.insert(batch), "{batch} was served twice while {rival} waited");
            }
        }
    }
}
