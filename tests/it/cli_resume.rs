//! `quire run --resume`: nothing lost, nothing done twice, whatever ended the run before.

use std::collections::BTreeSet;

use quire::documents::samples;

use crate::cli_harness::Desk;

#[test]
fn a_second_run_into_the_same_folder_needs_the_word_resume() {
    let desk = Desk::new().with("a.pdf", &samples::pages(1));
    desk.run(&[]).assert_code(0);
    assert!(desk.run(&[]).assert_code(2).stderr.contains("--resume"));
    let ended = desk.run(&["--resume", "--ops", "text"]);
    assert!(ended.assert_code(2).stderr.contains("--ops text,info"), "{}", ended.stderr);
    desk.run(&["--resume"]).assert_code(0);
}

#[test]
fn resume_without_an_earlier_run_is_a_run() {
    let desk = Desk::new().with("a.pdf", &samples::pages(1));
    desk.run(&["--resume"]).assert_code(0);
}

#[test]
fn new_files_are_added_failed_ones_tried_again_and_the_others_left_alone() {
    let desk = Desk::new().with("a.pdf", &samples::pages(1)).with("b.pdf", &samples::pages(2)[..60]);
    desk.run(&[]).assert_code(3);
    desk.put("in/b.pdf", &samples::pages(2));
    desk.put("in/c.pdf", &samples::pages(3));
    let events = desk.run(&["--resume", "--json"]).assert_code(0).events();
    assert_eq!(events.iter().filter(|event| event["type"] == "item.started").count(), 2);
    let report = desk.report();
    assert_eq!((&report["counts"]["inputs"], &report["pages"]), (&3.into(), &6.into()));
    assert!(desk.json("b")["failure"].is_null() && desk.path("out/b.txt").exists());
}

#[test]
fn a_password_can_be_brought_later() {
    let desk = Desk::new().with("secret.pdf", &samples::encrypted("user", "owner"));
    desk.run(&[]).assert_code(1);
    desk.run(&["--resume", "--password", "user"]).assert_code(0);
}

#[test]
fn results_that_went_missing_are_written_again() {
    let desk = Desk::new().with("a.pdf", &samples::pages(1)).with("b.pdf", &samples::pages(1));
    desk.run(&[]).assert_code(0);
    std::fs::remove_file(desk.path("out/a.txt")).unwrap();
    std::fs::write(desk.path("out/b.txt"), "cut").unwrap();
    desk.run(&["--resume"]).assert_code(0);
    assert_eq!(desk.text("a"), desk.text("b"));
}

#[test]
fn a_run_killed_in_the_middle_goes_on_with_every_input_exactly_once() {
    let desk = Desk::new().with_many(250, 12);
    let mut running = desk.start(&[]);
    let completed = running.wait_for("item.completed", 30);
    running.kill();
    let last_seq = completed.last().unwrap()["seq"].as_i64().unwrap();
    let done: BTreeSet<_> = completed.iter().map(|event| event["item"].as_u64().unwrap()).collect();

    let events = desk.run(&["--resume", "--json"]).assert_code(0).events();
    let started_anew = events
        .iter()
        .filter(|event| event["type"] == "item.started" && event["seq"].as_i64().unwrap() > last_seq)
        .filter(|event| done.contains(&event["item"].as_u64().unwrap()));
    assert_eq!(started_anew.count(), 0, "finished ones are not redone");
    assert_eq!(desk.report()["counts"]["succeeded"], 250);
    assert_eq!((desk.count_outputs("txt"), desk.count_outputs("json")), (250, 251));
}

#[test]
fn a_run_killed_while_it_still_takes_in_knows_what_it_has() {
    let desk = Desk::new().with_many(1_700, 1);
    let mut running = desk.start(&[]);
    running.wait_for("batch.created", 1);
    running.kill();
    desk.run(&["--resume"]).assert_code(0);
    let report = desk.report();
    assert_eq!((&report["counts"]["inputs"], &report["counts"]["succeeded"]), (&1_700.into(), &1_700.into()));
    let sources: BTreeSet<_> =
        report["inputs"].as_array().unwrap().iter().map(|input| input["source"].as_str()).collect();
    assert_eq!(sources.len(), 1_700);
    assert_eq!(desk.count_outputs("txt"), 1_700);
}
