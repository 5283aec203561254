//! From a request to a result.

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::TestApp;

#[tokio::test]
async fn a_batch_of_no_ops_succeeds_and_its_log_tells_the_story() {
    let app = TestApp::start();
    let answer = app
        .request(Method::POST, "/api/v1/batches")
        .header("x-correlation-id", "story-1")
        .json(&json!({ "operations": ["noop"], "items": 7, "name": "seven" }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert_eq!(answer.headers()["x-correlation-id"], "story-1");
    let batch = answer.headers()["location"].to_str().unwrap().to_owned();
    let ended = app.wait_for(&batch, "succeeded").await;
    assert_eq!(ended["counts"]["succeeded"], 7);
    assert_eq!(ended["progress"], 1.0);
    assert_eq!(ended["name"], "seven");
    assert_eq!(ended["correlation_id"], "story-1");
    let log = app.read("/api/v1/events?after=0&limit=1000").await;
    let events = log["events"].as_array().unwrap();
    let seqs: Vec<i64> = events.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "no gap");
    assert_eq!(events.first().unwrap()["type"], "batch.created");
    assert_eq!(events.last().unwrap()["type"], "batch.completed");
    assert!(events.iter().all(|event| event["correlation_id"] == "story-1"));
    assert_eq!(events.iter().filter(|event| event["type"] == "item.completed").count(), 7);
    let rest = app.read(&format!("/api/v1/events?after={}", log["next_after"])).await;
    assert_eq!(rest["events"], json!([]));
}

#[tokio::test]
async fn documents_sent_with_the_batch_come_back_as_text() {
    let app = TestApp::start();
    let files = [("ten.pdf", samples::pdf_with_pages(10)), ("broken.pdf", b"no pdf at all".to_vec())];
    let batch = app.submit_form(&files, json!({ "operations": ["text", "info"] })).await;
    let ended = app.wait_for_end(&batch).await;
    assert_eq!(ended["outcome"], "partial", "{ended:#}");
    let results = app.results(&batch).await;
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["name"], "ten.pdf");
    assert_eq!(results[0]["state"], "succeeded");
    assert_eq!(results[0]["summary"]["pages"], 10);
    let failure = &results[1]["failure"];
    assert_eq!((&failure["code"], &failure["reason"]), (&json!("not_a_pdf"), &json!("permanent")));
    assert!(failure["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    let artifacts = results[0]["artifacts"].as_array().unwrap();
    let text = artifacts.iter().find(|artifact| artifact["name"] == "text.txt").unwrap();
    let body = app.get(text["href"].as_str().unwrap()).await.text().await.unwrap();
    assert!(body.contains("This is page 10 of 10."), "{body}");
}

#[tokio::test]
async fn files_uploaded_before_are_named_by_id() {
    let app = TestApp::start();
    let first = app.upload("a.pdf", samples::pdf_with_pages(1)).await;
    let again = app.upload("b.pdf", samples::pdf_with_pages(1)).await;
    assert_eq!((&first["duplicate"], &again["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(first["sha256"], again["sha256"]);
    let secret = samples::encrypted_pdf("open-sesame", "owner");
    let locked = app.upload("locked.pdf", secret).await;
    let batch = app
        .submit(json!({
            "operations": ["text"],
            "files": [first["id"], { "id": again["id"], "name": "renamed.pdf" },
                      { "id": locked["id"], "password": "open-sesame" }],
        }))
        .await;
    app.wait_for(&batch, "succeeded").await;
    let results = app.results(&batch).await;
    let names: Vec<_> = results.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.pdf", "renamed.pdf", "locked.pdf"]);
    let all = format!("{} {results:?}", app.read(&batch).await);
    assert!(!all.contains("open-sesame"), "a password is never shown");
}

#[tokio::test]
async fn two_files_of_one_name_and_an_empty_one_are_items_of_their_own() {
    let app = TestApp::start();
    let files =
        [("same.pdf", samples::pdf_with_pages(1)), ("same.pdf", samples::pdf_with_pages(2)), ("empty.pdf", Vec::new())];
    let batch = app.submit_form(&files, json!({ "operations": ["info"] })).await;
    app.wait_for(&batch, "partial").await;
    let results = app.results(&batch).await;
    assert_eq!(results[0]["name"], results[1]["name"]);
    assert_ne!(results[0]["artifacts"][0]["sha256"], results[1]["artifacts"][0]["sha256"]);
    assert_eq!(results[2]["failure"]["code"], "empty_file");
}

#[tokio::test]
async fn lists_are_walked_page_by_page_without_loss() {
    let app = TestApp::start();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(app.submit(json!({ "operations": ["noop"], "items": 25 })).await);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/batches?limit=2".to_owned();
    loop {
        let page = app.read(&path).await;
        let batches = page["batches"].as_array().unwrap();
        seen.extend(batches.iter().map(|batch| batch["links"]["self"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/batches?limit=2&cursor={cursor}");
    }
    seen.reverse();
    assert_eq!(seen, made);

    app.wait_for(&made[0], "succeeded").await;
    let (mut positions, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.read(&format!("{}/items?state=succeeded&limit=10{cursor}", made[0])).await;
        positions.extend(page["items"].as_array().unwrap().iter().map(|item| item["position"].as_u64().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(positions, (1..=25).collect::<Vec<_>>());
    let failed = app.read(&format!("{}/items?state=failed", made[0])).await;
    assert_eq!(failed["items"], json!([]));
}

#[tokio::test]
async fn results_can_be_read_while_the_batch_runs() {
    let app = TestApp::start();
    let batch = app.submit_sleepers(40, 250, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] != 0).await;
    let results = app.results(&batch).await;
    let positions: Vec<_> = results.iter().map(|item| item["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=40).collect::<Vec<_>>());
    let waiting = results.iter().find(|item| item["state"] == "queued").unwrap();
    assert!(waiting["waiting_because"]["reason"].is_string(), "{waiting:#}");
    app.call(Method::DELETE, &batch, None).await;
    app.wait_for(&batch, "cancelled").await;
}

#[tokio::test]
async fn a_document_at_work_shows_its_stage() {
    let app = TestApp::with("worker.grace_ms", 100).start();
    let files = [("slow.pdf", samples::pdf_with_pages(1))];
    let batch =
        app.submit_form(&files, json!({ "operations": ["text"], "scripts": { "1": { "sleep": 60_000 } } })).await;
    let item = app.eventually(&format!("{batch}/items/1"), |item| item["progress"]["stage"].is_string()).await;
    assert_eq!(item["state"], "running");
    app.call(Method::DELETE, &batch, None).await;
    let ended = app.wait_for(&batch, "cancelled").await;
    assert_eq!(ended["counts"]["cancelled"], 1);
    assert_eq!(app.read(&format!("{batch}/items/1")).await["progress"], json!(null));
}

#[tokio::test]
async fn an_item_shows_every_attempt() {
    let app = TestApp::with("retry.backoff_base_ms", 1).start();
    let flaky = json!({ "fail_first": { "attempts": 1, "with":
        { "fail": { "code": "storage_failed", "detail": "as the test asked" } } } });
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "scripts": { "1": flaky } })).await;
    app.wait_for(&batch, "succeeded").await;
    let item = app.read(&format!("{batch}/items/1")).await;
    let attempts = item["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{item:#}");
    assert_eq!(attempts[0]["failure"]["code"], "storage_failed");
    assert_eq!(attempts[0]["failure"]["detail"], "as the test asked");
    assert_eq!(attempts[1]["ended"], "succeeded");
    assert_eq!(item["failure"], json!(null));
}

#[tokio::test]
async fn the_addresses_that_were_fixed_before_lead_to_the_same_batches() {
    let app = TestApp::start();
    let (status, made) =
        app.post("/api/batch/jobs", json!({ "operations": ["noop"], "items": 3, "sealed": false })).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let job = format!("/api/batch/jobs/{}", made["id"].as_str().unwrap());
    app.eventually(&job, |job| job["counts"]["succeeded"] == 3).await;
    assert_eq!(app.read(&format!("{job}/tasks")).await["items"].as_array().unwrap().len(), 3);
    assert_eq!(app.put(&format!("{job}/pause")).await.1["status"], "paused");
    assert_eq!(app.put(&format!("{job}/resume")).await.1["status"], "open");
    let (status, _) = app.call(Method::DELETE, &job, None).await;
    assert!(status.is_success());
    app.eventually(&job, |job| job["outcome"].is_string()).await;
    let metrics = app.read("/api/batch/metrics").await;
    assert_eq!(metrics["items"]["succeeded"], 3, "{metrics:#}");
    assert_eq!(metrics["engine"]["slots_total"], 2);
    assert!(metrics["store"]["commits"].as_u64().unwrap() > 0);
}
