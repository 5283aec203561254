//! Worker processes: what they cannot do, tried by themselves, and looked at from outside.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;

use quire_domain::failure::FailureCode;
use quire_domain::operation::DocumentLimits;
use quire_worker::sandbox::{ProbeAttempt, ProbeOutcome};
use quire_worker::{
    DisabledLayer, EscapeProbe, FaultScript, LaunchError, LaunchSpec, SandboxStatus, WorkerProcess, canary,
};

use super::harness::*;

async fn launch_without(without: DisabledLayer) -> WorkerProcess {
    WorkerProcess::launch(&LaunchSpec { without, ..spec() }).await.unwrap()
}

/// The outcome, as the process itself says.
async fn attempt(process: &mut WorkerProcess, what: EscapeProbe) -> ProbeOutcome {
    let (_, notes) = walk(process, vec![scripted(1, FaultScript::Trespass(what))]).await;
    let (_, name, bytes) = notes.artifacts.first().unwrap_or_else(|| panic!("{what}: {:?}", notes.ended));
    assert_eq!(name, "trespass.json");
    let attempt: ProbeAttempt = serde_json::from_slice(bytes).unwrap();
    assert_eq!(attempt.what, what);
    attempt.outcome
}

#[tokio::test]
async fn a_worker_process_cannot_open_connect_run_trace_or_signal() {
    let mut process = launch().await;
    assert_eq!(process.posture(), &SandboxStatus::Enforced, "{:?}", process.report());
    for what in EscapeProbe::HARMLESS.into_iter().chain([EscapeProbe::TraceMe]) {
        assert_eq!(attempt(&mut process, what).await, ProbeOutcome::Denied("EPERM".into()), "{what}");
    }
    let (conducted, notes) = walk(&mut process, vec![echo(1, b"still at work")]).await;
    assert!(conducted.usable && notes.code(1).is_none());
}

/// Control. Raising a limit is left out: for that the kernel asks for a privilege anyway.
#[tokio::test]
async fn without_the_sandbox_the_same_succeeds() {
    let mut process = launch_without(DisabledLayer::Both).await;
    assert_eq!(process.posture(), &SandboxStatus::Unsupported);
    let all = EscapeProbe::HARMLESS.into_iter().filter(|what| *what != EscapeProbe::RaiseLimit);
    for what in all.chain([EscapeProbe::TraceMe]) {
        assert_eq!(attempt(&mut process, what).await, ProbeOutcome::Allowed, "{what}");
    }
}

#[tokio::test]
async fn without_landlock_seccomp_still_denies_everything_and_the_posture_says_what_is_missing() {
    let process = launch_without(DisabledLayer::Landlock).await;
    assert_eq!(process.posture(), &SandboxStatus::Partial { missing: vec!["landlock".into()] });
    assert!(process.report().attempts.iter().all(ProbeAttempt::is_denied));
}

#[tokio::test]
async fn without_seccomp_landlock_still_denies_files_and_the_posture_names_each_open_door() {
    let mut process = launch_without(DisabledLayer::Seccomp).await;
    let missing = process.posture().missing();
    for name in ["seccomp", "socket", "fork", "ptrace"] {
        assert!(missing.contains(&name), "{missing:?}");
    }
    for what in [EscapeProbe::Open, EscapeProbe::List] {
        assert_eq!(attempt(&mut process, what).await, ProbeOutcome::Denied("EACCES".into()), "{what}");
    }
}

#[tokio::test]
async fn a_process_that_is_not_shut_in_is_not_taken_where_the_sandbox_is_required() {
    for without in [DisabledLayer::Landlock, DisabledLayer::Seccomp, DisabledLayer::Both] {
        let launched = WorkerProcess::launch(&LaunchSpec { without, require_sandbox: true, ..spec() }).await;
        let error = launched.err().unwrap_or_else(|| panic!("{without:?} was taken"));
        assert!(matches!(error, LaunchError::Exposed(_)), "{without:?}: {error}");
    }
    let shut_in = LaunchSpec { require_sandbox: true, ..spec() };
    assert!(WorkerProcess::launch(&shut_in).await.is_ok());
}

