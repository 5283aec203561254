//! Worker processes: being stopped from outside.

use std::time::Duration;

use quire_domain::failure::FailureCode;
use quire_worker::{FaultScript, JobLimits, SessionStopHandle, run_jobs};

// ---- harness ----

use super::harness::*;

#[tokio::test]
async fn an_interrupt_gives_the_running_job_its_grace_and_then_kills() {
    let mut process = launch().await;
    let pid = process.pid().unwrap();
    let (stop, signal) = SessionStopHandle::new();
    let mut notes = Notes::default();
    let rules = JobLimits { grace: Duration::from_millis(150), ..rules() };
    let jobs = vec![scripted(2, FaultScript::Hang), noop(3)];
    let started = std::time::Instant::now();
    // The first job has begun when the walk waits for the first time.
    let (conducted, ()) = tokio::join!(run_jobs(&mut process, jobs, &rules, &signal, &mut notes), async {
        stop.interrupt();
    });
    assert!(started.elapsed() >= rules.grace);
    assert_eq!(notes.tickets(), [2]);
    assert_eq!(notes.code(2), Some(FailureCode::Interrupted));
    assert_eq!(conducted.not_started.len(), 1);
    assert!(!conducted.usable && !exists(pid));
}

#[tokio::test]
async fn a_job_that_ends_within_the_grace_keeps_its_result_and_the_next_is_not_started() {
    let mut process = launch().await;
    let (stop, signal) = SessionStopHandle::new();
    let mut notes = Notes::default();
    let rules = JobLimits { grace: Duration::from_secs(20), ..rules() };
    let jobs = vec![scripted(1, FaultScript::Sleep(150)), scripted(2, FaultScript::Hang)];
    let (conducted, ()) = tokio::join!(run_jobs(&mut process, jobs, &rules, &signal, &mut notes), async {
        stop.interrupt();
    });
    assert_eq!(notes.tickets(), [1]);
    assert_eq!(notes.code(1), None);
    assert_eq!(conducted.not_started.len(), 1);
    assert!(!conducted.usable);
}

#[tokio::test]
async fn an_interrupt_during_the_last_job_leaves_the_process_usable() {
    let mut process = launch().await;
    let (stop, signal) = SessionStopHandle::new();
    let mut notes = Notes::default();
    let rules = JobLimits { grace: Duration::from_secs(20), ..rules() };
    let jobs = vec![scripted(1, FaultScript::Sleep(100))];
    let (conducted, ()) = tokio::join!(run_jobs(&mut process, jobs, &rules, &signal, &mut notes), async {
        stop.interrupt();
    });
    assert_eq!(notes.code(1), None);
    assert!(conducted.usable);
}

#[tokio::test]
async fn after_an_interrupt_nothing_is_started() {
    let mut process = launch().await;
    let (stop, signal) = SessionStopHandle::new();
    stop.interrupt();
    let mut notes = Notes::default();
    let conducted = run_jobs(&mut process, vec![noop(1), noop(2)], &rules(), &signal, &mut notes).await;
    assert!(notes.ended.is_empty());
    assert_eq!(conducted.not_started.len(), 2);
    assert!(conducted.usable);
}

#[tokio::test]
async fn a_cancelled_job_is_killed_and_its_followers_are_not_blamed() {
    let mut process = launch().await;
    let (stop, signal) = SessionStopHandle::new();
    let mut notes = Notes::default();
    let jobs = vec![scripted(1, FaultScript::Sleep(100)), scripted(2, FaultScript::Hang), noop(3)];
    stop.cancel_job(2);
    stop.cancel_job(99);
    let conducted = run_jobs(&mut process, jobs, &rules(), &signal, &mut notes).await;
    assert_eq!(notes.code(1), None);
    assert_eq!(notes.code(2), Some(FailureCode::Interrupted));
    assert_eq!(conducted.not_started.len(), 1);
}
