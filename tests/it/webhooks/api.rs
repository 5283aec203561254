//! Webhooks over HTTP: made, listed, changed, deleted, and what is not accepted.

use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{Hook, plan};
use crate::harness::{TestApp, assert_problem};

const HOOKS: &str = "/api/v1/webhooks";

#[tokio::test]
async fn a_webhook_is_made_listed_changed_and_deleted() {
    let app = TestApp::start();
    let wanted = json!({ "url": "https://Example.org/a", "description": "first", "event_types": ["item.failed"] });
    let answer = app.request(Method::POST, HOOKS).json(&wanted).send().await.unwrap();
    let at = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(answer.status().as_u16(), 201);
    let seen = app.read(&at).await;
    assert_eq!((&seen["url"], &seen["state"]), (&json!("https://example.org/a"), &json!("active")));
    assert_eq!((&seen["description"], &seen["event_types"]), (&json!("first"), &json!(["item.failed"])));
    let second = Hook::make(&app, json!({ "url": "https://example.org/b" })).await;
    let listed = app.read(HOOKS).await;
    let urls: Vec<&Value> = listed["webhooks"].as_array().unwrap().iter().map(|hook| &hook["url"]).collect();
    assert_eq!(urls, ["https://example.org/a", "https://example.org/b"]);
    assert!(listed["webhooks"][1]["event_types"].as_array().unwrap().len() > 10, "without a list, all");

    let (_, changed) = app.call(Method::PATCH, &at, Some(json!({ "event_types": "all", "description": "" }))).await;
    assert_eq!((&changed["url"], &changed["description"]), (&json!("https://example.org/a"), &json!("")));
    assert_eq!(changed["event_types"], listed["webhooks"][1]["event_types"]);
    let (_, moved) = app.call(Method::PATCH, &at, Some(json!({ "url": "http://example.org/c" }))).await;
    assert_eq!(moved["url"], "http://example.org/c");

    assert_eq!(app.call(Method::DELETE, &at, None).await.0.as_u16(), 204);
    let (status, problem) = app.call(Method::GET, &at, None).await;
    assert_problem(&problem, status, "webhook_not_found");
    assert_eq!(app.read(HOOKS).await["webhooks"].as_array().unwrap().len(), 1);
    assert_eq!(app.read(&second.at).await["state"], "active");
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_said_field_by_field() {
    let app = TestApp::start();
    let long = format!("https://example.org/{}", "x".repeat(2_000));
    for (body, fields) in [
        (json!({}), vec!["url"]),
        (json!({ "url": 7 }), vec!["url"]),
        (json!({ "url": "example.org" }), vec!["url"]),
        (json!({ "url": "ftp://example.org/" }), vec!["url"]),
        (json!({ "url": "https://me:secret@example.org/" }), vec!["url"]),
        (json!({ "url": long }), vec!["url"]),
        (json!({ "url": "https://example.org", "event_types": [] }), vec!["event_types"]),
        (json!({ "url": "https://example.org", "event_types": "some" }), vec!["event_types"]),
        (
            json!({ "url": "x", "event_types": ["batch.created", "no.such"], "description": 1, "colour": "red" }),
            vec!["url", "event_types[1]", "description", "colour"],
        ),
        (json!({ "url": "https://example.org", "description": "x".repeat(501) }), vec!["description"]),
    ] {
        let (status, problem) = app.post(HOOKS, body.clone()).await;
        assert_eq!(status.as_u16(), 422, "{body}: {problem:#}");
        assert_problem(&problem, status, "validation_failed");
        let named: Vec<&Value> = problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
        assert_eq!(named, fields, "{problem:#}");
        assert!(!problem.to_string().contains("secret"), "what may be a password is not said again");
    }
    assert_eq!(app.read(HOOKS).await["webhooks"], json!([]));
}

#[tokio::test]
async fn an_owner_has_no_more_webhooks_than_the_limit() {
    let app = TestApp::with("webhooks.max_per_owner", 2).start();
    let first = Hook::make(&app, json!({ "url": "https://example.org/1" })).await;
    Hook::make(&app, json!({ "url": "https://example.org/2" })).await;
    let (status, problem) = app.post(HOOKS, json!({ "url": "https://example.org/3" })).await;
    assert_problem(&problem, status, "too_many_webhooks");
    assert!(problem["detail"].as_str().unwrap().contains("webhooks.max_per_owner"));
    app.call(Method::DELETE, &first.at, None).await;
    Hook::make(&app, json!({ "url": "https://example.org/3" })).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_is_no_time_or_number_is_refused() {
    let app = TestApp::start();
    let hook = Hook::make(&app, json!({ "url": "https://example.org/" })).await;
    let at = &hook.at;
    let nobody = "/api/v1/webhooks/019a0000-0000-7000-8000-000000000000";
    for (method, path, code) in [
        (Method::GET, nobody.to_owned(), "webhook_not_found"),
        (Method::GET, "/api/v1/webhooks/x".into(), "webhook_not_found"),
        (Method::DELETE, nobody.into(), "webhook_not_found"),
        (Method::PATCH, nobody.into(), "webhook_not_found"),
        (Method::POST, format!("{nobody}/test"), "webhook_not_found"),
        (Method::POST, format!("{nobody}/enable"), "webhook_not_found"),
        (Method::POST, format!("{nobody}/secret/rotate"), "webhook_not_found"),
        (Method::POST, format!("{nobody}/recover?since=2020-01-01T00:00:00Z"), "webhook_not_found"),
        (Method::GET, format!("{nobody}/deliveries"), "webhook_not_found"),
        (Method::GET, format!("{at}/deliveries/x"), "delivery_not_found"),
        (Method::POST, format!("{at}/deliveries/msg_1_1/resend"), "delivery_not_found"),
        (Method::POST, format!("{at}/recover"), "validation_failed"),
        (Method::POST, format!("{at}/recover?since=yesterday"), "validation_failed"),
        (Method::GET, format!("{at}/deliveries?state=lost"), "validation_failed"),
        (Method::GET, format!("{at}/deliveries?limit=0"), "validation_failed"),
        (Method::GET, format!("{at}/deliveries?cursor=x"), "bad_cursor"),
    ] {
        let (status, problem) = app.call(method, &path, None).await;
        assert_problem(&problem, status, code);
    }
    let (status, problem) = app.post(&format!("{at}/secret/rotate"), json!({ "overlap_hours": 721 })).await;
    assert_problem(&problem, status, "validation_failed");
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_page_by_page() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    for _ in 0..7 {
        hook.tested(&app, "delivered").await;
    }
    let all: Vec<Value> = hook.deliveries(&app).await.iter().map(|delivery| delivery["id"].clone()).collect();
    assert_eq!(all.len(), 7);
    for filter in ["", "&state=delivered"] {
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.read(&format!("{}/deliveries?limit=3{filter}{cursor}", hook.at)).await;
            paged.extend(page["deliveries"].as_array().unwrap().iter().map(|delivery| delivery["id"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, all);
    }
    let first = app.read(&format!("{}/deliveries?limit=3", hook.at)).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let foreign = format!("{}/deliveries?limit=3&state=failed&cursor={cursor}", hook.at);
    let (status, problem) = app.call(Method::GET, &foreign, None).await;
    assert_problem(&problem, status, "bad_cursor");
}