#[tokio::test]
async fn every_thread_of_the_process_is_bound() {
    let process = launch().await;
    let tasks = fs::read_dir(format!("/proc/{}/task", process.pid().unwrap())).unwrap();
    let statuses: Vec<_> = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("status")).unwrap()).collect();
    assert_eq!(statuses.len(), 2, "the door's thread and the parser's");
    for status in statuses {
        assert!(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"), "{status}");
    }
}

/// Places that a process's descriptors lead to.
fn descriptors(pid: u32) -> BTreeSet<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    // A program that has just begun opens and closes its libraries.
    let links =
        entries.filter_map(|entry| Some(fs::read_link(entry.ok()?.path()).ok()?.to_string_lossy().into_owned()));
    links.map(|link| link.split(":[").next().unwrap().to_owned()).collect()
}

/// A file that is open here and that a child inherits.
struct Leak {
    file: File,
    path: String,
}

impl Leak {
    fn new(directory: &Path) -> Self {
        let path = directory.join("secret");
        let file = File::create(&path).unwrap();
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
        Self { file, path: path.to_string_lossy().into_owned() }
    }
}

#[tokio::test]
async fn only_the_channel_and_its_own_figures_are_open_in_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let leak = Leak::new(directory.path());
    let process = launch().await;
    let pid = process.pid().unwrap();
    let own = ["status", "clear_refs", "stat"].map(|name| format!("/proc/{pid}/{name}"));
    let expected: BTreeSet<String> =
        ["socket", "/dev/null", "pipe"].map(str::to_owned).into_iter().chain(own).collect();
    assert_eq!(descriptors(pid), expected);
    assert!(leak.file.as_raw_fd() > 2);
}

/// Control: whoever does not close them has them.
#[tokio::test]
async fn another_program_inherits_the_descriptor_that_a_worker_closes() {
    let directory = tempfile::tempdir().unwrap();
    let leak = Leak::new(directory.path());
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let inherited = descriptors(other.id());
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(inherited.contains(&leak.path), "{inherited:?}");
}

#[tokio::test]
async fn the_environment_of_the_process_is_the_one_it_was_given() {
    let process = launch().await;
    let environment = fs::read_to_string(format!("/proc/{}/environ", process.pid().unwrap())).unwrap();
    let names: Vec<_> = environment.split_terminator('\0').map(|pair| pair.split('=').next().unwrap()).collect();
    assert_eq!(names, ["MIMALLOC_ARENA_RESERVE"]);
    // Control: there was more to inherit.
    assert!(std::env::vars_os().count() > 1);
}

#[tokio::test]
async fn the_limits_of_the_process_are_low_and_it_cannot_raise_them() {
    let mut process = launch().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", process.pid().unwrap())).unwrap();
    let hard = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    for (name, bound) in [
        ("Max core file size", "0".to_owned()),
        ("Max file size", "0".to_owned()),
        ("Max open files", "64".to_owned()),
        ("Max cpu time", settings().cpu_life_secs().to_string()),
    ] {
        assert_eq!(hard(name), bound, "{name}");
    }
    assert!(hard("Max address space").parse::<u64>().unwrap() < 2 << 30);
    assert!(matches!(attempt(&mut process, EscapeProbe::RaiseLimit).await, ProbeOutcome::Denied(_)));
}

#[tokio::test]
async fn the_canary_comes_back() {
    let mut process = launch().await;
    let stats = canary::probe(&mut process, &rules(), limits()).await.unwrap().unwrap();
    assert!(stats.peak_memory_bytes > 0);
    assert!(process.is_usable());
}

/// Control: it notices what keeps documents from being processed.
#[tokio::test]
async fn a_canary_that_cannot_sing_is_noticed() {
    let mut process = launch().await;
    let none = DocumentLimits { max_file_bytes: 10, ..limits() };
    let failure = canary::probe(&mut process, &rules(), none).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::FileTooLarge);
    process.kill().await;
    assert_eq!(canary::probe(&mut process, &rules(), limits()).await, Ok(None), "a dead process says nothing");
}

#[tokio::test]
async fn a_death_without_the_sandbox_is_told_as_with_it() {
    for script in [FaultScript::Abort, FaultScript::Overflow, FaultScript::Allocate] {
        let mut process = launch_without(DisabledLayer::Both).await;
        let (_, notes) = walk(&mut process, vec![scripted(1, script.clone())]).await;
        assert_eq!(notes.code(1), Some(ending_of(script).await.code));
    }
}
