//! The disk fails under a running server: it says so, only reads, loses nothing, and goes on by itself.
//!
//! [`lives_through`] is one scenario for each kind of trouble and each place; [`gate`] shows that nothing reaches a
//! disk that failed; [`room`] is about space and uploads; [`meanwhile`] about restarts and ends in the middle of it.

mod gate;
mod meanwhile;
mod room;

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::faultdisk::{FaultDisk, Place, Trouble};
use crate::harness::{Plan, TestApp, assert_problem};

const FALLS: &str = "the disk does not take writes; until it does the server only reads";
const RISES: &str = "the disk takes writes again";

#[tokio::test]
async fn a_database_on_a_full_disk() {
    lives_through(Trouble::Full, Place::Database).await;
}

#[tokio::test]
async fn blobs_on_a_full_disk() {
    lives_through(Trouble::Full, Place::Blobs).await;
}

#[tokio::test]
async fn a_database_on_a_read_only_disk() {
    lives_through(Trouble::ReadOnly, Place::Database).await;
}

#[tokio::test]
async fn blobs_on_a_read_only_disk() {
    lives_through(Trouble::ReadOnly, Place::Blobs).await;
}

#[tokio::test]
async fn a_database_whose_writes_fail() {
    lives_through(Trouble::WritesFail, Place::Database).await;
}

#[tokio::test]
async fn blobs_whose_writes_fail() {
    lives_through(Trouble::WritesFail, Place::Blobs).await;
}

#[tokio::test]
async fn a_database_whose_syncs_fail() {
    lives_through(Trouble::SyncsFail, Place::Database).await;
}

#[tokio::test]
async fn blobs_whose_syncs_fail() {
    lives_through(Trouble::SyncsFail, Place::Blobs).await;
}

/// Items are running when the disk fails. The end of the test recounts everything and reads every blob.
async fn lives_through(trouble: Trouble, place: Place) {
    let disk = FaultDisk::new();
    // An attempt that counted would be the last.
    let plan = Plan::default().with("store.disk_probe_secs", 1).with("retry.max_attempts", 1);
    let plan = plan.with("engine.max_active_batches", 1);
    let app = disk.under(plan).start_at(&disk.data());
    let before = app.submit_form(&[("a.pdf", samples::pdf_with_pages(1))], json!({ "operations": ["text"] })).await;
    app.wait_for(&before, "succeeded").await;
    let during = submit_slow(&app, 8, 300).await;
    let behind = app.submit(json!({ "operations": ["noop"], "items": 1, "priority": -5 })).await;
    app.eventually(&during, |seen| seen["counts"]["succeeded"].as_u64() >= Some(1)).await;

    disk.fail(trouble, place);
    assert_refused(&app, trouble).await;
    assert_says_so(&app, trouble).await;
    assert_only_reads(&app, &disk, trouble, &before, &during).await;
    let waiting = app.read(&behind).await;
    assert_eq!(waiting["waiting_because"], json!({ "reason": "disk", "full": trouble == Trouble::Full }));

    disk.heal();
    app.eventually("/readyz", |ready| ready["status"] == "ready").await;
    for batch in [&during, &behind] {
        let ended = app.wait_for_end(batch).await;
        assert_eq!(ended["outcome"], "succeeded", "no attempt was burnt: {ended:#}");
    }
    app.upload("again.pdf", samples::pdf_with_pages(2)).await;
    if trouble != Trouble::ReadOnly {
        assert_eq!(unfinished(&disk), 0, "something unfinished was left behind");
    }
    assert_logged_once(&app);
}

/// Documents that take their time and have artifacts.
async fn submit_slow(app: &TestApp, items: usize, ms: u64) -> String {
    let documents: Vec<_> = (0..items).map(|_| ("slow.pdf", samples::pdf_with_pages(1))).collect();
    let scripts: serde_json::Map<_, _> = (1..=items).map(|nth| (nth.to_string(), json!({ "sleep": ms }))).collect();
    app.submit_form(&documents, json!({ "operations": ["text"], "scripts": scripts })).await
}

fn expected(trouble: Trouble) -> (StatusCode, &'static str) {
    match trouble {
        Trouble::Full => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "disk_fault"),
    }
}

/// A document is on its way to the blobs and to the database: one of them refuses it.
async fn assert_refused(app: &TestApp, trouble: Trouble) {
    let (wanted, code) = expected(trouble);
    let answer = app.request(Method::POST, "/api/v1/files?name=x.pdf").body(vec![7; 700 << 10]).send().await.unwrap();
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(answer.status(), wanted);
    assert_problem(&answer.json().await.unwrap(), wanted, code);
}

async fn assert_says_so(app: &TestApp, trouble: Trouble) {
    let ready = app.eventually("/readyz", |ready| ready["checks"]["writer"]["since"].is_string()).await;
    assert_eq!(ready["status"], "not_ready");
    let writer = &ready["checks"]["writer"];
    assert_eq!((&writer["ok"], &writer["full"]), (&json!(false), &json!(trouble == Trouble::Full)), "{ready:#}");
    assert!(writer["detail"].as_str().unwrap().starts_with("the disk does not take writes: "), "{ready:#}");
    assert!(!writer.to_string().contains("/quire"), "no paths: {ready:#}");
    assert_eq!(app.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.get("/healthz").await.status(), StatusCode::OK);
}

/// Reads go on; verbs are refused; nothing is claimed or ends while the disk is tried and tried again.
async fn assert_only_reads(app: &TestApp, disk: &FaultDisk, trouble: Trouble, before: &str, during: &str) {
    let (wanted, code) = expected(trouble);
    let (counts, seq) = (app.read(during).await["counts"].clone(), last_seq(app).await);
    for _ in 0..2 {
        let (status, problem) = app.put(&format!("{during}/pause")).await;
        assert_eq!(status, wanted);
        assert_problem(&problem, wanted, code);
        let text = app.get(&format!("{before}/items/1/artifacts/text.txt")).await;
        assert_eq!(text.status(), StatusCode::OK);
        assert!(!text.bytes().await.unwrap().is_empty());
        let tried = disk.hits();
        app.eventually("/healthz", |_| disk.hits() > tried).await;
    }
    assert_eq!((app.read(during).await["counts"].clone(), last_seq(app).await), (counts, seq));
}

async fn last_seq(app: &TestApp) -> i64 {
    app.read("/api/v1/events?limit=1000").await["next_after"].as_i64().unwrap()
}

fn unfinished(disk: &FaultDisk) -> usize {
    std::fs::read_dir(disk.data().join("incoming")).unwrap().count()
}

fn assert_logged_once(app: &TestApp) {
    let log = std::fs::read_to_string(app.data.with_extension("log")).unwrap();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |wanted: &dyn Fn(&Value) -> bool| lines.iter().filter(|line| wanted(line)).count();
    let is_loud = |line: &Value| line["level"] == "ERROR" || line["level"] == "WARN";
    let loud: Vec<_> = lines.iter().filter(|line| is_loud(line)).collect();
    assert!(loud.len() == 1 && loud[0]["message"] == FALLS, "{loud:#?}");
    assert_eq!(of(&|line| line["message"] == RISES), 1, "{log}");
}
