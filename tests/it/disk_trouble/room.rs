//! Room on the disk: none, too little, enough again.

use quire_documents::samples;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;

use super::unfinished;
use crate::faultdisk::{FaultDisk, Place, Trouble};
use crate::harness::{Plan, TestApp, assert_problem};

async fn send_raw(app: &TestApp, bytes: Vec<u8>) -> (StatusCode, serde_json::Value) {
    let answer = app.request(Method::POST, "/api/v1/files?name=x.pdf").body(bytes).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn send_form(app: &TestApp, bytes: Vec<u8>) -> (StatusCode, serde_json::Value) {
    let form = Form::new().text("options", r#"{"operations":["text"]}"#);
    let form = form.part("files", Part::bytes(bytes).file_name("x.pdf"));
    let answer = app.request(Method::POST, "/api/v1/batches").multipart(form).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// The disk takes some of each write before it is full; what it took is removed again.
#[tokio::test]
async fn an_upload_that_does_not_fit_is_refused_and_leaves_nothing_behind() {
    let disk = FaultDisk::new();
    let app = disk.under(Plan::default().with("store.disk_probe_secs", 1)).start_at(&disk.data());
    for is_form in [false, true] {
        disk.fail(Trouble::Full, Place::Blobs);
        let large = vec![b'x'; 3 << 20];
        let (status, problem) = if is_form { send_form(&app, large).await } else { send_raw(&app, large).await };
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
        assert_problem(&problem, status, "disk_full");
        assert!(disk.hits() > 3, "the disk was full at once: nothing was torn");
        assert_eq!(unfinished(&disk), 0);
        disk.heal();
        app.eventually("/readyz", |ready| ready["status"] == "ready").await;
    }
    assert_eq!(send_raw(&app, samples::pdf_with_pages(1)).await.0, StatusCode::CREATED);
    assert_eq!(send_form(&app, samples::pdf_with_pages(1)).await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn with_little_room_nothing_new_is_taken_and_what_was_accepted_goes_on() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let mut plenty = Plan::default().start_at(&data);
    let batch = plenty.submit_sleepers(30, 50, json!({})).await;
    plenty.kill();
    drop(plenty);

    let app = TestApp::with("store.min_free_mib", 1_048_576).start_at(&data);
    for (status, problem) in [
        send_raw(&app, samples::pdf_with_pages(1)).await,
        send_form(&app, samples::pdf_with_pages(1)).await,
        app.post("/api/v1/batches", json!({ "operations": ["noop"], "items": 1 })).await,
        app.post(&format!("{batch}/items"), json!({ "items": 1 })).await,
    ] {
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
        assert_problem(&problem, status, "disk_full");
    }
    let ready = app.eventually("/readyz", |ready| ready["status"] == "not_ready").await;
    let disk = &ready["checks"]["disk"];
    assert_eq!((&disk["ok"], &disk["min_free_mib"]), (&json!(false), &json!(1_048_576)), "{ready:#}");
    assert!(disk["free_mib"].as_u64().is_some_and(|free| free < 1_048_576) && disk["detail"].is_string());
    assert_eq!(ready["checks"]["writer"]["ok"], true, "the disk takes writes: {ready:#}");
    assert_eq!(app.put(&format!("{batch}/pause")).await.0.as_u16() / 100, 2);
    assert_eq!(app.put(&format!("{batch}/resume")).await.0, StatusCode::OK);
    app.wait_for(&batch, "succeeded").await;
}
