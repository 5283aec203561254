//! Owners with keys: made through the admin interface, and callers that show them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::api::answered;
use super::{TestApp, TestRequest};

pub(crate) const KEYS: &str = "/api/v1/admin/keys";

/// One who shows a key with every request.
pub(crate) struct Caller<'a> {
    app: &'a TestApp,
    pub key: String,
    /// The key's public part.
    pub id: String,
}

impl TestApp {
    /// The first key, an administrator's, of the owner whom everything belonged to before.
    pub(crate) async fn first_admin(&self) -> Caller<'_> {
        let (status, made) = self.post(KEYS, json!({ "owner": "local", "admin": true })).await;
        assert_eq!(status, StatusCode::CREATED, "{made:#}");
        Caller::of(self, &made)
    }
}

impl<'a> Caller<'a> {
    pub(crate) fn of(app: &'a TestApp, made: &Value) -> Self {
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        Self { app, key: text("key"), id: text("id") }
    }

    /// An ordinary key, made by this administrator.
    pub(crate) async fn owner(&self, owner: &str) -> Caller<'a> {
        self.make(json!({ "owner": owner, "name": "of a test" })).await
    }

    /// A key as the body says, made by this administrator.
    pub(crate) async fn make(&self, body: Value) -> Caller<'a> {
        let (status, made) = self.call(Method::POST, KEYS, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{made:#}");
        Caller::of(self.app, &made)
    }

    pub(crate) async fn revoke(&self, id: &str) {
        let (status, revoked) = self.call(Method::DELETE, &format!("{KEYS}/{id}"), None).await;
        assert_eq!(status, StatusCode::OK, "{revoked:#}");
        assert!(revoked["revoked_at"].is_string(), "{revoked:#}");
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> TestRequest {
        self.app.request(method, path).bearer_auth(&self.key)
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

    /// Uploads a raw body; its resource.
    pub(crate) async fn upload(&self, name: &str, bytes: Vec<u8>) -> Value {
        let request = self.request(Method::POST, &format!("/api/v1/files?name={name}"));
        let answer = request.body(bytes).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.unwrap()
    }

    /// Submits a batch that has to be accepted; its address.
    pub(crate) async fn submit(&self, body: Value) -> String {
        let answer = self.request(Method::POST, "/api/v1/batches").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    pub(crate) async fn wait_for_end(&self, batch: &str) -> Value {
        self.eventually(batch, |seen| seen["outcome"].is_string()).await
    }

    /// Asks again until the answer is as wanted.
    pub(crate) async fn eventually(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = std::time::Instant::now() + super::DEADLINE;
        loop {
            let seen = self.read(path).await;
            if wanted(&seen) {
                return seen;
            }
            assert!(std::time::Instant::now() < until, "{path} never became as wanted; last: {seen:#}");
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
    }
}
