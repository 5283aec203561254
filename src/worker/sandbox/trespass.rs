//! What a worker process must not be able to do, tried in a way that harms nobody should it succeed.

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
pub enum Trespass {
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
pub enum Outcome {
    /// The system refused, for lack of permission and nothing else.
    Denied(String),
    Allowed,
    /// It failed for a reason that says nothing about permission; not counted as denied.
    Unclear(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub what: Trespass,
    pub outcome: Outcome,
}

impl Trespass {
    /// What every worker process tries before it takes a document.
    pub const HARMLESS: [Trespass; 10] = [
        Trespass::Open,
        Trespass::List,
        Trespass::Look,
        Trespass::Create,
        Trespass::Exec,
        Trespass::Fork,
        Trespass::Socket,
        Trespass::Ptrace,
        Trespass::SignalParent,
        Trespass::RaiseLimit,
    ];

    /// What Landlock alone must deny on every kernel that has it.
    pub const ON_FILES: [Trespass; 2] = [Trespass::Open, Trespass::List];

    pub fn attempt(self) -> Attempt {
        let tried = match self {
            Trespass::Open => File::open("/proc/self/exe").map(drop),
            Trespass::List => File::open("/").map(drop),
            Trespass::Look => fs::metadata("/").map(drop),
            Trespass::Create => create(),
            Trespass::Exec => unless_too_long(too_long().exec()),
            Trespass::Fork => return Attempt { what: self, outcome: fork() },
            Trespass::Socket => {
                rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).map(drop).map_err(io::Error::from)
            }
            Trespass::Ptrace => attach(),
            Trespass::SignalParent => signal_parent(),
            Trespass::RaiseLimit => raise_limit(),
            Trespass::TraceMe => ptrace::traceme().map_err(io::Error::from),
        };
        Attempt { what: self, outcome: Outcome::of(tried) }
    }

    /// In words for an operator.
    pub fn words(self) -> &'static str {
        match self {
            Trespass::Open => "open a file",
            Trespass::List => "list a folder",
            Trespass::Look => "ask whether a path exists",
            Trespass::Create => "create a file",
            Trespass::Exec => "run a program",
            Trespass::Fork => "start a process",
            Trespass::Socket => "open a network socket",
            Trespass::Ptrace => "trace a process",
            Trespass::SignalParent => "signal the server",
            Trespass::RaiseLimit => "raise its own limits",
            Trespass::TraceMe => "be traced",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Trespass::Open => "open",
            Trespass::List => "list",
            Trespass::Look => "look",
            Trespass::Create => "create",
            Trespass::Exec => "exec",
            Trespass::Fork => "fork",
            Trespass::Socket => "socket",
            Trespass::Ptrace => "ptrace",
            Trespass::SignalParent => "signal_parent",
            Trespass::RaiseLimit => "raise_limit",
            Trespass::TraceMe => "trace_me",
        }
    }
}

impl Attempt {
    pub fn is_denied(&self) -> bool {
        matches!(self.outcome, Outcome::Denied(_))
    }
}

impl Outcome {
    fn of(tried: io::Result<()>) -> Self {
        match tried {
            Ok(()) => Outcome::Allowed,
            Err(error) => match Errno::from_io_error(&error) {
                Some(Errno::PERM) => Outcome::Denied("EPERM".into()),
                Some(Errno::ACCESS) => Outcome::Denied("EACCES".into()),
                _ => Outcome::Unclear(error.to_string()),
            },
        }
    }
}

impl fmt::Display for Trespass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Denied(errno) => write!(f, "denied ({errno})"),
            Outcome::Allowed => f.write_str("allowed"),
            Outcome::Unclear(error) => write!(f, "unclear ({error})"),
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
fn fork() -> Outcome {
    match too_long().spawn() {
        Err(error) if Errno::from_io_error(&error) == Some(Errno::PERM) => Outcome::of(Err(error)),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::AGAIN) => Outcome::Unclear(error.to_string()),
        _ => Outcome::Allowed,
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
