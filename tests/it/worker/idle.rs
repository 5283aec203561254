//! Worker processes that have nothing to do and are killed from outside: nobody is charged for it, and nothing is said
//! to be broken.

use std::time::Duration;

use quire_worker::cpu_time;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, children_of, is_dead};

fn kill_workers(app: &TestApp) {
    for worker in children_of(app.pid()) {
        // It may be gone already.
        let _ = kill_process(Pid::from_raw(worker as i32).unwrap(), Signal::KILL);
    }
}

fn last_flight(ready: &Value) -> &Value {
    &ready["checks"]["canary"]["last"]
}

/// The first canary after all idle processes were killed.
async fn flight_after_a_kill(plan: Plan) -> Value {
    let app = plan.with("worker.canary_secs", 1).with("engine.slots", 1).start();
    let first = app.eventually("/readyz", |ready| last_flight(ready)["at"].is_string()).await;
    app.at_work(0).await;
    kill_workers(&app);
    let next = app.eventually("/readyz", |ready| last_flight(ready)["at"] != last_flight(&first)["at"]).await;
    last_flight(&next).clone()
}

#[tokio::test]
async fn a_canary_that_meets_a_dead_process_flies_with_another() {
    let flight = flight_after_a_kill(Plan::default()).await;
    assert!(flight["failure"].is_null() && flight["took_ms"].is_number(), "{flight:#}");
}

#[tokio::test]
async fn control_a_canary_that_takes_a_dead_process_for_broken_work_is_seen() {
    let flight = flight_after_a_kill(Plan::default().without("canary.another")).await;
    assert_eq!(flight["failure"]["code"], "worker_unavailable", "the test is blind: {flight:#}");
}

/// The kill comes while the next document is on its way: the process may even have been sent it.
#[tokio::test]
async fn a_document_that_is_sent_to_a_dying_process_is_not_charged() {
    let app = TestApp::with("engine.slots", 1).with("retry.max_attempts", 1).start();
    for _ in 0..12 {
        let before = app.submit_form(&[("a.pdf", b"one".to_vec())], json!({ "operations": ["noop"] })).await;
        app.wait_for(&before, "succeeded").await;
        app.at_work(0).await;
        kill_workers(&app);
        let batch = app.submit_form(&[("b.pdf", b"two".to_vec())], json!({ "operations": ["noop"] })).await;
        app.wait_for(&batch, "succeeded").await;
        let item = app.read(&format!("{batch}/items/1")).await;
        let attempts = item["attempts"].as_array().unwrap();
        assert!(attempts.iter().all(|attempt| attempt["failure"].is_null()), "{item:#}");
    }
}

const METRICS: &str = "/api/batch/metrics";

/// A server whose only worker was taken over by a document, and has kept the processor busy since.
async fn taken_over(plan: Plan) -> (TestApp, u32) {
    let app = plan.with("engine.slots", 1).with("worker.idle_cpu_ms", 200).start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "scripts": { "1": "spin_on" } })).await;
    app.wait_for(&batch, "succeeded").await;
    let worker = app.read(&format!("{batch}/items/1")).await["attempts"][0]["worker_pid"].as_u64().unwrap();
    (app, worker as u32)
}

#[tokio::test]
async fn a_worker_that_is_busy_without_work_is_ended_and_another_takes_its_place() {
    let (app, worker) = taken_over(Plan::default()).await;
    app.eventually(METRICS, |metrics| metrics["workers"]["killed_idle"] == 1).await;
    // On a busy machine a process that was killed takes a while to be gone.
    app.eventually(METRICS, |_| is_dead(worker)).await;
    assert!(app.whole_log().contains("a worker process worked without a job"), "{}", app.whole_log());
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    app.wait_for(&batch, "succeeded").await;
    assert_ne!(app.read(&format!("{batch}/items/1")).await["attempts"][0]["worker_pid"], worker);
}

#[tokio::test]
async fn control_nobody_else_ends_a_worker_that_is_busy_without_work() {
    let (app, worker) = taken_over(Plan::default().without("worker.idle_cpu")).await;
    let before = cpu_time::of(worker).unwrap();
    app.eventually(METRICS, |_| cpu_time::of(worker).unwrap() > before + Duration::from_secs(2)).await;
    assert_eq!(app.read(METRICS).await["workers"]["killed_idle"], 0);
}
