//! Worker processes that have been taken over: whatever they do is one conclusion for one job, and their end.

use std::time::Duration;

use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentSummary;
use quire_domain::stage::Stage;
use quire_worker::protocol::FromWorker;
use quire_worker::{FaultScript, JobLimits, RetrySilenceLimit, SessionLeftover, WorkPosition, WorkerJob};
use rustix::process::{Pid, Signal, kill_process};

use super::harness::*;
use super::puppet::{Puppet, introduction};
use crate::harness::is_dead;

fn done(ticket: u64) -> FromWorker<'static> {
    FromWorker::Done { ticket, result: Ok(DocumentSummary::default()), micros: 1, peak_memory_bytes: 1 }
}

fn progress(ticket: u64) -> FromWorker<'static> {
    FromWorker::Progress { ticket, stage: Stage::ExtractingText, page: 1, pages: 1 }
}

/// The conclusion for the first job; its followers come to no harm and the process is dead.
async fn blamed(puppet: &Puppet) -> Failure {
    let mut process = puppet.launch().await;
    let pid = process.pid().unwrap();
    let rules = JobLimits { silence_timeout: Duration::from_secs(20), ..rules() };
    let (conducted, notes) = walk_with(&mut process, vec![noop(1), noop(2)], rules).await;
    assert_eq!(notes.tickets(), [1]);
    assert_eq!(conducted.not_started.len(), 1);
    assert!(!conducted.usable && !process.is_usable());
    assert!(!exists(pid), "the process is reaped");
    notes.ended.into_iter().next().unwrap().1.unwrap_err()
}

#[tokio::test]
async fn frames_out_of_place_break_the_protocol() {
    let begin = FromWorker::ArtifactBegin { ticket: 1, name: "a.txt", media_type: "text/plain", size: 3 };
    let hostile: Vec<(&str, Vec<FromWorker<'_>>)> = vec![
        ("a second introduction", vec![introduction()]),
        ("progress of another job", vec![progress(7)]),
        ("the end of a job that is not its turn", vec![done(2)]),
        ("a chunk without an artifact", vec![FromWorker::ArtifactChunk { ticket: 1, bytes: b"abc" }]),
        ("an artifact within an artifact", vec![begin.clone(), begin.clone()]),
        ("a result within an artifact", vec![begin.clone(), done(1)]),
        ("an artifact that is too long", vec![begin, FromWorker::ArtifactChunk { ticket: 1, bytes: b"abcd" }]),
        (
            "a name that leaves its folder",
            vec![FromWorker::ArtifactBegin { ticket: 1, name: "../../etc/passwd", media_type: "a/b", size: 0 }],
        ),
    ];
    for (what, frames) in hostile {
        let puppet = frames.iter().fold(Puppet::new().waits_for_a_job(), Puppet::says);
        let failure = blamed(&puppet).await;
        assert_eq!(failure.code, FailureCode::ProtocolViolation, "{what}: {failure}");
    }
}

#[tokio::test]
async fn a_frame_header_larger_than_any_frame_is_not_waited_for() {
    let failure = blamed(&Puppet::new().waits_for_a_job().writes(&(200_u32 << 10).to_le_bytes())).await;
    assert_eq!(failure.code, FailureCode::ProtocolViolation);
    assert!(failure.detail.contains("over the limit"), "{failure}");
}

#[tokio::test]
async fn a_process_that_hangs_up_and_lives_on_is_killed_and_not_called_a_victim_of_a_signal() {
    let failure = blamed(&Puppet::new().waits_for_a_job().does("exec 0<&-")).await;
    assert_eq!(failure.code, FailureCode::ProtocolViolation, "{failure}");
    assert!(failure.detail.contains("lived on") && !failure.detail.contains("SIGKILL"), "{failure}");
}

#[tokio::test]
async fn an_exit_is_told_by_its_own_status_also_when_it_comes_after_the_hangup() {
    let failure = blamed(&Puppet::new().waits_for_a_job().does("exec 0<&-; sleep 0.3; exit 7")).await;
    assert_eq!(failure.code, FailureCode::WorkerExited);
    assert!(failure.detail.contains("exit status: 7"), "{failure}");
}

/// The channel stays open after the death, held by a child of the dead process: its death is noticed all the same,
/// long before the silence would tell, and the child is killed with the rest of the group.
#[tokio::test]
async fn a_grandchild_that_holds_the_channel_hides_no_death_and_does_not_survive() {
    let puppet = Puppet::new();
    let note = puppet.path().join("pid");
    // A background process of the shell has another standard input, but inherits the rest.
    let line = format!("exec 3<&0; sleep 1000 & echo $! > {}; head -c 1 <&0 >/dev/null; exit 5", note.display());
    let puppet = puppet.does(&line);
    let failure = blamed(&puppet).await;
    assert_eq!(failure.code, FailureCode::WorkerExited, "{failure}");
    assert!(failure.detail.contains("exit status: 5"), "{failure}");
    let grandchild: u32 = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
    until("the grandchild is dead", || is_dead(grandchild)).await;
}

