//! `?as_of=SEQ`: a batch and its items as they were, exactly.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem};

/// What answers tell that is of the present alone.
const OF_NOW: [&str; 5] = ["as_of", "activity", "waiting_because", "progress", "log"];

/// All that a reader sees of a batch, but for what is of the present alone and the revision, which claims raise as well.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    batch: Value,
    items: Vec<Value>,
    attempts: Vec<Value>,
    states: Vec<u8>,
}

fn lasting(value: &Value) -> Value {
    let mut fields = value.as_object().unwrap().clone();
    // Of a batch it is a share, of an item what its worker does.
    let share = fields.get("progress").filter(|progress| progress.is_number()).cloned();
    OF_NOW.iter().for_each(|name| _ = fields.remove(*name));
    fields.remove("rev");
    if value["state"] == "queued" {
        // Claims count attempts, and are nobody's news.
        ["attempt", "started_at"].iter().for_each(|name| _ = fields.remove(*name));
    }
    if let Some(share) = share {
        fields.insert("progress".into(), share);
    }
    Value::Object(fields)
}

async fn look(app: &TestApp, batch: &str, query: &str) -> Seen {
    let items = app.read(&format!("{batch}/items{query}")).await;
    let states = app.get(&format!("{batch}/items/states{query}")).await.bytes().await.unwrap().to_vec();
    let (mut rows, mut attempts) = (Vec::new(), Vec::new());
    for item in items["items"].as_array().unwrap() {
        let own = app.read(&format!("{}{query}", item["links"]["self"].as_str().unwrap())).await;
        rows.push(lasting(item));
        attempts.push(own["attempts"].clone());
    }
    Seen { batch: lasting(&app.read(&format!("{batch}{query}")).await), items: rows, attempts, states }
}

async fn latest(app: &TestApp) -> i64 {
    app.read("/api/v1/events?limit=1").await["latest"].as_i64().unwrap()
}

/// Sees the batch at rest, with the place in the log.
async fn note(app: &TestApp, batch: &str, seen: &mut BTreeMap<i64, Seen>) {
    loop {
        let (before, view, after) = (latest(app).await, look(app, batch, "").await, latest(app).await);
        if before == after {
            seen.insert(before, view);
            return;
        }
    }
}

#[tokio::test]
async fn what_was_seen_at_rest_is_told_again_exactly() {
    let app = TestApp::start();
    let fail = json!({ "fail": { "code": "damaged", "detail": "planted" } });
    let order = json!({
        "operations": ["noop"], "items": 30, "sealed": false,
        "scripts": { "2": fail, "5": { "sleep": 50 }, "9": { "sleep": 50 }, "11": fail, "30": { "sleep": 2_000 } },
    });
    let batch = app.submit(order).await;
    let mut seen = BTreeMap::new();
    app.eventually(&batch, |batch| batch["counts"]["succeeded"] != 0).await;
    note(&app, &batch, &mut seen).await;
    app.put(&format!("{batch}/pause?mode=interrupt")).await;
    app.eventually(&batch, |batch| batch["status"] == "paused").await;
    note(&app, &batch, &mut seen).await;
    app.post(&format!("{batch}/items"), json!({ "items": 3 })).await;
    note(&app, &batch, &mut seen).await;
    app.put(&format!("{batch}/resume")).await;
    app.eventually(&batch, |batch| batch["counts"]["succeeded"] == 31).await;
    app.post(&format!("{batch}/items"), json!({ "items": 1 })).await;
    app.put(&format!("{batch}/pause")).await;
    note(&app, &batch, &mut seen).await;
    app.call(Method::DELETE, &batch, None).await;
    app.wait_for_end(&batch).await;
    note(&app, &batch, &mut seen).await;
    app.post(&format!("{batch}/retry"), json!({ "codes": ["damaged"] })).await;
    app.wait_for_end(&batch).await;
    note(&app, &batch, &mut seen).await;

    assert!(seen.len() >= 6, "{seen:?}");
    let differ = seen.values().collect::<Vec<_>>().windows(2).all(|pair| pair[0] != pair[1]);
    assert!(differ, "control: each look saw something else");
    // Backwards and forwards: what is kept in memory changes nothing.
    for (seq, then) in seen.iter().rev().chain(&seen) {
        let told = look(&app, &batch, &format!("?as_of={seq}")).await;
        assert_eq!(told.batch, then.batch, "as of {seq}");
        for (nth, item) in told.items.iter().enumerate() {
            assert_eq!((item, &told.attempts[nth]), (&then.items[nth], &then.attempts[nth]), "as of {seq}");
        }
        assert_eq!((told.items.len(), told.states), (then.items.len(), then.states.clone()), "as of {seq}");
    }
}

