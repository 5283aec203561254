//! One worker process, from its launch to its reaping.
//!
//! **Always from one long-lived thread**: the child's parent-death signal follows the thread that launched it.
//! Needs a tokio runtime with I/O and time.

use std::ffi::OsString;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};

use super::channel::WorkerChannel;
use super::codec::{self, FrameError};
use super::cpu_time;
use super::exit_status::{ProcessExit, failure_of_exit};
use super::pool::{PoolMember, ProcessUsage};
use super::protocol::{FromWorker, PROTOCOL_VERSION, ToWorker, WorkerSetup};
use super::sandbox::{DisabledLayer, SandboxReport, SandboxStatus};
use super::settings::WorkerSettings;
use super::stderr_tail::StderrTail;
use quire_base::safeguards;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::failure::{Failure, FailureCode};

/// A killed process is gone within this time, or left to the runtime to reap.
const REAP_PATIENCE: Duration = Duration::from_secs(5);

/// From the end of its channel to the end of a process that dies; one that takes longer lives on.
const DYING_PATIENCE: Duration = Duration::from_secs(2);

/// The allocator (mimalloc) would reserve 1 GiB of address space before the child can limit it, and all of that could
/// then be used on top of the limit. In KiB; measured: with it, a limit of 1024 MiB ends a process at 1020 MiB.
const ARENA_RESERVE: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "65536");

/// Launch specification of a worker process.
#[derive(Debug, Clone)]
pub struct LaunchSpec {
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// The child's whole environment.
    pub env: Vec<(OsString, OsString)>,
    pub memory_bytes: u64,
    pub stack_bytes: u64,
    pub cpu_secs: u64,
    pub cpu_life_secs: u64,
    pub ready_timeout: Duration,
    /// Takes no process whose sandbox is not enforced.
    pub require_sandbox: bool,
    pub without: DisabledLayer,
}

