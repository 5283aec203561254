//! Compares the data directory with the history.

use std::collections::BTreeMap;

use super::track::BatchExpectation;
use super::{Checker, RuleBroken, TortureFindings};
use crate::torture::history::{ExpectedEnd, ObservedBatch};
use quire_domain::batch::FailurePolicy;
use quire_domain::event::EventType;
use quire_domain::item::ItemState;

/// Everything that was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObservedState {
    pub batches: Vec<BatchFound>,
    /// Uploads that were acknowledged and are not there.
    pub files_missing: Vec<String>,
    /// Nothing was killed any more and there was time: whatever is not ended never will be.
    pub is_over: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct BatchFound {
    pub seen: ObservedBatch,
    pub items: Vec<ItemFound>,
}

#[derive(Debug, Clone)]
pub(crate) struct ItemFound {
    pub position: u32,
    pub state: ItemState,
    pub generation: u32,
    /// Generation of each attempt that succeeded.
    pub successes: Vec<u32>,
    /// Attempts that started, came to a result, and name no worker process.
    pub unmanned: Vec<u32>,
    /// Generation and name of each artifact.
    pub artifacts: Vec<(u32, String)>,
}

/// Artifacts of the operations `text` and `info`.
pub(super) const ARTIFACTS: [&str; 3] = ["info.json", "pages.json", "text.txt"];

impl Checker {
    /// The whole world, while no server runs.
    pub(crate) fn close(&mut self, world: &ObservedState) {
        for id in &world.files_missing {
            self.findings.add(RuleBroken::Lost, format!("file {id} was acknowledged and is not there"));
        }
        let mut by_name: BTreeMap<&str, Vec<&BatchFound>> = BTreeMap::new();
        for found in &world.batches {
            by_name.entry(found.seen.name.as_deref().unwrap_or_default()).or_default().push(found);
        }
        self.running("the data directory", world.batches.iter().map(|found| found.seen.counts.running).sum());
        for (key, found) in &by_name {
            self.hold(key, found, world.is_over);
        }
        for track in self.tracks.values().filter(|track| track.id().is_some()) {
            if !by_name.contains_key(track.order.key.as_str()) {
                let detail = format!("batch {:?}, accepted as {}, is not there", track.id(), track.order.key);
                self.findings.add(RuleBroken::Lost, detail);
            }
        }
    }

    fn hold(&mut self, key: &str, found: &[&BatchFound], is_over: bool) {
        let (findings, log) = (&mut self.findings, &self.log);
        let Some(track) = self.tracks.get_mut(key) else {
            return findings.add(RuleBroken::Phantom, format!("batch `{key}` was never ordered"));
        };
        if found.len() > 1 {
            findings.add(RuleBroken::Phantom, format!("{} batches for the key {key}", found.len()));
        }
        for batch in found {
            track.seen(&batch.seen, findings);
            if is_over && batch.seen.outcome.is_none() {
                findings.add(RuleBroken::Lost, format!("batch {} never ended: {:?}", batch.seen.id, batch.seen));
            }
            for item in &batch.items {
                let item = Held { track, batch: &batch.seen.id, item };
                item.successes(findings);
                item.workers(findings);
                item.artifacts(findings);
                if is_over {
                    item.end(log.ends(&batch.seen.id, item.item.position, item.item.generation), findings);
                }
            }
        }
    }
}

/// One item beside what was ordered.
struct Held<'a> {
    track: &'a BatchExpectation,
    batch: &'a str,
    item: &'a ItemFound,
}

impl Held<'_> {
    fn successes(&self, findings: &mut TortureFindings) {
        let mut sorted = self.item.successes.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            self.wrong(RuleBroken::Doubled, format!("successes in the generations {sorted:?}"), findings);
        }
    }

    fn workers(&self, findings: &mut TortureFindings) {
        if !self.item.unmanned.is_empty() {
            let detail = format!("attempts {:?} started, and no worker process had the item", self.item.unmanned);
            self.wrong(RuleBroken::Phantom, detail, findings);
        }
    }

    fn artifacts(&self, findings: &mut TortureFindings) {
        let ItemFound { state, generation, artifacts, .. } = self.item;
        let is_due = self.track.order.has_documents && *state == ItemState::Succeeded;
        let due: &[&str] = if is_due { &ARTIFACTS } else { &[] };
        let of_now = |name: &str| artifacts.iter().filter(|(of, known)| of == generation && known == name).count();
        for name in due.iter().filter(|name| of_now(name) == 0) {
            self.wrong(RuleBroken::Lost, format!("its artifact {name}"), findings);
        }
        if artifacts.len() > due.len() {
            self.wrong(RuleBroken::Doubled, format!("artifacts {artifacts:?} of generation {generation}"), findings);
        }
    }

    fn end(&self, ends: &[EventType], findings: &mut TortureFindings) {
        let state = self.item.state;
        if !state.is_terminal() {
            self.wrong(RuleBroken::Lost, format!("still {}", state.as_str()), findings);
        } else if !self.is_due(state) {
            self.wrong(RuleBroken::Phantom, format!("{}, which nobody asked for", state.as_str()), findings);
        }
        let due = state.is_terminal().then(|| state.event_type());
        if due.is_some() && ends.is_empty() {
            self.wrong(RuleBroken::Lost, format!("{}; the log has no end of it", state.as_str()), findings);
        } else if ends.first().copied() != due {
            self.wrong(RuleBroken::Phantom, format!("{}; the log says {ends:?}", state.as_str()), findings);
        }
    }

    /// Whether the item could have come to this by what was ordered and asked.
    fn is_due(&self, state: ItemState) -> bool {
        let order = &self.track.order;
        let ending = order.ending(self.item.position);
        match state {
            ItemState::Succeeded => ending != ExpectedEnd::Fails,
            ItemState::Failed => ending != ExpectedEnd::Succeeds,
            ItemState::Cancelled => self.track.was_cancelled,
            ItemState::Expired => order.has_deadline,
            ItemState::Skipped => order.on_failure != FailurePolicy::Continue,
            ItemState::Queued | ItemState::Running | ItemState::RetryWait => false,
        }
    }

    fn wrong(&self, kind: RuleBroken, detail: String, findings: &mut TortureFindings) {
        findings.add(kind, format!("item {} of batch {}: {detail}", self.item.position, self.batch));
    }
}
