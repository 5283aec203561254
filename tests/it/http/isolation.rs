//! Things of one owner do not exist for another, at any address.
//!
//! [`RULES`] has a line for each address and method; a test compares it with the OpenAPI document, which names every
//! route of the server, so that a new one cannot be forgotten here. **The control**: the same walk with a second key of the same owner must find everything.

use std::collections::BTreeSet;

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::contract::document::CONTRACT;
use crate::harness::{Caller, TestApp};

/// The answer to somebody who is not the owner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The same 404 as for what does not exist.
    Hidden,
    /// Its own, in which nothing of another's shows.
    Own,
    /// 403, unless an administrator asks.
    Admin,
    /// Anybody may; tells nothing of anybody's data.
    Open,
    /// Does not end by itself; `live::keys` listens there.
    Live,
}
use Rule::{Admin, Hidden, Live, Open, Own};

const RULES: &[(&str, &str, Rule)] = &[
    ("POST", "/api/v1/files", Own),
    ("POST", "/api/v1/uploads", Own),
    ("GET", "/api/v1/uploads/{id}", Hidden),
    ("PATCH", "/api/v1/uploads/{id}", Hidden),
    ("DELETE", "/api/v1/uploads/{id}", Hidden),
    ("GET", "/api/v1/batches", Own),
    ("POST", "/api/v1/batches", Own),
    ("POST", "/api/v1/batches/bulk", Own),
    ("GET", "/api/v1/search", Own),
    ("GET", "/api/v1/batches/{id}", Hidden),
    ("PUT", "/api/v1/batches/{id}/pause", Hidden),
    ("PUT", "/api/v1/batches/{id}/resume", Hidden),
    ("PUT", "/api/v1/batches/{id}/seal", Hidden),
    ("POST", "/api/v1/batches/{id}/retry", Hidden),
    ("GET", "/api/v1/batches/{id}/items", Hidden),
    ("POST", "/api/v1/batches/{id}/items", Hidden),
    ("GET", "/api/v1/batches/{id}/items/states", Hidden),
    ("GET", "/api/v1/batches/{id}/items/{position}", Hidden),
    ("GET", "/api/v1/batches/{id}/items/{position}/artifacts/{name}", Hidden),
    ("GET", "/api/v1/batches/{id}/items/{position}/document", Hidden),
    ("GET", "/api/v1/batches/{id}/items/{position}/pages", Hidden),
    ("GET", "/api/v1/batches/{id}/failures", Hidden),
    ("GET", "/api/v1/batches/{id}/results.jsonl", Hidden),
    ("DELETE", "/api/v1/batches/{id}", Hidden),
    ("GET", "/api/v1/events", Own),
    ("GET", "/api/v1/events/stream", Live),
    ("GET", "/api/v1/streams/events", Own),
    ("GET", "/api/v1/streams/batches/{id}", Hidden),
    ("GET", "/api/v1/ws", Live),
    ("POST", "/api/v1/ws-tickets", Own),
    ("POST", "/api/v1/session", Own),
    ("GET", "/api/v1/session", Own),
    ("DELETE", "/api/v1/session", Own),
    ("POST", "/api/v1/downloads", Own),
    ("GET", "/api/v1/webhooks", Own),
    ("POST", "/api/v1/webhooks", Own),
    ("GET", "/api/v1/webhooks/{id}", Hidden),
    ("PATCH", "/api/v1/webhooks/{id}", Hidden),
    ("POST", "/api/v1/webhooks/{id}/secret/rotate", Hidden),
    ("POST", "/api/v1/webhooks/{id}/enable", Hidden),
    ("POST", "/api/v1/webhooks/{id}/disable", Hidden),
    ("POST", "/api/v1/webhooks/{id}/recover", Hidden),
    ("POST", "/api/v1/webhooks/{id}/test", Hidden),
    ("GET", "/api/v1/webhooks/{id}/deliveries", Hidden),
    ("GET", "/api/v1/webhooks/{id}/deliveries/{delivery}", Hidden),
    ("POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/resend", Hidden),
    ("DELETE", "/api/v1/webhooks/{id}", Hidden),
    ("GET", "/api/v1/admin/actors", Admin),
    ("GET", "/api/v1/admin/actors/{id}", Admin),
    ("POST", "/api/v1/admin/actors/{id}/ping", Admin),
    ("POST", "/api/v1/admin/actors/{id}/restart", Admin),
    ("POST", "/api/v1/admin/actors/{id}/stop", Admin),
    ("POST", "/api/v1/admin/actors/{id}/panic", Admin),
    ("POST", "/api/v1/admin/actors/{id}/stall", Admin),
    ("DELETE", "/api/v1/admin/actors/{id}/stall", Admin),
    ("GET", "/api/v1/admin/doctor", Admin),
    ("GET", "/api/v1/admin/settings", Admin),
    ("GET", "/api/v1/admin/logs", Admin),
    ("GET", "/api/v1/admin/keys", Admin),
    ("POST", "/api/v1/admin/keys", Admin),
    ("POST", "/api/v1/admin/keys/{id}/rotate", Admin),
    ("DELETE", "/api/v1/admin/keys/{id}", Admin),
    ("GET", "/api/v1/admin/audit", Admin),
    ("GET", "/api/v1/openapi.json", Open),
    ("GET", "/api/v1/asyncapi.json", Open),
    ("GET", "/docs", Open),
    ("GET", "/docs/rapidoc-min.js", Open),
    ("GET", "/healthz", Open),
    ("GET", "/readyz", Open),
    ("POST", "/api/batch/jobs", Own),
    ("GET", "/api/batch/jobs/{id}", Hidden),
    ("DELETE", "/api/batch/jobs/{id}", Hidden),
    ("GET", "/api/batch/jobs/{id}/tasks", Hidden),
    ("PUT", "/api/batch/jobs/{id}/pause", Hidden),
    ("PUT", "/api/batch/jobs/{id}/resume", Hidden),
    ("GET", "/api/batch/metrics", Own),
];

