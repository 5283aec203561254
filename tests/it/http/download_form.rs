//! A form of a page that is logged in gets a download of another address; nothing else gets anything.

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Caller, TestApp, assert_problem};

/// A batch with a document and its text.
async fn batch(owner: &Caller<'_>, bytes: Vec<u8>) -> String {
    let file = owner.upload("a.pdf", bytes).await;
    let batch = owner.submit(json!({ "operations": ["text"], "files": [file["id"]] })).await;
    owner.wait_for_end(&batch).await;
    batch
}

#[tokio::test]
async fn a_form_gets_what_the_address_gets() {
    let app = TestApp::start();
    let alice = app.first_admin().await.owner("alice").await;
    let batch = batch(&alice, samples::pdf_with_pages(1)).await;
    let page = app.log_in(&alice.key).await;
    for path in ["items/1/artifacts/text.txt", "items/1/document", "results.jsonl"] {
        let href = format!("{batch}/{path}");
        let (by_key, by_form) =
            (alice.request(Method::GET, &href).send().await.unwrap(), page.download(&href).send().await.unwrap());
        assert_eq!((by_key.status(), by_form.status()), (StatusCode::OK, StatusCode::OK), "{path}");
        for name in ["content-type", "content-disposition", "content-security-policy", "x-content-type-options"] {
            assert_eq!(by_form.headers()[name], by_key.headers()[name], "{path}");
        }
        assert_eq!(by_form.headers()["content-security-policy"], "sandbox; default-src 'none'");
        assert!(by_form.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert_eq!(by_form.headers()["x-content-type-options"], "nosniff");
        assert_eq!(by_form.bytes().await.unwrap(), by_key.bytes().await.unwrap(), "{path}");
    }
    let absent = page.download(&format!("{batch}/items/1/artifacts/nothing")).send().await.unwrap();
    assert_problem(&absent.json().await.unwrap(), StatusCode::NOT_FOUND, "artifact_not_found");
}

#[tokio::test]
async fn a_form_without_both_halves_or_for_something_else_gets_nothing() {
    let app = TestApp::with("http.allowed_origins", "http://127.0.0.1:5173").start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let batch = batch(&alice, samples::pdf_with_pages(1)).await;
    let href = format!("{batch}/results.jsonl");
    let (hers, his) = (app.log_in(&alice.key).await, app.log_in(&bob.key).await);
    let theirs = his.download(&href).send().await.unwrap();
    assert_problem(&theirs.json().await.unwrap(), StatusCode::NOT_FOUND, "batch_not_found");

    let form = |token: &str, href: &str| format!("page_token={token}&href={href}");
    let send = async |site: &str, origin: &str, cookie: &str, form: String| {
        let request = app.request(Method::POST, "/api/v1/downloads").header("cookie", cookie);
        let request = request.header("sec-fetch-site", site).header("origin", origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form).send();
        let answer = request.await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let whole = form(&hers.page_token, &href);
    let neighbour = "http://127.0.0.1:5173";
    for (site, origin, cookie, form, refusal) in [
        ("same-origin", "null", hers.cookie.as_str(), form(&his.page_token, &href), (401, "unauthorized")),
        ("same-origin", "null", "", whole.clone(), (401, "unauthorized")),
        ("same-site", neighbour, &hers.cookie, whole.clone(), (401, "unauthorized")),
        ("cross-site", "null", &hers.cookie, whole.clone(), (403, "foreign_origin")),
        ("same-origin", "null", &hers.cookie, format!("href={href}"), (400, "bad_request")),
        ("same-origin", "null", &hers.cookie, format!("{whole}&more=1"), (400, "bad_request")),
        ("same-origin", "null", &hers.cookie, form(&hers.page_token, "/api/v1/batches"), (422, "validation_failed")),
        ("same-origin", "null", &hers.cookie, form(&hers.page_token, "//evil.example/x"), (422, "validation_failed")),
        ("same-origin", "null", &hers.cookie, format!("{whole}{}", "x".repeat(9000)), (413, "payload_too_large")),
    ] {
        let (status, code) = send(site, origin, cookie, form.clone()).await;
        assert_eq!((status, code.as_str()), refusal, "{site} {origin} {cookie} {form}");
    }
    assert_eq!(send("same-origin", "null", &hers.cookie, whole).await.0, 200, "control");
}

#[tokio::test]
async fn a_download_of_a_form_is_broken_off_when_its_key_is_revoked() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let bytes: Vec<u8> = samples::pdf_with_pages(1).into_iter().chain(std::iter::repeat_n(b' ', 64 << 20)).collect();
    let whole = bytes.len();
    let href = format!("{}/items/1/document", batch(&alice, bytes).await);
    let page = app.log_in(&alice.key).await;
    let mut download = page.download(&href).send().await.unwrap();
    assert_eq!(download.status(), StatusCode::OK);
    admin.revoke(&alice.id).await;
    let mut came = 0;
    while let Ok(Some(piece)) = download.chunk().await {
        came += piece.len();
    }
    assert!(came < whole, "all of it came");
}
