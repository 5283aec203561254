//! Ctrl-C: what runs is finished, or not, and everything can go on.

use quire_documents::samples;
use rustix::process::Signal;

use crate::cli::harness::Desk;

#[test]
fn ctrl_c_finishes_what_runs_and_the_rest_can_go_on() {
    let desk = Desk::new().with_many(250, 12);
    let mut running = desk.start(&[]);
    running.wait_for("item.completed", 5);
    running.signal(Signal::INT);
    let (status, rest) = running.wait();
    assert_eq!(status.code(), Some(130));
    let last = rest.last().unwrap();
    assert_eq!((&last["type"], &last["status"]), (&"run.finished".into(), &"interrupted".into()));
    let report = desk.report();
    let count = |name: &str| report["counts"][name].as_u64().unwrap();
    assert_eq!(report["status"], "interrupted");
    assert_eq!(count("succeeded") + count("unfinished"), 250, "{}", report["counts"]);
    assert!(count("unfinished") > 0);
    assert_eq!(desk.count_outputs("txt") as u64, count("succeeded"));

    desk.run(&["--resume"]).assert_code(0);
    assert_eq!(desk.report()["counts"]["succeeded"], 250);
    assert_eq!(desk.count_outputs("txt"), 250);
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_a_document_that_hangs() {
    let desk = Desk::new().with("endless.pdf", &samples::endless_forms());
    let mut running = desk.start(&[]);
    running.wait_for("item.started", 1);
    running.signal(Signal::INT);
    // Two signals at the same instant would be one; the drain waits for the document, so the second one is safe.
    desk.hears("press Ctrl-C again");
    running.signal(Signal::INT);
    let (status, _) = running.wait();
    assert_eq!(status.code(), Some(130));
    // Had anybody waited for the document, it would have ended by its clock.
    assert_eq!(desk.report()["counts"]["unfinished"], 1);
}
