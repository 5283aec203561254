//! Pause, resume, seal, retry, cancel, extend: what they do, and what they answer when.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{TestApp, assert_problem};

#[tokio::test]
async fn a_pause_drains_then_holds_until_resumed() {
    let app = TestApp::start();
    let batch = app.submit_sleepers(30, 150, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] != 0).await;
    let (status, _) = app.put(&format!("{batch}/pause")).await;
    assert_eq!(status, StatusCode::ACCEPTED, "items still run");
    let paused = app.wait_for(&batch, "paused").await;
    assert_eq!(paused["waiting_because"], json!({ "reason": "paused", "mode": "drain" }));
    assert_eq!(paused["counts"]["running"], 0);
    let (status, again) = app.put(&format!("{batch}/pause")).await;
    assert_eq!((status, &again["rev"]), (StatusCode::OK, &paused["rev"]), "it was so already");
    let (status, _) = app.put(&format!("{batch}/resume")).await;
    assert_eq!(status, StatusCode::OK);
    let ended = app.wait_for(&batch, "succeeded").await;
    assert_eq!(ended["counts"]["succeeded"], 30);
}

#[tokio::test]
async fn a_pause_by_interrupt_takes_running_items_back_uncharged() {
    let app = TestApp::start();
    let batch = app.submit_sleepers(4, 30_000, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] != 0).await;
    let (status, _) = app.call(Method::PUT, &format!("{batch}/pause"), Some(json!({ "mode": "interrupt" }))).await;
    assert!(status.is_success());
    let paused = app.wait_for(&batch, "paused").await;
    assert_eq!(paused["counts"]["queued"], 4);
    app.call(Method::DELETE, &batch, None).await;
    app.wait_for(&batch, "cancelled").await;
}

#[tokio::test]
async fn a_cancel_is_under_way_then_done_and_can_be_undone_by_retry() {
    let app = TestApp::with("worker.grace_ms", 200).start();
    let batch = app.submit_sleepers(6, 2_000, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] != 0).await;
    let (status, cancelling) = app.call(Method::DELETE, &batch, None).await;
    assert_eq!((status, &cancelling["status"]), (StatusCode::ACCEPTED, &json!("cancelling")));
    let (status, refused) = app.put(&format!("{batch}/pause")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_problem(&refused, StatusCode::CONFLICT, "state_forbids");
    assert!(refused["current_status"].is_string());
    app.wait_for(&batch, "cancelled").await;
    let (status, _) = app.call(Method::DELETE, &batch, None).await;
    assert_eq!(status, StatusCode::OK, "it was so already");

    let (status, same) = app.post(&format!("{batch}/retry"), json!({})).await;
    assert_eq!((status, &same["status"]), (StatusCode::OK, &json!("cancelled")), "nothing has failed");
    let (status, again) = app.post(&format!("{batch}/retry"), json!({ "cancelled": true })).await;
    assert_eq!((status, &again["generation"]), (StatusCode::ACCEPTED, &json!(2)));
    let ended = app.wait_for(&batch, "succeeded").await;
    assert_eq!(ended["counts"]["succeeded"], 6);
}

#[tokio::test]
async fn an_open_batch_grows_until_it_is_sealed() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "sealed": false })).await;
    let open = app.read(&batch).await;
    assert_eq!((&open["status"], &open["waiting_because"]), (&json!("open"), &json!({ "reason": "open" })));
    for _ in 0..2 {
        let (status, _) = app.post(&format!("{batch}/items"), json!({ "items": 2 })).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    app.eventually(&batch, |seen| seen["counts"]["succeeded"] == 4).await;
    let (status, nothing) = app.post(&format!("{batch}/items"), json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_problem(&nothing, status, "validation_failed");
    assert_eq!(app.put(&format!("{batch}/seal")).await.0, StatusCode::OK);
    app.wait_for(&batch, "succeeded").await;
    assert_eq!(app.put(&format!("{batch}/seal")).await.0, StatusCode::OK, "it was so already");
    let (status, late) = app.post(&format!("{batch}/items"), json!({ "items": 1 })).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_problem(&late, status, "state_forbids");
    assert_eq!(late["current_status"], "succeeded");
    for verb in ["pause", "resume"] {
        assert_eq!(app.put(&format!("{batch}/{verb}")).await.0, StatusCode::CONFLICT, "{verb}");
    }
    assert_eq!(app.call(Method::DELETE, &batch, None).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_retry_gives_failed_items_another_generation() {
    let app = TestApp::with("retry.max_attempts", 1).start();
    let failing = json!({ "fail": { "code": "storage_failed", "detail": "full" } });
    let batch = app.submit(json!({ "operations": ["noop"], "items": 3, "scripts": { "2": failing } })).await;
    app.wait_for(&batch, "partial").await;
    let (status, again) = app.post(&format!("{batch}/retry"), json!({})).await;
    assert_eq!((status, &again["generation"]), (StatusCode::ACCEPTED, &json!(2)));
    app.wait_for(&batch, "partial").await;
    let item = app.read(&format!("{batch}/items/2")).await;
    assert_eq!((&item["state"], &item["generation"]), (&json!("failed"), &json!(2)));
    assert_eq!(item["failure"]["reason"], "exhausted");
    assert_eq!(item["attempts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_batch_waits_for_its_time_and_says_so() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "not_before": "2999-01-01T00:00:00Z" })).await;
    let waiting = app.read(&batch).await;
    assert_eq!(waiting["status"], "scheduled");
    assert_eq!(waiting["waiting_because"], json!({ "reason": "not_before", "until": "2999-01-01T00:00:00.000Z" }));
    let late = app.submit_sleepers(3, 60_000, json!({ "deadline": "2001-01-01T00:00:00Z" })).await;
    app.wait_for(&late, "expired").await;
}
