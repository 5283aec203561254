//! Networks that webhooks do not reach. `localhost` stands for a name that leads inside by DNS.

use serde_json::json;

use super::receiver::Receiver;
use super::{Hook, plan};
use crate::harness::{TestApp, assert_problem};

fn by_name(receiver: &Receiver) -> serde_json::Value {
    json!({ "url": format!("http://localhost:{}/hook", receiver.port()) })
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_where_it_is_resolved_and_the_log_says_so() {
    let app = TestApp::with("webhooks.retry_pauses_ms", "20,40").start();
    let receiver = Receiver::kind();
    let hook = Hook::make(&app, by_name(&receiver)).await;
    let refused = hook.tested(&app, "failed").await;
    let attempts = refused["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 3);
    for attempt in attempts {
        assert_eq!(
            (&attempt["error"], attempt["status"].is_null()),
            (&json!("forbidden_address"), true),
            "{attempt:#}"
        );
        let detail = attempt["detail"].as_str().unwrap();
        assert!(!detail.contains("loopback") && detail.contains("webhooks.allow_cidrs"), "{detail}");
    }
    assert!(app.whole_log().contains("loopback"), "an operator finds the reason");
    // A name that nobody has is refused in the same words.
    let unknown = Hook::make(&app, json!({ "url": "http://no-such-name.invalid/hook" })).await;
    let nobodys = unknown.tested(&app, "failed").await;
    let told = |attempt: &serde_json::Value| (attempt["error"].clone(), attempt["detail"].clone());
    assert_eq!(told(&nobodys["attempts"][0]), told(&attempts[0]));
    assert_eq!(receiver.visits().len(), 0);
}

/// The control: the guard alone stands between the same name and the same receiver.
#[tokio::test]
async fn the_same_name_is_reached_where_an_operator_allows_it() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::make(&app, by_name(&receiver)).await;
    hook.tested(&app, "delivered").await;
    assert_eq!(receiver.visits().len(), 1);
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_when_the_webhook_is_made_or_changed() {
    let app = TestApp::start();
    let addresses =
        ["127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "192.168.1.1"];
    for address in addresses {
        let body = json!({ "url": format!("http://{address}:9999/hook") });
        let (status, problem) = app.post("/api/v1/webhooks", body).await;
        assert_eq!(status.as_u16(), 422, "{address}: {problem:#}");
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "url");
    }
    let hook = Hook::make(&app, json!({ "url": "https://example.org/hook" })).await;
    let change = json!({ "url": "http://10.0.0.1/" });
    let (status, problem) = app.call(reqwest::Method::PATCH, &hook.at, Some(change)).await;
    assert_eq!(status.as_u16(), 422, "{problem:#}");
    assert_eq!(app.read(&hook.at).await["url"], "https://example.org/hook");
}

#[tokio::test]
async fn an_address_that_was_allowed_once_is_checked_again_at_each_attempt() {
    let mut app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    hook.tested(&app, "delivered").await;
    app.terminate();
    app.set("webhooks.allow_cidrs", "10.0.0.0/8");
    app.restart();
    let refused = hook.tested(&app, "failed").await;
    assert_eq!(refused["attempts"][0]["error"], "forbidden_address");
    assert_eq!(receiver.visits().len(), 1);
}
