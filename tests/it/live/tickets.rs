//! Tickets: one WebSocket each, for a short time, for the page that asked.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::listener::{Heard, Listener};
use crate::harness::{TestApp, assert_problem};

async fn ticket(app: &TestApp, origin: Option<&str>) -> String {
    let request = app.request(Method::POST, "/api/v1/ws-tickets");
    let request = match origin {
        Some(origin) => request.header("origin", origin),
        None => request,
    };
    let answer = request.send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["cache-control"]),
        (StatusCode::CREATED, &"no-store".parse().unwrap())
    );
    let view: Value = answer.json().await.unwrap();
    assert!(view["expires_at"].is_string());
    assert_eq!(view["protocols"][0], "quire.v1");
    assert_eq!(view["protocols"][1], format!("ticket.{}", view["ticket"].as_str().unwrap()));
    view["protocols"][1].as_str().unwrap().to_owned()
}

/// The code it is closed with; none when it is let in.
async fn refusal(app: &TestApp, ticket: &str, origin: Option<&str>) -> Option<u16> {
    let protocols = format!("quire.v1, {ticket}");
    let mut headers = vec![("sec-websocket-protocol", protocols.as_str())];
    headers.extend(origin.map(|origin| ("origin", origin)));
    let mut listener = Listener::connect_with(app, &headers).await.unwrap();
    match listener.hear().await {
        Heard::Frame(hello) => {
            assert_eq!(hello["type"], "hello");
            None
        }
        Heard::Closed(code) => Some(code.unwrap()),
    }
}

#[tokio::test]
async fn a_ticket_opens_one_websocket_for_the_page_that_asked() {
    let app = TestApp::start();
    let own = Some(app.url.as_str());
    let good = ticket(&app, own).await;
    assert_eq!(refusal(&app, &good, own).await, None);
    assert_eq!(refusal(&app, &good, own).await, Some(4501), "used");
    assert_eq!(refusal(&app, "ticket.guessed", own).await, Some(4501));
    let without_page = ticket(&app, None).await;
    assert_eq!(refusal(&app, &without_page, own).await, Some(4502));
    assert_eq!(refusal(&app, &without_page, None).await, Some(4501), "a wrong try uses it up");
    let of_the_page = ticket(&app, own).await;
    assert_eq!(refusal(&app, &of_the_page, None).await, Some(4502));
}

#[tokio::test]
async fn a_ticket_that_is_too_old_says_so() {
    let app = TestApp::with("live.ticket_ttl_ms", 100).start();
    let old = ticket(&app, None).await;
    // A ticket's age is all that is tried.
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(refusal(&app, &old, None).await, Some(4003));
}

#[tokio::test]
async fn tickets_that_wait_are_bounded() {
    let app = TestApp::with("live.max_tickets_per_owner", 2).start();
    ticket(&app, None).await;
    let used = ticket(&app, None).await;
    let answer = app.request(Method::POST, "/api/v1/ws-tickets").send().await.unwrap();
    assert_problem(&answer.json().await.unwrap(), StatusCode::TOO_MANY_REQUESTS, "busy");
    assert_eq!(refusal(&app, &used, None).await, None);
    ticket(&app, None).await;
}

#[tokio::test]
async fn on_loopback_no_ticket_is_needed_and_only_the_protocol_is_echoed() {
    let app = TestApp::start();
    let mut listener = Listener::connect(&app).await;
    listener.resume(0).await;
    let wrong = Listener::connect_with(&app, &[("sec-websocket-protocol", "quire.v9")]).await;
    assert!(wrong.is_err(), "what is not spoken is not echoed");
}
