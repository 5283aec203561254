//! Running means running: what the API calls so has a slot and a worker process, before and after a `kill -9`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::TestApp;

const SLOTS: u64 = 2;
const QUICK: u32 = 60;
const ITEMS: u32 = 300;

/// Quick items first, so that many are claimed ahead; then such as never end.
async fn submit(app: &TestApp) -> String {
    let scripts: serde_json::Map<String, Value> =
        (QUICK + 1..=ITEMS).map(|nth| (nth.to_string(), json!({ "sleep": 500_000 }))).collect();
    app.submit(json!({ "operations": ["noop"], "items": ITEMS, "scripts": scripts })).await
}

/// Both slots are taken by items that never end; nobody is shown more than that until then.
async fn until_both_are_at_work(app: &TestApp, batch: &str) {
    let never_ends = |item: &Value| item["position"].as_u64() > Some(QUICK.into()) && item["started_at"].is_string();
    let both = |page: &Value| {
        let running = page["items"].as_array().unwrap();
        assert!(running.len() as u64 <= SLOTS, "{running:#?}");
        running.len() as u64 == SLOTS && running.iter().all(never_ends)
    };
    app.eventually(&format!("{batch}/items?state=running"), both).await;
    let counts = app.read(batch).await["counts"].clone();
    assert_eq!(counts["running"], SLOTS, "{counts}");
    let queued = app.read(&format!("{batch}/items?state=queued&limit=1000")).await;
    assert_eq!(queued["items"].as_array().unwrap().len() as u64, counts["queued"].as_u64().unwrap());
}

async fn events(app: &TestApp) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = app.read(&format!("/api/v1/events?after={after}&limit=1000")).await;
        let page = page["events"].as_array().unwrap().clone();
        let Some(last) = page.last() else { return all };
        after = last["seq"].as_i64().unwrap();
        all.extend(page);
    }
}

#[tokio::test]
async fn what_no_worker_has_touched_has_no_start_and_no_attempt_also_after_two_deaths() {
    let mut app = TestApp::with("worker.silence_timeout_secs", 600).with("worker.grace_ms", 50).start();
    let batch = submit(&app).await;
    for _ in 0..2 {
        until_both_are_at_work(&app, &batch).await;
        app.kill();
        app.restart();
    }
    until_both_are_at_work(&app, &batch).await;
    let touched = 3 * SLOTS as usize;
    let mut starts: BTreeMap<u64, usize> = BTreeMap::new();
    for event in events(&app).await {
        let running = &event["data"]["counts"]["running"];
        assert!(running.is_null() || running.as_u64() <= Some(SLOTS), "{event:#}");
        if event["type"] == "item.started" {
            *starts.entry(event["item"].as_u64().unwrap()).or_default() += 1;
        }
    }
    let of_slow = starts.iter().filter(|(item, _)| **item > QUICK.into());
    assert_eq!(of_slow.clone().map(|(_, count)| count).sum::<usize>(), touched, "{starts:?}");
    assert!(starts.len() <= QUICK as usize + touched);

    let mut lost = 0;
    for position in QUICK + 1..=ITEMS {
        let item = app.read(&format!("{batch}/items/{position}")).await;
        let attempts = item["attempts"].as_array().unwrap();
        assert!(attempts.iter().all(|attempt| attempt["ended"] == "lost" && attempt["started_at"].is_string()));
        assert!(attempts.is_empty() || starts.contains_key(&u64::from(position)), "{item:#}");
        lost += attempts.len();
    }
    assert_eq!(lost, 2 * SLOTS as usize, "what was at work when the server died, and nothing else");
}
