//! What a key may do: its role, its scopes, its time.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::isolation::{Estate, routes};
use crate::contract::document::CONTRACT;
use crate::harness::{Caller, KEYS, TestApp, assert_problem};

/// Does not end by itself.
const LIVE: [&str; 2] = ["/api/v1/events/stream", "/api/v1/ws"];

/// Open to all, or looking themselves who asks.
const WITHOUT_SCOPE: [&str; 11] = [
    "DELETE /api/v1/session",
    "GET /api/v1/asyncapi.json",
    "GET /api/v1/openapi.json",
    "GET /api/v1/session",
    "GET /api/v1/ws",
    "GET /docs",
    "GET /docs/rapidoc-min.js",
    "GET /healthz",
    "GET /readyz",
    "POST /api/v1/downloads",
    "POST /api/v1/session",
];

/// The status and the code of a request that is wrong in everything but who asks.
async fn ask(caller: &Caller<'_>, method: &str, path: &str) -> (StatusCode, Value) {
    let method: Method = method.parse().unwrap();
    // No field has this name: whoever is let in is told so, and nothing is done.
    let body = (method != Method::GET).then(|| json!({ "no_such_field": true }));
    caller.call(method, path, body).await
}

/// An address at which nothing is, so that nothing is done there.
fn nobodys(estate: &Estate, path: &str) -> String {
    estate.address(path, true).replace("actors/root/db", "actors/root/nobody")
}

/// Where a caller is let in and should not be, or the other way round.
async fn wrong_doors(estate: &Estate, caller: &Caller<'_>, granted: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (method, path) in routes() {
        let Some(scope) = CONTRACT.scope(&method, &path).filter(|_| !LIVE.contains(&path.as_str())) else { continue };
        let (status, problem) = ask(caller, &method, &nobodys(estate, &path)).await;
        let is_shut = problem["code"] == "scope_missing";
        if is_shut && (status != StatusCode::FORBIDDEN || problem["scope"] != scope) {
            wrong.push(format!("{method} {path}: {status} {problem}"));
        }
        if is_shut == granted.contains(&json!(scope)) {
            wrong.push(format!("{method} {path} needs {scope}: {status} {problem}"));
        }
    }
    wrong
}

fn scopes(made: &Value) -> &[Value] {
    made["scopes"].as_array().unwrap()
}

#[tokio::test]
async fn each_address_lets_in_who_has_its_scope_and_nobody_else() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let estate = Estate::of(&admin.owner("alice").await).await;
    let unlisted: Vec<_> =
        routes().into_iter().filter(|(method, path)| CONTRACT.scope(method, path).is_none()).collect();
    let unlisted: Vec<_> = unlisted.iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(unlisted, WITHOUT_SCOPE);
    let narrow = json!({ "owner": "alice", "role": "operator", "scopes": ["batches:read", "webhooks:write"] });
    let (_, made) = admin.call(Method::POST, KEYS, Some(narrow)).await;
    assert_eq!(scopes(&made), [json!("batches:read"), json!("webhooks:write")]);
    let wrong = wrong_doors(&estate, &Caller::of(&app, &made), scopes(&made)).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    for role in ["viewer", "operator", "admin"] {
        let (_, made) = admin.call(Method::POST, KEYS, Some(json!({ "owner": "alice", "role": role }))).await;
        assert_eq!(made["role"], role, "{made:#}");
        let caller = Caller::of(&app, &made);
        let wrong = wrong_doors(&estate, &caller, scopes(&made)).await;
        assert!(wrong.is_empty(), "{role}: {wrong:#?}");
    }
}

#[tokio::test]
async fn control_without_the_check_of_scopes_doors_are_open() {
    let app = TestApp::with("server.port", 0).without("access.scope").start();
    let admin = app.first_admin().await;
    let estate = Estate::of(&admin.owner("alice").await).await;
    let (_, made) = admin.call(Method::POST, KEYS, Some(json!({ "owner": "alice", "role": "viewer" }))).await;
    let wrong = wrong_doors(&estate, &Caller::of(&app, &made), scopes(&made)).await;
    assert!(wrong.iter().any(|door| door.starts_with("POST /api/v1/batches needs")), "{wrong:#?}");
}

