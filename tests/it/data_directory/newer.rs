//! A directory in which a newer version was at work: refused by name, and not touched.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use reqwest::StatusCode;
use serde_json::json;

use crate::cli::harness::{Desk, Ended, quire};
use crate::harness::{Plan, TestApp, execute_sql, serve};

const MIGRATION: &str = "20991231000000";

/// Leaves a directory as a newer version would: with tables of a migration that is not known here.
fn make_newer(data: &Path) {
    execute_sql(data, &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{MIGRATION}')"));
}

fn make_known(data: &Path) {
    execute_sql(data, &format!("DELETE FROM __diesel_schema_migrations WHERE version = '{MIGRATION}'"));
}

/// Every file with its bytes and the time of its last change; what readers share is rebuilt by whoever looks.
fn everything(data: &Path) -> BTreeMap<PathBuf, (Vec<u8>, i64)> {
    let walk = walkdir::WalkDir::new(data).into_iter().map(Result::unwrap);
    let files = walk.filter(|entry| entry.file_type().is_file() && entry.file_name() != "quire.db-shm");
    let facts = |path: &Path| (std::fs::read(path).unwrap(), path.metadata().unwrap().mtime_nsec());
    files.map(|entry| (entry.path().to_owned(), facts(entry.path()))).collect()
}

fn on(data: &Path, before: &[&str], after: &[&str]) -> Command {
    let mut command = quire();
    command.args(before).arg(data).args(after);
    command
}

/// With the log on: it is written before the database is opened.
fn serve_with_log(data: &Path) -> Command {
    let mut command = serve(data, "0");
    command.env("QUIRE__LOG__FILES", "true");
    command
}

#[track_caller]
fn assert_refused(command: Command) {
    let words = format!("{command:?}");
    let ended = Ended::of(command);
    assert_eq!(ended.code, 2, "{words}: {}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("newer version of Quire") && ended.stderr.contains(MIGRATION), "{}", ended.stderr);
}

#[tokio::test]
async fn every_command_refuses_a_directory_of_a_newer_version_and_changes_nothing_in_it() {
    let mut app = TestApp::start();
    let batch = app.submit_sleepers(2, 1, json!({})).await;
    app.wait_for(&batch, "succeeded").await;
    assert_eq!(app.terminate().code(), Some(0));
    // Once moved into the database, once only in its log, as a death leaves it.
    for is_dead in [false, true] {
        let held = is_dead.then(|| SqliteConnection::establish(app.data.join("quire.db").to_str().unwrap()).unwrap());
        if let Some(mut reader) = held {
            reader.batch_execute("BEGIN; SELECT * FROM server").unwrap();
            make_newer(&app.data);
            std::mem::forget(reader);
            assert!(app.data.join("quire.db-wal").metadata().unwrap().len() > 0);
        } else {
            make_newer(&app.data);
        }
        let before = everything(&app.data);
        assert_refused(serve_with_log(&app.data));
        assert_refused(on(&app.data, &["keys", "list", "--data-dir"], &[]));
        assert_refused(on(&app.data, &["keys", "add", "somebody", "--data-dir"], &[]));
        assert_refused(on(&app.data, &["fsck"], &[]));
        assert_refused(on(&app.data, &["fsck"], &["--repair"]));
        let doctor = Ended::of(on(&app.data, &["doctor", "--data-dir"], &[]));
        assert_eq!(doctor.code, 1, "{}", doctor.stdout);
        assert!(doctor.stdout.contains("newer version") && doctor.stdout.contains(MIGRATION), "{}", doctor.stdout);
        assert!(before == everything(&app.data), "something was written (in the log: {is_dead})");
        make_known(&app.data);
    }
    app.restart();
    app.wait_for(&batch, "succeeded").await;
}

#[test]
fn a_run_does_not_go_on_in_a_folder_of_a_newer_version() {
    let desk = Desk::new().with_many(1, 1);
    desk.run(&[]).assert_code(0);
    make_newer(&desk.path("out/.quire"));
    let before = everything(&desk.path("out"));
    let ended = desk.run(&["--resume"]);
    ended.assert_code(2);
    assert!(ended.stderr.contains("newer version of Quire"), "{}", ended.stderr);
    assert!(before == everything(&desk.path("out")), "something was written");
}

#[tokio::test]
async fn control_a_server_that_does_not_look_serves_and_writes() {
    let mut app = TestApp::start();
    app.terminate();
    make_newer(&app.data);
    let mut blind = Plan::default().without("store.refuse_newer").start_at(&app.data);
    let body = json!({ "operations": ["noop"], "items": 1 });
    assert_eq!(blind.post("/api/v1/batches", body).await.0, StatusCode::ACCEPTED);
    blind.terminate();
    make_known(&app.data);
}