/// Every method and address that the server takes; what walks along these is found by new routes by itself.
pub(crate) fn routes() -> BTreeSet<(String, String)> {
    CONTRACT.routes()
}

#[test]
fn the_walk_leaves_no_route_out() {
    let documented = routes();
    let walked: BTreeSet<_> = RULES.iter().map(|(method, path, _)| (method.to_string(), path.to_string())).collect();
    let missing: Vec<_> = documented.symmetric_difference(&walked).collect();
    assert!(missing.is_empty(), "in one of the document and this table only: {missing:#?}");
    assert_eq!(walked.len(), RULES.len(), "a line stands here twice");
}

/// The things of an owner, each with a word that shows wherever it is told.
pub(crate) struct Estate {
    batch: String,
    file: String,
    upload: String,
    webhook: String,
    delivery: String,
}

const MARKS: [&str; 5] = [
    "name-of-a-batch",
    "collection-of-a-batch",
    "name-of-a-document.pdf",
    "words-on-a-webhook",
    "name-of-an-upload.pdf",
];
const NOBODYS: &str = "018f0000-0000-7000-8000-000000000000";

impl Estate {
    pub(crate) async fn of(owner: &Caller<'_>) -> Self {
        let file = owner.upload(MARKS[2], samples::pdf_with_pages(1)).await;
        let file = file["id"].as_str().unwrap().to_owned();
        let order =
            json!({ "operations": ["text", "info"], "files": [file], "name": MARKS[0], "collection": MARKS[1] });
        let address = owner.submit(order).await;
        assert_eq!(owner.wait_for_end(&address).await["outcome"], "succeeded");
        let hook = json!({ "url": "https://receiver.example/", "description": MARKS[3] });
        let (_, hook) = owner.call(Method::POST, "/api/v1/webhooks", Some(hook)).await;
        let webhook = hook["id"].as_str().unwrap().to_owned();
        let test = format!("/api/v1/webhooks/{webhook}/test");
        let (_, tested) = owner.call(Method::POST, &test, Some(json!({}))).await;
        let delivery = tested["id"].as_str().unwrap_or_else(|| panic!("{tested:#}")).to_owned();
        let announced = json!({ "name": MARKS[4], "size_bytes": 100 });
        let (_, opened) = owner.call(Method::POST, "/api/v1/uploads", Some(announced)).await;
        let upload = opened["id"].as_str().unwrap_or_else(|| panic!("{opened:#}")).to_owned();
        Self { batch: address.rsplit('/').next().unwrap().to_owned(), file, upload, webhook, delivery }
    }

    pub(crate) fn address(&self, path: &str, is_nobodys: bool) -> String {
        let own = match path {
            _ if path.starts_with("/api/v1/webhooks") => &self.webhook,
            _ if path.starts_with("/api/v1/uploads") => &self.upload,
            _ => &self.batch,
        };
        let id = if is_nobodys { NOBODYS } else { own };
        let path = path.replace("actors/{id}", "actors/root/db").replace("{id}", id).replace("{position}", "1");
        path.replace("{name}", "info.json")
            .replace("{delivery}", &self.delivery)
            .replace("/recover", "/recover?since=2020-01-01T00:00:00Z")
    }

    /// Which of the owner's words a text tells.
    fn told_by<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let ids = [&self.batch, &self.file, &self.upload, &self.webhook].map(String::as_str);
        MARKS.into_iter().chain(ids).filter(|word| text.contains(word))
    }
}

/// Everything that a stranger learns of the estate, or may do to it; empty when all is well.
async fn leaks(estate: &Estate, stranger: &Caller<'_>) -> Vec<String> {
    let mut leaks = Vec::new();
    for (method, path, rule) in RULES.iter().filter(|(_, _, rule)| *rule != Live) {
        let (status, text) = ask(stranger, method, &estate.address(path, false)).await;
        let wrong = match rule {
            Hidden => {
                let (_, nobodys) = ask(stranger, method, &estate.address(path, true)).await;
                status != StatusCode::NOT_FOUND || without_id(&text) != without_id(&nobodys)
            }
            Own | Open => status.is_server_error() || estate.told_by(&text).next().is_some(),
            Admin => status != StatusCode::FORBIDDEN,
            Live => continue,
        };
        if wrong {
            leaks.push(format!("{method} {path}: {status} {text}"));
        }
    }
    leaks
}

