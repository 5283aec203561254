//! `quire doctor`: what it says, to whom, and that it leaves no trace.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::harness::{Ended, quire};
use crate::harness::TestApp;

fn doctor(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let mut command = quire();
    command.arg("doctor").arg("--data-dir").arg(data).args(arguments).envs(settings.iter().copied());
    Ended::of(command)
}

fn examined(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> (i32, Value) {
    let ended = doctor(data, &[arguments, &["--json"]].concat(), settings);
    (ended.code, serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr)))
}

fn finding<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let findings = answer["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == name).unwrap_or_else(|| panic!("no {name}: {answer:#}"))
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn it_looks_at_a_real_worker_process_the_disk_and_the_limits_and_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (code, answer) = examined(&dir.path().join("data"), &[], &[]);
    assert_eq!(code, 0, "{answer:#}");
    for name in ["kernel", "canary", "space", "sqlite", "database", "synchronous", "descriptors", "memory"] {
        assert_ne!(finding(&answer, name)["verdict"], "fail", "{answer:#}");
    }
    let report = &finding(&answer, "sandbox")["figures"]["report"];
    assert_eq!(report["posture"], "enforced", "{answer:#}");
    let attempts = report["attempts"].as_array().unwrap();
    assert!(
        attempts.len() >= 10 && attempts.iter().all(|attempt| attempt["outcome"]["denied"].is_string()),
        "{answer:#}"
    );
    let sync = &finding(&answer, "sync")["figures"];
    assert!(sync["writes"].as_u64() > Some(0) && sync["p50_ms"].as_f64() <= sync["max_ms"].as_f64(), "{answer:#}");
    assert_eq!(names_in(dir.path()), BTreeSet::new());
}

#[test]
fn a_sandbox_that_is_not_enforced_is_a_warning_and_where_it_is_required_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    let without = [("QUIRE__TESTING__SANDBOX_WITHOUT", "seccomp")];
    let (code, answer) = examined(dir.path(), &[], &without);
    let sandbox = finding(&answer, "sandbox");
    assert_eq!((code, &sandbox["verdict"]), (0, &json!("warn")), "{answer:#}");
    assert!(sandbox["remedy"].as_str().unwrap().contains("CONFIG_SECCOMP_FILTER"));
    let (code, answer) = examined(dir.path(), &["--require-sandbox"], &without);
    assert_eq!((code, &finding(&answer, "sandbox")["verdict"]), (1, &json!("fail")), "{answer:#}");
    assert_eq!(answer["verdict"], "fail");
    let (code, _) = examined(dir.path(), &["--require-sandbox"], &[]);
    assert_eq!(code, 0);
}

#[test]
fn people_get_a_line_for_each_finding_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let ended = doctor(dir.path(), &[], &[("QUIRE__STORE__SYNCHRONOUS", "normal")]);
    assert_eq!(ended.code, 0);
    for line in [
        "ok    kernel",
        "ok    sandbox      enforced",
        "open a network socket      denied",
        "warn  synchronous",
        "      → set",
    ] {
        assert!(ended.stdout.contains(line), "no `{line}` in:\n{}", ended.stdout);
    }
    assert!(!ended.stdout.contains('\u{1b}'), "no colours for a pipe");
}

#[tokio::test]
async fn a_running_server_is_named_and_not_disturbed() {
    let app = TestApp::start();
    let batch = app.submit_sleepers(4, 300, json!({})).await;
    let before = names_in(&app.data);
    let (code, answer) = examined(&app.data, &[], &[]);
    let database = finding(&answer, "database");
    assert_eq!(code, 0, "{answer:#}");
    assert_eq!(database["figures"], json!({ "journal_mode": "wal", "held_by_pid": app.pid() }));
    assert_eq!(names_in(&app.data), before);
    app.wait_for(&batch, "succeeded").await;
}

#[test]
fn a_file_that_is_no_database_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("quire.db"), b"a letter, saved under the wrong name").unwrap();
    let (code, answer) = examined(dir.path(), &[], &[]);
    assert_eq!((code, &finding(&answer, "database")["verdict"]), (1, &json!("fail")), "{answer:#}");
}

#[test]
fn settings_that_are_wrong_are_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let ended = doctor(dir.path(), &[], &[("QUIRE__ENGINE__CLAIM_ITEMS", "0")]);
    ended.assert_code(2);
    assert!(ended.stderr.contains("engine.claim_items"), "{}", ended.stderr);
}
