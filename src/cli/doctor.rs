//! `quire doctor`: the checks of [`crate::doctor`], without a server.

mod print;

use super::CommandExit;
use super::args::DoctorArgs;
use crate::actors::engine;
use crate::config::Config;
use crate::doctor::{self, CheckStatus};
use quire_store::inspect;

/// # Errors
/// When the settings are wrong; whatever else is wrong is a finding.
pub fn doctor(args: DoctorArgs) -> anyhow::Result<CommandExit> {
    let config = Config::load(args.config.as_deref(), &flags(&args))?;
    let report = engine::run(1, doctor::examine(&config, inspect::look(&config.server.data_dir)));
    if args.json {
        print::json(&report)?;
    } else {
        print::table(&report.findings);
    }
    Ok(if report.verdict == CheckStatus::Fail { CommandExit::Unsound } else { CommandExit::Fine })
}

fn flags(args: &DoctorArgs) -> Vec<(&'static str, String)> {
    let data_dir = args.data_dir.as_ref().map(|dir| ("server.data_dir", dir.to_string_lossy().into_owned()));
    let sandbox = args.require_sandbox.then(|| ("worker.require_sandbox", "true".to_owned()));
    data_dir.into_iter().chain(sandbox).collect()
}
