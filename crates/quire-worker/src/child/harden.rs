//! Hardening of a bare process until it may see a document: parent, limits, sandbox, parsing thread.

use std::fs;
use std::io;
use std::os::fd::RawFd;
use std::thread;

use rustix::process::{Resource, Rlimit, Signal};

use super::ChildError;
use super::inbox::FrameInbox;
use super::meter::StageMeter;
use super::serve::JobServer;
use super::{budget::CpuBudget, panics};
use crate::protocol::{FromWorker, PROTOCOL_VERSION, ToWorker, WorkerSetup};
use crate::sandbox;
use quire_base::safeguards;
use quire_base::safeguards::{Safeguard, is_disabled};

const DESCRIPTORS: u64 = 64;
const STANDARD_ERROR: RawFd = 2;

pub(super) fn enter() -> Result<(), ChildError> {
    let inherited_fds_closed = close_inherited_fds();
    safeguards::disable_from_env()?;
    if !is_disabled(Safeguard::ParentDeathSignal) {
        system("parent-death signal", rustix::process::set_parent_process_death_signal(Some(Signal::KILL)))?;
    }
    let mut inbox = FrameInbox::from_stdin()?;
    let setup = first_frame(&mut inbox)?;
    // The parent may have died before the signal was asked for.
    if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) != i32::try_from(setup.parent_pid).ok() {
        return Err(ChildError::Orphaned);
    }
    panics::record();
    // Whatever is read from the file system is opened before the doors close. Fonts and tables are not: the engines
    // carry theirs within the program.
    let mut server = JobServer::new(inbox, StageMeter::open(), CpuBudget::open(setup.cpu_secs))?;
    limit(&setup)?;
    let closed = sandbox::apply_sandbox(setup.without, inherited_fds_closed);
    on_parsing_thread(setup.stack_bytes, move || {
        let (report, pid) = (closed.verify_by_probes(), std::process::id());
        server.send(&FromWorker::Ready { version: PROTOCOL_VERSION, report, pid })?;
        server.serve()
    })
}

/// Closes every descriptor but the three standard ones; `false` when nobody tells which there are. The server's own are
/// closed by its exec, but it may itself have been started with others.
fn close_inherited_fds() -> bool {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return false };
    let numbers: Vec<RawFd> = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for stranger in numbers.into_iter().filter(|number| *number > STANDARD_ERROR) {
        // The one that listed them is closed already.
        let _ = nix::unistd::close(stranger);
    }
    true
}

fn first_frame(inbox: &mut FrameInbox) -> Result<WorkerSetup, ChildError> {
    loop {
        match inbox.decoder.next_frame()? {
            Some(ToWorker::Setup(setup)) if setup.version == PROTOCOL_VERSION => return Ok(setup),
            Some(ToWorker::Setup(setup)) => return Err(ChildError::Version(setup.version)),
            Some(ToWorker::Run(_)) => return Err(ChildError::Parent("a job before the setup")),
            None => {}
        }
        if !inbox.fill()? {
            return Err(ChildError::Orphaned);
        }
    }
}

fn limit(setup: &WorkerSetup) -> Result<(), ChildError> {
    let address_space = mapped_bytes().saturating_add(setup.stack_bytes).saturating_add(setup.memory_bytes);
    for (name, resource, bound) in [
        ("address space limit", Resource::As, address_space),
        ("file size limit", Resource::Fsize, 0),
        ("descriptor limit", Resource::Nofile, DESCRIPTORS),
        ("core size limit", Resource::Core, 0),
        // The soft one, which each document moves, stays below.
        ("processor time limit", Resource::Cpu, setup.cpu_life_secs),
    ] {
        let hard = rustix::process::getrlimit(resource).maximum.map_or(bound, |hard| hard.min(bound));
        let bound = Rlimit { current: Some(hard), maximum: Some(hard) };
        system(name, rustix::process::setrlimit(resource, bound))?;
    }
    // So that the kernel, short of memory, takes a worker and not its server.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

/// Bytes mapped already: the program, its libraries and what the allocator reserved.
fn mapped_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|statm| statm.split(' ').next().and_then(|pages| pages.parse::<u64>().ok()));
    pages.unwrap_or(0).saturating_mul(rustix::param::page_size() as u64)
}

fn on_parsing_thread(
    stack_bytes: u64,
    work: impl FnOnce() -> Result<(), ChildError> + Send + 'static,
) -> Result<(), ChildError> {
    let thread = thread::Builder::new()
        .name("parser".to_owned())
        .stack_size(usize::try_from(stack_bytes).unwrap_or(usize::MAX))
        .spawn(work)
        .map_err(|error| ChildError::System("parsing thread", error))?;
    thread.join().unwrap_or(Err(ChildError::System("parsing thread", io::Error::other("panicked"))))
}

fn system<T>(what: &'static str, result: rustix::io::Result<T>) -> Result<T, ChildError> {
    result.map_err(|error| ChildError::System(what, error.into()))
}
