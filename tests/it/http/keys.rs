//! Who has to show a key, and what it opens.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{DEADLINE, KEYS, TestApp, assert_problem, serve};

const BATCHES: &str = "/api/v1/batches";

/// The answer to this `Authorization`, if any: the status, the problem's code, the challenge.
async fn asked(app: &TestApp, path: &str, authorization: Option<&str>) -> (u16, String, String) {
    let mut request = app.request(Method::GET, path);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let answer = request.send().await.unwrap();
    let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    if status.is_client_error() {
        assert_problem(&body, status, body["code"].as_str().unwrap());
    }
    (status.as_u16(), body["code"].as_str().unwrap_or_default().to_owned(), challenge.unwrap_or_default())
}

#[tokio::test]
async fn from_the_first_key_on_every_address_but_the_health_checks_wants_one() {
    let mut app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    app.wait_for(&batch, "succeeded").await;
    let (status, problem) = app.post(KEYS, json!({ "owner": "local" })).await;
    assert_eq!(status, StatusCode::CONFLICT, "nobody could make the second key");
    assert_problem(&problem, status, "conflict");
    let key = app.first_admin().await.key;
    let good = format!("Bearer {key}");
    for restarted in [false, true] {
        if restarted {
            app.kill();
            app.restart();
        }
        for path in [BATCHES, &batch, "/api/v1/events", KEYS, "/api/batch/metrics", "/api/v1/nothing", "/nothing"] {
            let missing = (401, "unauthorized".to_owned(), "Bearer realm=\"quire\"".to_owned());
            assert_eq!(asked(&app, path, None).await, missing, "{path}");
        }
        let other = format!("Bearer {}{}", &key[..key.len() - 1], if key.ends_with('a') { 'b' } else { 'a' });
        for wrong in [other.as_str(), "Bearer x", "Bearer", &key, &format!("Basic {key}"), ""] {
            let (status, code, challenge) = asked(&app, BATCHES, Some(wrong)).await;
            assert_eq!((status, code.as_str()), (401, "unauthorized"), "{wrong}");
            assert!(challenge.starts_with("Bearer realm"), "{challenge}");
        }
        assert_eq!(asked(&app, "/healthz", None).await.0, 200);
        assert_eq!(asked(&app, "/readyz", None).await.0, 200);
        assert_eq!(app.http.get(&app.url).send().await.unwrap().status(), 200, "the dashboard, which asks for one");
        assert_eq!(asked(&app, &batch, Some(&good)).await.0, 200, "what was there before is the first owner's");
        assert_eq!(asked(&app, &batch, Some(&good.replace("Bearer", "bearer"))).await.0, 200);
        assert_eq!(asked(&app, &format!("{BATCHES}?key={key}"), None).await.0, 401, "never in the address");
    }
}

