//! Batches and files: submitted, waited for, read to their end.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::TestApp;

impl TestApp {
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
