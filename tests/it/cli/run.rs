//! `quire run`: results, failures by name, exit codes, events as lines.

use quire_documents::samples;
use serde_json::Value;

use crate::cli::harness::Desk;

#[test]
fn every_input_gets_its_text_and_its_facts_at_its_relative_path() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(2)).with("sub/B.PDF", &samples::pdf_with_pages(1));
    let desk = desk.with("sub/notes.txt", b"not walked");
    desk.run(&[]).assert_code(0);
    assert_eq!(desk.text("a").matches('\u{c}').count(), 1, "two pages, one form feed between them");
    let json = desk.json("a");
    assert_eq!(json["status"], "succeeded");
    assert!(json["source"].as_str().unwrap().ends_with("/in/a.pdf"));
    assert_eq!(json["info"]["page_count"], 2);
    assert_eq!(json["pages"].as_array().unwrap().len(), 2);
    assert_eq!(json["pages"][1]["page"], 2);
    assert!(json["warnings"].is_array());
    assert_eq!(desk.json("sub/B")["status"], "succeeded");
    let names: Vec<_> = desk.outputs().iter().map(|path| path.display().to_string()).collect();
    assert_eq!(names, ["a.json", "a.txt", "report.json", "sub/B.json", "sub/B.txt"]);
}

#[test]
fn the_report_counts_every_input_and_names_its_results() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(3)).with("b.pdf", b"");
    desk.run(&[]).assert_code(3);
    let report = desk.report();
    assert_eq!(report["status"], "finished");
    assert_eq!(report["counts"]["inputs"], 2);
    assert_eq!((&report["counts"]["succeeded"], &report["counts"]["failed"]), (&1.into(), &1.into()));
    assert_eq!(report["pages"], 3);
    assert!(report["seconds"].as_f64().unwrap() > 0.0 && report["pages_per_second"].as_f64().unwrap() > 0.0);
    assert_eq!(desk.input("/a.pdf")["outputs"], serde_json::json!(["a.txt", "a.json"]));
    assert_eq!(desk.input("/b.pdf")["outputs"], serde_json::json!(["b.json"]));
}

#[test]
fn what_cannot_be_processed_is_named_with_its_reason_and_a_remedy() {
    let report = samples::pdf_with_pages(3);
    let desk = Desk::new()
        .with("cut.pdf", &report[..60])
        .with("empty.pdf", b"")
        .with("letter.pdf", &b"Dear reader, this is a letter and no PDF.\n".repeat(50))
        .with("none.pdf", &samples::pdf_with_zero_pages())
        .with("secret.pdf", &samples::encrypted_pdf("user", "owner"))
        .with("zz-good.pdf", &report);
    std::os::unix::fs::symlink("nowhere", desk.path("in/gone.pdf")).unwrap();
    let ended = desk.run(&[]);
    ended.assert_code(3);
    for (stem, code) in [
        ("cut", "truncated"),
        ("empty", "empty_file"),
        ("letter", "not_a_pdf"),
        ("none", "no_pages"),
        ("secret", "needs_password"),
        ("gone", "document_missing"),
    ] {
        let json = desk.json(stem);
        assert_eq!((&json["status"], &json["failure"]["code"]), (&"failed".into(), &code.into()), "{stem}");
        for field in ["reason", "detail", "remedy"] {
            assert!(json["failure"][field].as_str().is_some_and(|text| !text.is_empty()), "{stem}: {json}");
        }
        assert!(!desk.path(format!("out/{stem}.txt")).exists());
        assert!(ended.stderr.contains(&format!("{stem}.pdf: {code}")), "{}", ended.stderr);
    }
    assert!(desk.text("zz-good").len() > 10);
}

#[test]
fn a_password_opens_what_is_encrypted_and_a_wrong_one_says_so() {
    let secret = samples::encrypted_pdf("user", "owner");
    let desk = Desk::new().with("secret.pdf", &secret);
    desk.run(&["--password", "user"]).assert_code(0);
    assert!(!desk.text("secret").trim().is_empty());
    let desk = Desk::new().with("secret.pdf", &secret);
    desk.run(&["--password", "guess"]).assert_code(1);
    assert_eq!(desk.json("secret")["failure"]["code"], "wrong_password");
}

#[test]
fn a_file_that_is_named_is_taken_whatever_it_is_called() {
    let desk = Desk::new();
    desk.put("scan.dat", &samples::pdf_with_pages(1));
    desk.run_on(&["scan.dat"], &[]).assert_code(0);
    assert_eq!(desk.json("scan.dat")["status"], "succeeded");
}

#[test]
fn a_run_that_cannot_begin_says_why_and_leaves_nothing() {
    let desk = Desk::new().with("readme.txt", b"no pdf");
    let ended = desk.run(&[]);
    ended.assert_code(2);
    assert!(ended.stderr.contains("no PDF in in"), "{}", ended.stderr);
    assert!(!desk.path("out").exists());
    assert!(desk.run_on(&["nosuch"], &[]).assert_code(2).stderr.contains("nosuch"));
    assert!(desk.run(&["--ops", "text,magic"]).assert_code(2).stderr.contains("magic"));
    desk.run(&["--jobs", "5000"]).assert_code(2);
    desk.put("out", b"a file where the folder should be");
    assert!(desk.run(&[]).assert_code(2).stderr.contains("out"));
}

#[test]
fn one_operation_gives_one_kind_of_result() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(1));
    desk.run(&["--ops", "info"]).assert_code(0);
    assert_eq!(desk.outputs().len(), 2);
    assert!(desk.json("a")["pages"].is_null() && desk.json("a")["info"].is_object());
}

#[test]
fn events_are_json_lines_and_nothing_else_is_on_standard_output() {
    let desk = Desk::new().with("a.pdf", &samples::pdf_with_pages(1)).with("b.pdf", b"");
    let ended = desk.run(&["--json"]);
    let events = ended.assert_code(3).events();
    let seqs: Vec<_> = events.iter().filter_map(|event| event["seq"].as_i64()).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "no gap");
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"batch.created"));
    for kind in ["batch.sealed", "item.completed", "item.failed", "batch.completed"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let last = events.last().unwrap();
    assert_eq!(last["type"], "run.finished");
    assert_eq!((&last["status"], &last["exit_code"]), (&"finished".into(), &3.into()));
    assert_eq!(last["counts"]["inputs"], 2);
}

#[test]
fn the_first_failure_stops_a_run_that_fails_fast_and_the_rest_can_go_on_later() {
    let desk = Desk::new().with("0000.pdf", b"").with_many(300, 3);
    desk.run(&["--fail-fast", "--jobs", "1"]).assert_code(3);
    let counts = desk.report()["counts"].clone();
    assert!(counts["skipped"].as_u64().unwrap() > 100, "{counts}");
    assert_eq!(counts["inputs"], 301);
    desk.run(&["--resume"]).assert_code(3);
    let counts = desk.report()["counts"].clone();
    assert_eq!((&counts["succeeded"], &counts["failed"]), (&Value::from(300), &Value::from(1)));
}
