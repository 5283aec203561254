//! One act on many batches: on as many as were meant, and on no one else's.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, assert_problem};

const BULK: &str = "/api/v1/batches/bulk";

async fn waiting(app: &TestApp, name: &str) -> String {
    let order = json!({ "operations": ["noop"], "items": 2, "name": name, "not_before": "2999-01-01T00:00:00Z" });
    app.submit(order).await
}

fn order(verb: &str, filter: Value, expected: u64) -> Value {
    json!({ "verb": verb, "filter": filter, "expected": expected })
}

fn told(result: &Value) -> [u64; 4] {
    ["matched", "done", "under_way", "refused_count"].map(|field| result[field].as_u64().unwrap())
}

#[tokio::test]
async fn what_a_filter_keeps_is_paused_resumed_cancelled_and_tried_again() {
    let app = TestApp::start();
    let mut batches = Vec::new();
    for nth in 0..5 {
        batches.push(waiting(&app, &format!("July {nth}")).await);
    }
    let other = waiting(&app, "August").await;
    let july = || json!({ "q": "july" });
    let dry = json!({ "verb": "cancel", "filter": july(), "dry_run": true });
    let (status, result) = app.post(BULK, dry).await;
    assert_eq!((status, told(&result)), (StatusCode::OK, [5, 0, 0, 0]), "{result:#}");
    assert_eq!(app.read(&batches[0]).await["control"], "run", "a dry run does nothing");

    let (_, result) = app.post(BULK, order("pause", july(), 5)).await;
    assert_eq!(told(&result), [5, 5, 0, 0], "{result:#}");
    assert_eq!(app.read(&batches[4]).await["status"], "paused");
    let (_, result) = app.post(BULK, order("resume", json!({ "status": ["paused", "pausing"] }), 5)).await;
    assert_eq!(told(&result), [5, 5, 0, 0], "{result:#}");
    let (_, result) = app.post(BULK, order("cancel", json!({ "q": "JULY", "status": ["scheduled"] }), 5)).await;
    assert_eq!(told(&result), [5, 5, 0, 0], "{result:#}");
    assert_eq!(app.read(&batches[2]).await["status"], "cancelled");

    // Of the cancelled ones none has what a retry takes, and what has ended cannot be paused.
    let (_, result) = app.post(BULK, order("pause", json!({}), 6)).await;
    assert_eq!(told(&result), [6, 1, 0, 5], "{result:#}");
    let refused = result["refused"].as_array().unwrap();
    assert!(refused.iter().all(|refused| refused["code"] == "state_forbids"), "{result:#}");
    assert!(batches[0].ends_with(refused[4]["batch"].as_str().unwrap()), "newest first: {result:#}");
    assert_eq!(app.read(&other).await["status"], "paused");
}

#[tokio::test]
async fn with_any_other_number_than_expected_nothing_is_done() {
    let app = TestApp::start();
    let batches = [waiting(&app, "a").await, waiting(&app, "b").await];
    for expected in [0, 1, 3] {
        let (status, problem) = app.post(BULK, order("cancel", json!({}), expected)).await;
        assert_problem(&problem, StatusCode::CONFLICT, "expected_differs");
        assert_eq!((status, &problem["matched"]), (StatusCode::CONFLICT, &json!(2)), "{problem:#}");
    }
    for batch in &batches {
        assert_eq!(app.read(batch).await["control"], "run");
    }
    let (_, result) = app.post(BULK, order("cancel", json!({ "collection": "none" }), 0)).await;
    assert_eq!(told(&result), [0, 0, 0, 0]);
}

#[tokio::test]
async fn control_a_server_that_does_not_count_acts_on_what_came_meanwhile() {
    let app = Plan::default().without("http.expected").start();
    let batches = [waiting(&app, "a").await, waiting(&app, "b").await];
    let (status, _) = app.post(BULK, order("cancel", json!({}), 1)).await;
    assert_eq!((status, &app.read(&batches[1]).await["control"]), (StatusCode::OK, &json!("cancelled")));
}

