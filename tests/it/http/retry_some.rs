//! Some failed items again: those of a code, those at positions, and as many as expected or none.

use std::time::Duration;

use quire_base::failpoints::Failpoint;
use quire_domain::batch::ItemSweep;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, assert_problem, look};

/// A batch whose items 1, 4, 7 … are damaged, 2, 5, 8 … no PDF; the others succeed.
async fn failed(app: &TestApp, items: u32) -> String {
    let fail = |code: &str| json!({ "fail": { "code": code, "detail": "planted" } });
    let script = |nth: u32| (nth.to_string(), fail(["not_a_pdf", "damaged"][(nth % 3 % 2) as usize]));
    let scripts: serde_json::Map<_, _> = (1..=items).filter(|nth| nth % 3 != 0).map(script).collect();
    let batch = app.submit(json!({ "operations": ["noop"], "items": items, "scripts": scripts })).await;
    app.wait_for(&batch, "partial").await;
    batch
}

/// Of each item its generation.
async fn generations(app: &TestApp, batch: &str) -> Vec<u64> {
    app.results(batch).await.iter().map(|item| item["generation"].as_u64().unwrap()).collect()
}

async fn retry(app: &TestApp, batch: &str, body: Value) -> (StatusCode, Value) {
    app.post(&format!("{batch}/retry"), body).await
}

#[tokio::test]
async fn items_of_one_code_are_tried_again_and_no_others() {
    let app = TestApp::start();
    let batch = failed(&app, 9).await;
    let (status, again) = retry(&app, &batch, json!({ "codes": ["damaged"], "expected": 3 })).await;
    assert_eq!((status, &again["generation"]), (StatusCode::ACCEPTED, &json!(2)), "{again:#}");
    app.wait_for(&batch, "partial").await;
    assert_eq!(generations(&app, &batch).await, [2, 1, 1, 2, 1, 1, 2, 1, 1]);
    let (status, _) = retry(&app, &batch, json!({ "codes": ["timed_out_total"] })).await;
    assert_eq!(status, StatusCode::OK, "there are none");
    retry(&app, &batch, json!({ "codes": ["damaged", "not_a_pdf"] })).await;
    app.wait_for(&batch, "partial").await;
    assert_eq!(generations(&app, &batch).await, [3, 2, 1, 3, 2, 1, 3, 2, 1]);
}

#[tokio::test]
async fn items_that_are_named_are_tried_again_if_they_have_failed() {
    let app = TestApp::start();
    let batch = failed(&app, 9).await;
    let (status, _) = retry(&app, &batch, json!({ "positions": [8, 1, 3, 1, 77], "expected": 2 })).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.wait_for(&batch, "partial").await;
    assert_eq!(generations(&app, &batch).await, [2, 1, 1, 1, 1, 1, 1, 2, 1]);
    retry(&app, &batch, json!({ "positions": [1, 2, 4], "codes": ["damaged"] })).await;
    app.wait_for(&batch, "partial").await;
    assert_eq!(generations(&app, &batch).await, [3, 1, 1, 2, 1, 1, 1, 2, 1]);
    let (status, _) = retry(&app, &batch, json!({ "positions": [3, 6] })).await;
    assert_eq!(status, StatusCode::OK, "they have succeeded");
}

#[tokio::test]
async fn another_number_than_expected_changes_nothing_and_says_which() {
    let app = TestApp::start();
    let batch = failed(&app, 9).await;
    let before = app.read(&batch).await;
    for (body, matched) in [
        (json!({ "expected": 5 }), 6),
        (json!({ "expected": 7, "cancelled": true }), 6),
        (json!({ "codes": ["damaged"], "expected": 4 }), 3),
        (json!({ "codes": ["timed_out_cpu"], "expected": 1 }), 0),
        (json!({ "positions": [1, 3], "expected": 2 }), 1),
    ] {
        let (status, problem) = retry(&app, &batch, body.clone()).await;
        assert_eq!((status, &problem["matched"]), (StatusCode::CONFLICT, &json!(matched)), "{body}: {problem:#}");
        assert_problem(&problem, status, "expected_differs");
    }
    assert_eq!(app.read(&batch).await["rev"], before["rev"], "nothing was done");
    assert_eq!(retry(&app, &batch, json!({ "expected": 6 })).await.0, StatusCode::ACCEPTED, "control");
    app.wait_for(&batch, "partial").await;
    assert_eq!(generations(&app, &batch).await, [2, 2, 1, 2, 2, 1, 2, 2, 1]);
}