#[tokio::test]
async fn an_ordinary_key_opens_no_admin_address_and_a_revoked_one_nothing_at_once() {
    let mut app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    assert_eq!(alice.call(Method::GET, BATCHES, None).await.0, StatusCode::OK);
    for path in [KEYS, "/api/v1/admin/actors", "/api/v1/admin/actors/root/db"] {
        let (status, problem) = alice.call(Method::GET, path, None).await;
        assert_problem(&problem, status, "scope_missing");
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let (status, problem) = alice.call(Method::POST, KEYS, Some(json!({ "owner": "alice", "admin": true }))).await;
    assert_problem(&problem, status, "scope_missing");
    let spare = admin.owner("alice").await;
    admin.revoke(&alice.id).await;
    admin.revoke(&alice.id).await;
    let (status, problem) = alice.call(Method::GET, BATCHES, None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_problem(&problem, status, "key_revoked");
    assert_eq!(spare.call(Method::GET, BATCHES, None).await.0, StatusCode::OK, "the owner's other key is another key");
    let (status, problem) = admin.call(Method::DELETE, &format!("{KEYS}/aaaaaaaa"), None).await;
    assert_problem(&problem, status, "key_not_found");
    admin.revoke(&admin.id).await;
    let (alice, admin) = (format!("Bearer {}", alice.key), format!("Bearer {}", admin.key));
    app.kill();
    app.restart();
    for revoked in [&alice, &admin] {
        assert_eq!(asked(&app, BATCHES, Some(revoked)).await.1, "key_revoked");
    }
    assert_eq!(asked(&app, BATCHES, None).await.1, "unauthorized", "without any live key nothing is open again");
}

#[tokio::test]
async fn keys_are_listed_without_their_secrets_which_are_nowhere_on_the_disk() {
    let app = TestApp::with("auth.last_used_step_secs", 1).start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let until = std::time::Instant::now() + DEADLINE;
    let listed = loop {
        alice.read(BATCHES).await;
        let listed = admin.read(KEYS).await;
        if listed["keys"][1]["last_used_at"].is_string() || std::time::Instant::now() > until {
            break listed;
        }
    };
    let listed = &listed["keys"][1];
    let seen: Vec<_> = ["id", "owner", "name", "admin", "revoked_at"].map(|field| listed[field].clone()).to_vec();
    assert_eq!(seen, [json!(alice.id), json!("alice"), json!("of a test"), json!(false), Value::Null], "{listed:#}");
    assert!(listed["last_used_at"].is_string(), "{listed:#}");
    let fields: Vec<_> = listed.as_object().unwrap().keys().map(String::as_str).collect();
    let shown = "admin created_at expires_at id last_used_at name owner revoked_at role scopes";
    assert_eq!(fields.join(" "), shown);
    let secret = alice.key.rsplit('_').next().unwrap();
    assert!(!app.database_holds(secret), "the secret lies in the data directory");
    assert!(app.database_holds(&alice.id), "control: what is stored is found");
}

#[tokio::test]
async fn what_is_wrong_with_a_key_that_is_asked_for_is_said() {
    let app = TestApp::start();
    for body in [
        json!({ "admin": true }),
        json!({ "owner": "", "admin": true }),
        json!({ "owner": "a b", "admin": true }),
        json!({ "owner": "é", "admin": true }),
        json!({ "owner": "x".repeat(65), "admin": true }),
        json!({ "owner": "x", "admin": "yes" }),
        json!({ "owner": "x", "name": "line\nbreak", "admin": true }),
        json!({ "owner": "x", "colour": 1, "admin": true }),
    ] {
        let (status, problem) = app.post(KEYS, body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_problem(&problem, status, "validation_failed");
    }
    assert_eq!(app.read(KEYS).await["keys"], json!([]), "and none was made");
}

#[tokio::test]
async fn there_are_never_more_keys_than_the_limit_and_the_first_revoked_one_makes_room() {
    let app = TestApp::with("auth.max_keys", 2).start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let (status, problem) = admin.call(Method::POST, KEYS, Some(json!({ "owner": "bob" }))).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_problem(&problem, status, "conflict");
    admin.revoke(&alice.id).await;
    let bob = admin.owner("bob").await;
    assert_eq!(bob.call(Method::GET, BATCHES, None).await.0, StatusCode::OK);
    let (status, problem) = alice.call(Method::GET, BATCHES, None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_problem(&problem, status, "unauthorized");
    assert_eq!(admin.read(KEYS).await["keys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_server_that_requires_keys_is_closed_before_there_is_one() {
    let app = TestApp::with("auth.mode", "required").start();
    assert_eq!(asked(&app, BATCHES, None).await.1, "unauthorized");
    assert_eq!(asked(&app, KEYS, None).await.1, "unauthorized");
    assert_eq!(asked(&app, "/healthz", None).await.0, 200);
}

#[tokio::test]
async fn without_a_key_the_server_does_not_listen_to_the_network_unless_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let refused = serve(dir.path(), "0").env("QUIRE__SERVER__HOST", "0.0.0.0").output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{said}");
    assert!(said.contains("quire keys add") && said.contains("auth.allow_open_network"), "{said}");
    let open = TestApp::with("server.host", "0.0.0.0").with("auth.allow_open_network", true).start();
    assert_eq!(asked(&open, BATCHES, None).await.0, 200, "control: the setting is what refused");
    drop(open);
    let mut keyed = TestApp::with("server.host", "127.0.0.1").start();
    let good = format!("Bearer {}", keyed.first_admin().await.key);
    keyed.kill();
    keyed.set("server.host", "0.0.0.0");
    keyed.restart();
    assert_eq!(asked(&keyed, BATCHES, None).await.0, 401);
    assert_eq!(asked(&keyed, BATCHES, Some(&good)).await.0, 200);
}
