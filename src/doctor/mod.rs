//! Doctor: checks the machine, the disk, the database and a worker process, without disturbing a server.
//!
//! [`machine`] (kernel, memory, limits), [`worker`] (one real worker process: its doors, and a known document through
//! it), [`disk`] (does a sync reach the disk, and how soon), [`database`]. Who asks says how the database is looked at:
//! a process whose server has it open must not open its file beside SQLite ([`quire_store::OpenStore::inspect`]).

mod database;
mod disk;
mod machine;
mod worker;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use quire_store::StoreError;
use quire_store::inspect::Inspection;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, JsonSchema)]
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
    /// What was measured.
    pub figures: Value,
}

impl CheckResult {
    pub fn ok(name: &'static str, says: impl Into<String>, figures: Value) -> Self {
        Self { name, verdict: CheckStatus::Ok, says: says.into(), remedy: None, lines: Vec::new(), figures }
    }

    /// The same, but worse.
    pub fn but(self, verdict: CheckStatus, remedy: impl Into<String>) -> Self {
        Self { verdict, remedy: Some(remedy.into()), ..self }
    }
}

/// All checks, and the worst verdict.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DoctorReport {
    pub verdict: CheckStatus,
    pub findings: Vec<CheckResult>,
}

/// Looks at everything; blocks on the disk.
pub async fn examine(config: &Config, database: Result<Inspection, StoreError>) -> DoctorReport {
    let mut findings = vec![machine::kernel()];
    findings.extend(worker::examine(config).await);
    findings.extend(disk::examine(&config.server.data_dir));
    findings.extend(database::examine(config, database));
    findings.push(machine::descriptors(config));
    findings.push(machine::memory(config));
    let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(CheckStatus::Ok);
    DoctorReport { verdict, findings }
}
