//! SIGTERM under load: what runs may finish, then it is stopped uncharged; nobody is left behind, nothing is lost.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use quire_domain::ids::BatchKey;
use quire_store::items::ItemFilter;
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, blobs, children_of, is_dead, look};
use crate::worker::harness::until;

/// Charged attempts of the batch: items that have not ended, and their attempts that count.
fn charged(data: &Path) -> (usize, u32) {
    look(data, |snapshot| {
        let all = snapshot.items(BatchKey(1), ItemFilter::Behind { after: 0 }, 1_000)?;
        let live = all.iter().filter(|stored| !stored.item.state.is_terminal());
        Ok((live.clone().count(), live.map(|stored| stored.item.charged).sum()))
    })
}

async fn assert_nothing_failed(app: &TestApp, batch: &str, items: u32) {
    let ended = app.wait_for_end(batch).await;
    assert_eq!((&ended["outcome"], &ended["counts"]["succeeded"]), (&json!("succeeded"), &json!(items)), "{ended:#}");
    for position in 1..=items {
        let item = app.read(&format!("{batch}/items/{position}")).await;
        let attempts = item["attempts"].as_array().unwrap();
        let ends: Vec<&Value> = attempts.iter().map(|attempt| &attempt["ended"]).collect();
        assert!(ends.iter().all(|end| **end == "succeeded" || **end == "yielded"), "{item:#}");
    }
}

#[tokio::test]
async fn under_load_the_server_drains_then_stops_the_rest_charges_nobody_and_leaves_nobody() {
    let mut app = TestApp::with("server.shutdown_timeout_secs", 1).with("worker.grace_ms", 50).start();
    // Most are quick; every fiftieth outlives the drain.
    let scripts: serde_json::Map<String, Value> =
        (1..=300).map(|nth| (nth.to_string(), json!({ "sleep": if nth % 50 == 0 { 4_000 } else { 10 } }))).collect();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 300, "scripts": scripts })).await;
    app.eventually(&batch, |seen| seen["counts"]["succeeded"].as_u64() >= Some(45)).await;
    let workers = children_of(app.pid());
    assert!(!workers.is_empty());
    let status = app.terminate();
    assert_eq!(status.code(), Some(0), "{status:?}");
    until("all worker processes are gone", || workers.iter().all(|pid| is_dead(*pid))).await;
    let (live, charged) = charged(&app.data);
    assert!(live > 0, "the batch was too quick for this test");
    assert_eq!(charged, 0, "an attempt was charged for the server's own end");
    app.restart();
    assert_nothing_failed(&app, &batch, 300).await;
}

/// Each of the two processes has one of the four; the others are claimed, which is nobody's business.
async fn two_at_work(app: &TestApp, batch: &str) {
    app.eventually(batch, |seen| seen["counts"]["running"] == 2).await;
    until("two worker processes", || children_of(app.pid()).len() == 2).await;
    app.at_work(2).await;
}

/// Control of the next test: one signal alone hastens nothing, and nothing new starts after it.
#[tokio::test]
async fn one_signal_waits_for_what_runs_and_starts_nothing_else() {
    let mut app = TestApp::with("server.shutdown_timeout_secs", 600).start();
    let batch = app.submit_sleepers(4, 3_000, json!({})).await;
    two_at_work(&app, &batch).await;
    assert_eq!(app.terminate().code(), Some(0));
    assert_eq!(charged(&app.data), (2, 0));
    app.restart();
    app.wait_for(&batch, "succeeded").await;
}

#[tokio::test]
async fn a_second_signal_hastens_the_end() {
    let plan = TestApp::with("server.shutdown_timeout_secs", 600).with("worker.silence_timeout_secs", 600);
    let mut app = plan.with("worker.grace_ms", 50).start();
    let batch = app.submit_sleepers(4, 500_000, json!({})).await;
    two_at_work(&app, &batch).await;
    let workers = children_of(app.pid());
    app.ask_to_end();
    until("it drains", || TcpStream::connect(app.url.trim_start_matches("http://")).is_err()).await;
    let status = app.terminate();
    assert_eq!(status.code(), Some(0), "{status:?}");
    until("all worker processes are gone", || workers.iter().all(|pid| is_dead(*pid))).await;
    assert_eq!(charged(&app.data), (4, 0));
}

/// A request that has sent its head and a part of its body, which is on the disk by now.
fn half_an_upload(app: &TestApp, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).unwrap();
    let head = "POST /api/v1/files?name=half.pdf HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    stream.write_all(format!("{head}content-length: {}\r\n\r\n", bytes * 2).as_bytes()).unwrap();
    stream.write_all(&vec![b'x'; bytes]).unwrap();
    stream
}

fn incoming(data: &Path) -> usize {
    std::fs::read_dir(data.join("incoming")).unwrap().count()
}

/// The number of 500 short items that end after the signal, while an upload holds the last connection open for as long as
/// the server lets it.
async fn ended_after_the_signal(plan: Plan) -> u64 {
    let mut app = plan.with("engine.claim_items", 1).start();
    let batch = app.submit_sleepers(500, 50, json!({})).await;
    let _upload = half_an_upload(&app, 1 << 20);
    until("it is on its way to the disk", || incoming(&app.data) == 1).await;
    let before = app.eventually(&batch, |seen| seen["counts"]["succeeded"].as_u64() >= Some(5)).await;
    assert_eq!(app.terminate().code(), Some(0));
    let (live, _) = charged(&app.data);
    app.restart();
    app.wait_for(&batch, "succeeded").await;
    500 - live as u64 - before["counts"]["succeeded"].as_u64().unwrap()
}

#[tokio::test]
async fn nothing_new_starts_while_the_last_request_is_waited_for() {
    let ended = ended_after_the_signal(Plan::default()).await;
    assert!(ended < 60, "{ended} more items ended after the signal");
}

#[tokio::test]
async fn control_a_server_that_answers_first_and_rests_afterwards_is_seen_to_go_on() {
    let ended = ended_after_the_signal(Plan::default().without("serve.rest_at_once")).await;
    assert!(ended >= 60, "the test is blind: {ended}");
}

#[tokio::test]
async fn uploads_under_way_are_answered_or_broken_off_and_leave_nothing() {
    let mut app = TestApp::start();
    let (mut finished, mut broken) = (half_an_upload(&app, 1 << 20), half_an_upload(&app, 1 << 20));
    until("both are on their way to the disk", || incoming(&app.data) == 2).await;
    app.ask_to_end();
    finished.write_all(&vec![b'x'; 1 << 20]).unwrap();
    let mut answer = String::new();
    // Too late is an answer as well; a connection that is closed is a clean end.
    let _ = finished.read_to_string(&mut answer);
    let was_kept = answer.starts_with("HTTP/1.1 201");
    assert!(was_kept || answer.is_empty() || answer.starts_with("HTTP/1.1 503"), "{answer}");
    let mut rest = Vec::new();
    let _ = broken.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP/1.1 2"), "half a document was taken: {}", String::from_utf8_lossy(&rest));
    assert_eq!(app.wait_for_exit().code(), Some(0));
    app.restart();
    assert_eq!(incoming(&app.data), 0);
    let blobs = blobs(&app.data).len();
    assert!(blobs <= 1, "half a document became a blob");
    if was_kept {
        assert_eq!(blobs, 1, "an upload that was acknowledged is gone");
    }
}