#[tokio::test]
async fn a_process_that_ignores_every_polite_signal_is_killed() {
    let puppet = Puppet::new().begins_with("trap '' TERM INT HUP QUIT USR1 USR2 PIPE");
    let mut process = puppet.launch().await;
    let pid = process.pid().unwrap();
    for polite in [Signal::TERM, Signal::INT, Signal::HUP] {
        kill_process(Pid::from_raw(pid as i32).unwrap(), polite).unwrap();
    }
    let rules = JobLimits { silence_timeout: Duration::from_millis(500), ..rules() };
    let (_, notes) = walk_with(&mut process, vec![noop(1)], rules).await;
    assert_eq!(notes.code(1), Some(FailureCode::TimedOutSilent));
    assert!(!exists(pid));
}

/// As the kernel does when memory is short: told apart from every kill of our own.
#[tokio::test]
async fn a_kill_from_outside_is_called_what_it_is() {
    let mut process = launch().await;
    let pid = process.pid().unwrap();
    let killer = async {
        // It hangs from its first moment on: any later one will do.
        tokio::time::sleep(Duration::from_millis(200)).await;
        kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL).unwrap();
    };
    let ((_, notes), ()) = tokio::join!(walk(&mut process, vec![scripted(1, FaultScript::Hang), noop(2)]), killer);
    assert_eq!(notes.code(1), Some(FailureCode::WorkerSignalled));
    assert!(
        notes.detail(1).contains("SIGKILL") && notes.detail(1).contains("not from the server"),
        "{}",
        notes.detail(1)
    );
    assert_eq!(notes.tickets(), [1]);
}

/// A puppet that ends its one job, and says more about it later.
fn late(then: &str) -> Puppet {
    Puppet::new().waits_for_a_job().says(&done(1)).does(then).says(&progress(1))
}

async fn second_walk(process: &mut quire_worker::WorkerProcess) -> (SessionLeftover, Notes) {
    walk_with(process, vec![noop(8), noop(9)], rules()).await
}

#[tokio::test]
async fn what_comes_between_two_walks_is_held_against_no_job() {
    let puppet = late("sleep 0.2");
    let said = puppet.path().join("said");
    let puppet = puppet.does(&format!("echo > {}", said.display()));
    let mut process = puppet.launch().await;
    let (first, notes) = walk(&mut process, vec![noop(1)]).await;
    assert!(first.usable && notes.code(1).is_none());
    until("it has said more", || said.exists()).await;
    let (second, notes) = second_walk(&mut process).await;
    assert!(notes.ended.is_empty(), "{:?}", notes.ended);
    assert_eq!(second.not_started.len(), 2);
    assert!(!second.usable);
}

/// A late frame of an earlier ticket can end its process at the most, and never gives a result.
#[tokio::test]
async fn a_late_frame_of_an_earlier_ticket_is_no_result_of_a_later_one() {
    let puppet = late("sleep 0.4").says(&done(1));
    let mut process = puppet.launch().await;
    let (first, _) = walk(&mut process, vec![noop(1)]).await;
    assert!(first.usable);
    let (second, notes) = second_walk(&mut process).await;
    assert!(notes.ended.iter().all(|(_, conclusion)| conclusion.is_err()), "{:?}", notes.ended);
    assert!(notes.progress.is_empty());
    assert!(!second.usable);
}

#[tokio::test]
async fn frames_behind_the_last_result_cost_the_process_and_not_the_result() {
    let puppet = Puppet::new().waits_for_a_job();
    let path = puppet.path().join("all");
    let mut all = Vec::new();
    for frame in [done(1), progress(1), done(1)] {
        quire_worker::codec::append_frame(&frame, &mut all).unwrap();
    }
    std::fs::write(&path, all).unwrap();
    let puppet = puppet.does(&format!("cat {} >&0", path.display()));
    let mut process = puppet.launch().await;
    let (conducted, notes) = walk(&mut process, vec![noop(1)]).await;
    assert_eq!(notes.code(1), None);
    assert_eq!(notes.tickets(), [1]);
    assert!(!conducted.usable);
}

/// The end of a job whose worker may be silent for a second, and for a tenth of that where it was silent before.
async fn ending_after_silence(script: FaultScript, at: WorkPosition) -> Failure {
    let limit = Duration::from_millis(100);
    let job = WorkerJob { silence: Some(RetrySilenceLimit { at, about_pages: 0, limit }), ..scripted(1, script) };
    let rules =
        JobLimits { silence_timeout: Duration::from_secs(1), attempt_timeout: Duration::from_secs(3), ..rules() };
    let (_, mut notes) = walk_with(&mut launch().await, vec![job], rules).await;
    notes.ended.pop().unwrap().1.unwrap_err()
}

#[tokio::test]
async fn where_it_was_silent_before_a_worker_is_waited_for_less() {
    let failure = ending_after_silence(FaultScript::Hang, Some((Stage::Validating, 0))).await;
    assert_eq!(failure.code, FailureCode::TimedOutSilent);
    assert!(failure.detail.contains("100ms") && failure.detail.contains("silent before"), "{failure}");
}

#[tokio::test]
async fn silence_in_another_place_and_after_that_place_is_waited_for_as_ever() {
    let failure = ending_after_silence(FaultScript::Hang, Some((Stage::ExtractingText, 7))).await;
    assert!(failure.detail.contains("1s") && !failure.detail.contains("silent before"), "{failure}");
    let failure = ending_after_silence(FaultScript::Linger, Some((Stage::Validating, 0))).await;
    assert_eq!(failure.code, FailureCode::TimedOutTotal, "{failure}");
}
