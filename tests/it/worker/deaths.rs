//! Worker processes: deaths of the process, and what they leave behind.

use std::time::Duration;

use quire_base::safeguards::{Safeguard, disable_on_this_thread};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentLimits;
use quire_worker::{
    FaultScript, JobLimits, LaunchError, LaunchSpec, SessionStopSignal, WorkerJob, WorkerProcess, run_jobs,
};

// ---- harness ----

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::harness::*;
use crate::harness::{Plan, children_of, is_dead};

#[tokio::test]
async fn the_first_unfinished_job_is_blamed_and_the_documents_of_the_others_are_unharmed() {
    let mut process = launch().await;
    let mut jobs: Vec<WorkerJob> = (1..=4).map(|ticket| echo(ticket, b"good")).collect();
    jobs.push(WorkerJob { document: Some(document(b"bad")), ..scripted(5, FaultScript::Abort) });
    jobs.extend((6..=25).map(|ticket| echo(ticket, b"good")));
    let (conducted, notes) = walk(&mut process, jobs).await;
    assert_eq!(notes.tickets(), [1, 2, 3, 4, 5]);
    assert_eq!(notes.code(5), Some(FailureCode::WorkerSignalled));
    assert_eq!(conducted.not_started.len(), 20);

    let mut second = launch().await;
    let (conducted, notes) = walk(&mut second, conducted.not_started).await;
    assert!(conducted.usable);
    assert_eq!(notes.artifacts.len(), 20);
    assert!(notes.artifacts.iter().all(|(_, _, bytes)| bytes == b"good"));
}

#[tokio::test]
async fn a_process_that_died_idle_is_nobodys_fault() {
    let mut process = launch().await;
    let pid = process.pid().unwrap();
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    // Its threads die one by one; the channel closes with the last one.
    until("a zombie alone", || {
        let zombie = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") Z ");
        zombie && std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().count() <= 1
    })
    .await;
    let (conducted, notes) = walk(&mut process, vec![noop(1), echo(2, b"x")]).await;
    assert!(notes.ended.is_empty());
    assert_eq!(conducted.not_started.len(), 2);
    assert!(!conducted.usable);
    assert!(!exists(pid));
}

/// The job was sent and the process killed before it looked: the control is a new process, whose death is the job's.
#[tokio::test]
async fn a_process_that_dies_before_it_takes_a_job_is_nobodys_fault_unless_it_is_new() {
    let is_blamed = async |has_worked: bool| {
        let mut process = launch().await;
        if has_worked {
            walk(&mut process, vec![noop(1)]).await;
        }
        let pid = Pid::from_raw(process.pid().unwrap() as i32).unwrap();
        // It cannot look at the job before it dies.
        kill_process(pid, Signal::STOP).unwrap();
        until("all of it has stopped", || all_threads_are(pid, 'T')).await;
        let killer = async {
            // Sooner or later than the job is sent: either is right, and either counts.
            tokio::time::sleep(Duration::from_millis(200)).await;
            kill_process(pid, Signal::KILL).unwrap();
        };
        let ((conducted, notes), ()) = tokio::join!(walk(&mut process, vec![echo(2, b"x")]), killer);
        assert_eq!(conducted.not_started.len() + notes.ended.len(), 1);
        !notes.ended.is_empty()
    };
    assert!(!is_blamed(true).await);
    assert!(is_blamed(false).await);
    let _without = disable_on_this_thread(Safeguard::InnocentJobs);
    assert!(is_blamed(true).await, "control: without the safeguard the job is to blame");
}

fn all_threads_are(pid: Pid, state: char) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let mut stats = threads.filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")).ok());
    let mark = format!(") {state} ");
    stats.all(|stat| stat.contains(&mark))
}

#[tokio::test]
async fn a_walk_that_is_dropped_leaves_an_unusable_process() {
    let mut process = launch().await;
    let jobs = vec![scripted(1, FaultScript::Hang)];
    let mut notes = Notes::default();
    let (rules, never) = (rules(), SessionStopSignal::never());
    let dropped = run_jobs(&mut process, jobs, &rules, &never, &mut notes);
    assert!(tokio::time::timeout(Duration::from_millis(100), dropped).await.is_err());
    assert!(!process.is_usable());
    let (conducted, notes) = walk(&mut process, vec![noop(2)]).await;
    assert!(notes.ended.is_empty() && conducted.not_started.len() == 1);
}

#[tokio::test]
async fn a_dropped_process_dies_and_leaves_no_zombie() {
    let process = launch().await;
    let pid = process.pid().unwrap();
    drop(process);
    until("gone", || !exists(pid)).await;
}

