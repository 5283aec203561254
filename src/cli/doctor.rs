//! `quire doctor`: checks the machine, the disk, the database and a worker process, without a server and without
//! disturbing one.
//!
//! [`machine`] (kernel, memory, limits), [`worker`] (one real worker process: its doors, and a known document through
//! it), [`disk`] (does a sync reach the disk, and how soon), [`database`]; [`print`] shows it all.

mod database;
mod disk;
mod machine;
mod print;
mod worker;

use serde::Serialize;
use serde_json::Value;

use super::CommandExit;
use super::args::DoctorArgs;
use crate::actors::engine;
use crate::config::Config;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct CheckResult {
    pub name: &'static str,
    pub verdict: CheckStatus,
    pub says: String,
    /// Remedy; none when it is ok.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Further lines, each a thing and what is with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<(String, String)>,
    pub figures: Value,
}

impl CheckResult {
    pub fn ok(name: &'static str, says: impl Into<String>, figures: Value) -> Self {
        Self { name, verdict: CheckStatus::Ok, says: says.into(), remedy: None, lines: Vec::new(), figures }
    }

    /// The same result with a worse status and its remedy.
    pub fn with_status(self, verdict: CheckStatus, remedy: impl Into<String>) -> Self {
        Self { verdict, remedy: Some(remedy.into()), ..self }
    }
}

/// # Errors
/// When the settings are wrong; whatever else is wrong is a finding.
pub fn doctor(args: DoctorArgs) -> anyhow::Result<CommandExit> {
    let config = Config::load(args.config.as_deref(), &flags(&args))?;
    let findings = engine::run_on_actor_system(1, examine(&config));
    if args.json {
        print::json(&findings)?;
    } else {
        print::table(&findings);
    }
    let worst = findings.iter().map(|finding| finding.verdict).max();
    Ok(if worst == Some(CheckStatus::Fail) { CommandExit::Unsound } else { CommandExit::Fine })
}

fn flags(args: &DoctorArgs) -> Vec<(&'static str, String)> {
    let data_dir = args.data_dir.as_ref().map(|dir| ("server.data_dir", dir.to_string_lossy().into_owned()));
    let sandbox = args.require_sandbox.then(|| ("worker.require_sandbox", "true".to_owned()));
    data_dir.into_iter().chain(sandbox).collect()
}

async fn examine(config: &Config) -> Vec<CheckResult> {
    let mut findings = vec![machine::kernel()];
    findings.extend(worker::examine(config).await);
    findings.extend(disk::examine(&config.server.data_dir));
    findings.extend(database::examine(config));
    findings.push(machine::descriptors(config));
    findings.push(machine::memory(config));
    findings
}
