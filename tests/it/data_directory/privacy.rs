//! Nobody but its owner reads the data directory, whatever the umask and whatever an earlier version left.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use quire_documents::samples;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::harness::{Desk, Ended, quire};
use crate::harness::{Plan, TestApp, serve};

/// The program under a umask of its own, in a place that is removed with the first of them.
fn under(umask: &str) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let script = dir.path().join("quire");
    let text = format!("#!/bin/sh\numask {umask}\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_quire"));
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    (dir, script)
}

/// Files and folders whose mode is not as it must be, each with that mode.
fn open_to_others(data: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(data).into_iter().map(Result::unwrap);
    let facts = walk.map(|entry| (entry.path().display().to_string(), entry.metadata().unwrap()));
    let is_wrong = |facts: &fs::Metadata| facts.mode() & 0o777 != if facts.is_dir() { 0o700 } else { 0o600 };
    facts.filter(|(_, facts)| is_wrong(facts)).map(|(path, facts)| format!("{:o} {path}", facts.mode())).collect()
}

fn open_everything(data: &Path) {
    for entry in walkdir::WalkDir::new(data).into_iter().map(Result::unwrap) {
        let mode = if entry.file_type().is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(entry.path(), Permissions::from_mode(mode)).unwrap();
    }
}

async fn work(app: &TestApp) {
    let files = [("a.pdf", samples::pages(1)), ("broken.pdf", b"%PDF-1.4 nothing more".to_vec())];
    let batch = app.submit_form(&files, json!({ "operations": ["text"] })).await;
    app.wait_for_end(&batch).await;
}

fn privacy(data: &Path) -> Value {
    let mut command = quire();
    command.args(["doctor", "--json", "--data-dir"]).arg(data);
    let answer: Value = serde_json::from_str(&Ended::of(command).stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == "privacy").unwrap().clone()
}

#[tokio::test]
async fn whatever_the_umask_directories_are_0700_and_files_0600_at_work_and_at_rest() {
    for umask in ["000", "022", "0777"] {
        let (_dir, program) = under(umask);
        let mut app = Plan::default().program(&program).with("log.files", true).start();
        work(&app).await;
        assert!(app.data.join("quire.db-wal").exists() && app.data.join("logs").exists());
        assert_eq!(open_to_others(&app.data), [] as [String; 0], "at work, umask {umask}");
        app.terminate();
        assert_eq!(open_to_others(&app.data), [] as [String; 0], "at rest, umask {umask}");
    }
}

#[tokio::test]
async fn control_a_server_that_takes_no_care_leaves_files_open() {
    let (_dir, program) = under("022");
    let app = Plan::default().without("store.private").program(&program).start();
    work(&app).await;
    let open = open_to_others(&app.data);
    for name in ["quire.db", "quire.db-wal", "quire.db-shm", "blobs"] {
        assert!(open.iter().any(|line| line.ends_with(name)), "{name} is not in {open:#?}");
    }
}

#[tokio::test]
async fn what_an_earlier_version_left_open_is_closed_at_the_start_which_says_so_once() {
    let mut app = TestApp::with("log.files", true).start();
    work(&app).await;
    app.terminate();
    open_everything(&app.data);
    let seen = privacy(&app.data);
    assert_eq!(seen["verdict"], "warn", "{seen:#}");
    assert!(seen["figures"]["open_files"].as_u64() > Some(4), "{seen:#}");
    let said = |app: &TestApp| app.whole_log().matches("open to other users of this machine").count();
    let before = said(&app);
    for _ in 0..2 {
        app.restart();
        assert_eq!(open_to_others(&app.data), [] as [String; 0]);
        assert_eq!((said(&app), &privacy(&app.data)["verdict"]), (before + 1, &json!("ok")));
        app.terminate();
    }
}

#[test]
fn the_engine_of_a_run_is_closed_to_others_and_its_results_are_as_open_as_its_user_says() {
    let (_dir, program) = under("022");
    let desk = Desk::new().with_many(2, 1);
    let mut command = std::process::Command::new(program);
    command.current_dir(desk.path("")).args(["run", "in", "--out", "out"]);
    Ended::of(command).assert_code(0);
    assert_eq!(open_to_others(&desk.path("out/.quire")), [] as [String; 0]);
    assert_eq!(desk.path("out/0001.txt").metadata().unwrap().mode() & 0o777, 0o644);
}

/// A directory of somebody else's. Only root can give one away; anybody else is a stranger to the system's own.
fn of_somebody_else(dir: &Path) -> PathBuf {
    match std::os::unix::fs::chown(dir, Some(65_534), None) {
        Ok(()) => dir.to_owned(),
        Err(_) => PathBuf::from("/usr"),
    }
}

#[test]
fn a_directory_of_another_user_is_refused_with_what_to_do_and_nothing_is_made_in_it() {
    let dir = TempDir::new().unwrap();
    let data = of_somebody_else(dir.path());
    let mut command = serve(&data, "0");
    command.env("QUIRE__LOG__FILES", "true");
    let ended = Ended::of(command);
    ended.assert_code(2);
    assert!(
        ended.stderr.contains("belongs to the user with uid") && ended.stderr.contains("chown"),
        "{}",
        ended.stderr
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let seen = privacy(&data);
    assert_eq!(seen["verdict"], "fail", "{seen:#}");
}

#[test]
fn control_without_the_look_at_its_owner_a_server_starts_on_it() {
    let dir = TempDir::new().unwrap();
    if std::os::unix::fs::chown(dir.path(), Some(65_534), None).is_ok() {
        let mut app = Plan::default().without("store.own_directory").start_at(dir.path());
        app.terminate();
        std::os::unix::fs::chown(dir.path(), Some(rustix::process::geteuid().as_raw()), None).unwrap();
    }
}