#[tokio::test]
async fn what_goes_on_is_told_and_a_retry_reaches_what_failed() {
    let app = TestApp::start();
    let slow = app.submit_sleepers(2, 3_000, json!({ "name": "slow" })).await;
    app.eventually(&slow, |seen| seen["counts"]["running"].as_u64() > Some(0)).await;
    let (_, result) = app.post(BULK, order("pause", json!({ "q": "slow" }), 1)).await;
    assert_eq!(told(&result), [1, 0, 1, 0], "{result:#}");
    let broken = app.submit_form(&[("a.pdf", b"none".to_vec())], json!({ "name": "broken" })).await;
    app.wait_for(&broken, "failed").await;
    let (_, result) = app.post(BULK, order("retry", json!({ "status": ["failed", "partial"] }), 1)).await;
    assert_eq!(told(&result)[0], 1);
    assert_eq!(told(&result)[3], 0, "{result:#}");
    app.eventually(&broken, |seen| seen["generation"] == 2 && seen["outcome"] == "failed").await;
}

#[tokio::test]
async fn one_request_acts_on_so_many_and_looks_at_so_many() {
    let app = TestApp::with("http.max_bulk_batches", 2).with("http.max_scanned_batches", 4).start();
    for nth in 0..3 {
        waiting(&app, &format!("{nth}")).await;
    }
    let refused = async |filter: Value| {
        let (status, problem) = app.post(BULK, order("pause", filter, 3)).await;
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "filter", "{problem:#}");
        problem["errors"][0]["detail"].as_str().unwrap().to_owned()
    };
    assert!(refused(json!({})).await.contains("http.max_bulk_batches"));
    for nth in 3..6 {
        waiting(&app, &format!("{nth}")).await;
    }
    assert!(refused(json!({ "q": "none" })).await.contains("http.max_scanned_batches"));
    let (_, result) = app.post(BULK, order("pause", json!({ "status": ["paused"] }), 0)).await;
    assert_eq!(told(&result), [0, 0, 0, 0], "an index finds these");
}

#[tokio::test]
async fn it_reaches_nobody_elses_batches() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let later = json!({ "operations": ["noop"], "items": 1, "not_before": "2999-01-01T00:00:00Z" });
    let hers = alice.submit(later.clone()).await;
    let his = bob.submit(later).await;
    let (_, result) = bob.call(Method::POST, BULK, Some(order("cancel", json!({}), 1))).await;
    assert_eq!(told(&result), [1, 1, 0, 0]);
    assert_eq!(
        (&alice.read(&hers).await["control"], &bob.read(&his).await["control"]),
        (&json!("run"), &json!("cancelled"))
    );
}

#[tokio::test]
async fn an_order_that_cannot_be_understood_is_refused_field_by_field() {
    let app = TestApp::start();
    for (body, field) in [
        (json!({}), "filter"),
        (json!({ "filter": {}, "expected": 1 }), "verb"),
        (json!({ "verb": "delete", "filter": {}, "expected": 1 }), "verb"),
        (json!({ "verb": "pause", "filter": {} }), "expected"),
        (json!({ "verb": "pause", "filter": [], "expected": 1 }), "filter"),
        (json!({ "verb": "pause", "filter": { "status": [] }, "expected": 1 }), "filter.status"),
        (json!({ "verb": "pause", "filter": { "status": ["done"] }, "expected": 1 }), "filter.status[0]"),
        (json!({ "verb": "pause", "filter": { "state": "done" }, "expected": 1 }), "filter.state"),
        (json!({ "verb": "pause", "filter": { "q": "" }, "expected": 1 }), "filter.q"),
        (json!({ "verb": "pause", "filter": {}, "expected": -1 }), "expected"),
    ] {
        let (status, problem) = app.post(BULK, body.clone()).await;
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem:#}");
    }
}
