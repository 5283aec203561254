//! Refusals, and their words.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem, blobs, raw_request, raw_request_cut};

const NOBODY: &str = "/api/v1/batches/018f0000-0000-7000-8000-000000000000";

#[tokio::test]
async fn every_wrong_field_is_named_with_what_is_allowed() {
    let app = TestApp::start();
    let (status, problem) = app
        .post(
            "/api/v1/batches",
            json!({ "operations": ["text", "fold"], "priority": 1000, "on_failure": "panic", "colour": "red",
                    "deadline": "tomorrow", "files": ["nobody", { "id": 7, "size": 1 }] }),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_problem(&problem, status, "validation_failed");
    let errors = problem["errors"].as_array().unwrap();
    let mut fields: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    let expected = [
        "colour",
        "deadline",
        "files",
        "files[0].id",
        "files[1].id",
        "files[1].size",
        "on_failure",
        "operations[1]",
        "priority",
    ];
    assert_eq!(fields, expected, "{problem:#}");
    let operation = errors.iter().find(|error| error["field"] == "operations[1]").unwrap();
    assert_eq!(operation["value"], "fold");
    assert!(operation["allowed"].as_str().unwrap().contains("text"));
}

#[tokio::test]
async fn a_batch_of_nothing_or_of_another_owners_files_is_refused() {
    let app = TestApp::start();
    for body in [
        json!({}),
        json!({ "operations": [] , "sealed": false }),
        json!({ "operations": ["text"], "items": 3 }),
        json!({ "operations": ["noop"], "items": 1_000_001 }),
        json!({ "operations": ["noop"], "items": 1, "scripts": { "1": "unheard_of" } }),
        json!({ "files": ["018f0000-0000-7000-8000-000000000000"] }),
    ] {
        let (status, problem) = app.post("/api/v1/batches", body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_problem(&problem, status, "validation_failed");
    }
    let plain = TestApp::with("testing.allow_scripts", false).with("testing.allow_planted_panics", false).start();
    let scripted = json!({ "operations": ["noop"], "items": 1, "scripts": { "1": "abort" } });
    assert_eq!(plain.post("/api/v1/batches", scripted).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, problem) = plain.post("/api/v1/admin/actors/root/db/panic", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_problem(&problem, status, "actor_not_found");
}

#[tokio::test]
async fn ids_of_nobody_do_not_exist() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    for (path, code) in [
        (NOBODY.to_owned(), "batch_not_found"),
        (format!("{NOBODY}/items"), "batch_not_found"),
        (format!("{NOBODY}/results.jsonl"), "batch_not_found"),
        ("/api/v1/batches/not-an-id".to_owned(), "batch_not_found"),
        (format!("{batch}/items/2"), "item_not_found"),
        (format!("{batch}/items/0"), "item_not_found"),
        (format!("{batch}/items/99999999999"), "item_not_found"),
        (format!("{batch}/items/1/artifacts/text.txt"), "artifact_not_found"),
        (format!("{batch}/items/1/artifacts/..%2f..%2fquire.db"), "artifact_not_found"),
        ("/api/v1/nothing".to_owned(), "route_not_found"),
        ("/nothing".to_owned(), "route_not_found"),
        ("/api/v1/admin/actors/root/nobody".to_owned(), "actor_not_found"),
    ] {
        let (status, problem) = app.call(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_problem(&problem, status, code);
    }
    for verb in ["pause", "resume", "seal"] {
        assert_eq!(app.put(&format!("{NOBODY}/{verb}")).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(app.call(Method::DELETE, NOBODY, None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn other_methods_are_answered_with_the_allowed_ones() {
    let app = TestApp::start();
    let answer = app.request(Method::PATCH, "/api/v1/batches").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let allow = answer.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST") && allow.contains("HEAD"), "{allow}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_problem(&answer.json().await.unwrap(), StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
}

#[tokio::test]
async fn a_cursor_from_nowhere_is_refused() {
    let app = TestApp::start();
    let one = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    let other = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    let page = app.read(&format!("{one}/items?limit=1")).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    for path in [
        "/api/v1/batches?cursor=garbage".to_owned(),
        "/api/v1/batches?cursor=AAAAAAAAAAAA".to_owned(),
        format!("/api/v1/batches?cursor={cursor}"),
        format!("{other}/items?cursor={cursor}"),
        format!("{one}/items?state=failed&cursor={cursor}"),
    ] {
        let (status, problem) = app.call(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert_problem(&problem, status, "bad_cursor");
    }
    for query in ["limit=0", "limit=1001", "limit=many", "state=sleeping"] {
        let (status, problem) = app.call(Method::GET, &format!("{one}/items?{query}"), None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_problem(&problem, status, "validation_failed");
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_or_of_no_known_kind_are_refused() {
    let app = TestApp::start();
    let send = async |kind: &'static str, body: &'static str| -> (StatusCode, Value) {
        let request = app.request(Method::POST, "/api/v1/batches").header("content-type", kind).body(body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    };
    let (status, problem) = send("application/json", "{\"operations\": [").await;
    assert_problem(&problem, status, "bad_json");
    assert!(problem["detail"].as_str().unwrap().contains("line 1"), "{problem}");
    let (status, problem) = send("application/json", "[1]").await;
    assert_problem(&problem, status, "bad_json");
    let (status, problem) = send("text/csv", "a,b").await;
    assert_problem(&problem, status, "unsupported_media_type");
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let (status, problem) = send("multipart/form-data", "x").await;
    assert_problem(&problem, status, "bad_multipart");
    let (status, problem) = send("multipart/form-data; boundary=b", "no boundary at all").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["status"], 400);
    let form = "--b\r\ncontent-disposition: form-data; name=\"surprise\"\r\n\r\nx\r\n--b--\r\n";
    let (status, problem) = send("multipart/form-data; boundary=b", form).await;
    assert_problem(&problem, status, "validation_failed");
    assert_eq!(problem["errors"][0]["field"], "surprise");
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing_behind() {
    let app = TestApp::start();
    let half = vec![b'x'; 700_000];
    let head =
        "POST /api/v1/files?name=a.pdf HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n".as_bytes();
    if let Some((status, problem)) = raw_request_cut(&app, &[head, &half].concat()) {
        assert_eq!((status, &problem["code"]), (400, &json!("upload_incomplete")));
    }
    let head = "POST /api/v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\
                content-type: multipart/form-data; boundary=b\r\n\r\n\
                --b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n";
    if let Some((status, problem)) = raw_request_cut(&app, &[head.as_bytes(), &half].concat()) {
        assert_eq!((status, &problem["code"]), (400, &json!("upload_incomplete")));
    }
    let until = std::time::Instant::now() + crate::harness::DEADLINE;
    let left = || std::fs::read_dir(app.data.join("incoming")).unwrap().count();
    while left() > 0 && std::time::Instant::now() < until {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(left(), 0);
    assert_eq!(blobs(&app.data).len(), 0);
}

#[tokio::test]
async fn a_correlation_id_that_is_no_id_is_replaced() {
    let app = TestApp::start();
    let answer = app.request(Method::GET, NOBODY).header("x-correlation-id", "mine/1").send().await.unwrap();
    assert_eq!(answer.headers()["x-correlation-id"], "mine/1");
    assert_eq!(answer.json::<Value>().await.unwrap()["request_id"], "mine/1");
    for bad in ["with space", &"x".repeat(129)] {
        let answer = app.request(Method::GET, "/healthz").header("x-correlation-id", bad).send().await.unwrap();
        let given = answer.headers()["x-correlation-id"].to_str().unwrap();
        assert_ne!(given, bad);
        assert_eq!(given.len(), 32);
    }
    let (status, _) = raw_request(&app, b"GET /healthz HTTP/1.1\r\nhost: q\r\nx-correlation-id: \xff\xfe\r\n\r\n");
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_page_of_another_origin_may_do_nothing() {
    let app = TestApp::start();
    let send = |origin: String| app.request(Method::POST, "/api/v1/batches").header("origin", origin);
    for origin in ["http://elsewhere.example", "null", "http://127.0.0.1:1"] {
        let answer = send(origin.into()).json(&json!({ "operations": ["noop"], "items": 1 })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{origin}");
        assert_problem(&answer.json().await.unwrap(), StatusCode::FORBIDDEN, "foreign_origin");
    }
    let own = send(app.url.clone()).json(&json!({ "operations": ["noop"], "items": 1 })).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::ACCEPTED);
}
