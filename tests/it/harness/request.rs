//! A request of a test. Its answer is compared with the OpenAPI document before the test sees it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::{Arc, Mutex};

use reqwest::multipart::Form;
use reqwest::{Body, Method, RequestBuilder, Response};
use serde::Serialize;

use crate::contract::document::{Answered, CONTRACT};

/// Operations and statuses that a server has answered.
pub(crate) type AnsweredSet = Arc<Mutex<BTreeSet<Answered>>>;

pub(crate) struct TestRequest {
    builder: RequestBuilder,
    method: Method,
    path: String,
    answered: AnsweredSet,
}

impl TestRequest {
    pub(super) fn new(builder: RequestBuilder, method: Method, path: &str, answered: &AnsweredSet) -> Self {
        Self { builder, method, path: path.to_owned(), answered: Arc::clone(answered) }
    }

    fn map(self, build: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self { builder: build(self.builder), ..self }
    }

    pub(crate) fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.map(|builder| builder.header(name, value.as_ref()))
    }

    pub(crate) fn bearer_auth(self, key: impl Display) -> Self {
        self.map(|builder| builder.bearer_auth(key))
    }

    pub(crate) fn json(self, body: &impl Serialize) -> Self {
        self.map(|builder| builder.json(body))
    }

    pub(crate) fn body(self, body: impl Into<Body>) -> Self {
        self.map(|builder| builder.body(body))
    }

    pub(crate) fn multipart(self, form: Form) -> Self {
        self.map(|builder| builder.multipart(form))
    }

    /// # Panics
    /// When the answer is not one that the document lists.
    pub(crate) async fn send(self) -> reqwest::Result<Response> {
        let answer = self.builder.send().await?;
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap().trim();
        let is_json = kind.ends_with("/json") || kind.ends_with("+json");
        let (answer, body) = if is_json { read(answer).await? } else { (answer, None) };
        let (method, path) = (&self.method, self.path.as_str());
        match CONTRACT.judge((method, path), answer.status(), answer.headers(), body.as_ref()) {
            Ok(Some(answered)) => {
                self.answered.lock().unwrap().insert(answered);
            }
            Ok(None) => {}
            Err(why) => panic!(
                "{method} {path} answered {} against docs/api/openapi.json: {why}\n{:#}",
                answer.status(),
                body.unwrap_or_default()
            ),
        }
        Ok(answer)
    }
}

/// The answer, and its body as JSON; an artifact may be of another kind than it says.
async fn read(answer: Response) -> reqwest::Result<(Response, Option<serde_json::Value>)> {
    let mut parts = http::Response::builder().status(answer.status()).version(answer.version());
    *parts.headers_mut().unwrap() = answer.headers().clone();
    let bytes = answer.bytes().await?;
    let body = serde_json::from_slice(&bytes).ok();
    Ok((parts.body(bytes).unwrap().into(), body))
}
