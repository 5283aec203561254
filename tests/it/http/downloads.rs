//! Getting things back: whole, in part, or not again.

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, assert_problem, blobs};

#[tokio::test]
async fn a_batch_that_has_not_changed_is_not_sent_again() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    app.wait_for(&batch, "succeeded").await;
    let first = app.get(&batch).await;
    let etag = first.headers()["etag"].clone();
    let again = app.request(Method::GET, &batch).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], etag);
    assert_eq!(again.text().await.unwrap(), "");
    let other = app.request(Method::GET, &batch).header("if-none-match", "W/\"0-0\"").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_artifact_can_be_had_in_parts() {
    let app = TestApp::start();
    let batch = app.submit_form(&[("a.pdf", samples::pages(3))], json!({ "operations": ["text"] })).await;
    app.wait_for(&batch, "succeeded").await;
    let item = app.read(&format!("{batch}/items/1")).await;
    let names: Vec<_> = item["artifacts"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["pages.json", "text.txt"]);
    let path = format!("{batch}/items/1/artifacts/text.txt");
    let whole = app.get(&path).await;
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    assert!(whole.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(etag.trim_matches('"'), item["artifacts"][1]["sha256"]);
    let text = whole.bytes().await.unwrap();
    let ranged = async |range: &str| app.request(Method::GET, &path).header("range", range).send().await.unwrap();

    let part = ranged("bytes=5-9").await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], format!("bytes 5-9/{}", text.len()));
    assert_eq!(part.bytes().await.unwrap(), text[5..10]);
    assert_eq!(ranged("bytes=-4").await.bytes().await.unwrap(), text[text.len() - 4..]);
    assert_eq!(ranged("bytes=7-").await.bytes().await.unwrap(), text[7..]);
    assert_eq!(ranged("bytes=0-1,3-4").await.status(), StatusCode::OK, "several ranges: the whole");
    let beyond = ranged("bytes=999999-").await;
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", text.len()));
    assert_problem(&beyond.json().await.unwrap(), StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable");
    let stale = app.request(Method::GET, &path).header("range", "bytes=0-1").header("if-range", "\"old\"");
    assert_eq!(stale.send().await.unwrap().status(), StatusCode::OK);

    let head = app.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], text.len().to_string());
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    let known = app.request(Method::GET, &path).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_rollback_hides_what_was_made() {
    let app = TestApp::start();
    let files = [("good.pdf", samples::pages(1)), ("bad.pdf", b"not a pdf".to_vec())];
    let batch = app.submit_form(&files, json!({ "operations": ["info"], "on_failure": "rollback" })).await;
    app.wait_for(&batch, "failed").await;
    let results = app.results(&batch).await;
    assert!(results.iter().all(|item| item["artifacts"] == json!([])), "{results:#?}");
    let (status, problem) = app.call(Method::GET, &format!("{batch}/items/1/artifacts/info.json"), None).await;
    assert_problem(&problem, status, "artifact_not_found");
}

#[tokio::test]
async fn results_come_in_input_order_over_many_pages() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1_250 })).await;
    app.wait_for(&batch, "succeeded").await;
    let answer = app.get(&format!("{batch}/results.jsonl")).await;
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson; charset=utf-8");
    let text = answer.text().await.unwrap();
    let positions: Vec<u64> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=1_250).collect::<Vec<_>>());
    let head = app.request(Method::HEAD, &format!("{batch}/results.jsonl")).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
}

/// Small, and so large that it goes out in many pieces before all of it was read.
fn documents() -> [(&'static str, Vec<u8>); 2] {
    let mut large = samples::pages(1);
    large.extend((0..3_000_000_u32).map(|nth| (nth % 251) as u8));
    [("small.pdf", samples::pages(1)), ("large.pdf", large)]
}

async fn stored(app: &TestApp) -> Vec<(String, Vec<u8>, std::path::PathBuf)> {
    let files = documents();
    let batch = app.submit_form(&files, json!({ "operations": ["noop"] })).await;
    app.wait_for_end(&batch).await;
    let blobs = blobs(&app.data);
    let blob = |bytes: &[u8]| blobs.iter().find(|path| std::fs::read(path).unwrap() == bytes).unwrap().clone();
    let at = |nth: usize| format!("{batch}/items/{nth}/document");
    files.into_iter().zip(1..).map(|((_, bytes), nth)| (at(nth), bytes.clone(), blob(&bytes))).collect()
}

/// The same length, and the time of the last write put back: a look at the file does not tell.
fn alter(blob: &std::path::Path, bytes: &[u8]) {
    let modified = blob.metadata().unwrap().modified().unwrap();
    let mut other = bytes.to_vec();
    let last = other.len() - 2;
    other[last] ^= 1;
    std::fs::write(blob, other).unwrap();
    std::fs::File::options().write(true).open(blob).unwrap().set_modified(modified).unwrap();
}

/// The body, if a client believes it to be whole.
async fn taken(app: &TestApp, path: &str, range: Option<&str>) -> Option<Vec<u8>> {
    let request = app.request(Method::GET, path);
    let request = range.iter().fold(request, |request, range| request.header("range", *range));
    let answer = request.send().await.unwrap();
    match answer.status().is_success() {
        true => answer.bytes().await.ok().map(|bytes| bytes.to_vec()),
        false => None,
    }
}

#[tokio::test]
async fn bytes_that_were_altered_on_disk_are_not_taken_for_whole_by_anybody() {
    let app = TestApp::start();
    for (path, bytes, blob) in stored(&app).await {
        let end = format!("bytes={}-", bytes.len() - 10);
        // Asked for before as well: what was proven once is not believed for ever.
        assert_eq!(taken(&app, &path, None).await.unwrap(), bytes);
        assert_eq!(taken(&app, &path, Some(&end)).await.unwrap(), bytes[bytes.len() - 10..]);
        alter(&blob, &bytes);
        for range in [None, Some(end.as_str()), Some("bytes=0-9")] {
            assert_eq!(taken(&app, &path, range).await, None, "{path} {range:?}");
        }
        std::fs::write(&blob, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(taken(&app, &path, None).await, None, "cut short");
        std::fs::write(&blob, &bytes).unwrap();
        assert_eq!(taken(&app, &path, None).await.unwrap(), bytes, "put back");
    }
    let seen = app.read("/api/batch/metrics").await;
    assert_eq!(seen["store"]["altered_blobs"], 8, "{seen:#}");
    assert!(app.whole_log().contains("are not those that were stored"));
}

#[tokio::test]
async fn control_a_server_that_does_not_compare_sends_altered_bytes_as_the_old_ones() {
    let app = Plan::default().without("store.proof").start();
    for (path, bytes, blob) in stored(&app).await {
        alter(&blob, &bytes);
        assert_ne!(taken(&app, &path, None).await.unwrap(), bytes);
        std::fs::write(&blob, &bytes).unwrap();
    }
}
