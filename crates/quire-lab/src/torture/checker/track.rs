//! Expected state of one batch: what its answers so far allow and require.

use std::collections::BTreeSet;

use super::{RuleBroken, TortureFindings};
use crate::torture::history::{ObservedBatch, PlannedBatch, Verb};
use quire_domain::batch::{BatchControl, BatchOutcome};

#[derive(Debug)]
pub(super) struct BatchExpectation {
    pub order: PlannedBatch,
    pub was_cancelled: bool,
    id: Option<String>,
    /// Possible controls: more than one after an answer that never came.
    controls: Vec<BatchControl>,
    must_be_sealed: bool,
    /// Items that it may have beside the acknowledged ones: extensions without an answer.
    maybe_more: Vec<u32>,
    items: u64,
    rev: u64,
    generation: u32,
    /// In this generation.
    outcome: Option<BatchOutcome>,
    pending: Option<Verb>,
}

impl BatchExpectation {
    pub(super) fn new(order: PlannedBatch) -> Self {
        Self {
            was_cancelled: false,
            id: None,
            controls: vec![BatchControl::Run],
            must_be_sealed: false,
            maybe_more: Vec::new(),
            items: u64::from(order.items),
            rev: 0,
            generation: 1,
            outcome: None,
            pending: None,
            order,
        }
    }

    /// Of the accepted batch.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.outcome.is_some()
    }

    pub(super) fn accepted(&mut self, seen: &ObservedBatch, findings: &mut TortureFindings) {
        match &self.id {
            Some(id) if *id != seen.id => {
                findings.add(
                    RuleBroken::Phantom,
                    format!("{}: one key, two batches: {id} and {}", self.order.key, seen.id),
                );
            }
            // One order sent twice at a time: the answers may come in turn, and the later one tell the earlier state.
            Some(_) if seen.rev < self.rev => return,
            _ => self.id = Some(seen.id.clone()),
        }
        if seen.name.as_deref() != Some(&self.order.key) {
            findings.add(RuleBroken::Phantom, format!("{}: accepted as {:?}", self.order.key, seen.name));
        }
        self.seen(seen, findings);
    }

    pub(super) fn asked(&mut self, verb: Verb) {
        self.was_cancelled |= verb == Verb::Cancel;
        self.pending = Some(verb);
    }

    pub(super) fn answered(&mut self, status: u16, seen: Option<&ObservedBatch>, findings: &mut TortureFindings) {
        let Some(verb) = self.pending else { return };
        match (status, seen) {
            (200..300, Some(seen)) => {
                self.pending = None;
                self.acknowledged(verb, seen, findings);
            }
            (409, _) => self.pending = None,
            (404, _) => self.gone(findings),
            // Whether it was done is not known.
            _ => {}
        }
    }

    pub(super) fn looked(&mut self, status: u16, seen: Option<&ObservedBatch>, findings: &mut TortureFindings) {
        match (status, seen) {
            (200, Some(seen)) => self.seen(seen, findings),
            (404, _) => self.gone(findings),
            _ => {}
        }
    }

    /// A pending verb was done by now, or never will be.
    pub(super) fn server_gone(&mut self) {
        if let Some(verb) = self.pending.take() {
            self.controls.extend(control_after(verb));
            if let Verb::Extend(items) = verb {
                self.maybe_more.push(items);
            }
        }
    }

    /// Holds what is shown against what is known, and learns from it.
    pub(super) fn seen(&mut self, seen: &ObservedBatch, findings: &mut TortureFindings) {
        let mut wrong = |kind, detail: String| findings.add(kind, format!("batch {}: {detail}", seen.id));
        if seen.rev < self.rev {
            wrong(RuleBroken::Lost, format!("revision {} after revision {}", seen.rev, self.rev));
        }
        if seen.generation < self.generation {
            wrong(RuleBroken::Lost, format!("generation {} after generation {}", seen.generation, self.generation));
        }
        let pending = self.pending.and_then(control_after);
        if !self.controls.contains(&seen.control) && pending != Some(seen.control) {
            wrong(
                RuleBroken::Resurrected,
                format!("{:?} was acknowledged; now it is {:?}", self.controls, seen.control),
            );
        }
        if self.must_be_sealed && !seen.sealed {
            wrong(RuleBroken::Resurrected, "it was sealed and is open again".into());
        }
        let is_same = seen.generation == self.generation;
        if is_same && self.outcome.is_some() && seen.outcome != self.outcome {
            wrong(RuleBroken::Resurrected, format!("it had ended as {:?}; now {:?}", self.outcome, seen.outcome));
        }
        if !seen.counts.adds_up() {
            wrong(RuleBroken::Unsound, format!("{:?} does not add up", seen.counts));
        }
        let totals = self.totals();
        if !totals.contains(&seen.counts.total) {
            let most = totals.last().copied().unwrap_or(0);
            let kind = if seen.counts.total > most { RuleBroken::Phantom } else { RuleBroken::Lost };
            wrong(kind, format!("{} items where {totals:?} were asked for", seen.counts.total));
        }
        self.learn(seen);
    }

    fn acknowledged(&mut self, verb: Verb, seen: &ObservedBatch, findings: &mut TortureFindings) {
        match verb {
            Verb::Extend(items) => self.items += u64::from(items),
            Verb::Seal => self.must_be_sealed = true,
            Verb::Cancel => self.must_be_sealed = true,
            Verb::Pause | Verb::Resume | Verb::Retry => {}
        }
        if verb == Verb::Retry {
            self.controls.push(BatchControl::Run);
        } else if let Some(control) = control_after(verb) {
            self.controls = vec![control];
        }
        self.seen(seen, findings);
    }

    fn learn(&mut self, seen: &ObservedBatch) {
        (self.rev, self.generation, self.outcome) = (seen.rev, seen.generation, seen.outcome);
        self.must_be_sealed |= seen.sealed;
        if self.pending.is_none() {
            self.controls = vec![seen.control];
            self.items = seen.counts.total;
            self.maybe_more.clear();
        }
    }

    fn gone(&mut self, findings: &mut TortureFindings) {
        findings.add(RuleBroken::Lost, format!("batch {:?}, accepted as {}, is not there", self.id, self.order.key));
    }

    /// Every number of items that the answers allow.
    fn totals(&self) -> BTreeSet<u64> {
        let pending = match self.pending {
            Some(Verb::Extend(items)) => Some(items),
            _ => None,
        };
        let mut totals = BTreeSet::from([self.items]);
        for more in self.maybe_more.iter().chain(pending.iter()) {
            let with: Vec<u64> = totals.iter().map(|total| total + u64::from(*more)).collect();
            totals.extend(with);
        }
        totals
    }
}

/// A batch's control after a verb.
fn control_after(verb: Verb) -> Option<BatchControl> {
    match verb {
        Verb::Pause => Some(BatchControl::Paused),
        Verb::Resume | Verb::Retry => Some(BatchControl::Run),
        Verb::Cancel => Some(BatchControl::Cancelled),
        Verb::Seal | Verb::Extend(_) => None,
    }
}
