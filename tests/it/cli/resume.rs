//! `quire run --resume`: nothing lost, nothing done twice, whatever ended the run before.

use std::collections::BTreeSet;

use quire_documents::samples;

use crate::cli::harness::Desk;

#[test]
fn a_second_run_into_the_same_folder_needs_the_word_resume() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(1));
    desk.run(&[]).assert_code(0);
    assert!(desk.run(&[]).assert_code(2).stderr.contains("--resume"));
    let ended = desk.run(&["--resume", "--ops", "text"]);
    assert!(ended.assert_code(2).stderr.contains("--ops text,info"), "{}", ended.stderr);
    desk.run(&["--resume"]).assert_code(0);
}

#[test]
fn resume_without_an_earlier_run_is_a_run() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(1));
    desk.run(&["--resume"]).assert_code(0);
}

#[test]
fn new_files_are_added_failed_ones_tried_again_and_the_others_left_alone() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(1)).with("b.pdf", &samples::pdf_with_pages(2)[..60]);
    desk.run(&[]).assert_code(3);
    desk.put("in/b.pdf", &samples::pdf_with_pages(2));
    desk.put("in/c.pdf", &samples::pdf_with_pages(3));
    let events = desk.run(&["--resume", "--json"]).assert_code(0).events();
    assert_eq!(events.iter().filter(|event| event["type"] == "item.started").count(), 2);
    let report = desk.report();
    assert_eq!((&report["counts"]["inputs"], &report["pages"]), (&3.into(), &6.into()));
    assert!(desk.json("b")["failure"].is_null() && desk.path("out/b.txt").exists());
}

#[test]
fn a_password_can_be_brought_later() {
    let desk = Desk::new().with("secret.pdf", &samples::encrypted_pdf("user", "owner"));
    desk.run(&[]).assert_code(1);
    desk.run(&["--resume", "--password", "user"]).assert_code(0);
}

#[test]
fn results_that_went_missing_are_written_again() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(1)).with("b.pdf", &samples::pdf_with_pages(1));
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

/// The same length, and the time of the last write put back.
fn replace_in_secret(desk: &Desk, name: &str, bytes: &[u8]) {
    let path = desk.path(name);
    let before = path.metadata().unwrap();
    assert_eq!(before.len(), bytes.len() as u64);
    desk.put(name, bytes);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(before.modified().unwrap()).unwrap();
}

fn two_of_one_length() -> [Vec<u8>; 2] {
    let (one, mut other) = (samples::pdf_with_pages(1), samples::pdf_with_pages(2));
    let mut one = one;
    let length = one.len().max(other.len());
    // Behind the end of a document, blanks say nothing.
    one.resize(length, b' ');
    other.resize(length, b' ');
    [one, other]
}

#[test]
fn an_input_that_was_replaced_is_done_anew_in_its_place_and_the_others_are_not() {
    for ops in ["text,info", "text"] {
        let [one, other] = two_of_one_length();
        let desk = Desk::new().with("a.pdf", &one).with("b.pdf", &one);
        desk.run(&["--ops", ops]).assert_code(0);
        let (text, modified) = (desk.text("a"), desk.path("out/b.txt").metadata().unwrap().modified().unwrap());
        replace_in_secret(&desk, "in/a.pdf", &other);
        for _ in 0..2 {
            desk.run(&["--resume", "--ops", ops]).assert_code(0);
            assert_ne!(desk.text("a"), text, "{ops}");
            assert_eq!((&desk.input("a.pdf")["pages"], &desk.input("b.pdf")["pages"]), (&2.into(), &1.into()));
            assert_eq!(desk.report()["counts"]["inputs"], 2);
            assert_eq!(desk.count_outputs("txt"), 2, "each in its place");
        }
        if ops == "text,info" {
            assert_eq!(desk.path("out/b.txt").metadata().unwrap().modified().unwrap(), modified, "left alone");
        }
        // Another file takes the place, older than the run and moved here.
        desk.put("other.pdf", &samples::pdf_with_pages(3));
        std::fs::rename(desk.path("other.pdf"), desk.path("in/a.pdf")).unwrap();
        desk.run(&["--resume", "--ops", ops]).assert_code(0);
        assert_eq!(desk.input("a.pdf")["pages"], 3);
    }
}

#[test]
fn control_a_run_that_does_not_look_keeps_the_old_results() {
    let [one, other] = two_of_one_length();
    let desk = Desk::new().with("a.pdf", &one);
    desk.run(&[]).assert_code(0);
    replace_in_secret(&desk, "in/a.pdf", &other);
    let mut command = crate::cli::harness::quire();
    command.current_dir(desk.path("")).env("QUIRE_WITHOUT", "run.changed");
    command.args(["run", "in", "--out", "out", "--resume"]);
    crate::cli::harness::Ended::of(command).assert_code(0);
    assert_eq!(desk.input("a.pdf")["pages"], 1);
}

#[test]
fn an_input_that_is_gone_keeps_its_results_and_is_said() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(1)).with("b.pdf", &samples::pdf_with_pages(1));
    desk.run(&[]).assert_code(0);
    std::fs::remove_file(desk.path("in/a.pdf")).unwrap();
    let ended = desk.run(&["--resume"]);
    assert!(ended.assert_code(0).stderr.contains("not there any more"), "{}", ended.stderr);
    assert_eq!(
        (&desk.input("a.pdf")["source_gone"], &desk.report()["counts"]["sources_gone"]),
        (&true.into(), &1.into())
    );
}
