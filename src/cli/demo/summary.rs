//! Summary of the demo: the outcome of each document, and that the server is still there.

use std::path::Path;

use serde::Deserialize;

use super::cases::{CAST, DemoDocument};
use crate::cli::run::{FinalEngineStats, RunOutcome, display_path};

/// The part of the run's report that is told here.
#[derive(Deserialize)]
struct Report {
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    source: String,
    status: String,
    pages: u32,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
    detail: String,
}

/// True when everything ended as it should.
pub(super) fn print(outcome: &RunOutcome, results: &Path) -> anyhow::Result<bool> {
    let report: Report = serde_json::from_slice(&std::fs::read(&outcome.report)?)?;
    println!();
    let mut surprises = 0;
    for part in &CAST {
        let input = report.inputs.iter().find(|input| Path::new(&input.source).ends_with(part.file));
        let is_expected = input.is_some_and(|input| is_expected(part, input));
        surprises += u32::from(!is_expected);
        println!("{} {:<26}{}", if is_expected { "ok" } else { "??" }, part.file, part.what);
        println!("   {:<26}→ {}", "", input.map_or_else(|| "it was never worked on".into(), ending));
    }
    let is_alive = print_vitals(&outcome.vitals);
    println!("Results: {}", display_path(results));
    println!("Report:  {}", display_path(&outcome.report));
    if surprises > 0 {
        println!("\n{surprises} of {} did not end as expected.", CAST.len());
    }
    Ok(surprises == 0 && is_alive && !outcome.is_interrupted)
}

fn is_expected(part: &DemoDocument, input: &Input) -> bool {
    match &input.failure {
        None => part.failures.is_empty() && input.status == "succeeded",
        Some(failure) => part.failures.iter().any(|code| code.as_str() == failure.code),
    }
}

fn ending(input: &Input) -> String {
    match &input.failure {
        Some(failure) => format!("{}: {}", failure.code, failure.detail),
        None if input.pages == 1 => format!("{}, 1 page", input.status),
        None => format!("{}, {} pages", input.status, input.pages),
    }
}

fn print_vitals(vitals: &FinalEngineStats) -> bool {
    let pid = std::process::id();
    let is_alive = vitals.pid == pid && vitals.actor_restarts == 0 && vitals.actors_running == vitals.actors;
    println!(
        "\nThe server {}: process {pid} all along, {} of {} actors up, {} restarts.",
        if is_alive { "never noticed" } else { "was hurt" },
        vitals.actors_running,
        vitals.actors,
        vitals.actor_restarts,
    );
    println!(
        "Worker processes: {} started, {} ended in the middle of their work.\n",
        vitals.workers_started, vitals.workers_killed
    );
    is_alive
}
