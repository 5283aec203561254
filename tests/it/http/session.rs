//! A page logs in with a key, works with both halves of its session, and logs out.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{KEYS, SESSION, TestApp, assert_problem};

const BATCHES: &str = "/api/v1/batches";

#[tokio::test]
async fn a_page_logs_in_with_a_key_and_works_as_its_owner() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let page = app.log_in(&alice.key).await;
    let told: Vec<_> = ["owner", "key_name", "admin"].map(|field| page.told[field].clone()).to_vec();
    assert_eq!(told, [json!("alice"), json!("of a test"), json!(false)]);
    assert!(page.told["expires_at"].is_string() && page.page_token.len() == 43, "{}", page.told);
    let (name, rest) = page.set_cookie.split_once('=').unwrap();
    let own = name.strip_prefix("__Host-quire-").unwrap();
    assert!(own.len() == 8 && own.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    let (value, attributes) = rest.split_once("; ").unwrap();
    assert!(value.len() == 43 && value != page.page_token);
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=604800");

    let order = json!({ "operations": ["noop"], "items": 1 });
    let (status, made) = page.call(Method::POST, BATCHES, Some(order)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{made:#}");
    let batch = format!("{BATCHES}/{}", made["id"].as_str().unwrap());
    assert_eq!(alice.wait_for_end(&batch).await["outcome"], "succeeded", "it is her batch");
    assert_eq!(page.call(Method::GET, &batch, None).await.0, StatusCode::OK);
    let (status, problem) = page.call(Method::GET, KEYS, None).await;
    assert_problem(&problem, status, "scope_missing");
    assert_eq!(status, StatusCode::FORBIDDEN);
    let of_admin = app.log_in(&admin.key).await;
    assert_eq!(of_admin.told["admin"], true);
    assert_eq!(of_admin.call(Method::GET, KEYS, None).await.0, StatusCode::OK);
    let (status, _) = of_admin.call(Method::GET, &batch, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "what is another owner's does not exist");
}

#[tokio::test]
async fn anybody_is_told_what_a_page_needs_and_who_is_logged_in() {
    let app = TestApp::with("http.max_file_mib", 7).start();
    let open = app.read(SESSION).await;
    let seen = |session: &Value| ["owner", "admin", "key_needed"].map(|field| session[field].clone());
    assert_eq!(seen(&open), [json!("local"), json!(true), json!(false)]);
    assert_eq!((&open["limits"]["max_file_mib"], &open["version"]), (&json!(7), &json!(env!("CARGO_PKG_VERSION"))));
    assert_eq!(open["features"], json!(["planted_panics", "scripts"]));
    assert_eq!(open["epoch"], app.read("/api/v1/events?limit=1").await["epoch"]);
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    assert_eq!(seen(&app.read(SESSION).await), [Value::Null, json!(false), json!(true)]);
    assert_eq!(seen(&alice.read(SESSION).await), [json!("alice"), json!(false), json!(true)]);
    assert_eq!(alice.read(SESSION).await.get("expires_at"), None, "a key has no session");
    let page = app.log_in(&alice.key).await;
    let (status, mut session) = page.call(Method::GET, SESSION, None).await;
    assert_eq!((status, seen(&session)), (StatusCode::OK, [json!("alice"), json!(false), json!(true)]));
    assert!(session["expires_at"].as_str() >= page.told["expires_at"].as_str(), "{session:#}");
    session = page.by_cookie(Method::GET, SESSION).send().await.unwrap().json().await.unwrap();
    assert_eq!(session["owner"], Value::Null, "with one half nobody is");
}

#[tokio::test]
async fn who_has_no_key_of_this_server_gets_no_session() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let revoked = admin.owner("alice").await;
    admin.revoke(&revoked.id).await;
    let almost = format!("{}x", admin.key);
    for (key, code) in [("qk_wrong", "unauthorized"), (&almost, "unauthorized"), (&revoked.key, "key_revoked")] {
        let answer = app.request(Method::POST, SESSION).json(&json!({ "key": key })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{key}");
        assert!(!answer.headers().contains_key("set-cookie"));
        assert_problem(&answer.json().await.unwrap(), StatusCode::UNAUTHORIZED, code);
    }
    for body in [json!({}), json!({ "key": "" }), json!({ "key": ["xyz"] }), json!({ "key": "xyz".repeat(100) })] {
        let (status, problem) = app.post(SESSION, body).await;
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!problem.to_string().contains("xyz"), "what may be a key is not told back: {problem:#}");
    }
    assert!(!app.whole_log().contains("xyz"), "nor logged");
    let form = app.request(Method::POST, SESSION).header("content-type", "text/plain");
    let form = form.body(json!({ "key": admin.key }).to_string()).send().await.unwrap();
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "no form of another page logs anybody in");
}

