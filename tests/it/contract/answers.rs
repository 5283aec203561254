//! One walk along every operation: each success that the document lists is answered by a server, and as it is listed.

use quire_documents::samples;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::document::CONTRACT;
use crate::harness::{Caller, KEYS, SESSION, TestApp};

/// Asks, and wants a success.
async fn succeeds(caller: &Caller<'_>, method: Method, path: &str, body: Option<Value>) -> Value {
    let request = caller.request(method.clone(), path);
    let request = if let Some(body) = body { request.json(&body) } else { request };
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{method} {path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

async fn get(caller: &Caller<'_>, path: &str) -> Value {
    succeeds(caller, Method::GET, path, None).await
}

async fn post(caller: &Caller<'_>, path: &str, body: Value) -> Value {
    succeeds(caller, Method::POST, path, Some(body)).await
}

async fn put(caller: &Caller<'_>, path: &str) -> Value {
    succeeds(caller, Method::PUT, path, None).await
}

fn form() -> Form {
    Form::new().part("files", Part::bytes(samples::pdf_with_pages(1)).file_name("a.pdf"))
}

/// Files, a batch from its making to its results, and the older names of the same.
async fn batches(owner: &Caller<'_>) {
    owner.upload("b.pdf", samples::pdf_with_pages(2)).await;
    let several = owner.request(Method::POST, "/api/v1/files").multipart(form()).send().await.unwrap();
    let file = several.json::<Value>().await.unwrap()["files"][0]["id"].clone();
    let order = json!({ "operations": ["text", "info"], "files": [file], "sealed": false, "name": "walk" });
    let batch = owner.submit(order.clone()).await;
    post(owner, &format!("{batch}/items"), json!({ "files": [file] })).await;
    put(owner, &format!("{batch}/seal")).await;
    owner.wait_for_end(&batch).await;
    let item = format!("{batch}/items/1");
    for path in [&batch, &format!("{batch}/items"), &item, &"/api/v1/batches".to_owned()] {
        get(owner, path).await;
    }
    for path in ["document", "artifacts/text.txt"].map(|name| format!("{item}/{name}")) {
        get(owner, &path).await;
        owner.request(Method::GET, &path).header("range", "bytes=0-3").send().await.unwrap();
    }
    for path in ["results.jsonl", "items/states", "items/1/pages", "failures"] {
        get(owner, &format!("{batch}/{path}")).await;
    }
    post(owner, &format!("{batch}/retry"), json!({})).await;
    let job = post(owner, "/api/batch/jobs", order).await;
    let job = format!("/api/batch/jobs/{}", job["id"].as_str().unwrap());
    for path in [&job, &format!("{job}/tasks"), &"/api/batch/metrics".to_owned()] {
        get(owner, path).await;
    }
    for action in ["pause", "resume"] {
        put(owner, &format!("{job}/{action}")).await;
    }
    succeeds(owner, Method::DELETE, &job, None).await;
    succeeds(owner, Method::DELETE, &job, None).await;
}

/// Many at once, and what is found.
async fn many(owner: &Caller<'_>) {
    let bulk = json!({ "verb": "pause", "filter": {}, "dry_run": true });
    post(owner, "/api/v1/batches/bulk", bulk).await;
    get(owner, "/api/v1/search?q=walk").await;
}

/// One that is completed, and one that is given up.
async fn uploads(owner: &Caller<'_>) {
    for (nth, last) in [(4, 6), (4, 5)] {
        let opened = post(owner, "/api/v1/uploads", json!({ "name": "a.pdf", "size_bytes": 10 })).await;
        let upload = format!("/api/v1/uploads/{}", opened["id"].as_str().unwrap());
        for (at, bytes) in [(0, nth), (nth, last)] {
            let piece = owner.request(Method::PATCH, &upload).header("upload-offset", at.to_string());
            let answer = piece.body(vec![b'x'; bytes]).send().await.unwrap();
            assert!(answer.status().is_success(), "{at}");
        }
        get(owner, &upload).await;
        succeeds(owner, Method::DELETE, &upload, None).await;
    }
}

/// Every action both done at once and under way.
async fn actions(owner: &Caller<'_>, base: &str) {
    let order = json!({ "operations": ["noop"], "items": 2, "scripts": { "1": "linger" } });
    let id = post(owner, "/api/v1/batches", order.clone()).await["id"].as_str().unwrap().to_owned();
    let batch = format!("{base}/{id}");
    let taken = |item: &Value| item["state"] == "running";
    owner.eventually(&format!("/api/v1/batches/{id}/items/1"), taken).await;
    // One lingers: the pause is under way until it is interrupted.
    put(owner, &format!("{batch}/pause")).await;
    put(owner, &format!("{batch}/pause?mode=interrupt")).await;
    owner.eventually(&format!("/api/v1/batches/{id}"), |batch| batch["status"] == "paused").await;
    put(owner, &format!("{batch}/pause")).await;
    put(owner, &format!("{batch}/resume")).await;
    owner.eventually(&format!("/api/v1/batches/{id}/items/1"), taken).await;
    succeeds(owner, Method::DELETE, &batch, None).await;
    owner.wait_for_end(&format!("/api/v1/batches/{id}")).await;
    post(owner, &format!("/api/v1/batches/{id}/retry"), json!({ "cancelled": true })).await;
    succeeds(owner, Method::DELETE, &batch, None).await;
    owner.wait_for_end(&format!("/api/v1/batches/{id}")).await;
    succeeds(owner, Method::DELETE, &batch, None).await;
}

async fn events(app: &TestApp, owner: &Caller<'_>) {
    get(owner, "/api/v1/events?limit=5").await;
    let stream = owner.request(Method::GET, "/api/v1/events/stream?after=0").send().await.unwrap();
    assert_eq!(stream.status().as_u16(), 200);
    drop(stream);
    durable_streams(owner).await;
    post(owner, "/api/v1/ws-tickets", json!({})).await;
    let upgrade =
        owner.request(Method::GET, "/api/v1/ws").header("connection", "Upgrade").header("upgrade", "websocket");
    let upgrade = upgrade.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(upgrade.send().await.unwrap().status().as_u16(), 101);
    for open in
        ["/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/asyncapi.json", "/docs", "/docs/rapidoc-min.js"]
    {
        assert_eq!(app.get(open).await.status().as_u16(), 200, "{open}");
    }
}

async fn durable_streams(owner: &Caller<'_>) {
    let batch = get(owner, "/api/v1/batches?limit=1").await["batches"][0]["id"].as_str().unwrap().to_owned();
    for log in ["/api/v1/streams/events".to_owned(), format!("/api/v1/streams/batches/{batch}")] {
        let page = owner.request(Method::GET, &log).send().await.unwrap();
        let etag = page.headers()["etag"].to_str().unwrap().to_owned();
        let same = owner.request(Method::GET, &log).header("if-none-match", etag).send().await.unwrap();
        assert_eq!((page.status().as_u16(), same.status().as_u16()), (200, 304));
        assert_eq!(get(owner, &format!("{log}?offset=now")).await, json!([]));
        for (query, status) in
            [("offset=-1&live=long-poll", 200), ("offset=-1&live=sse", 200), ("offset=now&live=long-poll", 204)]
        {
            let live = owner.request(Method::GET, &format!("{log}?{query}")).send().await.unwrap();
            assert_eq!(live.status().as_u16(), status, "{query}");
        }
    }
}

async fn webhooks(owner: &Caller<'_>) {
    let all = "/api/v1/webhooks";
    let made = post(owner, all, json!({ "url": "https://receiver.example/" })).await;
    let own = made["links"]["self"].as_str().unwrap();
    succeeds(owner, Method::PATCH, own, Some(json!({ "description": "walk" }))).await;
    for action in ["secret/rotate", "disable", "enable", "recover?since=2020-01-01T00:00:00Z"] {
        post(owner, &format!("{own}/{action}"), json!({})).await;
    }
    let delivery = post(owner, &format!("{own}/test"), json!({})).await;
    let delivery = delivery["links"]["self"].as_str().unwrap();
    for path in [all, own, &format!("{own}/deliveries"), delivery] {
        get(owner, path).await;
    }
    post(owner, &format!("{delivery}/resend"), json!({})).await;
    succeeds(owner, Method::DELETE, own, None).await;
}

async fn administration(admin: &Caller<'_>) {
    let actors = "/api/v1/admin/actors";
    let janitor = format!("{actors}/root/janitor");
    for what in ["doctor", "settings", "logs", "audit"] {
        get(admin, &format!("/api/v1/admin/{what}")).await;
    }
    for path in [actors, &janitor, KEYS] {
        get(admin, path).await;
    }
    let spare = post(admin, KEYS, json!({ "owner": "spare", "role": "viewer", "expires_in_days": 1 })).await;
    post(admin, &format!("{KEYS}/{}/rotate", spare["id"].as_str().unwrap()), json!({})).await;
    for action in ["ping", "panic", "stall", "stop", "restart"] {
        post(admin, &format!("{janitor}/{action}"), json!({})).await;
        if action == "stall" {
            succeeds(admin, Method::DELETE, &format!("{janitor}/stall"), None).await;
        }
    }
    let key = admin.owner("somebody").await;
    admin.revoke(&key.id).await;
}

/// Log in, look, download by a form, log out.
async fn session(app: &TestApp, owner: &Caller<'_>) {
    let file = owner.upload("c.pdf", samples::pdf_with_pages(1)).await;
    let batch = owner.submit(json!({ "operations": ["info"], "files": [file["id"]] })).await;
    owner.wait_for_end(&batch).await;
    let page = app.log_in(&owner.key).await;
    get(owner, SESSION).await;
    for (path, status) in [("items/1/document", 206), ("results.jsonl", 200)] {
        let form = page.download(&format!("{batch}/{path}")).header("range", "bytes=0-3");
        assert_eq!(form.send().await.unwrap().status().as_u16(), status, "{path}");
    }
    assert_eq!(page.call(Method::DELETE, SESSION, None).await.0.as_u16(), 204);
}

#[tokio::test]
async fn every_success_of_the_document_is_answered_as_it_is_listed() {
    let app = TestApp::with("live.max_wait_secs", 1).start();
    let admin = app.first_admin().await;
    let owner = admin.owner("alice").await;
    batches(&owner).await;
    uploads(&owner).await;
    many(&owner).await;
    for base in ["/api/v1/batches", "/api/batch/jobs"] {
        actions(&owner, base).await;
    }
    events(&app, &owner).await;
    webhooks(&owner).await;
    session(&app, &owner).await;
    administration(&admin).await;
    let answered = app.answered.lock().unwrap().clone();
    let unseen: Vec<_> = CONTRACT.successes().difference(&answered).cloned().collect();
    assert!(unseen.is_empty(), "no answer was seen of {unseen:#?}");
}