/// The control: a server that does not count.
#[tokio::test]
async fn control_a_server_that_does_not_count_tries_another_number_again() {
    let app = Plan::default().without("http.expected").start();
    let batch = failed(&app, 3).await;
    let (status, _) = retry(&app, &batch, json!({ "codes": ["damaged"], "expected": 77 })).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.wait_for(&batch, "partial").await;
    assert_eq!(generations(&app, &batch).await, [2, 1, 1]);
}

#[tokio::test]
async fn what_names_nothing_or_contradicts_itself_is_refused() {
    let app = TestApp::with("http.max_retry_positions", 3).start();
    let batch = failed(&app, 3).await;
    for (body, field) in [
        (json!({ "codes": [] }), "codes"),
        (json!({ "codes": "damaged" }), "codes"),
        (json!({ "codes": ["damaged", "sadness"] }), "codes[1]"),
        (json!({ "positions": [] }), "positions"),
        (json!({ "positions": [0] }), "positions[0]"),
        (json!({ "positions": [1, 1.5] }), "positions[1]"),
        (json!({ "positions": [1, 2, 3, 4] }), "positions"),
        (json!({ "expected": -1 }), "expected"),
        (json!({ "cancelled": true, "codes": ["damaged"] }), "cancelled"),
        (json!({ "cancelled": true, "positions": [1] }), "cancelled"),
        (json!({ "code": ["damaged"] }), "code"),
    ] {
        let (status, problem) = retry(&app, &batch, body.clone()).await;
        assert_problem(&problem, StatusCode::UNPROCESSABLE_ENTITY, "validation_failed");
        assert_eq!(
            (status, &problem["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{body}"
        );
    }
    assert_eq!(generations(&app, &batch).await, [1; 3]);
}

#[tokio::test]
async fn a_cancelling_batch_refuses_before_it_counts() {
    let app = TestApp::with("worker.grace_ms", 200).start();
    let batch = app.submit_sleepers(4, 60_000, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] != 0).await;
    app.call(Method::DELETE, &batch, None).await;
    let (status, problem) = retry(&app, &batch, json!({ "codes": ["damaged"], "expected": 9 })).await;
    match status {
        StatusCode::CONFLICT if problem["code"] == "state_forbids" => {}
        // It was cancelled already.
        _ => assert_problem(&problem, StatusCode::CONFLICT, "expected_differs"),
    }
    app.wait_for(&batch, "cancelled").await;
}

/// The chunks of a large retry are writes of their own: a server that dies behind the first goes on with the same items.
#[tokio::test]
async fn a_retry_that_a_death_cut_short_goes_on_with_the_same_items() {
    const ITEMS: u32 = 2_100;
    let half = u64::from(ITEMS / 3);
    let order = Failpoint::ControlReply.kill_spec(1, Duration::ZERO);
    let plan = TestApp::with("testing.allow_planned_deaths", true).env("FAILPOINTS", order);
    let mut app = plan.start();
    let batch = failed(&app, ITEMS).await;
    let request = app.request(Method::POST, &format!("{batch}/retry"));
    let body = json!({ "codes": ["damaged"], "expected": half });
    assert!(request.json(&body).send().await.is_err(), "it dies before it answers");
    app.wait_for_exit();
    let left = look(&app.data, |snapshot| snapshot.live_batches(None, 9)).pop().unwrap().batch;
    assert_eq!(left.counts.failed, u64::from(ITEMS / 3) * 2 - left.counts.queued);
    assert!(left.counts.queued > 0 && left.counts.queued < half, "the first chunk, and not all: {left:?}");
    assert!(matches!(left.retrying, Some(ItemSweep::RetryFailed { .. })), "{left:?}");

    app.restart();
    app.wait_for(&batch, "partial").await;
    for (at, generation) in generations(&app, &batch).await.into_iter().enumerate() {
        let wanted = if at % 3 == 0 { 2 } else { 1 };
        assert_eq!(generation, wanted, "item {}", at + 1);
    }
    let groups = app.read(&format!("{batch}/failures")).await["groups"].as_array().unwrap().clone();
    assert!(groups.iter().all(|group| group["count"] == half), "{groups:#?}");
}
