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

#[tokio::test]
async fn items_are_added_once_for_each_key_and_batch() {
    let app = TestApp::start();
    let open = json!({ "operations": ["noop"], "items": 1, "sealed": false });
    let (one, other) = (app.submit(open.clone()).await, app.submit(open).await);
    let add = async |batch: &str, key: &str, items: u32| {
        let request = app.request(Method::POST, &format!("{batch}/items")).header("idempotency-key", key);
        request.json(&json!({ "items": items })).send().await.unwrap()
    };
    let total = async |batch: &str| app.read(batch).await["counts"]["total"].as_u64().unwrap();
    let first = add(&one, "more", 2).await;
    assert_eq!((first.status(), total(&one).await), (StatusCode::ACCEPTED, 3));
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let again = add(&one, "more", 2).await;
    assert_eq!((again.status(), total(&one).await), (StatusCode::ACCEPTED, 3));
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    for (batch, items) in [(&one, 3), (&other, 2)] {
        let reused = add(batch, "more", items).await;
        assert_problem(&reused.json().await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused");
    }
    assert_eq!(add(&one, "still more", 2).await.status(), StatusCode::ACCEPTED);
    assert_eq!((total(&one).await, total(&other).await), (5, 1));
    assert_eq!(app.put(&format!("{one}/seal")).await.0, StatusCode::OK);
    assert_eq!(add(&one, "more", 2).await.headers()["idempotent-replayed"], "true", "also when it is sealed");
    assert_eq!(add(&one, "too late", 2).await.status(), StatusCode::CONFLICT);
    app.put(&format!("{other}/seal")).await;
}
