//! The same request twice is one batch.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem};

async fn submit(app: &TestApp, key: &str, body: Value) -> Response {
    app.request(Method::POST, "/api/v1/batches").header("idempotency-key", key).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_key_and_its_body_make_one_batch_also_after_a_restart() {
    let mut app = TestApp::start();
    let body = json!({ "operations": ["noop"], "items": 2 });
    let first = submit(&app, "key-1", body.clone()).await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let location = first.headers()["location"].clone();
    app.kill();
    app.restart();
    let again = submit(&app, "key-1", body).await;
    assert_eq!(again.status(), StatusCode::ACCEPTED);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.headers()["location"], location);
    let other = submit(&app, "key-1", json!({ "operations": ["noop"], "items": 3 })).await;
    let status = other.status();
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_problem(&other.json().await.unwrap(), status, "idempotency_key_reused");
    assert_eq!(app.read("/api/v1/batches").await["batches"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one_batch() {
    let app = TestApp::start();
    let body = json!({ "operations": ["noop"], "items": 1 });
    let all = (0..12).map(|_| submit(&app, "at-once", body.clone()));
    let answers = futures_util::future::join_all(all).await;
    let fresh = answers.iter().filter(|answer| !answer.headers().contains_key("idempotent-replayed")).count();
    assert_eq!(fresh, 1);
    assert!(answers.iter().all(|answer| answer.status() == StatusCode::ACCEPTED));
    assert_eq!(app.read("/api/v1/batches").await["batches"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_form_is_known_by_what_it_carries_not_by_its_boundary() {
    let app = TestApp::start();
    let send = async |bytes: &'static [u8]| {
        let part = Part::bytes(bytes).file_name("a.pdf");
        let form = Form::new().part("files", part).text("options", "{\"operations\":[\"noop\"]}");
        let request = app.request(Method::POST, "/api/v1/batches").header("idempotency-key", "form");
        request.multipart(form).send().await.unwrap()
    };
    let first = send(b"one").await;
    let again = send(b"one").await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(first.headers()["location"], again.headers()["location"]);
    assert_eq!(send(b"two").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let app = TestApp::start();
    for key in ["", &"k".repeat(256)] {
        let answer = submit(&app, key, json!({ "operations": ["noop"], "items": 1 })).await;
        let status = answer.status();
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_problem(&answer.json().await.unwrap(), status, "bad_idempotency_key");
    }
}
