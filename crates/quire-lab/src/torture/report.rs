//! Report of a torture run: the deaths of the server, and the findings.

use std::fmt;

use super::checker::{Checker, ClientCounts, RuleBroken, TortureFinding};
use quire_base::failpoints::Failpoint;

#[derive(Debug, Default)]
pub(super) struct TortureReport {
    pub seed: u64,
    pub cycles: u32,
    /// SIGKILL at a random moment.
    pub killed: u32,
    /// SIGTERM, and SIGKILL within it.
    pub killed_in_drain: u32,
    /// SIGTERM, and the server's own end.
    pub ended: u32,
    /// Recounts of the whole data directory.
    pub checks: u32,
    tally: ClientCounts,
    places: Vec<StartCount>,
    findings: Vec<TortureFinding>,
}

#[derive(Debug)]
struct StartCount {
    point: Failpoint,
    planned: u32,
    died: u32,
}

/// A place that was never reached after so many plans makes the torture blind there.
const BLIND_AFTER: u32 = 4;
/// Findings that are shown.
const SHOWN: usize = 20;

impl TortureReport {
    pub(super) fn new(seed: u64) -> Self {
        let places = Failpoint::ALL.iter().map(|point| StartCount { point: *point, planned: 0, died: 0 }).collect();
        Self { seed, places, ..Self::default() }
    }

    /// A death was planned at the point, and came or not.
    pub(super) fn at(&mut self, point: Failpoint, died: bool) {
        if let Some(place) = self.places.iter_mut().find(|place| place.point == point) {
            place.planned += 1;
            place.died += u32::from(died);
        }
    }

    /// Takes over what a round has done and found.
    pub(super) fn add(&mut self, checker: &Checker) {
        let (sum, more) = (&mut self.tally, checker.tally);
        sum.orders += more.orders;
        sum.accepted += more.accepted;
        sum.asked += more.asked;
        sum.answered += more.answered;
        sum.events += more.events;
        self.findings.extend_from_slice(checker.findings.all());
    }

    pub(super) fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// Sound, and no place was out of sight.
    pub(super) fn holds(&self) -> bool {
        self.is_sound() && self.blind().next().is_none()
    }

    fn blind(&self) -> impl Iterator<Item = &StartCount> {
        self.places.iter().filter(|place| place.planned >= BLIND_AFTER && place.died == 0)
    }
}

impl fmt::Display for TortureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClientCounts { orders, accepted, asked, answered, events } = self.tally;
        writeln!(f, "cycles          {} (seed {})", self.cycles, self.seed)?;
        writeln!(f, "killed          {} at random, {} in a drain", self.killed, self.killed_in_drain)?;
        writeln!(f, "ended in order  {}", self.ended)?;
        writeln!(f, "orders          {orders}, accepted {accepted} times")?;
        writeln!(f, "verbs           {asked}, answered {answered}")?;
        writeln!(f, "events seen     {events}")?;
        writeln!(f, "recounts        {}", self.checks)?;
        writeln!(f, "named place         planned  died there")?;
        for StartCount { point, planned, died } in &self.places {
            writeln!(f, "  {:<18} {planned:>6} {died:>11}", point.as_str())?;
        }
        for &kind in RuleBroken::ALL {
            let count = self.findings.iter().filter(|finding| finding.kind == kind).count();
            writeln!(f, "{:<15} {count}", kind.as_str())?;
        }
        for finding in self.findings.iter().take(SHOWN) {
            writeln!(f, "  {finding}")?;
        }
        for place in self.blind() {
            writeln!(f, "  blind: {} was planned {} times and never reached", place.point.as_str(), place.planned)?;
        }
        write!(f, "verdict         {}", if self.holds() { "held" } else { "broken" })
    }
}
