//! Pages of listed origins may use the server, and their browsers are told so; pages of others may not.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{TestApp, assert_problem};

const APP: &str = "https://app.example";

fn listing() -> TestApp {
    TestApp::with("http.allowed_origins", "https://app.example,http://localhost:5173").start()
}

fn words(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap().split(','));
    values.map(|word| word.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn a_listed_page_gets_leave_beforehand_without_a_key() {
    let app = listing();
    let _keys_are_needed = app.first_admin().await;
    let preflight = app
        .request(Method::OPTIONS, "/api/v1/batches")
        .header("origin", APP)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,idempotency-key")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    let headers = preflight.headers();
    assert_eq!(headers["access-control-allow-origin"], APP);
    assert!(!headers.contains_key("access-control-allow-credentials"));
    assert!(words(headers, "vary").contains(&"origin".into()));
    for method in ["get", "post", "put", "delete"] {
        assert!(words(headers, "access-control-allow-methods").contains(&method.into()), "{method}");
    }
    for name in
        ["authorization", "idempotency-key", "last-event-id", "content-type", "if-none-match", "range", "upload-offset"]
    {
        assert!(words(headers, "access-control-allow-headers").contains(&name.into()), "{name}");
    }
}

#[tokio::test]
async fn a_listed_page_may_read_answers_and_problems() {
    let app = listing();
    for origin in [APP, "http://localhost:5173"] {
        let request = app.request(Method::POST, "/api/v1/batches").header("origin", origin);
        let made = request.json(&json!({ "operations": ["noop"], "items": 1 })).send().await.unwrap();
        assert_eq!(made.status(), StatusCode::ACCEPTED);
        assert_eq!(made.headers()["access-control-allow-origin"], origin);
        for name in ["etag", "location", "x-correlation-id", "retry-after", "idempotent-replayed", "upload-offset"] {
            assert!(words(made.headers(), "access-control-expose-headers").contains(&name.into()), "{name}");
        }
    }
    let nothing = app.request(Method::GET, "/api/v1/nothing").header("origin", APP).send().await.unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
    assert_eq!(nothing.headers()["access-control-allow-origin"], APP);
    let _keys_are_needed = app.first_admin().await;
    let refused = app.request(Method::GET, "/api/v1/batches").header("origin", APP).send().await.unwrap();
    assert_eq!(refused.headers()["access-control-allow-origin"], APP);
    assert_problem(&refused.json().await.unwrap(), StatusCode::UNAUTHORIZED, "unauthorized");
}

#[tokio::test]
async fn an_origin_that_is_only_like_a_listed_one_gets_nothing() {
    let app = listing();
    let like = [
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil.example",
        "https://evil-app.example",
        "https://app.example/",
        "null",
    ];
    for origin in like {
        for method in [Method::OPTIONS, Method::GET] {
            let request = app.request(method, "/api/v1/batches").header("origin", origin);
            let answer = request.header("access-control-request-method", "POST").send().await.unwrap();
            assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{origin}");
            assert_problem(&answer.json().await.unwrap(), StatusCode::FORBIDDEN, "foreign_origin");
        }
    }
}

#[tokio::test]
async fn where_nothing_is_listed_no_page_elsewhere_is_told_anything() {
    let app = TestApp::start();
    let foreign = app.request(Method::GET, "/api/v1/batches").header("origin", APP).send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "control: the list is what lets it in");
    let own = app.request(Method::GET, "/api/v1/batches").header("origin", &app.url).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK);
    assert!(!own.headers().contains_key("access-control-allow-origin") && !own.headers().contains_key("vary"));
}

#[test]
fn a_list_with_what_is_no_origin_or_no_name_is_refused_at_the_start() {
    let load = |key: &str, value: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (path, (section, name)) = (folder.path().join("q.toml"), key.split_once('.').unwrap());
        std::fs::write(&path, format!("[{section}]\n{name} = [\"{value}\"]")).unwrap();
        quire::config::Config::load(Some(&path), &[]).map_err(|error| error.to_string())
    };
    for wrong in ["*", "null", "app.example", "https://", "https://a.example/", "ftp://a.example", "https://A.example"]
    {
        let refusal = load("http.allowed_origins", wrong).unwrap_err();
        assert!(refusal.contains("http.allowed_origins") && refusal.contains(wrong), "{refusal}");
    }
    for good in
        ["https://a.example", "http://localhost:5173", "http://127.0.0.1:1", "http://[::1]:8080", "http://[::1]"]
    {
        assert_eq!(load("http.allowed_origins", good).unwrap().http.allowed_origins, [good]);
    }
    for wrong in ["", "*", "quire.example:80", "https://quire.example", "Quire.example"] {
        assert!(load("server.allowed_hosts", wrong).unwrap_err().contains("server.allowed_hosts"), "{wrong}");
    }
    for good in ["quire.example", "10.0.0.1", "fd00::1"] {
        assert_eq!(load("server.allowed_hosts", good).unwrap().server.allowed_hosts, [good]);
    }
}
