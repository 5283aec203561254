//! A revoked key opens nothing, and ends what it has opened: what was begun with it is refused from then on.

use quire_documents::samples;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Line, status};
use crate::harness::{Caller, KEYS, Plan, TestApp};
use crate::http::isolation::{Estate, routes};

/// They take no body: what they do is done before the rest of one could come.
const BODILESS: [&str; 13] = [
    "/recover",
    "/resume",
    "/seal",
    "/ws-tickets",
    "/enable",
    "/disable",
    "/test",
    "/resend",
    "/ping",
    "/restart",
    "/stop",
    "/panic",
    "/stall",
];

/// An administrator's key, so that no address is closed to it for another reason.
async fn key<'a>(admin: &Caller<'a>, app: &'a TestApp) -> Caller<'a> {
    let order = json!({ "owner": "local", "name": "of a test", "admin": true });
    let (status, made) = admin.call(Method::POST, KEYS, Some(order)).await;
    assert_eq!(status, 201, "{made:#}");
    Caller::of(app, &made)
}

/// The things of the owner, and who may come in.
async fn holdings(app: &TestApp, owner: &Caller<'_>) -> Value {
    let keys = owner.read(KEYS).await;
    let live = keys["keys"].as_array().unwrap().iter().filter(|key| key["revoked_at"].is_null()).count();
    let batches = owner.read("/api/v1/batches").await["batches"].clone();
    let batches = batches.as_array().unwrap().iter().map(|batch| [&batch["id"], &batch["rev"], &batch["counts"]]);
    let batches = json!(batches.collect::<Vec<_>>());
    let webhooks = owner.read("/api/v1/webhooks").await["webhooks"].clone();
    let webhooks: Vec<_> = webhooks.as_array().unwrap().iter().map(|webhook| webhook["id"].clone()).collect();
    let latest = owner.read("/api/v1/events?limit=1").await["latest"].clone();
    let uploads = std::fs::read_dir(app.data.join("incoming")).unwrap().count();
    json!([live, batches, webhooks, latest, uploads])
}

/// A document, an order, or what any other address refuses for other reasons.
fn body_for(path: &str) -> Vec<u8> {
    match path {
        path if path.ends_with("/files") => samples::pdf_with_pages(1),
        path if path.ends_with("/items") => br#"{"items": 1}            "#.to_vec(),
        path if path.ends_with("/webhooks") => br#"{"url": "https://receiver.example/of-nobody"}"#.to_vec(),
        path if path.ends_with("/admin/keys") => br#"{"owner": "local", "admin": true}"#.to_vec(),
        path if path.ends_with("/batches") || path.ends_with("/jobs") => {
            br#"{"operations": ["noop"], "items": 1}"#.to_vec()
        }
        _ => b"{                    }".to_vec(),
    }
}

fn takes_a_body(method: &str, path: &str) -> bool {
    ["POST", "PUT", "PATCH"].contains(&method) && !BODILESS.iter().any(|end| path.ends_with(end))
}

#[tokio::test]
async fn what_was_begun_at_any_address_is_refused_once_the_key_was_revoked() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let estate = Estate::of(&admin).await;
    let before = holdings(&app, &admin).await;
    let mut walked = 0;
    for (method, path) in routes() {
        let address = estate.address(&path, false);
        let has_body = takes_a_body(&method, &path);
        let is_open = ["/healthz", "/readyz", "/api/v1/ws", "/api/v1/session", "/api/v1/downloads"]
            .contains(&path.as_str())
            || path.ends_with("api.json")
            || path.starts_with("/docs");
        if is_open || !has_body && method != "GET" {
            continue;
        }
        let (owner, body) = (key(&admin, &app).await, body_for(&path));
        let (first, rest) = body.split_at(body.len() / 2);
        let kind = if path.ends_with("/files") { "application/pdf" } else { "application/json" };
        let more = format!(
            "connection: close\r\nupload-offset: 0\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        // A request without a body is begun with half of its head.
        let (more, rest) = if has_body { (more.as_str(), rest) } else { ("connection: close\r\n", b"\r\n".as_slice()) };
        let mut line = Line::begin(&app, Some(&owner), &method, &address, more);
        if has_body {
            line.say(first);
        }
        admin.revoke(&owner.id).await;
        line.say(rest);
        let answer = line.read_on();
        assert_eq!(status(&answer), 401, "{method} {path}: {answer}");
        assert!(answer.contains("key_revoked"), "{method} {path}: {answer}");
        walked += 1;
    }
    assert!(walked > 25, "{walked}");
    assert_eq!(holdings(&app, &admin).await, before, "something of it was done");
}

