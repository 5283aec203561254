//! What a session does not open: to a thief of one half, to another page of the same host, to a key that was revoked, to
//! who guesses. **The controls**: servers without one of these safeguards, on which the same succeeds.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Caller, PageSession, Plan, SESSION, TestApp, TestRequest, assert_problem};
use quire_documents::samples;

const BATCHES: &str = "/api/v1/batches";
/// A page on another port of the server's host: for cookies, the same site.
const NEIGHBOUR: &str = "http://127.0.0.1:5173";

async fn code(request: TestRequest) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

fn refused() -> (u16, String) {
    (401, "unauthorized".to_owned())
}

/// An owner with a batch, and a page that is logged in.
async fn logged_in(app: &TestApp) -> (Caller<'_>, PageSession<'_>, String) {
    let alice = app.first_admin().await.owner("alice").await;
    let batch = alice.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    let page = app.log_in(&alice.key).await;
    (alice, page, batch)
}

#[tokio::test]
async fn one_half_of_a_session_opens_nothing() {
    let app = TestApp::start();
    let (alice, page, batch) = logged_in(&app).await;
    let other = app.log_in(&alice.key).await;
    let own = |request: TestRequest| request.header("sec-fetch-site", "same-origin");
    let get = || page.by_cookie(Method::GET, &batch);
    assert_eq!(code(own(get())).await, refused(), "a program with the stolen cookie");
    assert_eq!(code(own(get().header("x-quire-page", ""))).await, refused());
    assert_eq!(code(own(get().header("x-quire-page", &other.page_token))).await, refused(), "of two sessions");
    let token = app.request(Method::GET, &batch).header("x-quire-page", &page.page_token);
    assert_eq!(code(own(token)).await, refused());
    let guessed = page.cookie.replace('=', "=A");
    let guessed = app.request(Method::GET, &batch).header("cookie", guessed).header("x-quire-page", &page.page_token);
    assert_eq!(code(own(guessed)).await, refused());
    let ticket = page.by_cookie(Method::POST, "/api/v1/ws-tickets");
    assert_eq!(code(own(ticket)).await, refused());
    assert_eq!(code(page.request(Method::GET, &batch)).await.0, 200, "control: both halves do");
}

/// What a program reads that has the cookie and nothing else.
async fn read_with_the_cookie_alone(app: &TestApp) -> u16 {
    let (_, page, batch) = logged_in(app).await;
    code(page.by_cookie(Method::GET, &batch).header("sec-fetch-site", "same-origin")).await.0
}

#[tokio::test]
async fn control_without_the_page_token_a_stolen_cookie_reads_a_batch() {
    assert_eq!(read_with_the_cookie_alone(&TestApp::start()).await, 401);
    assert_eq!(read_with_the_cookie_alone(&Plan::default().without("http.page_token").start()).await, 200);
}

/// A request with both halves, of which the browser says that it comes from there.
async fn asked_from(page: &PageSession<'_>, path: &str, said: &[(&str, &str)]) -> u16 {
    let request = page.by_cookie(Method::GET, path).header("x-quire-page", &page.page_token);
    code(said.iter().fold(request, |request, (name, value)| request.header(name, value))).await.0
}

#[tokio::test]
async fn a_session_serves_pages_of_this_server_alone() {
    let app = TestApp::with("http.allowed_origins", NEIGHBOUR).start();
    let (_, page, batch) = logged_in(&app).await;
    let own = app.url.clone();
    for (said, status) in [
        (vec![("sec-fetch-site", "same-origin")], 200),
        (vec![("sec-fetch-site", "same-origin"), ("origin", own.as_str())], 200),
        (vec![("origin", own.as_str())], 200),
        (vec![("sec-fetch-site", "same-site")], 401),
        (vec![("sec-fetch-site", "cross-site")], 401),
        (vec![("sec-fetch-site", "none")], 401),
        (vec![("sec-fetch-site", "")], 401),
        (vec![("sec-fetch-site", "same-site"), ("origin", own.as_str())], 401),
        (vec![("sec-fetch-site", "same-site"), ("origin", NEIGHBOUR)], 401),
        (vec![("origin", NEIGHBOUR)], 401),
        (vec![("origin", "http://127.0.0.1:5174")], 403),
        (vec![("origin", "null"), ("sec-fetch-site", "same-site")], 403),
        (vec![], 401),
    ] {
        assert_eq!(asked_from(&page, &batch, &said).await, status, "{said:?}");
    }
}

#[tokio::test]
async fn control_without_the_look_at_the_page_another_origin_uses_the_session() {
    let app = TestApp::with("http.allowed_origins", NEIGHBOUR).without("http.same_origin").start();
    let (_, page, batch) = logged_in(&app).await;
    let said = [("sec-fetch-site", "same-site"), ("origin", NEIGHBOUR)];
    assert_eq!(asked_from(&page, &batch, &said).await, 200);
}

