//! Outcome of a run: counts, failures, figures.

use std::path::PathBuf;

use serde::Serialize;

use super::export::InputFailure;
use super::walk::UnreadablePath;
use crate::cli::CommandExit;

/// Inputs by what became of them; every input is in exactly one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct InputCounts {
    pub inputs: u64,
    pub succeeded: u64,
    pub failed: u64,
    /// Given up after another one failed (`--fail-fast`).
    pub skipped: u64,
    /// Left for a run that goes on.
    pub unfinished: u64,
    /// Folders that could not be read; no inputs.
    pub folders_failed: u64,
    /// Inputs whose results have another name than their own.
    pub renamed: u64,
    /// Inputs with results that are not there any more.
    pub sources_gone: u64,
}

/// An input or a folder that failed, for the summary.
#[derive(Debug, Clone)]
pub struct FailedInput {
    pub path: PathBuf,
    pub failure: InputFailure,
}

/// Figures of the engine just before it ended.
#[derive(Debug, Clone)]
pub struct FinalEngineStats {
    pub pid: u32,
    pub actors: usize,
    pub actors_running: usize,
    pub actor_restarts: u32,
    pub workers_started: u64,
    pub workers_killed: u64,
}

#[derive(Debug)]
pub struct RunOutcome {
    pub tally: InputCounts,
    /// Of all inputs that succeeded, in earlier runs too.
    pub pages: u64,
    /// Worked on by this run.
    pub pages_now: u64,
    pub seconds: f64,
    /// The first ones; the report has all.
    pub failures: Vec<FailedInput>,
    pub troubles: Vec<UnreadablePath>,
    pub is_interrupted: bool,
    pub report: PathBuf,
    pub vitals: FinalEngineStats,
}

impl RunOutcome {
    /// The exit status of the command.
    pub fn command_exit(&self) -> CommandExit {
        let tally = &self.tally;
        if self.is_interrupted {
            CommandExit::Interrupted
        } else if tally.succeeded == 0 {
            CommandExit::NoneSucceeded
        } else if tally.succeeded < tally.inputs || tally.folders_failed > 0 {
            CommandExit::Partial
        } else {
            CommandExit::Fine
        }
    }

    pub fn pages_per_second(&self) -> f64 {
        self.pages_now as f64 / self.seconds.max(1e-3)
    }

    pub fn status(&self) -> &'static str {
        if self.is_interrupted { "interrupted" } else { "finished" }
    }
}

impl UnreadablePath {
    pub fn failure(&self) -> InputFailure {
        InputFailure {
            code: "folder_unreadable".into(),
            reason: None,
            detail: self.detail.clone(),
            remedy: "Give this user the right to read the folder, then go on with --resume.".into(),
        }
    }
}
