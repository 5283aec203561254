//! Starting and ending the server.

use std::process::Stdio;

use serde_json::json;

use crate::harness::{TestApp, serve};

/// The last words of a server that cannot start, and its exit code.
fn refused(command: &mut std::process::Command) -> (String, Option<i32>) {
    let done = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    (String::from_utf8(done.stderr).unwrap(), done.status.code())
}

#[tokio::test]
async fn a_signal_ends_the_server_in_order_and_the_work_goes_on_later() {
    let mut app = TestApp::with("server.shutdown_timeout_secs", 1).start();
    let batch = app.submit_sleepers(8, 700, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] != 0).await;
    let status = app.terminate();
    assert_eq!(status.code(), Some(0), "{status:?}");
    app.restart();
    let ended = app.wait_for(&batch, "succeeded").await;
    assert_eq!(ended["counts"]["succeeded"], 8);
}

#[tokio::test]
async fn an_actor_that_cannot_live_ends_the_process_with_a_fault() {
    let mut app = TestApp::start();
    for _ in 0..40 {
        let asked = app.request(reqwest::Method::POST, "/api/v1/admin/actors/root/db/panic").send().await;
        if asked.is_err() {
            break;
        }
        // So that it is restarted in between, and gives up for its number of failures.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(app.wait_for_exit().code(), Some(70));
}

#[tokio::test]
async fn what_keeps_the_server_from_starting_is_said_in_one_line() {
    let app = TestApp::start();
    let (said, code) = refused(&mut serve(&app.data, "0"));
    assert!(said.contains("another server uses this data directory"), "{said}");
    assert_eq!(code, Some(2));

    let dir = tempfile::TempDir::new().unwrap();
    let port = app.url.rsplit(':').next().unwrap();
    let (said, code) = refused(&mut serve(&dir.path().join("a"), port));
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{said}");
    assert_eq!(code, Some(2));

    let (said, code) = refused(serve(&dir.path().join("b"), "0").env("QUIRE__ENGINE__CLAIM_ITEMS", "0"));
    assert!(said.contains("engine.claim_items = 0 is out of range; allowed: 1 to 100"), "{said}");
    assert_eq!(code, Some(2));
}