async fn ask(caller: &Caller<'_>, method: &str, path: &str) -> (StatusCode, String) {
    let method: Method = method.parse().unwrap();
    let request = caller.request(method.clone(), path);
    let request = if method == Method::GET { request } else { request.json(&json!({})) };
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// A problem but for what differs with each request.
fn without_id(problem: &str) -> Value {
    let mut problem: Value = serde_json::from_str(problem).unwrap_or_default();
    if let Some(problem) = problem.as_object_mut() {
        problem.remove("request_id");
    }
    problem
}

#[tokio::test]
async fn another_owners_data_does_not_exist_at_any_address() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let estate = Estate::of(&alice).await;
    let leaks = leaks(&estate, &bob).await;
    assert!(leaks.is_empty(), "{leaks:#?}");
    // Not even to an administrator, whose office is the server.
    let hidden = admin.call(Method::GET, &format!("/api/v1/batches/{}", estate.batch), None).await;
    assert_eq!(hidden.0, StatusCode::NOT_FOUND);
    let still = alice.read(&format!("/api/v1/batches/{}", estate.batch)).await;
    assert_eq!((&still["outcome"], &still["control"]), (&json!("succeeded"), &json!("run")), "nothing was done to it");
}

#[tokio::test]
async fn the_walk_finds_everything_when_owners_are_shared_by_mistake() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, also_alice) = (admin.owner("alice").await, admin.owner("alice").await);
    let estate = Estate::of(&alice).await;
    let leaks = leaks(&estate, &also_alice).await;
    let seen = |path: &str| leaks.iter().any(|leak| leak.starts_with(path));
    let unseen: Vec<_> = RULES
        .iter()
        .filter(|(method, path, rule)| *rule == Hidden && !seen(&format!("{method} {path}: ")))
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    assert!(unseen.is_empty(), "the walk is blind at {unseen:#?}");
    assert!(seen("GET /api/v1/batches: ") && seen("GET /api/v1/events: "), "{leaks:#?}");
}

#[tokio::test]
async fn idempotency_keys_files_events_and_figures_are_each_owners_own() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let estate = Estate::of(&alice).await;
    let submit = async |owner: &Caller<'_>| {
        let request = owner.request(Method::POST, "/api/v1/batches").header("idempotency-key", "the same");
        let answer = request.json(&json!({ "operations": ["noop"], "items": 1 })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let address = answer.headers()["location"].to_str().unwrap().to_owned();
        (address, answer.headers().contains_key("idempotent-replayed"))
    };
    let ((alices, _), (bobs, replayed)) = (submit(&alice).await, submit(&bob).await);
    assert!(alices != bobs && !replayed);
    assert_eq!(submit(&alice).await, (alices, true), "control: the same owner's key is the same request");

    assert_eq!(
        bob.upload("b.pdf", samples::pdf_with_pages(1)).await["duplicate"],
        false,
        "told that another has the same bytes"
    );
    assert_eq!(bob.upload("b.pdf", samples::pdf_with_pages(1)).await["duplicate"], true, "control: one's own are told");
    let order = |file: &str| json!({ "operations": ["info"], "files": [file] });
    let (status, mut anothers) = bob.call(Method::POST, "/api/v1/batches", Some(order(&estate.file))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    anothers["errors"][0]["value"] = json!(NOBODYS);
    let (_, nobodys) = bob.call(Method::POST, "/api/v1/batches", Some(order(NOBODYS))).await;
    assert_eq!(without_id(&anothers.to_string()), without_id(&nobodys.to_string()));

    bob.wait_for_end(&bobs).await;
    let events = bob.read("/api/v1/events").await;
    let events = events["events"].as_array().unwrap();
    let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "numbered on their own");
    assert!(events.iter().all(|event| bobs.ends_with(event["batch"].as_str().unwrap())));
    let page = alice.read("/api/v1/batches?limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let bobs_page = bob.read(&format!("/api/v1/batches?cursor={cursor}")).await;
    assert_eq!(estate.told_by(&bobs_page.to_string()).next(), None);

    let figures = bob.read("/api/batch/metrics").await;
    assert_eq!((&figures["items"]["succeeded"], &figures["batches"]), (&json!(1), &json!({ "succeeded": 1 })));
    assert!(figures.get("workers").is_none() && figures.get("engine").is_none(), "{figures:#}");
    let all = admin.read("/api/batch/metrics").await;
    assert!(all["items"]["succeeded"].as_i64() >= Some(2) && all["workers"].is_object(), "{all:#}");
}
