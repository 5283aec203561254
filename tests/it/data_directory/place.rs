//! One server at a time, by the directory itself; and a server whose directory is gone from its place.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use reqwest::StatusCode;
use rustix::fs::{FlockOperation, flock};
use serde_json::json;

use crate::cli::harness::Ended;
use crate::harness::{Plan, TestApp, assert_problem, serve};

const BATCHES: &str = "/api/v1/batches";

#[track_caller]
fn assert_refused(command: Command) {
    let ended = Ended::of(command);
    ended.assert_code(2);
    assert!(ended.stderr.contains("another"), "{}", ended.stderr);
}

#[test]
fn a_second_server_is_refused_whatever_became_of_the_file_lock_and_by_whatever_path_it_comes() {
    let app = TestApp::start();
    let link = app.data.with_extension("link");
    std::os::unix::fs::symlink(&app.data, &link).unwrap();
    assert_refused(serve(&link, "0"));
    fs::rename(app.data.join("lock"), app.data.join("lock.away")).unwrap();
    assert_refused(serve(&app.data, "0"));
    File::create(app.data.join("lock")).unwrap();
    assert_refused(serve(&link, "0"));
    // Moved as a whole, it is still the same.
    let moved = app.data.with_extension("moved");
    fs::rename(&app.data, &moved).unwrap();
    assert_refused(serve(&moved, "0"));
    fs::rename(&moved, &app.data).unwrap();
}

#[test]
fn control_a_lock_on_the_file_alone_lets_a_second_server_in_once_it_was_moved_away() {
    let plan = || Plan::default().without("store.lock_directory");
    let app = plan().start();
    fs::rename(app.data.join("lock"), app.data.join("lock.away")).unwrap();
    plan().start_at(&app.data).terminate();
}

#[test]
fn a_server_of_before_that_holds_the_file_alone_is_respected() {
    let mut app = TestApp::start();
    app.terminate();
    let held = File::open(app.data.join("lock")).unwrap();
    flock(&held, FlockOperation::NonBlockingLockExclusive).unwrap();
    assert_refused(serve(&app.data, "0"));
}

/// The directory is moved away, and a copy stands in its place.
fn replace(data: &Path) {
    let away = data.with_extension("away");
    fs::rename(data, &away).unwrap();
    let copied = Command::new("cp").arg("-a").arg(&away).arg(data).status().unwrap();
    assert!(copied.success());
}

fn put_back(data: &Path) {
    fs::remove_dir_all(data).unwrap();
    fs::rename(data.with_extension("away"), data).unwrap();
}

#[tokio::test]
async fn a_server_whose_directory_was_replaced_accepts_nothing_until_it_is_back() {
    let app = TestApp::with("store.disk_probe_secs", 1).start();
    replace(&app.data);
    let body = json!({ "operations": ["noop"], "items": 1 });
    let (status, answer) = app.post(BATCHES, body.clone()).await;
    assert_problem(&answer, StatusCode::SERVICE_UNAVAILABLE, "disk_fault");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let ready = app.eventually("/readyz", |ready| ready["status"] == "not_ready").await;
    assert!(ready.to_string().contains("was moved away or replaced"), "{ready:#}");
    // Whoever starts on the copy has it alone.
    let mut second = Plan::default().start_at(&app.data);
    assert_eq!(second.post(BATCHES, body.clone()).await.0, StatusCode::ACCEPTED);
    second.terminate();
    drop(second);
    put_back(&app.data);
    app.eventually("/readyz", |ready| ready["status"] == "ready").await;
    assert_eq!(app.post(BATCHES, body).await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_server_whose_database_was_replaced_accepts_nothing() {
    let app = TestApp::start();
    let (file, copy) = (app.data.join("quire.db"), app.data.join("quire.db.copy"));
    fs::copy(&file, &copy).unwrap();
    fs::rename(&file, app.data.join("quire.db.away")).unwrap();
    fs::rename(&copy, &file).unwrap();
    let (_, answer) = app.post(BATCHES, json!({ "operations": ["noop"], "items": 1 })).await;
    assert_problem(&answer, StatusCode::SERVICE_UNAVAILABLE, "disk_fault");
    fs::rename(app.data.join("quire.db.away"), &file).unwrap();
}

/// Readers that are opened meanwhile find nothing, and must not put an empty file there.
#[tokio::test]
async fn a_server_whose_database_was_moved_away_makes_no_other() {
    let app = TestApp::start();
    let (file, away) = (app.data.join("quire.db"), app.data.join("quire.db.away"));
    fs::rename(&file, &away).unwrap();
    let asked: Vec<_> = (0..32).map(|_| app.http.get(format!("{}{BATCHES}", app.url)).send()).collect();
    for answer in futures_util::future::join_all(asked).await {
        assert!(answer.is_ok(), "every reader is answered");
    }
    assert!(!file.exists(), "a file stands where the database was");
    fs::rename(&away, &file).unwrap();
}

#[tokio::test]
async fn a_server_whose_directory_was_moved_away_puts_nothing_in_its_place() {
    let app = TestApp::start();
    let away = app.data.with_extension("away");
    fs::rename(&app.data, &away).unwrap();
    fs::create_dir(&app.data).unwrap();
    fs::copy(away.join("quire.db"), app.data.join("quire.db")).unwrap();
    let asked: Vec<_> = (0..32).map(|_| app.http.get(format!("{}{BATCHES}", app.url)).send()).collect();
    assert!(futures_util::future::join_all(asked).await.iter().all(Result::is_ok), "every reader is answered");
    let found: Vec<_> = fs::read_dir(&app.data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(found, ["quire.db"]);
    fs::remove_dir_all(&app.data).unwrap();
    fs::rename(&away, &app.data).unwrap();
}

#[tokio::test]
async fn control_a_server_that_does_not_look_accepts_what_nobody_finds_again() {
    let app = Plan::default().without("store.home").start();
    let body = json!({ "operations": ["noop"], "items": 1 });
    assert_eq!(app.post(BATCHES, body.clone()).await.0, StatusCode::ACCEPTED);
    replace(&app.data);
    assert_eq!(app.post(BATCHES, body).await.0, StatusCode::ACCEPTED);
    put_back(&app.data);
}
