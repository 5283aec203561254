//! Blobs that nobody names are cleared away while the server works; those that somebody names, or is about to, stay.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quire_documents::samples;
use serde_json::{Value, json};

use crate::harness::{TestApp, blobs};

const METRICS: &str = "/api/batch/metrics";
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn blob_path(data: &Path, sha256: &str) -> PathBuf {
    data.join("blobs").join(&sha256[..2]).join(&sha256[2..])
}

/// The file was written a day before.
fn age(path: &Path) {
    let file = File::open(path).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - DAY).unwrap();
}

fn old_file(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    age(path);
}

#[tokio::test]
async fn a_start_clears_away_what_a_server_before_left_and_keeps_what_rows_name() {
    let mut app = TestApp::with("store.orphan_sweep_secs", 1).start();
    let upload = app.upload("a.pdf", samples::pages(1)).await;
    let batch = app.submit_form(&[("b.pdf", samples::pages(2))], json!({ "operations": ["text"] })).await;
    app.wait_for(&batch, "succeeded").await;
    assert_eq!(app.terminate().code(), Some(0));
    let (orphan, unfinished) = (blob_path(&app.data, &"ab".repeat(32)), app.data.join("incoming/unfinished"));
    old_file(&orphan, b"nobody's");
    old_file(&unfinished, b"half");
    blobs(&app.data).iter().for_each(|blob| age(blob));
    app.restart();
    assert!(!unfinished.exists(), "the start itself clears away what nobody can be writing");
    let seen = app.eventually(METRICS, |seen| seen["janitor"]["collected_blobs"] == 1).await;
    let figures = &seen["janitor"];
    assert_eq!(figures["collected_bytes"], 8, "{figures:#}");
    assert!(!orphan.exists());
    assert!(app.whole_log().contains("what nobody named was removed"));

    let again = json!({ "operations": ["text"], "files": [upload["id"]] });
    let again = app.submit(again).await;
    app.wait_for(&again, "succeeded").await;
    assert_eq!(app.get(&format!("{batch}/items/1/artifacts/text.txt")).await.status(), 200);
}

#[tokio::test]
async fn an_upload_that_is_under_way_is_left_alone() {
    let app = TestApp::with("store.orphan_sweep_secs", 1).start();
    let upload = app.upload("a.pdf", samples::pages(1)).await;
    let orphan = blob_path(&app.data, &"cd".repeat(32));
    std::fs::write(&orphan, b"finished, and not named yet").unwrap();
    let rounds = |seen: &Value| seen["janitor"]["rounds"].as_u64();
    let now = rounds(&app.read(METRICS).await);
    app.eventually(METRICS, |seen| rounds(seen) >= now.map(|now| now + 2)).await;
    assert!(orphan.exists() && blob_path(&app.data, upload["sha256"].as_str().unwrap()).exists());
}

#[tokio::test]
async fn a_janitor_that_panics_is_rebuilt_and_goes_round_again() {
    let app = TestApp::with("store.orphan_sweep_secs", 1).start();
    let (status, _) = app.post("/api/v1/admin/actors/root/janitor/panic", json!({})).await;
    assert_eq!(status, 202);
    app.eventually("/api/v1/admin/actors/root/janitor", |actor| {
        actor["state"] == "running" && actor["restarts"]["total"].as_u64() >= Some(1)
    })
    .await;
    let rounds = |seen: &Value| seen["janitor"]["rounds"].as_u64();
    let now = rounds(&app.read(METRICS).await);
    app.eventually(METRICS, |seen| rounds(seen) > now).await;
}
