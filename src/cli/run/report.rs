//! `report.json`: the whole run, every input once. Written through, never held in memory.

use std::fs::File;
use std::io::{self, Write};

use serde::Serialize;

use super::export::InputFailure;
use super::outcome::RunOutcome;
use super::outputs::Outputs;
use super::plan::RunPlan;
use super::totals::RunTotals;
use quire_base::clock;
use quire_domain::ids::Micros;
use quire_domain::operation::Operation;

pub(super) const NAME: &str = "report.json";

#[derive(Serialize)]
struct Head<'a> {
    /// `finished` or `interrupted`.
    status: &'static str,
    version: &'static str,
    operations: &'a [Operation],
    started_at: String,
    ended_at: String,
    counts: &'a super::outcome::InputCounts,
    pages: u64,
    pages_failed: u64,
    /// Of this run alone, like `pages_per_second`.
    seconds: f64,
    pages_per_second: f64,
    folders: Vec<Folder>,
}

#[derive(Serialize)]
struct Folder {
    source: String,
    failure: InputFailure,
}

/// # Errors
/// When the output folder does not take it.
pub(super) fn write(
    plan: &RunPlan,
    outputs: &Outputs,
    outcome: &RunOutcome,
    totals: &RunTotals,
    started_at: Micros,
) -> io::Result<()> {
    let head = Head {
        status: outcome.status(),
        version: env!("CARGO_PKG_VERSION"),
        operations: &plan.operations,
        started_at: clock::rfc3339(started_at),
        ended_at: clock::rfc3339(clock::now()),
        counts: &outcome.tally,
        pages: totals.pages,
        pages_failed: totals.pages_failed,
        seconds: rounded(outcome.seconds),
        pages_per_second: rounded(outcome.pages_per_second()),
        folders: outcome.troubles.iter().map(folder).collect(),
    };
    let head = serde_json::to_string_pretty(&head)?;
    let open = head.trim_end_matches('}').trim_end();
    outputs.write(&outcome.report, |file| {
        write!(file, "{open},\n  \"inputs\": [\n")?;
        io::copy(&mut File::open(&totals.lines)?, file)?;
        file.write_all(b"\n  ]\n}\n")
    })?;
    std::fs::remove_file(&totals.lines)
}

/// To a thousandth.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn folder(trouble: &super::walk::UnreadablePath) -> Folder {
    Folder { source: trouble.path.to_string_lossy().into_owned(), failure: trouble.failure() }
}
