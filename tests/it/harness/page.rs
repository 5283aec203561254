//! A page that is logged in: both halves of its session, and what its browser sends with them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::api::answered;
use super::{TestApp, TestRequest};

pub(crate) const SESSION: &str = "/api/v1/session";

pub(crate) struct PageSession<'a> {
    app: &'a TestApp,
    /// As the browser sends it back.
    pub cookie: String,
    /// As the server set it.
    pub set_cookie: String,
    pub page_token: String,
    /// The whole answer.
    pub told: Value,
}

impl TestApp {
    /// Logs in with a key that has to be good.
    pub(crate) async fn log_in(&self, key: &str) -> PageSession<'_> {
        let answer = self.request(Method::POST, SESSION).json(&json!({ "key": key })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let set_cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        let cookie = set_cookie.split(';').next().unwrap().to_owned();
        let told: Value = answer.json().await.unwrap();
        let page_token = told["page_token"].as_str().unwrap().to_owned();
        PageSession { app: self, cookie, set_cookie, page_token, told }
    }
}

impl PageSession<'_> {
    /// With both halves, from a page of the server's own.
    pub(crate) fn request(&self, method: Method, path: &str) -> TestRequest {
        self.by_cookie(method, path).header("x-quire-page", &self.page_token).header("sec-fetch-site", "same-origin")
    }

    /// With what a browser sends by itself, wherever the request comes from; also what a thief has of the cookie.
    pub(crate) fn by_cookie(&self, method: Method, path: &str) -> TestRequest {
        self.app.request(method, path).header("cookie", &self.cookie)
    }

    /// The status and the body, read as JSON.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        answered(self.request(method, path), body).await
    }

    /// The form of a page whose browser then saves what comes.
    pub(crate) fn download(&self, href: &str) -> TestRequest {
        let form = format!("page_token={}&href={href}", self.page_token);
        self.by_cookie(Method::POST, "/api/v1/downloads")
            .header("sec-fetch-site", "same-origin")
            .header("origin", "null")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
    }
}