/// The form of a page on another port, which its visitor's browser sends with the cookie; the answer and the owner's batches.
async fn cross_port_form(app: &TestApp) -> (u16, usize) {
    let alice = app.first_admin().await.owner("alice").await;
    let page = app.log_in(&alice.key).await;
    let form = Form::new()
        .part("files", Part::bytes(samples::pdf_with_pages(1)).file_name("a.pdf"))
        .text("options", r#"{"operations": ["info"]}"#);
    let posted =
        page.by_cookie(Method::POST, BATCHES).header("sec-fetch-site", "same-site").header("origin", NEIGHBOUR);
    let (status, _) = code(posted.multipart(form)).await;
    let batches = alice.read(BATCHES).await["batches"].as_array().unwrap().len();
    (status, batches)
}

#[tokio::test]
async fn a_form_of_another_port_does_nothing_also_where_its_origin_is_listed() {
    assert_eq!(cross_port_form(&TestApp::start()).await, (403, 0));
    assert_eq!(cross_port_form(&TestApp::with("http.allowed_origins", NEIGHBOUR).start()).await, (401, 0));
}

#[tokio::test]
async fn control_without_both_looks_the_form_of_another_port_makes_a_batch() {
    let plan = TestApp::with("http.allowed_origins", NEIGHBOUR).without("http.page_token,http.same_origin");
    assert_eq!(cross_port_form(&plan.start()).await, (202, 1));
}

#[tokio::test]
async fn beside_a_key_a_cookie_does_not_count() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let batch = alice.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    let page = app.log_in(&alice.key).await;
    assert_eq!(code(page.request(Method::GET, &batch)).await.0, 200);
    assert_eq!(code(page.request(Method::GET, &batch).bearer_auth(&bob.key)).await.0, 404, "bob asks");
    let wrong = page.request(Method::GET, &batch).bearer_auth("qk_wrong");
    assert_eq!(code(wrong).await, refused());
    let other = page.request(Method::GET, &batch).header("authorization", "Basic eDp5");
    assert_eq!(code(other).await, refused());
    let download = page.download(&format!("{batch}/results.jsonl")).bearer_auth("qk_wrong");
    assert_eq!(code(download).await, refused());
}

#[tokio::test]
async fn a_session_ends_with_its_key() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let (page, of_admin) = (app.log_in(&alice.key).await, app.log_in(&admin.key).await);
    assert_eq!(code(page.request(Method::GET, BATCHES)).await.0, 200);
    admin.revoke(&alice.id).await;
    assert_eq!(code(page.request(Method::GET, BATCHES)).await, (401, "key_revoked".to_owned()));
    let order = json!({ "operations": ["noop"], "items": 1 });
    assert_eq!(code(page.request(Method::POST, BATCHES).json(&order)).await, (401, "key_revoked".to_owned()));
    let (_, session) = page.call(Method::GET, SESSION, None).await;
    assert_eq!((&session["owner"], session.get("expires_at")), (&Value::Null, None));
    assert_eq!(code(of_admin.request(Method::GET, BATCHES)).await.0, 200);
}

#[tokio::test]
async fn control_without_the_watch_over_rights_a_session_outlives_its_key() {
    let app = Plan::default().without("http.standing").start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let page = app.log_in(&alice.key).await;
    admin.revoke(&alice.id).await;
    assert_eq!(code(page.request(Method::GET, BATCHES)).await.0, 200);
}

/// Statuses of so many tries with a wrong key, and of one with a right key after them.
async fn tries(plan: Plan) -> (Vec<u16>, StatusCode) {
    let app = plan.with("auth.max_wrong_keys_per_min", 3).start();
    let key = app.first_admin().await.key;
    for _ in 0..5 {
        app.log_in(&key).await;
    }
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer = app.request(Method::POST, SESSION).json(&json!({ "key": "qk_wrong" })).send().await.unwrap();
        let status = answer.status();
        let wait = answer.headers().get("retry-after").map(|secs| secs.to_str().unwrap().parse::<u32>().unwrap());
        assert_eq!(wait.is_some_and(|secs| (1..=60).contains(&secs)), status == StatusCode::TOO_MANY_REQUESTS);
        if status == StatusCode::TOO_MANY_REQUESTS {
            assert_problem(&answer.json().await.unwrap(), status, "too_many_wrong_keys");
        }
        statuses.push(status.as_u16());
    }
    let (right, _) = app.post(SESSION, json!({ "key": key })).await;
    (statuses, right)
}

#[tokio::test]
async fn after_some_wrong_keys_an_address_has_to_wait() {
    let waits = (vec![401, 401, 401, 429, 429], StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(tries(Plan::default()).await, waits, "who guesses is not told that a guess was right either");
}

#[tokio::test]
async fn control_without_the_count_keys_are_tried_without_end() {
    let endless = (vec![401; 5], StatusCode::CREATED);
    assert_eq!(tries(Plan::default().without("http.wrong_keys")).await, endless);
}
