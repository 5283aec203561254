//! Summary at the end of a run: counts, speed, and a remedy for every failure.

use std::io::{self, Write};

use serde::Serialize;

use super::export::InputFailure;
use super::outcome::{InputCounts, RunOutcome};
use super::report::rounded;
use super::screen::{display_path, display_text};
use super::totals::FAILURES_MAX;

/// To standard error.
pub(super) fn print(outcome: &RunOutcome) {
    let mut text = Vec::new();
    // Writing into memory does not fail; a closed standard error has no reader to tell.
    let _ = write(&mut text, outcome);
    let _ = io::stderr().write_all(&text);
}

#[derive(Serialize)]
struct Finished<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    counts: &'a InputCounts,
    pages: u64,
    seconds: f64,
    pages_per_second: f64,
    report: String,
    exit_code: u8,
}

/// The last JSON line, to standard output.
pub(super) fn print_json(outcome: &RunOutcome) {
    let finished = Finished {
        kind: "run.finished",
        status: outcome.status(),
        counts: &outcome.tally,
        pages: outcome.pages,
        seconds: rounded(outcome.seconds),
        pages_per_second: rounded(outcome.pages_per_second()),
        report: outcome.report.to_string_lossy().into_owned(),
        exit_code: outcome.command_exit().code(),
    };
    if let Ok(line) = serde_json::to_string(&finished) {
        let _ = writeln!(io::stdout(), "{line}");
    }
}

fn write(to: &mut impl Write, outcome: &RunOutcome) -> io::Result<()> {
    writeln!(to, "{}", counts(&outcome.tally))?;
    let (pages, seconds, rate) = (outcome.pages_now, outcome.seconds, outcome.pages_per_second());
    writeln!(to, "{} in {}, {rate:.1} pages/s", pluralize(pages, "page"), format_duration(seconds))?;
    for trouble in outcome.troubles.iter().take(FAILURES_MAX) {
        failure(to, &display_path(&trouble.path), &trouble.failure())?;
    }
    for failed in &outcome.failures {
        failure(to, &display_path(&failed.path), &failed.failure)?;
    }
    let named = outcome.failures.len() as u64 + outcome.troubles.len().min(FAILURES_MAX) as u64;
    let failed = outcome.tally.failed + outcome.tally.folders_failed;
    if failed > named {
        writeln!(to, "  … and {} more; the report has all", failed - named)?;
    }
    if outcome.tally.renamed > 0 {
        let renamed = outcome.tally.renamed;
        let names = "got another name because theirs was taken; see `renamed` in the report";
        writeln!(to, "The results of {} {names}", pluralize(renamed, "document"))?;
    }
    if outcome.tally.sources_gone > 0 {
        let gone = pluralize(outcome.tally.sources_gone, "document");
        writeln!(to, "{gone} of earlier runs are not there any more; their results were kept, see `source_gone`")?;
    }
    if outcome.tally.unfinished > 0 || outcome.is_interrupted {
        writeln!(to, "Go on with the same command and --resume.")?;
    }
    writeln!(to, "Report: {}", display_path(&outcome.report))
}

fn counts(tally: &InputCounts) -> String {
    let parts = [
        (tally.succeeded, "succeeded"),
        (tally.failed, "failed"),
        (tally.skipped, "skipped"),
        (tally.unfinished, "unfinished"),
    ];
    let parts: Vec<_> = parts.iter().filter(|(count, _)| *count > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let folders = match tally.folders_failed {
        0 => String::new(),
        folders => format!("; {} could not be read", pluralize(folders, "folder")),
    };
    format!("{}: {}{folders}", pluralize(tally.inputs, "document"), parts.join(", "))
}

fn failure(to: &mut impl Write, name: &str, failure: &InputFailure) -> io::Result<()> {
    let InputFailure { code, detail, remedy, .. } = failure;
    to.write_all(failure_lines(name, code, detail, remedy).as_bytes())
}

/// Failures with their reasons, and below them what to do.
pub fn failure_lines(name: &str, code: &str, detail: &str, remedy: &str) -> String {
    format!("  {name}: {code}: {}\n    {remedy}\n", display_text(detail))
}

/// `1 page`, `2 pages`.
pub fn pluralize(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// A length of time for people: `4.2 s`, `3 min 20 s`, `2 h 5 min`.
pub fn format_duration(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}
