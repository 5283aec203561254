//! Worker processes: every script and the conclusion it leads to.

use std::time::Duration;

use quire_domain::failure::{Failure, FailureCode};
use quire_worker::{FaultScript, JobLimits, LaunchSpec, WorkerJob, WorkerProcess};

// ---- harness ----

use super::harness::*;

#[tokio::test]
async fn exit() {
    let failure = ending_of(FaultScript::Exit(3)).await;
    assert_eq!(failure, Failure::new(FailureCode::WorkerExited, "exit status: 3"));
}

#[tokio::test]
async fn abort() {
    let failure = ending_of(FaultScript::Abort).await;
    assert_eq!(failure.code, FailureCode::WorkerSignalled);
    assert!(failure.detail.contains("SIGABRT"), "{failure}");
}

#[tokio::test]
async fn out_of_memory() {
    let failure = ending_of(FaultScript::Allocate).await;
    assert_eq!(failure.code, FailureCode::OutOfMemory, "{failure}");
    assert!(failure.detail.contains("memory allocation of"), "{failure}");
}

#[tokio::test]
async fn stack_overflow() {
    let failure = ending_of(FaultScript::Overflow).await;
    assert_eq!(failure.code, FailureCode::StackOverflow, "{failure}");
}

#[tokio::test]
async fn silence() {
    let rules = JobLimits { silence_timeout: Duration::from_millis(500), ..rules() };
    let failure = between_two_good_ones(FaultScript::Hang, rules).await;
    assert_eq!(failure.code, FailureCode::TimedOutSilent);
}

#[tokio::test]
async fn endless_progress_is_life_but_not_for_ever() {
    let rules = JobLimits {
        silence_timeout: Duration::from_millis(4_000),
        attempt_timeout: Duration::from_millis(5_000),
        ..rules()
    };
    let failure = between_two_good_ones(FaultScript::Spin, rules).await;
    assert_eq!(failure.code, FailureCode::TimedOutTotal);
}

#[tokio::test]
async fn a_flood_of_progress_stops_no_clock() {
    let rules = JobLimits { attempt_timeout: Duration::from_millis(800), ..rules() };
    let failure = between_two_good_ones(FaultScript::Flood, rules).await;
    assert_eq!(failure.code, FailureCode::TimedOutTotal);
}

#[tokio::test]
async fn processor_time() {
    let spec = LaunchSpec { cpu_secs: 1, ..spec() };
    let mut process = WorkerProcess::launch(&spec).await.unwrap();
    let (_, notes) = walk(&mut process, vec![scripted(1, FaultScript::Spin)]).await;
    assert_eq!(notes.code(1), Some(FailureCode::TimedOutCpu), "{:?}", notes.ended);
}

#[tokio::test]
async fn a_panic_becomes_the_jobs_failure_and_the_process_lives() {
    let mut process = launch().await;
    let (conducted, notes) = walk(&mut process, vec![scripted(1, FaultScript::Panic), noop(2)]).await;
    assert_eq!(notes.code(1), Some(FailureCode::EngineFailure));
    assert!(notes.detail(1).contains("as the script says"), "{}", notes.detail(1));
    assert!(notes.detail(1).contains("perform.rs"), "{}", notes.detail(1));
    assert_eq!(notes.code(2), None);
    assert!(conducted.usable);
}

#[tokio::test]
async fn a_frame_that_means_nothing() {
    assert_eq!(ending_of(FaultScript::Garbage).await.code, FailureCode::ProtocolViolation);
}

#[tokio::test]
async fn a_frame_that_announces_four_gigabytes() {
    assert_eq!(ending_of(FaultScript::Raw(vec![0xFF; 64])).await.code, FailureCode::ProtocolViolation);
}

#[tokio::test]
async fn half_a_frame_and_silence() {
    let rules = JobLimits { silence_timeout: Duration::from_millis(500), ..rules() };
    let failure = between_two_good_ones(FaultScript::Raw(vec![9, 0, 0, 0, 1]), rules).await;
    assert_eq!(failure.code, FailureCode::TimedOutSilent);
}

#[tokio::test]
async fn a_result_for_another_job() {
    assert_eq!(ending_of(FaultScript::WrongTicket).await.code, FailureCode::ProtocolViolation);
}

#[tokio::test]
async fn artifacts_without_end_by_number() {
    assert_eq!(ending_of(FaultScript::EndlessArtifacts).await.code, FailureCode::TooManyArtifacts);
}

#[tokio::test]
async fn artifacts_without_end_by_size() {
    let rules = JobLimits { max_artifacts: 1_000, ..rules() };
    assert_eq!(between_two_good_ones(FaultScript::EndlessArtifacts, rules).await.code, FailureCode::OutputTooLarge);
}

#[tokio::test]
async fn a_babbling_process_neither_stands_still_nor_fills_the_parent() {
    let mut process = launch().await;
    let (conducted, notes) = walk(&mut process, vec![scripted(1, FaultScript::Chatter(4_096)), noop(2)]).await;
    assert_eq!(notes.code(1), None);
    assert!(conducted.usable);
    let exit = process.kill().await;
    assert!(exit.stderr.len() <= 4_096 && exit.stderr.contains("blahblah"));
}

#[tokio::test]
async fn sleep_and_fail_first() {
    let mut process = launch().await;
    let failing = FaultScript::FailFirst { attempts: 1, with: Box::new(FaultScript::Exit(1)) };
    let second = WorkerJob { script: failing.for_attempt(2), ..noop(2) };
    let (conducted, notes) = walk(&mut process, vec![scripted(1, FaultScript::Sleep(20)), second]).await;
    assert!(notes.ended.iter().all(|(_, conclusion)| conclusion.is_ok()));
    let (_, stats) = notes.ended[0].1.clone().unwrap();
    assert!(stats.micros >= 20_000, "{stats:?}");
    assert!(conducted.usable);
    assert_eq!(ending_of(failing.for_attempt(1).unwrap()).await.code, FailureCode::WorkerExited);
}