#[tokio::test]
async fn a_viewer_follows_and_fetches_and_changes_nothing() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let viewer = admin.make(json!({ "owner": "alice", "role": "viewer" })).await;
    let batch = alice.submit(json!({ "operations": ["noop"], "items": 2 })).await;
    alice.wait_for_end(&batch).await;
    assert_eq!(viewer.read(&batch).await["outcome"], "succeeded");
    assert!(viewer.read("/api/v1/events").await["events"].as_array().unwrap().len() > 1);
    assert_eq!(viewer.call(Method::POST, "/api/v1/ws-tickets", None).await.0, StatusCode::CREATED);
    for (method, path) in [
        (Method::DELETE, batch.clone()),
        (Method::POST, format!("{batch}/retry")),
        (Method::POST, "/api/v1/batches".into()),
    ] {
        let (status, problem) = viewer.call(method, &path, Some(json!({}))).await;
        assert_problem(&problem, status, "scope_missing");
        assert_eq!((status, &problem["scope"]), (StatusCode::FORBIDDEN, &json!("batches:write")));
    }
    let blind = admin.make(json!({ "owner": "alice", "role": "viewer", "scopes": ["batches:read"] })).await;
    let socket = blind.request(Method::GET, "/api/v1/events/stream").send().await.unwrap();
    assert_eq!(socket.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_a_key_cannot_be_is_refused_field_by_field() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    for (body, field) in [
        (json!({ "owner": "a", "role": "king" }), "role"),
        (json!({ "owner": "a", "role": "viewer", "admin": true }), "admin"),
        (json!({ "owner": "a", "role": "viewer", "scopes": ["batches:write"] }), "scopes"),
        (json!({ "owner": "a", "scopes": [] }), "scopes"),
        (json!({ "owner": "a", "scopes": ["batches"] }), "scopes"),
        (json!({ "owner": "a", "expires_in_days": 0 }), "expires_in_days"),
        (json!({ "owner": "a", "expires_in_days": 100_000 }), "expires_in_days"),
    ] {
        let (status, problem) = admin.call(Method::POST, KEYS, Some(body.clone())).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(problem["errors"][0]["field"], field, "{problem:#}");
    }
    let strict = TestApp::with("auth.max_key_days", 30).start();
    let admin = strict.first_admin().await;
    let (_, made) = admin.call(Method::POST, KEYS, Some(json!({ "owner": "a" }))).await;
    assert!(made["expires_at"].is_string(), "{made:#}");
    let (_, problem) = admin.call(Method::POST, KEYS, Some(json!({ "owner": "a", "expires_in_days": 31 }))).await;
    assert_eq!(problem["errors"][0]["field"], "expires_in_days", "{problem:#}");
}

#[tokio::test]
async fn a_successor_may_do_the_same_and_both_open_for_the_overlap() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let order = json!({ "owner": "alice", "role": "viewer", "scopes": ["batches:read", "events:read"] });
    let (_, made) = admin.call(Method::POST, KEYS, Some(order)).await;
    let old = Caller::of(&app, &made);
    let rotate = format!("{KEYS}/{}/rotate", old.id);
    let (status, fresh) = admin.call(Method::POST, &rotate, Some(json!({}))).await;
    assert_eq!(status, StatusCode::CREATED, "{fresh:#}");
    for field in ["owner", "name", "role", "scopes", "expires_at"] {
        assert_eq!(fresh[field], made[field], "{field}");
    }
    for caller in [&old, &Caller::of(&app, &fresh)] {
        assert_eq!(caller.call(Method::GET, "/api/v1/batches", None).await.0, StatusCode::OK);
    }
    let (status, again) = admin.call(Method::POST, &rotate, Some(json!({}))).await;
    assert_problem(&again, status, "conflict");
    let (status, unknown) = admin.call(Method::POST, &format!("{KEYS}/aaaaaaaa/rotate"), Some(json!({}))).await;
    assert_problem(&unknown, status, "key_not_found");
}

