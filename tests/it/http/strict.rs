//! A part of a request that nobody would heed is refused by name, at every address; the walks take theirs from the
//! server's route table. **The control**: a server that passes such things over is seen.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, TestRequest, assert_problem, blobs, raw_request};
use crate::http::isolation::routes;

/// Every method of every address, HEAD among them, with ids of nobody.
fn addresses() -> Vec<(Method, String)> {
    let parts = ["{id}", "{position}", "{name}", "{delivery}"];
    let mut found = Vec::new();
    for (method, path) in routes() {
        let path = parts.iter().fold(path, |path, part| path.replace(part, "7"));
        if method == "GET" {
            found.push((Method::HEAD, path.clone()));
        }
        found.push((method.parse().unwrap(), path));
    }
    found
}

/// The status, and the problem if it is one; what does not end is not read.
async fn asked(request: TestRequest) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body = if status.is_success() { Value::Null } else { answer.json().await.unwrap_or_default() };
    (status, body)
}

/// Addresses at which a parameter that nobody knows, or one that is there twice, is not refused by its name.
async fn passed_over_in_queries(app: &TestApp) -> Vec<String> {
    let mut passed = Vec::new();
    for (method, path) in addresses() {
        let (status, problem) = asked(app.request(method.clone(), &format!("{path}?unheard_of=secret"))).await;
        let error = &problem["errors"][0];
        let is_named = method == Method::HEAD || error["field"] == "unheard_of" && error["value"].is_null();
        if status != StatusCode::UNPROCESSABLE_ENTITY || !is_named {
            passed.push(format!("{method} {path}: {status} {problem}"));
        }
        for known in error["allowed"].as_str().unwrap_or_default().split(", ").filter(|known| *known != "none") {
            let (status, problem) = asked(app.request(method.clone(), &format!("{path}?{known}=1&{known}=1"))).await;
            let is_named =
                problem["errors"].as_array().is_some_and(|errors| errors.iter().any(|e| e["field"] == known));
            if status != StatusCode::UNPROCESSABLE_ENTITY || method != Method::HEAD && !is_named {
                passed.push(format!("{method} {path} with two of {known}: {status} {problem}"));
            }
        }
    }
    passed
}

/// Addresses at which a body in an encoding is not refused by the encoding's name, or a plain one is.
async fn passed_over_in_bodies(app: &TestApp) -> Vec<String> {
    let mut passed = Vec::new();
    for (method, path) in addresses() {
        for (encoding, named) in [("gzip", Some("gzip")), ("identity, br", Some("br")), ("identity", None)] {
            for kind in ["application/json", "multipart/form-data; boundary=b"] {
                let request = app.request(method.clone(), &path).header("content-encoding", encoding);
                let (status, problem) = asked(request.header("content-type", kind).body("{}")).await;
                let detail = problem["detail"].as_str().unwrap_or_default();
                // Some addresses take no forms, however plain.
                let is_of_encoding = named.is_some() || detail.contains("encoding");
                let is_refused = status == StatusCode::UNSUPPORTED_MEDIA_TYPE && is_of_encoding;
                let is_named =
                    named.is_none_or(|named| method == Method::HEAD || detail.contains(&format!("`{named}`")));
                if is_refused != named.is_some() || !is_named {
                    passed.push(format!("{method} {path} {encoding} {kind}: {status} {problem}"));
                }
            }
        }
    }
    passed
}

#[tokio::test]
async fn at_every_address_parameters_that_nobody_knows_and_doubled_ones_are_refused_by_name() {
    let app = TestApp::start();
    assert_eq!(passed_over_in_queries(&app).await, Vec::<String>::new());
    assert!(addresses().len() > 70, "the walk is short");
    let (status, _) = asked(app.request(Method::GET, "/api/v1/nothing?unheard_of=1")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "what is no address is said to be none");
    assert_eq!(app.get("/healthz?").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn at_every_address_a_body_in_an_encoding_is_refused_by_name() {
    let app = TestApp::start();
    assert_eq!(passed_over_in_bodies(&app).await, Vec::<String>::new());
    assert_eq!(blobs(&app.data).len(), 1, "the plain bytes are a document like others");
    let empty = app.request(Method::POST, "/api/v1/ws-tickets").header("content-encoding", "gzip");
    assert_eq!(asked(empty).await.0, StatusCode::CREATED, "nothing is in no encoding");
}

#[tokio::test]
async fn control_a_server_that_passes_over_what_it_does_not_know_is_seen() {
    let app = Plan::default().without("http.strict").start();
    assert!(passed_over_in_queries(&app).await.len() > 70);
    assert!(passed_over_in_bodies(&app).await.len() > 70);
}

#[tokio::test]
async fn a_request_without_a_body_is_one_whatever_kind_it_announces() {
    let app = TestApp::start();
    for (method, path) in addresses() {
        for kind in ["text/csv", "application/octet-stream", "application/x-www-form-urlencoded", "no kind at all"] {
            let (status, problem) = asked(app.request(method.clone(), &path).header("content-type", kind)).await;
            assert_ne!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{method} {path} {kind}: {problem}");
        }
    }
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "sealed": false })).await;
    for kind in ["text/csv", "multipart/form-data; boundary=b"] {
        let paused = app.request(Method::PUT, &format!("{batch}/pause")).header("content-type", kind);
        assert!(asked(paused).await.0.is_success(), "{kind}");
        let submitted = app.request(Method::POST, "/api/v1/batches").header("content-type", kind);
        let (status, problem) = asked(submitted).await;
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "files", "{kind}: {problem:#}");
    }
    let chunked = b"PUT /api/v1/batches/7/pause HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\n\
                    transfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(raw_request(&app, chunked).0, 404, "no batch has this id");
}

#[tokio::test]
async fn a_form_with_two_options_or_an_encoded_part_is_refused_and_leaves_nothing() {
    let app = TestApp::start();
    let options = r#"{"operations":["noop"],"items":1}"#;
    for (path, first) in [("/api/v1/batches", options), ("/api/batch/jobs", options), ("/api/v1/batches", "")] {
        let form = Form::new().text("options", first).text("options", options);
        let (status, problem) = asked(app.request(Method::POST, path).multipart(form)).await;
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "options", "{problem:#}");
    }
    for (name, encoding, is_taken) in [
        ("content-encoding", "gzip", false),
        ("content-transfer-encoding", "base64", false),
        ("content-transfer-encoding", "binary", true),
    ] {
        let part = Part::bytes(b"x".to_vec()).file_name("a.pdf").headers({
            let mut headers = reqwest::header::HeaderMap::new();
            headers.insert(name, encoding.parse().unwrap());
            headers
        });
        let request = app.request(Method::POST, "/api/v1/files").multipart(Form::new().part("files", part));
        let (status, problem) = asked(request).await;
        assert_eq!(status == StatusCode::CREATED, is_taken, "{problem}");
        if !is_taken {
            assert_problem(&problem, status, "unsupported_media_type");
            assert!(problem["detail"].as_str().unwrap().contains(encoding), "{problem}");
            assert_eq!(blobs(&app.data).len(), 0);
        }
    }
}
