//! Jobs, scripts and a listener for tests of real worker processes.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quire::config::Config;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::{DocumentLimits, Operation, OperationOptions};
use quire_domain::stage::Stage;
use quire_worker::{
    DisabledLayer, FaultScript, JobLimits, JobObserver, JobResult, LaunchSpec, SessionLeftover, SessionStopSignal,
    WorkerJob, WorkerProcess, WorkerSettings, run_jobs,
};

use crate::harness::DEADLINE;

// ---- harness ----

/// The program that is `quire`; the only line that knows where it is built.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_quire"))
}

pub(crate) fn settings() -> WorkerSettings {
    WorkerSettings { memory_mib: 256, grace_ms: 100, max_artifacts: 5, ..Config::load(None, &[]).unwrap().worker }
}

pub(crate) fn spec() -> LaunchSpec {
    LaunchSpec::new(&settings(), DisabledLayer::Nothing).with_program(program())
}

pub(crate) async fn launch() -> WorkerProcess {
    WorkerProcess::launch(&spec()).await.unwrap()
}

pub(crate) fn limits() -> DocumentLimits {
    DocumentLimits {
        max_file_bytes: 8 << 20,
        max_pages: 1_000,
        max_decompressed_bytes: 64 << 20,
        max_output_bytes: 16 << 20,
    }
}

pub(crate) fn noop(ticket: u64) -> WorkerJob {
    WorkerJob {
        ticket,
        operations: Arc::new([Operation::Noop]),
        password: None,
        options: OperationOptions::default(),
        limits: limits(),
        silence: None,
        document: None,
        script: None,
    }
}

pub(crate) fn scripted(ticket: u64, script: FaultScript) -> WorkerJob {
    WorkerJob { script: Some(script), ..noop(ticket) }
}

/// The document comes back as an artifact.
pub(crate) fn echo(ticket: u64, bytes: &[u8]) -> WorkerJob {
    WorkerJob { document: Some(document(bytes)), ..scripted(ticket, FaultScript::Echo) }
}

pub(crate) fn document(bytes: &[u8]) -> OwnedFd {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.into()
}

/// Writes everything down.
#[derive(Default)]
pub(crate) struct Notes {
    pub ended: Vec<(u64, JobResult)>,
    pub progress: Vec<(u64, Stage)>,
    pub artifacts: Vec<(u64, String, Vec<u8>)>,
    pub output_bytes: u64,
    /// Whether the content of artifacts is kept.
    pub keeps: bool,
    pub refuses: Option<Failure>,
    pub slow: Duration,
}

impl Notes {
    pub(crate) fn code(&self, ticket: u64) -> Option<FailureCode> {
        let conclusion = self.ended.iter().find(|(ended, _)| *ended == ticket).map(|(_, conclusion)| conclusion);
        conclusion.unwrap().as_ref().err().map(|failure| failure.code)
    }

    pub(crate) fn detail(&self, ticket: u64) -> String {
        let (_, conclusion) = self.ended.iter().find(|(ended, _)| *ended == ticket).unwrap();
        conclusion.as_ref().err().unwrap().detail.clone()
    }

    pub(crate) fn tickets(&self) -> Vec<u64> {
        self.ended.iter().map(|(ticket, _)| *ticket).collect()
    }
}

impl JobObserver for Notes {
    fn progress(&mut self, ticket: u64, stage: Stage, _: u32, _: u32) {
        self.progress.push((ticket, stage));
    }

    async fn artifact_begin(&mut self, ticket: u64, name: &str, _: &str, _: u64) -> Result<(), Failure> {
        self.artifacts.push((ticket, name.to_owned(), Vec::new()));
        self.refuses.clone().map_or(Ok(()), Err)
    }

    async fn artifact_chunk(&mut self, _: u64, bytes: &[u8]) -> Result<(), Failure> {
        if !self.slow.is_zero() {
            tokio::time::sleep(self.slow).await;
        }
        self.output_bytes += bytes.len() as u64;
        if self.keeps {
            self.artifacts.last_mut().unwrap().2.extend_from_slice(bytes);
        }
        Ok(())
    }

    async fn artifact_end(&mut self, _: u64) -> Result<(), Failure> {
        Ok(())
    }

    fn ended(&mut self, ticket: u64, conclusion: JobResult) {
        self.ended.push((ticket, conclusion));
    }
}

pub(crate) async fn walk(process: &mut WorkerProcess, jobs: Vec<WorkerJob>) -> (SessionLeftover, Notes) {
    walk_with(process, jobs, settings().job_limits()).await
}

pub(crate) async fn walk_with(
    process: &mut WorkerProcess,
    jobs: Vec<WorkerJob>,
    rules: JobLimits,
) -> (SessionLeftover, Notes) {
    let mut notes = Notes { keeps: true, ..Notes::default() };
    let conducted = run_jobs(process, jobs, &rules, &SessionStopSignal::never(), &mut notes).await;
    (conducted, notes)
}

/// Goes through one fresh process: a good job, the scripted one, another good one. Returns what was said of the
/// scripted one, and asserts that the others came to no harm.
pub(crate) async fn between_two_good_ones(script: FaultScript, rules: JobLimits) -> Failure {
    let mut process = launch().await;
    let pid = process.pid().unwrap();
    // A clock that is short for the scripted one is none for the good one, which a busy machine may hold up.
    let (_, good) = walk(&mut process, vec![noop(1)]).await;
    assert_eq!((good.tickets(), good.code(1)), (vec![1], None));
    let (conducted, notes) = walk_with(&mut process, vec![scripted(2, script), noop(3)], rules).await;
    assert_eq!(notes.tickets(), [2]);
    let rest: Vec<u64> = conducted.not_started.iter().map(|job| job.ticket).collect();
    assert_eq!(rest, [3]);
    assert!(!conducted.usable && !process.is_usable());
    assert!(!exists(pid), "the process is reaped");
    notes.ended.into_iter().last().unwrap().1.unwrap_err()
}

pub(crate) async fn ending_of(script: FaultScript) -> Failure {
    between_two_good_ones(script, settings().job_limits()).await
}

/// Alive or a zombie.
pub(crate) fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) fn rules() -> JobLimits {
    settings().job_limits()
}
