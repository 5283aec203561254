//! Worker processes: what a process does when all is well.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::Duration;

use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentLimits;
use quire_worker::{FaultScript, JobLimits, PoolMember, SessionStopSignal, WorkerJob, run_jobs};

// ---- harness ----

use super::harness::*;

#[tokio::test]
async fn ten_thousand_noops_in_hands_of_25_all_end_once_and_in_order() {
    let mut process = launch().await;
    let mut notes = Notes::default();
    for hand in 0..400 {
        let jobs = (0..25).map(|place| noop(hand * 25 + place)).collect();
        let conducted = run_jobs(&mut process, jobs, &rules(), &SessionStopSignal::never(), &mut notes).await;
        assert!(conducted.usable && conducted.not_started.is_empty());
    }
    assert_eq!(notes.tickets(), (0..10_000).collect::<Vec<_>>());
    assert!(notes.ended.iter().all(|(_, conclusion)| conclusion.is_ok()));
}

#[tokio::test]
async fn five_thousand_noops_at_once_are_more_than_the_socket_holds_and_all_end() {
    let mut process = launch().await;
    let (conducted, notes) = walk(&mut process, (0..5_000).map(noop).collect()).await;
    assert!(conducted.usable);
    assert_eq!(notes.ended.len(), 5_000);
}

#[tokio::test]
async fn every_document_reaches_its_own_job_whatever_its_offset() {
    let mut process = launch().await;
    let bytes_of = |ticket: u64| vec![ticket as u8; 1_000 * ticket as usize];
    let mut jobs = Vec::new();
    for ticket in 1..=80 {
        if ticket % 5 == 0 {
            jobs.push(noop(ticket));
            continue;
        }
        let mut file = File::from(document(&bytes_of(ticket)));
        file.seek(SeekFrom::Start(ticket * 7)).unwrap();
        jobs.push(WorkerJob { document: Some(file.into()), ..echo(ticket, b"") });
    }
    let (conducted, notes) = walk(&mut process, jobs).await;
    assert!(conducted.usable);
    assert_eq!(notes.tickets(), (1..=80).collect::<Vec<_>>());
    assert_eq!(notes.artifacts.len(), 64);
    for (ticket, name, bytes) in &notes.artifacts {
        assert_eq!(name, "document.bin");
        assert!(*bytes == bytes_of(*ticket), "document {ticket}");
    }
    assert_eq!(process.usage().documents, 64);
}

#[tokio::test]
async fn a_large_document_comes_back_whole_and_its_memory_is_reported() {
    let mut process = launch().await;
    let bytes: Vec<u8> = (0..6_000_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    let (_, notes) = walk(&mut process, vec![echo(1, &bytes)]).await;
    assert!(notes.artifacts[0].2 == bytes);
    let (_, stats) = notes.ended[0].1.clone().unwrap();
    assert!(stats.peak_memory_bytes >= 6_000_000, "{stats:?}");
    assert!(process.usage().peak_memory_bytes >= 6_000_000);
}

#[tokio::test]
async fn a_document_over_the_limit_is_refused_unread_and_the_process_lives() {
    let mut process = launch().await;
    let small = WorkerJob { limits: DocumentLimits { max_file_bytes: 10, ..limits() }, ..echo(1, b"eleven byte") };
    let (conducted, notes) = walk(&mut process, vec![small, echo(2, b"")]).await;
    assert_eq!(notes.code(1), Some(FailureCode::FileTooLarge));
    assert_eq!(notes.code(2), None);
    assert!(conducted.usable);
}

#[tokio::test]
async fn what_is_no_regular_file_is_unreadable() {
    let mut process = launch().await;
    let directory = File::open("/").unwrap();
    let (conducted, notes) =
        walk(&mut process, vec![WorkerJob { document: Some(directory.into()), ..echo(1, b"") }]).await;
    assert_eq!(notes.code(1), Some(FailureCode::DocumentUnreadable));
    assert!(conducted.usable);
}

#[tokio::test]
async fn a_failure_of_the_engine_is_passed_on_word_for_word() {
    let mut process = launch().await;
    let failure = Failure::new(FailureCode::WrongPassword, "no");
    let (conducted, notes) = walk(&mut process, vec![scripted(1, FaultScript::Fail(failure.clone())), noop(2)]).await;
    assert_eq!(notes.ended[0].1, Err(failure));
    assert_eq!(notes.code(2), None);
    assert!(conducted.usable);
}

#[tokio::test]
async fn the_childs_own_cap_on_output_costs_no_process() {
    let mut process = launch().await;
    let job = WorkerJob { limits: DocumentLimits { max_output_bytes: 10, ..limits() }, ..echo(1, b"eleven byte") };
    let (conducted, notes) = walk(&mut process, vec![job]).await;
    assert_eq!(notes.code(1), Some(FailureCode::OutputTooLarge));
    assert!(conducted.usable);
}

#[tokio::test]
async fn a_keeper_that_cannot_keep_fails_the_job_and_not_the_process() {
    let mut process = launch().await;
    let mut notes = Notes { refuses: Some(Failure::new(FailureCode::StorageFailed, "full")), ..Notes::default() };
    let jobs = vec![echo(1, &[7; 500_000]), noop(2)];
    let conducted = run_jobs(&mut process, jobs, &rules(), &SessionStopSignal::never(), &mut notes).await;
    assert_eq!(notes.code(1), Some(FailureCode::StorageFailed));
    assert_eq!(notes.output_bytes, 0);
    assert_eq!(notes.code(2), None);
    assert!(conducted.usable);
}

#[tokio::test]
async fn a_slow_keeper_costs_the_job_no_time() {
    let mut process = launch().await;
    // 16 chunks: the keeper alone takes longer than both clocks.
    let mut notes = Notes { slow: Duration::from_millis(250), ..Notes::default() };
    let short = JobLimits {
        silence_timeout: Duration::from_millis(2_500),
        attempt_timeout: Duration::from_millis(3_000),
        ..rules()
    };
    let jobs = vec![echo(1, &[7; 1 << 20])];
    let conducted = run_jobs(&mut process, jobs, &short, &SessionStopSignal::never(), &mut notes).await;
    assert_eq!(notes.code(1), None);
    assert!(conducted.usable);
}

#[tokio::test]
async fn a_request_that_fits_no_frame_ends_at_once_and_harms_no_other() {
    let mut process = launch().await;
    let endless = WorkerJob { password: Some("x".repeat(1 << 20).into()), ..noop(1) };
    let (conducted, notes) = walk(&mut process, vec![endless, noop(2)]).await;
    assert_eq!(notes.code(1), Some(FailureCode::ProtocolViolation));
    assert_eq!(notes.code(2), None);
    assert!(conducted.usable);
}