#[tokio::test]
async fn a_key_that_has_run_out_opens_nothing_and_makes_room() {
    let mut app = TestApp::with("auth.max_keys", 3).with("auth.max_key_days", 5).start();
    let admin = app.first_admin().await;
    let old = admin.owner("alice").await;
    let rotate = format!("{KEYS}/{}/rotate", old.id);
    let (status, fresh) = admin.call(Method::POST, &rotate, Some(json!({ "overlap_secs": 1 }))).await;
    assert_eq!(status, StatusCode::CREATED, "{fresh:#}");
    assert!(fresh["expires_at"].is_string(), "no key lasts longer than the setting says: {fresh:#}");
    // A wait that began with the old key ends when that runs out.
    let waited = old.call(Method::GET, "/api/v1/events?wait=25", None).await;
    assert_problem(&waited.1, waited.0, "key_expired");
    assert_eq!(waited.0, StatusCode::UNAUTHORIZED);
    let (admins, olds, news) = (admin.key.clone(), old.key.clone(), fresh["key"].as_str().unwrap().to_owned());
    app.kill();
    app.restart();
    let asked = async |app: &TestApp, key: &str| {
        let answer = app.request(Method::GET, "/api/v1/batches").bearer_auth(key).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap()["code"].clone())
    };
    assert_eq!(asked(&app, &olds).await, (StatusCode::UNAUTHORIZED, json!("key_expired")), "after a restart, too");
    assert_eq!(asked(&app, &news).await.0, StatusCode::OK);
    let order = json!({ "owner": "bob" });
    let made = app.request(Method::POST, KEYS).bearer_auth(&admins).json(&order).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED, "there were three keys, and one of them opened nothing");
    assert_eq!(asked(&app, &olds).await.1, "unauthorized", "that one is forgotten");
}

/// The answer to one whose key makes keys and does nothing else, and who wants more.
async fn wants_more(app: &TestApp) -> [(StatusCode, Value); 2] {
    let admin = app.first_admin().await;
    let order = json!({ "owner": "maker", "role": "admin", "scopes": ["keys:read", "keys:write"] });
    let maker = admin.make(order.clone()).await;
    let (status, same) = maker.call(Method::POST, KEYS, Some(order)).await;
    assert_eq!(status, StatusCode::CREATED, "control: a key like its own: {same:#}");
    let rotate = format!("{KEYS}/{}/rotate", admin.id);
    [
        maker.call(Method::POST, KEYS, Some(json!({ "owner": "maker", "role": "admin" }))).await,
        maker.call(Method::POST, &rotate, Some(json!({}))).await,
    ]
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_do_more_than_its_own() {
    let app = TestApp::start();
    for (status, problem) in wants_more(&app).await {
        assert_problem(&problem, status, "scope_missing");
        assert_eq!((status, &problem["scope"]), (StatusCode::FORBIDDEN, &json!("batches:read")));
    }
}

#[tokio::test]
async fn control_without_the_check_of_scopes_keys_grow() {
    let app = TestApp::with("server.port", 0).without("access.scope").start();
    assert!(wants_more(&app).await.iter().all(|(status, _)| *status == StatusCode::CREATED));
}

#[tokio::test]
async fn a_stream_ends_when_its_key_runs_out() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let old = admin.owner("alice").await;
    let stream = old.request(Method::GET, "/api/v1/events/stream").send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let (status, _) =
        admin.call(Method::POST, &format!("{KEYS}/{}/rotate", old.id), Some(json!({ "overlap_secs": 1 }))).await;
    assert_eq!(status, StatusCode::CREATED);
    let ended = tokio::time::timeout(Duration::from_secs(60), stream.bytes()).await;
    assert!(ended.is_ok(), "it goes on though its key has run out");
}
