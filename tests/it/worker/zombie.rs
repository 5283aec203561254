//! Processes that are stopped and wake up when the world has gone on: nothing of theirs counts any more.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, children_of, is_dead};
use crate::worker::harness::until;

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
}

/// The one worker process there is.
fn worker_of(app: &TestApp) -> u32 {
    let workers = children_of(app.pid());
    assert_eq!(workers.len(), 1, "{workers:?}");
    workers[0]
}

/// Two attempts, one result: what the item's history and the log say.
async fn assert_one_result(app: &TestApp, batch: &str, ends: [&str; 2]) -> Value {
    let item = app.read(&format!("{batch}/items/1")).await;
    let attempts: Vec<&str> =
        item["attempts"].as_array().unwrap().iter().map(|attempt| attempt["ended"].as_str().unwrap()).collect();
    assert_eq!(attempts, ends, "{item:#}");
    let events = app.read("/api/v1/events?limit=1000").await;
    let ends = events["events"].as_array().unwrap().iter().filter(|event| event["type"] == "item.completed");
    assert_eq!(ends.count(), 1, "{events:#}");
    item
}

/// A script for the first attempt; the second works as usual.
fn at_first(script: Value) -> Value {
    json!({ "fail_first": { "attempts": 1, "with": script } })
}

#[tokio::test]
async fn a_worker_stopped_past_its_clock_is_killed_and_another_attempt_gives_the_one_result() {
    let app = TestApp::with("worker.silence_timeout_secs", 3).with("retry.backoff_base_ms", 1).start();
    // It gives signs of life until it is stopped, and never ends by itself.
    let batch = app.submit_taken(at_first(json!("linger"))).await;
    let worker = worker_of(&app);
    signal(worker, Signal::STOP);
    app.wait_for(&batch, "succeeded").await;
    let item = assert_one_result(&app, &batch, ["failed", "succeeded"]).await;
    assert_eq!(item["attempts"][0]["failure"]["code"], "timed_out_silent");
    assert_ne!(item["attempts"][0]["worker_pid"], item["attempts"][1]["worker_pid"]);
    until("the stopped process is gone", || is_dead(worker)).await;
}

#[tokio::test]
async fn a_worker_that_is_stopped_when_its_server_dies_dies_too_and_does_not_wake_up_later() {
    let mut app = TestApp::start();
    let batch = app.submit_taken(at_first(json!({ "sleep": 600_000 }))).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] == 1).await;
    let worker = worker_of(&app);
    signal(worker, Signal::STOP);
    app.kill();
    app.restart();
    app.wait_for(&batch, "succeeded").await;
    assert_one_result(&app, &batch, ["lost", "succeeded"]).await;
    until("the stopped process is gone", || is_dead(worker)).await;
}

/// The batch's actor is begun anew while an attempt runs: the attempt goes on without anybody who waits for it, and
/// another one is faster.
#[tokio::test]
async fn an_attempt_that_was_given_up_and_ends_later_changes_nothing() {
    let app = TestApp::start();
    let batch = app.submit_taken(at_first(json!({ "sleep": 3_000 }))).await;
    let worker = worker_of(&app);
    signal(worker, Signal::STOP);
    let actors = app.read("/api/v1/admin/actors").await;
    let ids = actors["actors"].as_array().unwrap().iter().map(|actor| actor["id"].as_str().unwrap());
    let actor = ids.filter(|id| id.contains("/batch-supervisor/")).min_by_key(|id| id.len()).unwrap().to_owned();
    let (status, _) = app.post(&format!("/api/v1/admin/actors/{actor}/restart"), json!({})).await;
    assert!(status.is_success());
    app.wait_for(&batch, "succeeded").await;
    // By now it may have been killed with its actor.
    let _ = kill_process(Pid::from_raw(worker as i32).unwrap(), Signal::CONT);
    let item = app.read(&format!("{batch}/items/1")).await;
    let attempts = item["attempts"].as_array().unwrap();
    assert_eq!(attempts.last().unwrap()["ended"], "succeeded", "{item:#}");
    assert!(attempts.iter().all(|attempt| attempt["failure"].is_null()), "nothing is charged: {item:#}");
    // The server goes on as before, with whatever the late one had to say behind it.
    let next = app.submit_sleepers(6, 1, json!({})).await;
    app.wait_for(&next, "succeeded").await;
    let again = app.read(&format!("{batch}/items/1")).await;
    assert_eq!(again["attempts"], item["attempts"]);
}

/// The attempts of two items, while the server itself stands still for longer than every clock it holds over an
/// attempt; its workers do not.
async fn attempts_over_a_standstill(plan: Plan) -> Vec<Value> {
    let plan = plan.with("worker.silence_timeout_secs", 5).with("worker.attempt_timeout_secs", 5);
    let app = plan.with("retry.max_timeouts", 1).start();
    let batch = app.submit_sleepers(2, 2_500, json!({})).await;
    app.at_work(2).await;
    signal(app.pid(), Signal::STOP);
    // Longer than every clock: what is tried is that this time does not count.
    tokio::time::sleep(std::time::Duration::from_secs(7)).await;
    signal(app.pid(), Signal::CONT);
    app.wait_for_end(&batch).await;
    let mut attempts = Vec::new();
    for position in 1..=2 {
        let item = app.read(&format!("{batch}/items/{position}")).await;
        attempts.extend(item["attempts"].as_array().unwrap().iter().map(|attempt| attempt["ended"].clone()));
    }
    attempts
}

#[tokio::test]
async fn a_server_stopped_past_its_clocks_blames_nobody_for_it() {
    assert_eq!(attempts_over_a_standstill(Plan::default()).await, ["succeeded"; 2]);
}

#[tokio::test]
async fn control_clocks_that_go_on_over_a_standstill_are_seen_to_blame_somebody() {
    let attempts = attempts_over_a_standstill(Plan::default().without("worker.standstill")).await;
    assert!(attempts.iter().any(|ended| ended == "failed"), "the test is blind: {attempts:?}");
}
