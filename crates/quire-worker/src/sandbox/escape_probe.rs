//! Escape probes: what a worker process must not be able to do, tried in a way that harms nobody should it succeed.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::ptrace;
use nix::unistd::Pid;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};
use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscapeProbe {
    /// Opens a file for reading.
    Open,
    /// Opens a folder.
    List,
    /// Asks whether a path is there.
    Look,
    /// Makes a file.
    Create,
    /// Becomes another program.
    Exec,
    /// Makes another process.
    Fork,
    /// Makes a socket for the network.
    Socket,
    /// Attaches to another process.
    Ptrace,
    /// Sends a signal to the server.
    SignalParent,
    /// Raises a limit of its own.
    RaiseLimit,
    /// Has itself traced by the server. Not harmless: a traced process stops at signals.
    TraceMe,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeOutcome {
    /// The system refused, for lack of permission and nothing else.
    Denied(String),
    Allowed,
    /// It failed for a reason that says nothing about permission; not counted as denied.
    Unclear(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeAttempt {
    pub what: EscapeProbe,
    pub outcome: ProbeOutcome,
}

impl EscapeProbe {
    /// Probes that every worker process tries before it takes a document.
    pub const HARMLESS: [EscapeProbe; 10] = [
        EscapeProbe::Open,
        EscapeProbe::List,
        EscapeProbe::Look,
        EscapeProbe::Create,
        EscapeProbe::Exec,
        EscapeProbe::Fork,
        EscapeProbe::Socket,
        EscapeProbe::Ptrace,
        EscapeProbe::SignalParent,
        EscapeProbe::RaiseLimit,
    ];

    /// Probes that Landlock alone must deny on every kernel that has it.
    pub const ON_FILES: [EscapeProbe; 2] = [EscapeProbe::Open, EscapeProbe::List];

    pub fn attempt(self) -> ProbeAttempt {
        let tried = match self {
            EscapeProbe::Open => File::open("/proc/self/exe").map(drop),
            EscapeProbe::List => File::open("/").map(drop),
            EscapeProbe::Look => fs::metadata("/").map(drop),
            EscapeProbe::Create => create(),
            EscapeProbe::Exec => unless_too_long(too_long().exec()),
            EscapeProbe::Fork => return ProbeAttempt { what: self, outcome: fork() },
            EscapeProbe::Socket => {
                rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).map(drop).map_err(io::Error::from)
            }
            EscapeProbe::Ptrace => attach(),
            EscapeProbe::SignalParent => signal_parent(),
            EscapeProbe::RaiseLimit => raise_limit(),
            EscapeProbe::TraceMe => ptrace::traceme().map_err(io::Error::from),
        };
        ProbeAttempt { what: self, outcome: ProbeOutcome::of(tried) }
    }

    /// What is tried, in words for an operator.
    pub fn description(self) -> &'static str {
        match self {
            EscapeProbe::Open => "open a file",
            EscapeProbe::List => "list a folder",
            EscapeProbe::Look => "ask whether a path exists",
            EscapeProbe::Create => "create a file",
            EscapeProbe::Exec => "run a program",
            EscapeProbe::Fork => "start a process",
            EscapeProbe::Socket => "open a network socket",
            EscapeProbe::Ptrace => "trace a process",
            EscapeProbe::SignalParent => "signal the server",
            EscapeProbe::RaiseLimit => "raise its own limits",
            EscapeProbe::TraceMe => "be traced",
        }
    }

    fn name(self) -> &'static str {
        match self {
            EscapeProbe::Open => "open",
            EscapeProbe::List => "list",
            EscapeProbe::Look => "look",
            EscapeProbe::Create => "create",
            EscapeProbe::Exec => "exec",
            EscapeProbe::Fork => "fork",
            EscapeProbe::Socket => "socket",
            EscapeProbe::Ptrace => "ptrace",
            EscapeProbe::SignalParent => "signal_parent",
            EscapeProbe::RaiseLimit => "raise_limit",
            EscapeProbe::TraceMe => "trace_me",
        }
    }
}

impl ProbeAttempt {
    pub fn is_denied(&self) -> bool {
        matches!(self.outcome, ProbeOutcome::Denied(_))
    }
}

impl ProbeOutcome {
    fn of(tried: io::Result<()>) -> Self {
        match tried {
            Ok(()) => ProbeOutcome::Allowed,
            Err(error) => match Errno::from_io_error(&error) {
                Some(Errno::PERM) => ProbeOutcome::Denied("EPERM".into()),
                Some(Errno::ACCESS) => ProbeOutcome::Denied("EACCES".into()),
                _ => ProbeOutcome::Unclear(error.to_string()),
            },
        }
    }
}

impl fmt::Display for EscapeProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for ProbeOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProbeOutcome::Denied(errno) => write!(f, "denied ({errno})"),
            ProbeOutcome::Allowed => f.write_str("allowed"),
            ProbeOutcome::Unclear(error) => write!(f, "unclear ({error})"),
        }
    }
}

/// A file without a name, which is gone when it is closed.
fn create() -> io::Result<()> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let made = ["/tmp", "/dev/shm", "/"].map(|folder| rustix::fs::open(folder, flags, Mode::RUSR));
    let refused = |error: &Errno| [Errno::PERM, Errno::ACCESS].contains(error);
    match made.iter().find_map(|made| made.as_ref().err().filter(|error| refused(error))) {
        _ if made.iter().any(Result::is_ok) => Ok(()),
        Some(error) => Err((*error).into()),
        None => Err(io::Error::other("no folder takes files")),
    }
}

/// This very program with one argument more than fits: permission is asked first, then the kernel gives it back.
fn too_long() -> Command {
    let pages_of_one_argument = 32;
    let mut command = Command::new("/proc/self/exe");
    command.arg("x".repeat(pages_of_one_argument * rustix::param::page_size() + 1));
    command
}

fn unless_too_long(error: io::Error) -> io::Result<()> {
    if Errno::from_io_error(&error) == Some(Errno::TOOBIG) { Ok(()) } else { Err(error) }
}

/// EPERM: there was no process. Anything else came from the process that was to become a program.
fn fork() -> ProbeOutcome {
    match too_long().spawn() {
        Err(error) if Errno::from_io_error(&error) == Some(Errno::PERM) => ProbeOutcome::of(Err(error)),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::AGAIN) => ProbeOutcome::Unclear(error.to_string()),
        _ => ProbeOutcome::Allowed,
    }
}

/// To a process that cannot be: one that can would be stopped.
fn attach() -> io::Result<()> {
    match ptrace::attach(Pid::from_raw(i32::MAX)) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Signal 0: whether one could be sent.
fn signal_parent() -> io::Result<()> {
    let Some(parent) = rustix::process::getppid() else { return Err(io::Error::other("the parent is gone")) };
    Ok(rustix::process::test_kill_process(parent)?)
}

/// One that is at 0 and does no harm at 1; taken back at once.
fn raise_limit() -> io::Result<()> {
    let before = rustix::process::getrlimit(Resource::Core);
    let raised = before.maximum.map(|maximum| maximum.saturating_add(1));
    rustix::process::setrlimit(Resource::Core, Rlimit { maximum: raised, ..before })?;
    Ok(rustix::process::setrlimit(Resource::Core, before)?)
}