/// The worker processes of a server that is killed while they are at work for a long time.
async fn workers_of_a_killed_server(plan: Plan) -> Vec<u32> {
    let mut app = plan.start();
    let batch = app.submit_sleepers(4, 60_000, json!({})).await;
    app.wait_for(&batch, "running").await;
    // One that is not at work yet would end by itself when nobody gives it any.
    app.eventually("/readyz", |seen| seen["checks"]["workers"]["processes"]["at_work"] == 2).await;
    let workers = children_of(app.pid());
    assert!(!workers.is_empty());
    app.kill();
    workers
}

#[actix_web::test]
async fn worker_processes_do_not_outlive_a_killed_server() {
    let workers = workers_of_a_killed_server(Plan::default()).await;
    until("dead", || workers.iter().all(|pid| is_dead(*pid))).await;
}

#[actix_web::test]
async fn control_without_the_parent_death_signal_they_do() {
    let workers = workers_of_a_killed_server(Plan::default().without("worker.parent_death_signal")).await;
    // That nothing ends them shows in time only.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(workers.iter().any(|pid| !is_dead(*pid)), "the test is blind: something else ended them");
    for pid in workers.into_iter().filter(|pid| !is_dead(*pid)) {
        kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL).unwrap();
    }
}

#[tokio::test]
async fn the_whole_group_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let note = directory.path().join("pid");
    let script = format!("sleep 1000 & echo $! > {}; exec {} worker", note.display(), program().display());
    let env = vec![("PATH".into(), std::env::var_os("PATH").unwrap())];
    let spec = LaunchSpec { program: "/bin/sh".into(), args: vec!["-c".into(), script.into()], env, ..spec() };
    let mut process = WorkerProcess::launch(&spec).await.unwrap();
    let other: u32 = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
    assert!(exists(other));
    process.kill().await;
    until("dead", || is_dead(other)).await;
}

#[tokio::test]
async fn a_program_that_is_missing_silent_or_speaks_nonsense_is_a_launch_error() {
    let missing = WorkerProcess::launch(&spec().with_program("/nonexistent/program")).await;
    assert!(matches!(missing, Err(LaunchError::Spawn(_))));
    let ending = WorkerProcess::launch(&spec().with_program("/bin/true")).await;
    assert!(matches!(ending, Err(LaunchError::Died(_))));
    let silent = LaunchSpec {
        program: "/bin/sleep".into(),
        args: vec!["1000".into()],
        ready_timeout: Duration::from_millis(100),
        ..spec()
    };
    assert!(matches!(WorkerProcess::launch(&silent).await, Err(LaunchError::Late(_))));
    let babbling = LaunchSpec {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), "head -c 100 /dev/urandom >&0".into()],
        ..spec()
    };
    let error = WorkerProcess::launch(&babbling).await.err().unwrap();
    assert_eq!(Failure::from(error).code, FailureCode::WorkerUnavailable);
}

#[tokio::test]
async fn a_worker_started_by_hand_says_so_and_ends() {
    let output =
        std::process::Command::new(program()).arg("worker").stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not by hand"));
}

#[tokio::test]
async fn sixty_random_answers_never_harm_the_parent() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let rules = JobLimits { silence_timeout: Duration::from_millis(500), ..rules() };
    for _ in 0..60 {
        let mut bytes: Vec<u8> = (0..random() % 200).map(|_| random() as u8).collect();
        // Half of them with a plausible length, so that the payload is looked at.
        if bytes.len() > 8 && random() % 2 == 0 {
            let length = (bytes.len() - 4) as u32;
            bytes[..4].copy_from_slice(&length.to_le_bytes());
            bytes[4] %= 6;
        }
        let failure = between_two_good_ones(FaultScript::Raw(bytes), rules).await;
        assert!(matches!(failure.code, FailureCode::ProtocolViolation | FailureCode::TimedOutSilent), "{failure}");
    }
}

/// Resident bytes of this test's own process.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
async fn the_parents_memory_is_flat_under_endless_artifacts() {
    let mut process = launch().await;
    let before = resident_bytes();
    let mut notes = Notes::default();
    let job = WorkerJob {
        limits: DocumentLimits { max_output_bytes: 1 << 30, ..limits() },
        ..scripted(1, FaultScript::EndlessArtifacts)
    };
    let rules = JobLimits { max_artifacts: u32::MAX, ..rules() };
    run_jobs(&mut process, vec![job], &rules, &SessionStopSignal::never(), &mut notes).await;
    assert_eq!(notes.code(1), Some(FailureCode::OutputTooLarge));
    assert_eq!(notes.output_bytes, 1 << 30);
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 32 << 20, "grown by {grown} bytes for 1 GiB of artifacts");
}
