//! Batches that belong together carry a name, which lists can be narrowed to and events tell.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem};

fn batch(collection: Value) -> Value {
    json!({ "operations": ["noop"], "items": 2, "collection": collection })
}

fn own_names(page: &Value) -> Vec<String> {
    let batches = page["batches"].as_array().unwrap();
    batches.iter().map(|batch| batch["links"]["self"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_list_can_be_narrowed_to_one_collection_page_by_page() {
    let mut app = TestApp::start();
    let mut taxes = Vec::new();
    for collection in ["taxes/2026", "letters", "taxes/2026", "taxes/2026"] {
        let address = app.submit(batch(json!(collection))).await;
        assert_eq!(app.read(&address).await["collection"], collection);
        if collection == "taxes/2026" {
            taxes.insert(0, address);
        }
    }
    let without = app.submit(batch(Value::Null)).await;
    assert_eq!(app.wait_for(&without, "succeeded").await["collection"], Value::Null);
    for address in &taxes {
        app.wait_for(address, "succeeded").await;
    }
    app.kill();
    app.restart();
    assert_eq!(own_names(&app.read("/api/v1/batches?collection=taxes/2026").await), taxes);
    let page = app.read("/api/v1/batches?collection=taxes/2026&limit=2").await;
    assert_eq!(own_names(&page), taxes[..2]);
    let next =
        format!("/api/v1/batches?collection=taxes/2026&limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    let page = app.read(&next).await;
    assert_eq!((own_names(&page), &page["next_cursor"]), (taxes[2..].to_vec(), &Value::Null));
    assert_eq!(app.read("/api/v1/batches?collection=nobodys").await["batches"], json!([]));
    assert_eq!(app.read("/api/v1/batches").await["batches"].as_array().unwrap().len(), 5, "control: there are others");
}

#[tokio::test]
async fn every_event_of_a_batch_tells_its_collection() {
    let app = TestApp::start();
    let with = app.submit(batch(json!("größe-✓"))).await;
    let without = app.submit(batch(Value::Null)).await;
    app.wait_for(&with, "succeeded").await;
    app.wait_for(&without, "succeeded").await;
    let events = app.read("/api/v1/events?limit=1000").await;
    let (mut told, mut silent) = (0, 0);
    for event in events["events"].as_array().unwrap() {
        match with.ends_with(event["batch"].as_str().unwrap()) {
            true => {
                assert_eq!(event["data"]["collection"], "größe-✓", "{event:#}");
                told += 1;
            }
            false => {
                assert!(!event["data"].as_object().unwrap().contains_key("collection"), "{event:#}");
                silent += 1;
            }
        }
    }
    // Created, started and completed; each item started and completed.
    assert_eq!((told, silent), (7, 7));
}

#[tokio::test]
async fn what_cannot_be_seen_is_no_name() {
    let app = TestApp::start();
    let long = "é".repeat(200);
    assert_eq!(app.post("/api/v1/batches", batch(json!(long))).await.0, StatusCode::ACCEPTED);
    for wrong in
        [json!(""), json!(" "), json!("a b"), json!("a\u{200b}"), json!("a\n"), json!(7), json!("é".repeat(201))]
    {
        let (status, problem) = app.post("/api/v1/batches", batch(wrong.clone())).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "collection");
    }
    let answer = app.get("/api/v1/batches?collection=a%20b").await;
    assert_problem(&answer.json().await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, "validation_failed");
}