async fn late_upload(plan: Plan) -> (String, usize) {
    let app = plan.start();
    let admin = app.first_admin().await;
    let owner = key(&admin, &app).await;
    let document = samples::pdf_with_pages(1);
    let more = format!("content-type: application/pdf\r\ncontent-length: {}\r\n\r\n", document.len());
    let mut line = Line::begin(&app, Some(&owner), "POST", "/api/v1/files?name=late.pdf", &more);
    line.say(&document[..100]);
    // The server has the first piece once it holds the line: it answers on others meanwhile.
    admin.read(KEYS).await;
    admin.revoke(&owner.id).await;
    line.say(&document[100..]);
    (line.head(), crate::harness::blobs(&app.data).len())
}

#[tokio::test]
async fn control_without_the_watch_over_rights_a_late_upload_is_taken() {
    let (answer, blobs) = late_upload(TestApp::with("http.body_silence_ms", 60_000).without("http.standing")).await;
    assert_eq!((status(&answer), blobs), (201, 1), "{answer}");
}

#[tokio::test]
async fn who_waits_for_news_hears_at_once_that_the_key_was_revoked_and_nothing_of_what_follows() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let owner = key(&admin, &app).await;
    let latest = owner.read("/api/v1/events?limit=1").await["latest"].clone();
    let path = format!("/api/v1/events?after={latest}&wait=25");
    let mut poll = Line::begin(&app, Some(&owner), "GET", &path, "connection: close\r\n\r\n");
    let path = format!("/api/v1/events/stream?after={latest}");
    let mut stream = Line::begin(&app, Some(&owner), "GET", &path, "\r\n");
    admin.eventually("/api/v1/admin/actors", |actors| actors["sessions"]["open"] == 2).await;
    admin.revoke(&owner.id).await;
    let batch = admin.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    let id = batch.rsplit('/').next().unwrap();
    let (polled, streamed) = (poll.read_on(), stream.read_on());
    assert!(status(&polled) == 401 && polled.contains("key_revoked"), "{polled}");
    assert!(status(&streamed) == 200 && streamed.contains("event: hello") && !streamed.contains(id), "{streamed}");
}

#[tokio::test]
async fn a_download_that_is_under_way_is_broken_off() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let bytes = samples::pdf_with_pages(1).into_iter().chain(std::iter::repeat_n(b' ', 64 << 20)).collect();
    let file = admin.upload("large.pdf", bytes).await;
    let batch = admin.submit(json!({ "operations": ["info"], "files": [file["id"]] })).await;
    admin.wait_for_end(&batch).await;
    let owner = key(&admin, &app).await;
    let path = format!("{batch}/items/1/document");
    let mut line = Line::begin(&app, Some(&owner), "GET", &path, "connection: close\r\n\r\n");
    assert_eq!(status(&line.head()), 200);
    admin.revoke(&owner.id).await;
    let answer = line.read_on();
    assert!(answer.len() < 64 << 20, "all of it came");
    let mut line = Line::begin(&app, Some(&admin), "GET", &path, "connection: close\r\n\r\n");
    assert!(line.read_on().len() > 64 << 20, "control: by itself it ends later");
}