impl LaunchSpec {
    /// This very binary, as `worker`.
    pub fn new(settings: &WorkerSettings, without: DisabledLayer) -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            args: vec!["worker".into()],
            env: [(ARENA_RESERVE.0.into(), ARENA_RESERVE.1.into())]
                .into_iter()
                .chain(safeguards::env_for_child())
                .collect(),
            memory_bytes: settings.memory_bytes(),
            stack_bytes: settings.stack_bytes(),
            cpu_secs: settings.cpu_secs,
            cpu_life_secs: settings.process_cpu_limit_secs(),
            ready_timeout: Duration::from_secs(settings.ready_timeout_secs),
            require_sandbox: settings.require_sandbox,
            without,
        }
    }

    pub fn with_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Setup that the process gets first.
    pub fn setup(&self) -> WorkerSetup {
        WorkerSetup {
            version: PROTOCOL_VERSION,
            parent_pid: std::process::id(),
            memory_bytes: self.memory_bytes,
            stack_bytes: self.stack_bytes,
            cpu_secs: self.cpu_secs,
            cpu_life_secs: self.cpu_life_secs,
            without: self.without,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error("the worker program cannot be started: {0}")]
    Spawn(#[from] io::Error),
    #[error("the worker ended before it was ready: {0}")]
    Died(Failure),
    #[error("the worker was not ready within {0:?}")]
    Late(Duration),
    #[error("the worker speaks protocol version {0}")]
    Version(u32),
    #[error("the worker did not introduce itself")]
    Unreadable(#[from] FrameError),
    #[error("the sandbox of worker processes is required and not enforced; missing: {}", .0.missing_parts().join(", "))]
    Exposed(SandboxStatus),
}

impl From<LaunchError> for Failure {
    fn from(error: LaunchError) -> Self {
        Failure::new(FailureCode::WorkerUnavailable, error.to_string())
    }
}

/// A worker process: alive and ready, or dead. Dropping it kills its whole process group; the runtime reaps it.
pub struct WorkerProcess {
    pub(super) channel: WorkerChannel,
    pub(super) stderr: StderrTail,
    pub(super) usage: ProcessUsage,
    child: Child,
    /// Readable once the process has ended; none where the system has no such descriptors.
    end: Option<AsyncFd<OwnedFd>>,
    group: Option<Pid>,
    report: SandboxReport,
}

impl WorkerProcess {
    /// Starts a worker process and waits until it is ready.
    pub async fn launch(spec: &LaunchSpec) -> Result<Self, LaunchError> {
        let mut process = Self::spawn(spec)?;
        match tokio::time::timeout(spec.ready_timeout, process.introduce(spec.setup())).await {
            Ok(Ok(Some(report))) if spec.require_sandbox && report.posture != SandboxStatus::Enforced => {
                Err(LaunchError::Exposed(report.posture))
            }
            Ok(Ok(Some(report))) => {
                process.report = report;
                Ok(process)
            }
            Ok(Ok(None)) => Err(LaunchError::Died(failure_of_exit(&process.wait_or_kill().await))),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(LaunchError::Late(spec.ready_timeout)),
        }
    }

    /// None once the process was reaped.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sandbox status of the process, by its own report.
    pub fn sandbox_status(&self) -> &SandboxStatus {
        &self.report.posture
    }

    /// What the process tried against its own sandbox, and what came of it.
    pub fn sandbox_report(&self) -> &SandboxReport {
        &self.report
    }

    /// Whether it may take jobs: alive as far as known, and not left in the middle of any.
    pub fn is_usable(&self) -> bool {
        self.usage.usable
    }

    /// For a process that closed its channel or ended: what it died of, if it died by itself. The status is none when
    /// it had to be killed. What is left of its group is killed in any case.
    pub async fn wait_or_kill(&mut self) -> ProcessExit {
        let ended = poll_fn(|context| match self.end {
            Some(_) => self.poll_ended(context),
            None => Poll::Ready(()),
        });
        let by_itself = tokio::time::timeout(DYING_PATIENCE, ended).await.is_ok();
        let exit = self.kill().await;
        ProcessExit { status: exit.status.filter(|_| by_itself), ..exit }
    }

    /// Ready once the process has ended, which its channel may outlive: a child of its own may hold it.
    pub(super) fn poll_ended(&self, context: &mut Context<'_>) -> Poll<()> {
        match &self.end {
            Some(end) => end.poll_read_ready(context).map(drop),
            None => Poll::Pending,
        }
    }

    /// SIGKILL to the process group; returns when the process is reaped.
    pub async fn kill(&mut self) -> ProcessExit {
        self.usage.usable = false;
        self.signal_group();
        let reaped = tokio::time::timeout(REAP_PATIENCE, self.child.wait()).await;
        let words = (!is_disabled(Safeguard::LastWords)).then(|| self.stderr.read_tail());
        ProcessExit { status: reaped.ok().and_then(Result::ok), stderr: words.unwrap_or_default() }
    }

    fn spawn(spec: &LaunchSpec) -> Result<Self, LaunchError> {
        let (channel, theirs) = WorkerChannel::pair()?;
        let mut child = Command::new(&spec.program)
            .arg0("quire")
            .args(&spec.args)
            .env_clear()
            .envs(spec.env.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let stderr = StderrTail::new(child.stderr.take());
        let group = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        let end = group.and_then(end_of);
        let usage = ProcessUsage { usable: true, ..ProcessUsage::default() };
        Ok(Self { channel, stderr, usage, child, end, group, report: SandboxReport::default() })
    }

    /// None when the process ended instead.
    async fn introduce(&mut self, setup: WorkerSetup) -> Result<Option<SandboxReport>, LaunchError> {
        let mut hello = Vec::new();
        codec::append_frame(&ToWorker::Setup(setup), &mut hello)?;
        poll_fn(|context| self.channel.poll_writable(context)).await?;
        if self.channel.try_send(&hello, &[]).is_err() {
            return Ok(None);
        }
        loop {
            match self.channel.decoder.next_frame()? {
                Some(FromWorker::Ready { version: PROTOCOL_VERSION, report, .. }) => return Ok(Some(report)),
                Some(FromWorker::Ready { version, .. }) => return Err(LaunchError::Version(version)),
                Some(_) => return Err(LaunchError::Version(0)),
                None => {}
            }
            let count = poll_fn(|context| {
                self.stderr.poll_drain(context);
                self.channel.poll_fill(context)
            });
            if count.await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Only while the leader is not reaped: its number cannot belong to another group before that.
    fn signal_group(&self) {
        if let (Some(group), Some(_)) = (self.group, self.child.id()) {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

/// A descriptor that becomes readable when the process ends.
fn end_of(pid: Pid) -> Option<AsyncFd<OwnedFd>> {
    let end = pidfd_open(pid, PidfdFlags::NONBLOCK).ok()?;
    // Deprecated for types that may swap their descriptor under it; an owned one stays what it is. The way that is not
    // deprecated is unsafe code.
    #[allow(deprecated)]
    AsyncFd::with_interest(end, Interest::READABLE).ok()
}

impl PoolMember for WorkerProcess {
    fn usage(&self) -> ProcessUsage {
        self.usage
    }

    fn cpu_time(&self) -> Option<Duration> {
        cpu_time::process_cpu_time(self.pid()?)
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        self.signal_group();
    }
}
