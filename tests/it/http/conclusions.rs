//! Worker processes that die or misbehave, as users see them: a code, what was seen, what to do, and a document that is
//! still there.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, children_of};

/// Scripts for a process, each with the code that is concluded.
fn hostile() -> Vec<(Value, &'static str)> {
    let oversized: Vec<u8> = (200_u32 << 10).to_le_bytes().to_vec();
    vec![
        (json!({ "exit": 3 }), "worker_exited"),
        (json!("abort"), "worker_signalled"),
        (json!("overflow"), "stack_overflow"),
        (json!("allocate"), "out_of_memory"),
        (json!("hang"), "timed_out_silent"),
        (json!("flood"), "timed_out_total"),
        (json!("spin"), "timed_out_total"),
        (json!("garbage"), "protocol_violation"),
        (json!({ "raw": oversized }), "protocol_violation"),
        (json!({ "raw": [9, 0, 0, 0, 1] }), "timed_out_silent"),
        (json!("wrong_ticket"), "protocol_violation"),
        (json!("endless_artifacts"), "too_many_artifacts"),
        (json!("panic"), "engine_failure"),
    ]
}

async fn history(app: &TestApp, batch: &str, position: usize) -> (Value, Vec<Value>) {
    let item = app.read(&format!("{batch}/items/{position}")).await;
    let attempts = item["attempts"].as_array().unwrap().clone();
    (item, attempts)
}

/// Whether the failure is called this, with what was seen and what to do.
fn is_told(failure: &Value, code: &str) -> bool {
    let told = |field: &str| failure[field].as_str().is_some_and(|text| text.len() > 10);
    failure["code"] == code && told("detail") && told("remedy")
}

/// The conclusions that these children should have led to, and did not, in one of their attempts.
async fn missed_conclusions(plan: Plan) -> Vec<&'static str> {
    // Long enough for what ends by something else on a machine that is busy; once is enough for what ends by them.
    let plan = plan.with("worker.silence_timeout_secs", 5).with("worker.attempt_timeout_secs", 10);
    let app =
        plan.with("retry.max_timeouts", 1).with("worker.memory_mib", 256).with("retry.backoff_base_ms", 1).start();
    let hostile = hostile();
    let scripts: serde_json::Map<String, Value> =
        (1..).zip(&hostile).map(|(nth, (script, _)): (u32, _)| (nth.to_string(), script.clone())).collect();
    let items = hostile.len() + 5;
    let batch = app.submit(json!({ "operations": ["noop"], "items": items, "scripts": scripts })).await;
    let ended = app.wait_for_end(&batch).await;
    let (failed, succeeded) = (&ended["counts"]["failed"], &ended["counts"]["succeeded"]);
    assert_eq!((failed, succeeded), (&json!(hostile.len()), &json!(5)), "{ended:#}");
    let mut missed = Vec::new();
    for (position, (script, code)) in (1..).zip(&hostile) {
        let (item, attempts) = history(&app, &batch, position).await;
        assert!(!attempts.is_empty() && attempts.len() <= 2, "{script}: {item:#}");
        let failures = attempts.iter().map(|attempt| &attempt["failure"]);
        if !failures.chain([&item["failure"]]).all(|failure| is_told(failure, code)) {
            println!("{script} should be {code}: {item:#}");
            missed.push(*code);
        }
    }
    missed
}

#[tokio::test]
async fn every_hostile_child_is_one_typed_conclusion_in_each_attempt_and_the_queue_goes_on() {
    assert_eq!(missed_conclusions(Plan::default()).await, [""; 0]);
}

#[tokio::test]
async fn control_a_server_that_does_not_listen_to_last_words_is_seen_to_conclude_wrongly() {
    let missed = missed_conclusions(Plan::default().without("worker.last_words")).await;
    assert_eq!(missed, ["stack_overflow", "out_of_memory"]);
}

#[tokio::test]
async fn a_worker_killed_from_outside_costs_one_attempt_and_is_not_called_a_crash_of_our_making() {
    let app = TestApp::with("worker.silence_timeout_secs", 600).start();
    let batch = app.submit_taken(json!({ "fail_first": { "attempts": 1, "with": "hang" } })).await;
    for worker in children_of(app.pid()) {
        kill_process(Pid::from_raw(worker as i32).unwrap(), Signal::KILL).unwrap();
    }
    app.wait_for(&batch, "succeeded").await;
    let (item, attempts) = history(&app, &batch, 1).await;
    assert_eq!(attempts.len(), 2, "{item:#}");
    assert!(is_told(&attempts[0]["failure"], "worker_signalled"), "{item:#}");
    let detail = attempts[0]["failure"]["detail"].as_str().unwrap();
    assert!(detail.contains("SIGKILL") && detail.contains("not from the server"), "{detail}");
}

#[tokio::test]
async fn a_process_is_replaced_after_its_number_of_documents() {
    let app = TestApp::with("worker.recycle_after_documents", 1).with("engine.slots", 1).start();
    let pdf = quire_documents::samples::pages(1);
    let names = ["a.pdf", "b.pdf", "c.pdf", "d.pdf", "e.pdf"];
    let files: Vec<_> = names.iter().map(|name| (*name, pdf.clone())).collect();
    let batch = app.submit_form(&files, json!({ "operations": ["info"] })).await;
    app.wait_for(&batch, "succeeded").await;
    let mut pids = Vec::new();
    for position in 1..=names.len() {
        let (_, attempts) = history(&app, &batch, position).await;
        pids.push(attempts[0]["worker_pid"].as_u64().unwrap());
    }
    let different: std::collections::BTreeSet<_> = pids.iter().collect();
    assert_eq!(different.len(), names.len(), "one process for each document: {pids:?}");
    let metrics = app.read("/api/batch/metrics").await;
    assert!(metrics["workers"]["recycled"].as_u64() >= Some(4), "{metrics:#}");
}

/// The details of two tries of a document whose worker falls silent in both.
async fn silent_twice(plan: Plan) -> Vec<String> {
    let plan = plan.with("worker.silence_timeout_secs", 2).with("worker.silence_again_min_ms", 250);
    let app = plan.with("retry.backoff_base_ms", 1).with("retry.max_timeouts", 2).start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "scripts": { "1": "hang" } })).await;
    app.wait_for_end(&batch).await;
    let (item, attempts) = history(&app, &batch, 1).await;
    assert_eq!(attempts.len(), 2, "{item:#}");
    assert!(attempts.iter().all(|attempt| is_told(&attempt["failure"], "timed_out_silent")), "{item:#}");
    attempts.iter().map(|attempt| attempt["failure"]["detail"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_second_silence_at_one_place_is_borne_for_less_long() {
    let [first, second] = silent_twice(Plan::default()).await.try_into().unwrap();
    assert_eq!(first, "no sign of life for 2s");
    assert_eq!(second, "no sign of life for 250ms, at the place where it was silent before");
}

#[tokio::test]
async fn control_without_memory_every_silence_is_borne_to_its_end() {
    let [first, second] = silent_twice(Plan::default().without("worker.silence_again")).await.try_into().unwrap();
    assert_eq!(first, second);
}
