//! Endpoints that get nothing more, and how they come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use reqwest::StatusCode;
use serde_json::json;

use super::receiver::{Answer, Receiver};
use super::{Hook, all_events, plan};
use crate::harness::{TestApp, assert_problem};

/// A receiver whose status can be changed.
fn switched(status: u16) -> (Receiver, Arc<AtomicU16>) {
    let switch = Arc::new(AtomicU16::new(status));
    let seen = Arc::clone(&switch);
    (Receiver::scripted(move |_, _| Answer::Status(seen.load(Ordering::SeqCst))), switch)
}

async fn run_a_batch(app: &TestApp) {
    let batch = app.submit(json!({ "operations": ["noop"], "items": 2 })).await;
    app.wait_for_end(&batch).await;
}

/// Whether every event of the log arrived.
async fn assert_nothing_is_missing(app: &TestApp, receiver: &Receiver) {
    let events = all_events(app).await.len() as i64;
    receiver.wait(|visits| (1..=events).all(|seq| visits.iter().any(|visit| visit.seq() == seq))).await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone_until_it_is_enabled_and_then_gets_everything() {
    let app = plan().start();
    let (receiver, status) = switched(410);
    let hook = Hook::to(&app, &receiver).await;
    run_a_batch(&app).await;
    let disabled = app.eventually(&hook.at, |seen| seen["state"] == "disabled").await;
    assert_eq!(disabled["disabled"]["reason"], "gone");
    assert!(disabled["disabled"]["detail"].as_str().unwrap().contains("410") && disabled["disabled"]["at"].is_string());
    app.eventually("/api/v1/admin/actors", |seen| !seen.to_string().contains("webhook-sender/webhook-")).await;
    let before = receiver.visits().len();
    run_a_batch(&app).await;
    assert_eq!(receiver.visits().len(), before, "it is left alone");
    status.store(200, Ordering::SeqCst);
    let (answered, enabled) = app.post(&format!("{}/enable", hook.at), json!({})).await;
    assert_eq!((answered.as_u16(), &enabled["state"], enabled["disabled"].is_null()), (200, &json!("active"), true));
    assert_nothing_is_missing(&app, &receiver).await;
}

#[tokio::test]
async fn a_receiver_that_does_nothing_but_fail_is_disabled_in_the_end_and_its_owner_sees_why() {
    let app = plan()
        .with("webhooks.retry_pauses_ms", vec!["200"; 40].join(","))
        .with("webhooks.disable_after_secs", 1)
        .start();
    let (receiver, status) = switched(500);
    let hook = Hook::to(&app, &receiver).await;
    run_a_batch(&app).await;
    app.eventually(&hook.at, |seen| seen["failing_since"].is_string()).await;
    let disabled = app.eventually(&hook.at, |seen| seen["state"] == "disabled").await;
    assert_eq!(disabled["disabled"]["reason"], "failing");
    assert!(disabled["failing_since"].is_string());
    let deliveries = hook.deliveries(&app).await;
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "pending"), "nothing is given up: {deliveries:#?}");
    status.store(200, Ordering::SeqCst);
    app.post(&format!("{}/enable", hook.at), json!({})).await;
    assert_nothing_is_missing(&app, &receiver).await;
    let healed = app.eventually(&hook.at, |seen| seen["failing_since"].is_null()).await;
    assert_eq!(healed["state"], "active");
}

/// The control: one success in between, and the count begins anew.
#[tokio::test]
async fn a_receiver_that_succeeds_now_and_then_stays() {
    let app = plan()
        .with("webhooks.retry_pauses_ms", vec!["200"; 40].join(","))
        .with("webhooks.disable_after_secs", 4)
        .start();
    let receiver = Receiver::scripted(|visit, nth| {
        let is_test = visit.json()["type"] == "webhook.test";
        Answer::Status(if is_test && nth % 3 == 2 { 200 } else { 500 })
    });
    let hook = Hook::to(&app, &receiver).await;
    // All together they fail for longer than is allowed, and none of them by far.
    for _ in 0..12 {
        hook.tested(&app, "delivered").await;
    }
    assert_eq!(app.read(&hook.at).await["state"], "active");
    assert_eq!(receiver.visits().len(), 36, "two failures before each success");
}

#[tokio::test]
async fn an_owner_disables_and_enables_and_nothing_is_lost_and_a_disabled_one_takes_no_orders() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    run_a_batch(&app).await;
    assert_nothing_is_missing(&app, &receiver).await;
    let (status, disabled) = app.post(&format!("{}/disable", hook.at), json!({})).await;
    assert_eq!((status.as_u16(), &disabled["disabled"]["reason"]), (200, &json!("asked")));
    run_a_batch(&app).await;
    let first = hook.deliveries(&app).await[0]["links"]["self"].as_str().unwrap().to_owned();
    for path in [
        format!("{}/test", hook.at),
        format!("{}/recover?since=2020-01-01T00:00:00Z", hook.at),
        format!("{first}/resend"),
    ] {
        let (status, problem) = app.post(&path, json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT, "{path}");
        assert_problem(&problem, status, "conflict");
    }
    let (status, again) = app.post(&format!("{}/disable", hook.at), json!({})).await;
    assert_eq!((status.as_u16(), &again["disabled"]["at"]), (200, &disabled["disabled"]["at"]), "it was so already");
    app.post(&format!("{}/enable", hook.at), json!({})).await;
    assert_nothing_is_missing(&app, &receiver).await;
}
