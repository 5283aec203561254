//! Secrets: shown once, rotated without a gap.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::receiver::{Receiver, Visit};
use super::{Hook, plan};
use crate::harness::TestApp;

async fn rotate(app: &TestApp, hook: &Hook, body: Value) -> (String, Value) {
    let (status, rotated) = app.post(&format!("{}/secret/rotate", hook.at), body).await;
    assert_eq!(status.as_u16(), 200, "{rotated:#}");
    (rotated["secret"].as_str().unwrap().to_owned(), rotated)
}

async fn next_test(app: &TestApp, hook: &Hook, receiver: &Receiver) -> Visit {
    hook.tested(app, "delivered").await;
    receiver.visits().pop().unwrap()
}

#[tokio::test]
async fn while_secrets_overlap_a_receiver_may_know_either_of_them() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    let (second, rotated) = rotate(&app, &hook, json!({ "overlap_hours": 1 })).await;
    assert!(rotated["old_secret_until"].is_string() && second != hook.secret);
    let visit = next_test(&app, &hook, &receiver).await;
    assert!(visit.is_genuine(&hook.secret) && visit.is_genuine(&second));
    assert_eq!(visit.header("webhook-signature").split(' ').count(), 2);
    let (third, _) = rotate(&app, &hook, json!({})).await;
    let visit = next_test(&app, &hook, &receiver).await;
    assert!(visit.is_genuine(&second) && visit.is_genuine(&third));
    assert!(!visit.is_genuine(&hook.secret), "of the old ones the newest signs, no other");
}

/// The control of the overlap.
#[tokio::test]
async fn without_an_overlap_the_old_secret_is_worth_nothing_at_once() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    let (second, rotated) = rotate(&app, &hook, json!({ "overlap_hours": 0 })).await;
    assert!(rotated["old_secret_until"].is_null());
    let visit = next_test(&app, &hook, &receiver).await;
    assert!(visit.is_genuine(&second) && !visit.is_genuine(&hook.secret));
    assert_eq!(visit.header("webhook-signature").split(' ').count(), 1);
}

#[tokio::test]
async fn a_secret_is_shown_when_it_is_made_and_never_again() {
    let app = plan().start();
    let hook = Hook::make(&app, json!({ "url": "https://example.org/hook" })).await;
    assert!(hook.secret.starts_with("whsec_"));
    for path in ["/api/v1/webhooks", &hook.at, &format!("{}/deliveries", hook.at)] {
        let text = app.get(path).await.text().await.unwrap();
        assert!(!text.contains("secret\"") && !text.contains("whsec_"), "{path}: {text}");
    }
    let (status, changed) = app.call(reqwest::Method::PATCH, &hook.at, Some(json!({ "description": "x" }))).await;
    assert!(status.is_success() && changed.get("secret").is_none(), "{changed:#}");
}

#[tokio::test]
async fn a_copy_of_the_database_alone_signs_nothing() {
    let app = plan().start();
    let hook = Hook::make(&app, json!({ "url": "https://example.org/hook" })).await;
    let secret = STANDARD.decode(hook.secret.strip_prefix("whsec_").unwrap()).unwrap();
    assert_eq!(secret.len(), 32);
    assert!(!app.database_holds(&secret) && !app.database_holds(&hook.secret));
    assert!(app.database_holds("https://example.org/hook"), "control: what is not secret is found");
}

#[tokio::test]
async fn with_another_key_nothing_is_signed_until_the_secret_is_rotated() {
    let mut app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    app.terminate();
    std::fs::write(app.data.join("secret.key"), [9; 32]).unwrap();
    app.restart();
    let delivery = hook.test(&app).await;
    app.eventually(&delivery, |seen| seen["attempts"][0]["error"] == "secret_unreadable").await;
    assert!(receiver.visits().is_empty());
    let (second, _) = rotate(&app, &hook, json!({})).await;
    let visit = next_test(&app, &hook, &receiver).await;
    assert!(visit.is_genuine(&second) && !visit.is_genuine(&hook.secret));
}
