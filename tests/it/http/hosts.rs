//! Under which names the server answers while nobody needs a key: a page that makes its own name point here gets
//! nothing.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{TestApp, assert_problem, raw_request};

const REBOUND: [&str; 6] = [
    "evil.example",
    "evil.example:8740",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.168.1.1",
    "10.0.0.7:80",
];

async fn status_for(app: &TestApp, host: &str) -> StatusCode {
    app.request(Method::GET, "/api/v1/batches").header("host", host).send().await.unwrap().status()
}

#[tokio::test]
async fn a_name_that_was_made_to_point_here_is_refused() {
    let app = TestApp::start();
    for host in REBOUND {
        let answer = app.request(Method::POST, "/api/v1/batches").header("host", host);
        // A page on this name is of the same origin, as its browser sees it.
        let answer = answer.header("origin", format!("http://{host}")).header("x-forwarded-host", "localhost");
        let answer = answer.json(&json!({ "operations": ["noop"], "items": 1 })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert_problem(&answer.json().await.unwrap(), StatusCode::MISDIRECTED_REQUEST, "foreign_host");
    }
    let (status, problem) =
        raw_request(&app, b"GET http://evil.example/api/v1/batches HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!((status, &problem["code"]), (421, &json!("foreign_host")));
    assert_eq!(app.read("/api/v1/batches").await["batches"], json!([]));
}

#[tokio::test]
async fn the_names_of_this_machine_and_those_that_are_listed_are_its_own() {
    let app = TestApp::with("server.allowed_hosts", "quire.example,files.example").start();
    for host in ["localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:9", "127.9.9.9", "[::1]", "[::1]:8740"] {
        assert_eq!(status_for(&app, host).await, StatusCode::OK, "{host}");
    }
    for host in ["quire.example", "quire.example:443", "FILES.example"] {
        assert_eq!(status_for(&app, host).await, StatusCode::OK, "{host}");
    }
    assert_eq!(status_for(&app, "evil.example").await, StatusCode::MISDIRECTED_REQUEST);
    let probe = app.request(Method::GET, "/healthz").header("host", "evil.example").send().await.unwrap();
    assert_eq!(probe.status(), StatusCode::OK, "supervisors probe under any name");
}

#[tokio::test]
async fn an_open_network_answers_under_any_address_and_no_strange_name() {
    let app = TestApp::with("server.host", "0.0.0.0").with("auth.allow_open_network", true).start();
    assert_eq!(status_for(&app, "192.168.1.1:8740").await, StatusCode::OK);
    assert_eq!(status_for(&app, "evil.example").await, StatusCode::MISDIRECTED_REQUEST);
}

/// A page cannot show a key that it does not have: the name does not matter then.
#[tokio::test]
async fn who_shows_a_key_may_use_any_name() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    for host in REBOUND {
        let with_key = admin.request(Method::GET, "/api/v1/batches").header("host", host).send().await.unwrap();
        assert_eq!((with_key.status(), status_for(&app, host).await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    }
}
