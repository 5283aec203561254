//! Sizes: every limit is named when it is reached, and what was refused is not kept.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, TestRequest, assert_problem};

#[tokio::test]
async fn bodies_over_a_limit_are_refused_with_its_name() {
    let app = TestApp::with("http.max_json_kib", 4)
        .with("http.max_file_mib", 1)
        .with("http.max_upload_mib", 2)
        .with("http.max_upload_files", 3)
        .start();
    let answered = async |request: TestRequest| -> (StatusCode, Value) {
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    };
    let files = || app.request(Method::POST, "/api/v1/files");
    let form = |sizes: &[usize]| {
        sizes.iter().fold(Form::new(), |form, size| form.part("files", Part::bytes(vec![b'x'; *size]).file_name("x")))
    };
    let long = json!({ "name": "x".repeat(5000) });
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(
        (0..20).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 100_000])),
    ));
    for (request, key) in [
        (app.request(Method::POST, "/api/v1/batches").json(&long), "http.max_json_kib"),
        (files().body(vec![b'x'; 1_200_000]), "http.max_file_mib"),
        (files().body(chunked), "http.max_file_mib"),
        (files().multipart(form(&[10, 1_200_000])), "http.max_file_mib"),
        (files().multipart(form(&[900_000, 900_000, 900_000])), "http.max_upload_mib"),
        (files().multipart(form(&[1, 1, 1, 1])), "http.max_upload_files"),
        (
            app.request(Method::POST, "/api/v1/batches").multipart(Form::new().text("options", long.to_string())),
            "http.max_json_kib",
        ),
    ] {
        let (status, problem) = answered(request).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{key}: {problem}");
        assert_problem(&problem, status, "payload_too_large");
        assert!(problem["detail"].as_str().unwrap().contains(key), "{problem}");
    }
    assert_eq!(std::fs::read_dir(app.data.join("incoming")).unwrap().count(), 0);
    let (status, _) = answered(files().body(vec![b'x'; 1 << 20])).await;
    assert_eq!(status, StatusCode::CREATED, "exactly the limit is fine");
}

#[tokio::test]
async fn an_open_batch_grows_no_further_than_its_limit() {
    let app = TestApp::with("http.max_batch_items", 10).start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 8, "sealed": false })).await;
    let (status, problem) = app.post(&format!("{batch}/items"), json!({ "items": 3 })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_problem(&problem, status, "too_many_items");
    assert_eq!(app.read(&batch).await["counts"]["total"], 8);
}
