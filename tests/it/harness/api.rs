//! Typed callers of the HTTP interface.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{TestApp, TestRequest};

/// The status and the body, read as JSON, of a request with this body.
pub(super) async fn answered(request: TestRequest, body: Option<Value>) -> (StatusCode, Value) {
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

impl TestApp {
    pub(crate) fn request(&self, method: Method, path: &str) -> TestRequest {
        let builder = self.http.request(method.clone(), format!("{}{path}", self.url));
        TestRequest::new(builder, method, path, &self.answered)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// The status and the body, read as JSON.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        answered(self.request(method, path), body).await
    }

    pub(crate) async fn read(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body:#}");
        body
    }

    pub(crate) async fn put(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::PUT, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Submits a batch that has to be accepted; its address.
    pub(crate) async fn submit(&self, body: Value) -> String {
        let answer = self.request(Method::POST, "/api/v1/batches").json(&body).send().await.unwrap();
        let status = answer.status();
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::ACCEPTED, "{body:#}");
        location.unwrap()
    }

    /// A batch of `items` items that do nothing but wait.
    pub(crate) async fn submit_sleepers(&self, items: u32, ms: u64, more: Value) -> String {
        let scripts: serde_json::Map<_, _> = (1..=items).map(|nth| (nth.to_string(), json!({ "sleep": ms }))).collect();
        let mut body = json!({ "operations": ["noop"], "items": items, "scripts": scripts });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        self.submit(body).await
    }

    /// A batch of one document with this script, once a worker process has taken the document; its address.
    pub(crate) async fn submit_taken(&self, script: Value) -> String {
        let options = json!({ "operations": ["noop"], "scripts": { "1": script } });
        let batch = self.submit_form(&[("a.pdf", b"a document".to_vec())], options).await;
        self.eventually(&format!("{batch}/items/1"), |item| {
            item["progress"]["stage"].as_str().is_some_and(|stage| stage != "receiving")
        })
        .await;
        batch
    }

    /// Waits until so many worker processes are at work. Nobody asks for a canary meanwhile, which would be one of
    /// them.
    pub(crate) async fn at_work(&self, processes: u32) {
        self.eventually("/api/batch/metrics", |seen| seen["workers"]["at_work"] == processes).await;
    }

    /// Uploads a raw body; its id.
    pub(crate) async fn upload(&self, name: &str, bytes: Vec<u8>) -> Value {
        let path = format!("/api/v1/files?name={}", utf8_percent_encode(name, NON_ALPHANUMERIC));
        let answer = self.request(Method::POST, &path).body(bytes).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.unwrap()
    }

    /// Submits documents and options as one form; the batch's address.
    pub(crate) async fn submit_form(&self, files: &[(&str, Vec<u8>)], options: Value) -> String {
        let mut form = Form::new().text("options", options.to_string());
        for (name, bytes) in files {
            form = form.part("files", Part::bytes(bytes.clone()).file_name((*name).to_owned()));
        }
        let answer = self.request(Method::POST, "/api/v1/batches").multipart(form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Waits until the batch has this status.
    pub(crate) async fn wait_for(&self, batch: &str, status: &str) -> Value {
        self.eventually(batch, |seen| seen["status"] == status).await
    }

    /// Waits until the batch has ended, however.
    pub(crate) async fn wait_for_end(&self, batch: &str) -> Value {
        self.eventually(batch, |seen| seen["outcome"].is_string()).await
    }

    /// Everything `results.jsonl` has to say.
    pub(crate) async fn results(&self, batch: &str) -> Vec<Value> {
        let text = self.get(&format!("{batch}/results.jsonl")).await.text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What every problem must have; its code.
pub(crate) fn assert_problem(answer: &Value, status: StatusCode, code: &str) {
    assert_eq!(answer["code"], code, "{answer:#}");
    assert_eq!(answer["status"], status.as_u16(), "{answer:#}");
    for field in ["type", "title", "detail", "request_id"] {
        assert!(answer[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {answer:#}");
    }
}
