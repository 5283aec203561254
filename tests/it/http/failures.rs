//! Failed items by what they failed of.

use serde_json::json;

use crate::harness::TestApp;

#[tokio::test]
async fn failed_items_are_told_by_what_they_failed_of_the_most_first() {
    let app = TestApp::with("retry.max_attempts", 1).start();
    let fail = |code: &str, detail: &str| json!({ "fail": { "code": code, "detail": detail } });
    let scripts = json!({
        "2": fail("storage_failed", "no room"),
        "3": fail("damaged", "no trailer"),
        "4": fail("damaged", "no xref"),
    });
    let options = json!({ "operations": ["noop"], "scripts": scripts });
    let files: Vec<_> = ["a.pdf", "b.pdf", "c.pdf", "d.pdf"].map(|name| (name, name.as_bytes().to_vec())).into();
    let batch = app.submit_form(&files, options).await;
    let ended = app.wait_for(&batch, "partial").await;
    let told = app.read(&format!("{batch}/failures")).await;
    assert_eq!(told["rev"], ended["rev"]);
    let remedy =
        |code: &str| told["groups"].as_array().unwrap().iter().find(|of| of["code"] == code).unwrap()["remedy"].clone();
    let wanted = json!([
        {
            "code": "damaged", "class": "permanent", "reason": "permanent", "remedy": remedy("damaged"), "count": 2,
            "retryable": false, "example": { "position": 3, "name": "c.pdf", "detail": "no trailer" },
        },
        {
            "code": "storage_failed", "class": "transient", "reason": "exhausted", "remedy": remedy("storage_failed"),
            "count": 1, "retryable": true, "example": { "position": 2, "name": "b.pdf", "detail": "no room" },
        },
    ]);
    assert_eq!(told["groups"], wanted);
    assert!(remedy("damaged").as_str().is_some_and(|remedy| remedy.contains("viewer")));
}

#[tokio::test]
async fn what_is_tried_again_is_no_failure_and_a_batch_without_any_has_no_groups() {
    let app = TestApp::start();
    let fail = json!({ "fail": { "code": "damaged", "detail": "planted" } });
    let batch = app.submit(json!({ "operations": ["noop"], "items": 2, "scripts": { "1": fail } })).await;
    app.wait_for(&batch, "partial").await;
    assert_eq!(app.read(&format!("{batch}/failures")).await["groups"][0]["count"], 1);
    app.put(&format!("{batch}/pause")).await;
    let fine = app.submit(json!({ "operations": ["noop"], "items": 2 })).await;
    app.wait_for(&fine, "succeeded").await;
    assert_eq!(app.read(&format!("{fine}/failures")).await["groups"], json!([]));
    let waiting = json!({ "fail": { "code": "storage_failed", "detail": "planted" } });
    let waits = app.submit(json!({ "operations": ["noop"], "items": 1, "scripts": { "1": waiting } })).await;
    app.eventually(&format!("{waits}/items/1"), |item| item["state"] == "retry_wait").await;
    assert_eq!(app.read(&format!("{waits}/failures")).await["groups"], json!([]));
    app.call(reqwest::Method::DELETE, &waits, None).await;
}
