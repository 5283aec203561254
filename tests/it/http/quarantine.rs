//! A document that kills its process again and again is set aside; the queue goes on; a restart costs nobody an
//! attempt.

use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;
use quire_store::items::{ItemDetails, ItemFilter};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem, look};

fn ends(item: &Value) -> Vec<&str> {
    item["attempts"].as_array().unwrap().iter().map(|attempt| attempt["ended"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn two_deaths_on_one_document_set_it_aside_and_the_queue_goes_on() {
    let app = TestApp::start();
    let files: Vec<(String, Vec<u8>)> =
        (1..=8).map(|nth| (format!("{nth}.pdf"), format!("document {nth}").into_bytes())).collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let mut scripts: serde_json::Map<_, _> = (1..=8).map(|nth| (nth.to_string(), json!("echo"))).collect();
    scripts.insert("2".into(), json!("abort"));
    scripts.insert("5".into(), json!({ "exit": 3 }));
    let batch = app.submit_form(&files, json!({ "operations": ["noop"], "scripts": scripts })).await;
    let ended = app.wait_for_end(&batch).await;
    let counts = &ended["counts"];
    assert_eq!((&ended["outcome"], &counts["succeeded"], &counts["failed"]), (&json!("partial"), &json!(6), &json!(2)));

    for position in [2, 5] {
        let item = app.read(&format!("{batch}/items/{position}")).await;
        assert_eq!((&item["state"], &item["failure"]["reason"]), (&json!("failed"), &json!("crash_loop")), "{item:#}");
        assert_eq!(ends(&item), ["failed", "failed"], "{item:#}");
        // A bug report needs the document.
        let path = item["links"]["document"].as_str().unwrap();
        let whole = app.get(path).await;
        assert_eq!(whole.headers()["content-type"], "application/octet-stream");
        let disposition = whole.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.starts_with(&format!("attachment; filename=\"{position}.pdf\"")), "{disposition}");
        assert_eq!(whole.bytes().await.unwrap(), format!("document {position}"));
        let part = app.request(Method::GET, path).header("range", "bytes=0-7").send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.bytes().await.unwrap(), "document");
    }
    let next = app.submit(json!({ "operations": ["noop"], "items": 5 })).await;
    app.wait_for(&next, "succeeded").await;
}

/// Nothing but this rule ends such an item: it is tried for as long as the rule lets it.
#[tokio::test]
async fn control_a_rule_that_waits_longer_lets_the_document_kill_more_processes() {
    let app = TestApp::with("retry.max_crashes", 5).with("retry.max_attempts", 1).start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "scripts": { "1": "abort" } })).await;
    app.wait_for_end(&batch).await;
    assert_eq!(ends(&app.read(&format!("{batch}/items/1")).await), ["failed"; 5]);
}

#[tokio::test]
async fn an_item_without_a_document_has_none_to_be_had() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    assert_eq!(app.read(&format!("{batch}/items/1")).await["links"].get("document"), None);
    let (status, problem) = app.call(Method::GET, &format!("{batch}/items/1/document"), None).await;
    assert_problem(&problem, status, "document_not_found");
    let (status, problem) = app.call(Method::GET, &format!("{batch}/items/2/document"), None).await;
    assert_problem(&problem, status, "item_not_found");
}

/// All items of the first batch, while no server runs.
fn items_on_disk(app: &TestApp) -> ItemDetails {
    look(&app.data, |snapshot| {
        let all = snapshot.items(BatchKey(1), ItemFilter::Behind { after: 0 }, 1_000)?;
        snapshot.item_page(BatchKey(1), all)
    })
}

#[tokio::test]
async fn a_restart_under_load_costs_no_attempt() {
    // One attempt is all there is: whoever is charged for a restart has failed.
    let mut app = TestApp::with("server.shutdown_timeout_secs", 1).with("retry.max_attempts", 1).start();
    let batch = app.submit_sleepers(12, 4_000, json!({})).await;
    for _ in 0..2 {
        app.eventually(&batch, |seen| seen["counts"]["running"].as_u64() >= Some(2)).await;
        assert_eq!(app.terminate().code(), Some(0));
        let page = items_on_disk(&app);
        for stored in &page.items {
            let item = stored.item;
            assert_ne!(item.state, ItemState::Running, "an end in order takes back what runs");
            assert!(item.state != ItemState::Queued || item.charged == 0, "{item:?}");
        }
        let yielded = page.attempts.iter().filter(|attempt| attempt.ended == "yielded").count();
        assert!(yielded >= 2, "there was no load: {:?}", page.attempts);
        app.restart();
    }
    let ended = app.wait_for_end(&batch).await;
    assert_eq!(ended["counts"]["succeeded"], 12, "{ended:#}");
}

#[tokio::test]
async fn a_batch_that_only_waits_for_a_second_try_goes_on_after_a_restart() {
    let mut app = TestApp::with("retry.backoff_base_ms", 4_000).start();
    let failure = json!({ "code": "worker_unavailable", "detail": "on purpose" });
    let script = json!({ "fail_first": { "attempts": 1, "with": { "fail": failure } } });
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "scripts": { "1": script } })).await;
    app.eventually(&batch, |seen| seen["counts"]["retry_wait"] == 1 || seen["outcome"].is_string()).await;
    app.kill();
    app.restart();
    app.wait_for(&batch, "succeeded").await;
}
