//! Jobs, scripts and a listener for tests of real worker processes.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quire::domain::failure::{Failure, FailureCode};
use quire::domain::operation::{DocumentLimits, Operation, TextOptions};
use quire::domain::stage::Stage;
use quire::worker::{
    Conclusion, Conducted, Job, LaunchSpec, Observer, Rules, Script, StopSignal, WorkerProcess, WorkerSettings, conduct,
};

use crate::harness::DEADLINE;

// ---- harness ----

/// The program that is `quire`; the only line that knows where it is built.
pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_quire"))
}

pub fn settings() -> WorkerSettings {
    WorkerSettings { memory_mib: 256, grace_ms: 100, max_artifacts: 5, ..WorkerSettings::default() }
}

pub fn spec() -> LaunchSpec {
    LaunchSpec::new(&settings()).with_program(program())
}

pub async fn launch() -> WorkerProcess {
    WorkerProcess::launch(&spec()).await.unwrap()
}

pub fn limits() -> DocumentLimits {
    DocumentLimits {
        max_file_bytes: 8 << 20,
        max_pages: 1_000,
        max_decompressed_bytes: 64 << 20,
        max_output_bytes: 16 << 20,
    }
}

pub fn noop(ticket: u64) -> Job {
    Job {
        ticket,
        operations: Arc::new([Operation::Noop]),
        password: None,
        text: TextOptions::default(),
        limits: limits(),
        silence: None,
        document: None,
        script: None,
    }
}

pub fn scripted(ticket: u64, script: Script) -> Job {
    Job { script: Some(script), ..noop(ticket) }
}

/// The document comes back as an artifact.
pub fn echo(ticket: u64, bytes: &[u8]) -> Job {
    Job { document: Some(document(bytes)), ..scripted(ticket, Script::Echo) }
}

pub fn document(bytes: &[u8]) -> OwnedFd {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.into()
}

/// Writes everything down.
#[derive(Default)]
pub struct Notes {
    pub ended: Vec<(u64, Conclusion)>,
    pub progress: Vec<(u64, Stage)>,
    pub artifacts: Vec<(u64, String, Vec<u8>)>,
    pub output_bytes: u64,
    /// Whether the content of artifacts is kept.
    pub keeps: bool,
    pub refuses: Option<Failure>,
    pub slow: Duration,
}

impl Notes {
    pub fn code(&self, ticket: u64) -> Option<FailureCode> {
        let conclusion = self.ended.iter().find(|(ended, _)| *ended == ticket).map(|(_, conclusion)| conclusion);
        conclusion.unwrap().as_ref().err().map(|failure| failure.code)
    }

    pub fn detail(&self, ticket: u64) -> String {
        let (_, conclusion) = self.ended.iter().find(|(ended, _)| *ended == ticket).unwrap();
        conclusion.as_ref().err().unwrap().detail.clone()
    }

    pub fn tickets(&self) -> Vec<u64> {
        self.ended.iter().map(|(ticket, _)| *ticket).collect()
    }
}

impl Observer for Notes {
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

    fn ended(&mut self, ticket: u64, conclusion: Conclusion) {
        self.ended.push((ticket, conclusion));
    }
}

pub async fn walk(process: &mut WorkerProcess, jobs: Vec<Job>) -> (Conducted, Notes) {
    walk_with(process, jobs, settings().rules()).await
}

pub async fn walk_with(process: &mut WorkerProcess, jobs: Vec<Job>, rules: Rules) -> (Conducted, Notes) {
    let mut notes = Notes { keeps: true, ..Notes::default() };
    let conducted = conduct(process, jobs, &rules, &StopSignal::never(), &mut notes).await;
    (conducted, notes)
}

/// Goes through one fresh process: a good job, the scripted one, another good one. Returns what was said of the
/// scripted one, and asserts that the others came to no harm.
pub async fn between_two_good_ones(script: Script, rules: Rules) -> Failure {
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

pub async fn ending_of(script: Script) -> Failure {
    between_two_good_ones(script, settings().rules()).await
}

/// Alive or a zombie.
pub fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub fn rules() -> Rules {
    settings().rules()
}
