//! Checker: takes a history and finds contradictions in it. Pure.
//!
//! [`Checker::note`] takes the history entry by entry and finds what contradicts it at once; [`Checker::close`] holds
//! what lies in the data directory against all of it. [`track`] follows one batch through its answers, [`log`] the
//! event log, [`world`] compares.

mod log;
mod track;
mod world;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use self::log::LogHistory;
use self::track::BatchExpectation;
pub(super) use self::world::{BatchFound, ItemFound, ObservedState};
use super::history::{HistoryEntry, ObservedBatch, PlannedBatch};
use super::server::SLOTS;
use quire_domain::batch::BatchStatus;
use quire_domain::closed_list;

closed_list! {
    /// Rules that a server must not break.
    pub enum RuleBroken {
        /// Acknowledged, and gone or never ended.
        Lost = "lost",
        /// Two results for one item and generation, two ends of one batch.
        Doubled = "doubled",
        /// There, and nobody asked for it.
        Phantom = "phantom",
        /// Started after a committed cancel or when a pause had come to rest; a verb that was acknowledged and is
        /// undone.
        Resurrected = "resurrected",
        /// The log has a gap, or says something else than before.
        Log = "log",
        /// The recount of the data directory found something, or the server did not do as it should.
        Unsound = "unsound",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TortureFinding {
    pub kind: RuleBroken,
    pub detail: String,
}

impl fmt::Display for TortureFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.detail)
    }
}

/// Findings as they come; not more than anybody reads.
#[derive(Debug, Default)]
pub(super) struct TortureFindings(Vec<TortureFinding>);

const FINDINGS_MAX: usize = 1_000;

impl TortureFindings {
    pub(super) fn add(&mut self, kind: RuleBroken, detail: impl Into<String>) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(TortureFinding { kind, detail: detail.into() });
        }
    }

    pub(super) fn all(&self) -> &[TortureFinding] {
        &self.0
    }
}

#[derive(Debug, Default)]
pub(super) struct Checker {
    pub findings: TortureFindings,
    pub tally: ClientCounts,
    /// By key.
    tracks: BTreeMap<String, BatchExpectation>,
    /// Keys by the id of their batch.
    keys: HashMap<String, String>,
    log: LogHistory,
    files: BTreeSet<String>,
}

/// Requests and answers of the client, counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientCounts {
    pub orders: u64,
    pub accepted: u64,
    pub asked: u64,
    pub answered: u64,
    pub events: u64,
}

impl Checker {
    /// The next entry of the history.
    pub(super) fn note(&mut self, entry: &HistoryEntry) {
        match entry {
            HistoryEntry::Up { .. } => {}
            HistoryEntry::Down { .. } => self.tracks.values_mut().for_each(BatchExpectation::server_gone),
            HistoryEntry::Uploaded { id } => drop(self.files.insert(id.clone())),
            HistoryEntry::Ordered(order) => self.ordered(order),
            HistoryEntry::Accepted { key, seen } => self.accepted(key, seen),
            HistoryEntry::Listed { running } => self.running("a list", *running),
            HistoryEntry::Asked { batch, verb } => {
                self.tally.asked += 1;
                self.with(batch, |track, _| track.asked(*verb));
            }
            HistoryEntry::Answered { batch, status, seen } => {
                self.tally.answered += 1;
                self.shown(seen.as_ref());
                self.with(batch, |track, findings| track.answered(*status, seen.as_ref(), findings));
            }
            HistoryEntry::Looked { batch, status, seen } => {
                self.shown(seen.as_ref());
                self.with(batch, |track, findings| track.looked(*status, seen.as_ref(), findings));
            }
            HistoryEntry::Events { lines } => {
                self.tally.events += lines.len() as u64;
                lines.iter().for_each(|line| self.log.line(line, &mut self.findings));
            }
        }
    }

    /// Cursor from which the client goes on in the log.
    pub(super) fn last_seq(&self) -> i64 {
        self.log.last_seq()
    }

    /// Orders that were sent and not accepted so far, oldest first.
    pub(super) fn unanswered(&self) -> Vec<PlannedBatch> {
        let open = self.tracks.values().filter(|track| track.id().is_none());
        open.map(|track| track.order.clone()).collect()
    }

    /// The ids of accepted batches that have not ended as far as the client knows; and the newest of those that have.
    pub(super) fn live_and_ended(&self, newest: usize) -> (Vec<String>, Vec<String>) {
        let known = self.tracks.values().filter_map(|track| Some((track.id()?, track.is_ended())));
        let known = known.map(|(id, is_ended)| (id.to_owned(), is_ended || self.log.has_ended(id)));
        let (ended, live): (Vec<_>, Vec<_>) = known.partition(|(_, is_ended)| *is_ended);
        let ended = ended.into_iter().rev().take(newest).map(|(id, _)| id).collect();
        (live.into_iter().map(|(id, _)| id).collect(), ended)
    }

    pub(super) fn files(&self) -> &BTreeSet<String> {
        &self.files
    }

    fn ordered(&mut self, order: &PlannedBatch) {
        self.tally.orders += 1;
        self.tracks.insert(order.key.clone(), BatchExpectation::new(order.clone()));
    }

    fn accepted(&mut self, key: &str, seen: &ObservedBatch) {
        self.tally.accepted += 1;
        self.shown(Some(seen));
        self.keys.insert(seen.id.clone(), key.to_owned());
        match self.tracks.get_mut(key) {
            Some(track) => track.accepted(seen, &mut self.findings),
            None => self.findings.add(RuleBroken::Phantom, format!("{key} was accepted and never ordered")),
        }
    }

    /// Checks that hold for every answer with a batch in it.
    fn shown(&mut self, seen: Option<&ObservedBatch>) {
        let Some(seen) = seen else { return };
        self.running(&seen.id, seen.counts.running);
        if seen.status == BatchStatus::Paused {
            self.log.rests(&seen.id, seen.rev);
        }
    }

    /// An item that runs has a slot and a worker process in it.
    fn running(&mut self, place: &str, running: u64) {
        if running > SLOTS {
            self.findings.add(RuleBroken::Unsound, format!("{place}: {running} items run in {SLOTS} slots"));
        }
    }

    fn with(&mut self, batch: &str, note: impl FnOnce(&mut BatchExpectation, &mut TortureFindings)) {
        let track = self.keys.get(batch).and_then(|key| self.tracks.get_mut(key));
        if let Some(track) = track {
            note(track, &mut self.findings);
        }
    }
}

#[cfg(test)]
mod tests;