#[tokio::test]
async fn where_nobody_needs_a_key_there_is_no_login() {
    let app = TestApp::start();
    let answer = app.request(Method::POST, SESSION).json(&json!({ "key": "qk_any" })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert!(!answer.headers().contains_key("set-cookie"));
    assert_problem(&answer.json().await.unwrap(), StatusCode::CONFLICT, "conflict");
    let download = app.request(Method::POST, "/api/v1/downloads");
    let download = download.header("content-type", "application/x-www-form-urlencoded");
    let download = download.body("page_token=x&href=/api/v1/batches/x/results.jsonl").send().await.unwrap();
    assert_problem(&download.json().await.unwrap(), StatusCode::UNAUTHORIZED, "unauthorized");
}

#[tokio::test]
async fn who_logs_out_ends_this_session_and_no_other() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (page, other) = (app.log_in(&admin.key).await, app.log_in(&admin.key).await);
    assert!(page.cookie != other.cookie && page.page_token != other.page_token);
    let half = page.by_cookie(Method::DELETE, SESSION).send().await.unwrap();
    assert_eq!(half.status(), StatusCode::UNAUTHORIZED, "nobody else logs the page out");
    let ended = page.request(Method::DELETE, SESSION).send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    assert_eq!(ended.headers()["clear-site-data"], "\"storage\"");
    let (name, _) = page.cookie.split_once('=').unwrap();
    let cleared = ended.headers()["set-cookie"].to_str().unwrap();
    assert!(cleared.starts_with(&format!("{name}=; ")) && cleared.ends_with("Max-Age=0"), "{cleared}");
    let (status, problem) = page.call(Method::GET, BATCHES, None).await;
    assert_problem(&problem, status, "unauthorized");
    assert_eq!(other.call(Method::GET, BATCHES, None).await.0, StatusCode::OK);
    assert_eq!(admin.call(Method::DELETE, SESSION, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(other.call(Method::GET, BATCHES, None).await.0, StatusCode::OK, "a key ends no session");
}

#[tokio::test]
async fn of_too_many_sessions_of_one_key_the_one_that_was_not_used_for_longest_ends() {
    let app = TestApp::with("auth.max_key_sessions", 2).start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let hers = app.log_in(&alice.key).await;
    let (first, second) = (app.log_in(&admin.key).await, app.log_in(&admin.key).await);
    assert_eq!(second.call(Method::GET, BATCHES, None).await.0, StatusCode::OK);
    // Uses are told apart by the millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(first.call(Method::GET, BATCHES, None).await.0, StatusCode::OK);
    let third = app.log_in(&admin.key).await;
    for (page, status) in [(&first, 200), (&second, 401), (&third, 200), (&hers, 200)] {
        assert_eq!(page.call(Method::GET, BATCHES, None).await.0.as_u16(), status);
    }
}

#[tokio::test]
async fn a_session_ends_with_the_server() {
    let mut app = TestApp::start();
    let key = app.first_admin().await.key;
    let page = app.log_in(&key).await;
    let halves = (page.cookie.clone(), page.page_token.clone());
    app.kill();
    app.restart();
    let request = app.request(Method::GET, BATCHES).header("cookie", &halves.0).header("x-quire-page", &halves.1);
    let answer = request.header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_problem(&answer.json().await.unwrap(), StatusCode::UNAUTHORIZED, "unauthorized");
    let again = app.log_in(&key).await;
    assert_eq!(again.cookie.split('=').next(), halves.0.split('=').next(), "the same server has the same cookie");
}

#[tokio::test]
async fn over_plain_http_a_session_works_where_the_operator_allows_it() {
    let app = TestApp::with("auth.allow_insecure_cookie", true).start();
    let admin = app.first_admin().await;
    let page = app.log_in(&admin.key).await;
    assert!(page.set_cookie.starts_with("quire-") && !page.set_cookie.contains("Secure"), "{}", page.set_cookie);
    // A browser says there whence a request comes only if it could do something.
    let both = |method: Method, path: &str| page.by_cookie(method, path).header("x-quire-page", &page.page_token);
    assert_eq!(both(Method::GET, BATCHES).send().await.unwrap().status(), StatusCode::OK);
    let order = json!({ "operations": ["noop"], "items": 1 });
    let silent = both(Method::POST, BATCHES).json(&order).send().await.unwrap();
    assert_eq!(silent.status(), StatusCode::UNAUTHORIZED);
    let own = both(Method::POST, BATCHES).header("origin", &app.url).json(&order).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::ACCEPTED);
    let half = page.by_cookie(Method::GET, BATCHES).send().await.unwrap();
    assert_eq!(half.status(), StatusCode::UNAUTHORIZED, "the token is needed all the more");
}
