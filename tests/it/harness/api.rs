//! Calls of the HTTP interface, and looks at the log and the database behind it.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::launch::log_path;
use super::{DEADLINE, TestApp, TestRequest};

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

    /// Asks again until the answer is as wanted.
    pub(crate) async fn eventually(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + DEADLINE;
        let mut last = Value::Null;
        while Instant::now() < until {
            if let Ok(answer) = self.request(Method::GET, path).send().await {
                last = answer.json().await.unwrap_or_default();
                if wanted(&last) {
                    return last;
                }
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{path} never became as wanted; last: {last:#}\nlog:\n{}", self.log());
    }
}

impl TestApp {
    /// Everything that the server has logged, JSON lines.
    pub(crate) fn whole_log(&self) -> String {
        std::fs::read_to_string(log_path(&self.data)).unwrap_or_default()
    }

    fn log(&self) -> String {
        let text = self.whole_log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Whether these bytes are anywhere in the database's files.
    pub(crate) fn database_holds(&self, wanted: impl AsRef<[u8]>) -> bool {
        let wanted = wanted.as_ref();
        let files = ["quire.db", "quire.db-wal"].map(|name| std::fs::read(self.data.join(name)).unwrap_or_default());
        files.iter().any(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted))
    }
}

/// Asserts that the answer is a problem with this code and everything that a problem must have.
pub(crate) fn assert_problem(answer: &Value, status: StatusCode, code: &str) {
    assert_eq!(answer["code"], code, "{answer:#}");
    assert_eq!(answer["status"], status.as_u16(), "{answer:#}");
    for field in ["type", "title", "detail", "request_id"] {
        assert!(answer[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {answer:#}");
    }
}
