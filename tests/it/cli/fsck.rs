//! `quire fsck` as a person meets it.

use std::path::Path;
use std::process::Command;

use quire_documents::samples;
use serde_json::{Value, json};

use crate::cli::harness::{Ended, quire};
use crate::harness::{TestApp, blobs, open};

fn fsck(data: &Path, arguments: &[&str]) -> Ended {
    let mut command: Command = quire();
    command.arg("fsck").arg(data).args(arguments);
    Ended::of(command)
}

fn fsck_json(data: &Path, arguments: &[&str], code: i32) -> Value {
    let ended = fsck(data, &[arguments, &["--json"]].concat());
    serde_json::from_str(&ended.assert_code(code).stdout).unwrap()
}

/// A server that ended in order, with a batch of two documents behind it; the batch's address.
async fn a_server_that_has_worked() -> (TestApp, String) {
    let mut app = TestApp::start();
    let files = [("a.pdf", samples::pdf_with_pages(1)), ("b.pdf", samples::pdf_with_pages(2))];
    let batch = app.submit_form(&files, json!({ "operations": ["text"] })).await;
    app.wait_for(&batch, "succeeded").await;
    assert_eq!(app.terminate().code(), Some(0));
    (app, batch)
}

/// The blob of the first document of this size in bytes.
fn blob_of_size(data: &Path, size: u64) -> std::path::PathBuf {
    blobs(data).into_iter().find(|blob| blob.metadata().unwrap().len() == size).unwrap()
}

#[tokio::test]
async fn a_sound_directory_is_said_to_be_so_without_a_new_boot() {
    let (mut app, _) = a_server_that_has_worked().await;
    for arguments in [&[] as &[&str], &["--quick"], &["--deep"], &["--deep", "--repair"]] {
        let ended = fsck(&app.data, arguments);
        ended.assert_code(0);
        assert!(ended.stdout.contains("looked at 1 batches, 2 items"), "{}", ended.stdout);
        assert!(ended.stdout.trim_end().ends_with(": sound"), "{}", ended.stdout);
    }
    let report = fsck_json(&app.data, &["--deep"], 0);
    assert_eq!((&report["sound"], &report["depth"], &report["findings"]), (&json!(true), &json!("deep"), &json!([])));
    assert_eq!(report["looked_at"]["blobs"], 6, "two documents, two texts, two lists of pages: {report:#}");
    app.restart();
    // The boot that a new claim carries is the second: looking has not been one.
    let batch = app.submit_sleepers(1, 1, json!({})).await;
    app.wait_for(&batch, "succeeded").await;
    app.terminate();
    assert_eq!(quire_boot(&app.data), 2);
}

fn quire_boot(data: &Path) -> i64 {
    open(data).env.epoch - 1
}

#[tokio::test]
async fn a_running_server_is_left_alone() {
    let app = TestApp::start();
    let ended = fsck(&app.data, &["--repair"]);
    ended.assert_code(2);
    assert!(ended.stderr.contains("a server runs on it; end that first"), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_looked_at_is_said_in_one_line() {
    let dir = tempfile::TempDir::new().unwrap();
    let ended = fsck(dir.path(), &[]);
    ended.assert_code(2);
    assert!(ended.stderr.contains("there is no quire.db"), "{}", ended.stderr);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "something was made");
    std::fs::write(dir.path().join("quire.db"), b"this is no database, whatever its name says").unwrap();
    let ended = fsck(dir.path(), &[]);
    ended.assert_code(1);
    assert!(ended.stdout.starts_with("damaged: "), "{}", ended.stdout);
}

#[tokio::test]
async fn what_lies_about_is_found_and_removed() {
    let (app, _) = a_server_that_has_worked().await;
    let orphan = app.data.join("blobs/ab").join("ab".repeat(31));
    std::fs::write(&orphan, b"nobody's").unwrap();
    std::fs::write(app.data.join("incoming/unfinished"), b"half").unwrap();
    let report = fsck_json(&app.data, &[], 0);
    let waiting = &report["waiting"];
    assert_eq!((&report["sound"], &report["findings"]), (&json!(true), &json!([])), "{report:#}");
    assert_eq!((&waiting["blobs"], &waiting["blob_bytes"], &waiting["temp_files"]), (&json!(1), &json!(8), &json!(1)));
    let said = fsck(&app.data, &[]).assert_code(0).stdout.clone();
    assert!(said.contains("1 stored files (8 bytes) that no row names and 1 unfinished uploads wait"), "{said}");
    let ended = fsck(&app.data, &["--repair"]);
    ended.assert_code(0);
    assert!(
        ended.stdout.contains("repaired orphan_blob: removed 1 blobs that no row named, 8 bytes"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains(": sound"), "{}", ended.stdout);
    assert!(!orphan.exists());
    fsck(&app.data, &[]).assert_code(0);
}

#[tokio::test]
async fn a_lost_document_is_named_with_its_item_and_cannot_be_repaired() {
    let (app, batch) = a_server_that_has_worked().await;
    let lost = blob_of_size(&app.data, samples::pdf_with_pages(2).len() as u64);
    let bytes = std::fs::read(&lost).unwrap();
    std::fs::remove_file(&lost).unwrap();
    let id = batch.rsplit('/').next().unwrap();
    for arguments in [&[] as &[&str], &["--repair"]] {
        let ended = fsck(&app.data, arguments);
        ended.assert_code(1);
        assert!(ended.stdout.contains(&format!("blob_missing batch {id} item 2: document b.pdf")), "{}", ended.stdout);
        assert!(ended.stdout.contains("it cannot be repaired"), "{}", ended.stdout);
    }
    // Other bytes of the same length: only reading them tells.
    let other: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
    std::fs::write(&lost, other).unwrap();
    fsck(&app.data, &[]).assert_code(0);
    let report = fsck_json(&app.data, &["--deep"], 1);
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["batch_id"]), (&json!("blob_hash"), &json!(id)), "{report:#}");
    assert_eq!((&finding["item"], &finding["repair"]["can"]), (&json!(2), &json!("not")), "{report:#}");
    std::fs::write(&lost, bytes).unwrap();
}
