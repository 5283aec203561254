//! The server is killed without a goodbye, and nothing is lost or doubled.

use std::collections::HashMap;

use serde_json::json;

use crate::harness::TestApp;

#[tokio::test]
async fn a_killed_server_goes_on_where_it_was() {
    let mut app = TestApp::with("engine.claim_items", 10).start();
    let batch = app.submit_sleepers(500, 5, json!({})).await;
    for killed_after in [40, 200, 350] {
        app.eventually(&batch, |seen| seen["counts"]["succeeded"].as_u64() >= Some(killed_after)).await;
        app.kill();
        app.restart();
    }
    let ended = app.wait_for_end(&batch).await;
    assert_eq!(ended["outcome"], "succeeded", "{ended:#}");
    let counts = &ended["counts"];
    assert_eq!((&counts["total"], &counts["succeeded"]), (&json!(500), &json!(500)));

    let results = app.results(&batch).await;
    assert_eq!(results.len(), 500);
    assert!(results.iter().all(|item| item["state"] == "succeeded"));
    let mut completed: HashMap<u64, u32> = HashMap::new();
    let (mut after, mut expected_seq) = (0, 1);
    loop {
        let page = app.read(&format!("/api/v1/events?after={after}&limit=1000")).await;
        let events = page["events"].as_array().unwrap();
        if events.is_empty() {
            break;
        }
        for event in events {
            assert_eq!(event["seq"], expected_seq, "the log has no gap");
            expected_seq += 1;
            if event["type"] == "item.completed" {
                *completed.entry(event["item"].as_u64().unwrap()).or_default() += 1;
            }
        }
        after = page["next_after"].as_i64().unwrap();
    }
    assert_eq!(completed.len(), 500, "every item has its end in the log");
    assert!(completed.values().all(|times| *times == 1), "and only one");
}

#[tokio::test]
async fn what_was_accepted_is_there_after_a_kill() {
    let mut app = TestApp::start();
    let paused = app.submit_sleepers(3, 10, json!({ "not_before": "2999-01-01T00:00:00Z" })).await;
    app.put(&format!("{paused}/pause")).await;
    app.kill();
    app.restart();
    let seen = app.read(&paused).await;
    assert_eq!((&seen["status"], &seen["counts"]["queued"]), (&json!("paused"), &json!(3)));
}
