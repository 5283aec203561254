//! A second server on the data of a running one.

use std::process::Stdio;

use serde_json::json;

use crate::harness::{Plan, TestApp, serve};

#[tokio::test]
async fn a_second_server_is_refused_with_a_word_why_and_the_first_notices_nothing() {
    let app = TestApp::start();
    let batch = app.submit_sleepers(4, 500, json!({})).await;
    let refused = serve(&app.data, "0").stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(why.contains("another") && why.contains(app.data.to_str().unwrap()), "{why}");
    assert!(refused.stdout.is_empty(), "it never listened");
    app.wait_for(&batch, "succeeded").await;
    let item = app.read(&format!("{batch}/items/1")).await;
    assert_eq!(item["attempts"].as_array().unwrap().len(), 1, "{item:#}");
}

/// The second one takes back what the first one is at.
#[tokio::test]
async fn control_without_the_lock_both_work_on_the_same_items() {
    let plan = || Plan::default().without("store.lock");
    let app = plan().start();
    let batch = app.submit_sleepers(1, 600_000, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] == 1).await;
    let second = plan().start_at(&app.data);
    let item = format!("{batch}/items/1");
    second.eventually(&item, |seen| seen["attempts"].as_array().is_some_and(|attempts| attempts.len() == 2)).await;
}
