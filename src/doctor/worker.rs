//! One real worker process: whether it starts, how well it is sandboxed, and how a known document fares.

use std::time::Instant;

use serde_json::json;

use super::{CheckResult, CheckStatus};
use crate::config::Config;
use quire_worker::sandbox::SandboxReport;
use quire_worker::{LaunchSpec, SandboxStatus, WorkerProcess, canary};

pub(super) async fn examine(config: &Config) -> Vec<CheckResult> {
    let began = Instant::now();
    // Looked at however it is shut in; whether that will do is said below.
    let spec = LaunchSpec { require_sandbox: false, ..LaunchSpec::new(&config.worker, config.testing.sandbox_without) };
    match WorkerProcess::launch(&spec).await {
        Ok(mut process) => {
            let took_ms = began.elapsed().as_secs_f64() * 1e3;
            vec![sandbox(process.report(), config, took_ms), document(&mut process, config).await]
        }
        Err(error) => {
            let says = format!("no worker process can be started: {error}");
            vec![CheckResult::ok("sandbox", says, json!({})).but(CheckStatus::Fail, "nothing is processed without one")]
        }
    }
}

fn sandbox(report: &SandboxReport, config: &Config, took_ms: f64) -> CheckResult {
    let says = match &report.posture {
        SandboxStatus::Enforced => format!("enforced; {} forbidden things tried, all denied", report.attempts.len()),
        SandboxStatus::Partial { missing } => format!("partial; missing: {}", missing.join(", ")),
        SandboxStatus::Unsupported => "unsupported: documents are parsed in a process that is not shut in".to_owned(),
    };
    let figures = json!({ "report": report, "launch_ms": took_ms });
    let mut finding = CheckResult::ok("sandbox", says, figures);
    for (name, layer) in [("landlock", &report.landlock), ("seccomp", &report.seccomp)] {
        let stands = if layer.stands { "stands" } else { "missing" };
        finding.lines.push((name.to_owned(), format!("{stands} ({})", layer.detail)));
    }
    let tried = report.attempts.iter().map(|attempt| (attempt.what.words().to_owned(), attempt.outcome.to_string()));
    finding.lines.extend(tried);
    match report.posture.remedy() {
        None if config.worker.shared_by_owners => finding.but(CheckStatus::Warn, SHARED),
        None => finding,
        Some(remedy) if config.worker.require_sandbox => finding.but(CheckStatus::Fail, remedy),
        Some(remedy) => finding.but(CheckStatus::Warn, remedy),
    }
}

const SHARED: &str = "worker.shared_by_owners is on: a document that takes over its worker process may see the documents and \
                      passwords of other owners; turn it off where several owners have keys";

async fn document(process: &mut WorkerProcess, config: &Config) -> CheckResult {
    let result = canary::probe(process, &config.worker.rules(), config.document_limits()).await;
    match result.and_then(|stats| stats.ok_or_else(canary::gone)) {
        Ok(stats) => {
            let took_ms = stats.micros as f64 / 1e3;
            let says = format!("a known document came out as it must in {took_ms:.1} ms");
            CheckResult::ok("canary", says, json!({ "took_ms": took_ms, "peak_memory_bytes": stats.peak_memory_bytes }))
        }
        Err(failure) => {
            CheckResult::ok("canary", format!("a known document failed: {failure}"), json!({ "failure": failure })).but(
                CheckStatus::Fail,
                "nothing is processed while this fails: look at the failure and at the limits in the settings",
            )
        }
    }
}
