//! `quire run`: files and folders of PDFs into a folder of texts, through the same engine and store as the server.
//!
//! The walk in order: [`plan`] (what is asked for), [`earlier`] (what an earlier run left), [`walk`] and [`names`]
//! (which files, and where their results go), [`intake`] (into the store), [`exporter`] (results out, as the event
//! log tells of them), [`totals`] and [`report`] (every input, exactly once), [`summary`]. [`session`] puts them
//! together.

mod changed;
mod earlier;
mod export;
mod exporter;
mod follow;
mod intake;
mod names;
mod outcome;
mod outputs;
mod plan;
mod report;
mod screen;
mod session;
mod state;
mod stop;
mod summary;
mod totals;
mod walk;

pub use outcome::{FinalEngineStats, RunOutcome};
pub use plan::RunPlan;
pub use screen::{display_path, display_text};
pub use session::{ErrorAfterStart, run_to_completion};
pub use summary::{failure_lines, format_duration, pluralize};
pub use walk::{FoundFile, InputRoots};

use super::CommandExit;
use super::args::RunArgs;
use quire_base::safeguards;

/// # Errors
/// When the arguments make no sense, the output folder cannot be used or the engine cannot go on.
pub fn run(args: RunArgs) -> anyhow::Result<CommandExit> {
    // Protections that a test goes without, to see that it would notice.
    safeguards::disable_from_env()?;
    let json = args.json;
    let outcome = match run_to_completion(&RunPlan::resolve(args, &[])?) {
        Err(error) if error.is::<ErrorAfterStart>() => {
            eprintln!("quire: {error:#}");
            return Ok(CommandExit::Fault);
        }
        started => started?,
    };
    summary::print(&outcome);
    if json {
        summary::print_json(&outcome);
    }
    Ok(outcome.command_exit())
}