#[tokio::test]
async fn every_place_of_the_log_is_of_one_write_whole() {
    let app = TestApp::start();
    let other = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    app.wait_for_end(&other).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 12, "scripts": { "3": { "sleep": 20 } } })).await;
    app.wait_for_end(&batch).await;
    let log = app.read("/api/v1/events?limit=1000").await;
    let id = batch.rsplit('/').next().unwrap();
    let own: Vec<_> = log["events"].as_array().unwrap().iter().filter(|event| event["batch"] == id).collect();
    for event in &own {
        let seq = event["seq"].as_i64().unwrap();
        let then = app.read(&format!("{batch}?as_of={seq}")).await;
        assert_eq!(then["rev"], event["data"]["rev"]);
        let end = own.iter().rev().find(|other| other["data"]["rev"] == event["data"]["rev"]).unwrap();
        assert_eq!(then["as_of"]["seq"], end["seq"], "the end of the write");
        let told = own
            .iter()
            .rev()
            .find(|other| other["data"]["rev"] == event["data"]["rev"] && other["data"]["counts"].is_object());
        if let Some(told) = told {
            assert_eq!(then["counts"], told["data"]["counts"]);
        }
        let states = app.get(&format!("{batch}/items/states?as_of={seq}")).await.bytes().await.unwrap();
        let succeeded = states.chunks(2).filter(|item| item[0] == 3).count();
        assert_eq!(then["counts"]["succeeded"], succeeded);
    }
}

#[tokio::test]
async fn lists_of_the_past_are_filtered_and_paged_as_those_of_now() {
    let app = TestApp::start();
    let fail = json!({ "fail": { "code": "damaged", "detail": "planted" } });
    let batch =
        app.submit(json!({ "operations": ["noop"], "items": 9, "scripts": { "2": fail, "4": fail, "8": fail } })).await;
    app.wait_for_end(&batch).await;
    let seq = latest(&app).await;
    app.call(Method::POST, &format!("{batch}/retry"), Some(json!({ "positions": [4] }))).await;
    app.wait_for_end(&batch).await;
    let positions = async |query: &str| {
        let page = app.read(&format!("{batch}/items?as_of={seq}&{query}")).await;
        let all: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|item| item["position"].as_i64().unwrap()).collect();
        (all, page["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(positions("state=failed").await.0, [2, 4, 8]);
    assert_eq!(positions("failure=damaged&positions=1,4,8").await.0, [4, 8]);
    assert_eq!(positions("from=7&limit=2").await.0, [7, 8]);
    let (first, next) = positions("state=failed&limit=2").await;
    assert_eq!(
        (first, positions(&format!("state=failed&limit=2&cursor={}", next.unwrap())).await.0),
        (vec![2, 4], vec![8])
    );
    let item = app.read(&format!("{batch}/items/4?as_of={seq}")).await;
    assert_eq!((item["generation"].as_i64(), item["attempts"].as_array().unwrap().len()), (Some(1), 1));
    assert_eq!(app.read(&format!("{batch}/items/4")).await["generation"], 2, "control: it was tried again");
}

#[tokio::test]
async fn a_place_that_cannot_be_told_is_refused_in_words() {
    let app = TestApp::start();
    let first = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    app.wait_for_end(&first).await;
    let before = latest(&app).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    app.wait_for_end(&batch).await;
    for query in ["as_of=0", "as_of=-1", "as_of=x", "as_of=", "as_of=100000", "as_of=99999999999999999999"] {
        for path in
            [batch.clone(), format!("{batch}/items"), format!("{batch}/items/1"), format!("{batch}/items/states")]
        {
            let (status, answer) = app.call(Method::GET, &format!("{path}?{query}"), None).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}?{query}: {answer}");
            assert_eq!(answer["errors"][0]["field"], "as_of");
        }
    }
    let (_, early) = app.call(Method::GET, &format!("{batch}?as_of={before}"), None).await;
    assert_problem(&early, StatusCode::NOT_FOUND, "batch_not_found");
    let (_, both) = app.call(Method::GET, &format!("{batch}/items?as_of={}&name=a", before + 1), None).await;
    assert_problem(&both, StatusCode::UNPROCESSABLE_ENTITY, "validation_failed");
}
