//! "Why is it waiting?": each actor of the tree is stopped, panics and stalls in turn while a batch is at work. Either
//! the batch moves on, or it says which actor it waits for, and `/readyz` says so, too; started again, the batch
//! completes and no attempt was charged.
//!
//! The walk takes the actors from the tree itself: a new one is walked to without a word here.

use std::collections::BTreeSet;

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, assert_problem};

const ACTORS: &str = "/api/v1/admin/actors";

/// Kinds that the walk would otherwise miss in silence.
const KNOWN: [&str; 11] = [
    "root",
    "db",
    "hub",
    "webhook-sender",
    "webhook",
    "janitor",
    "canary",
    "worker-pool",
    "batch-supervisor",
    "batch",
    "item",
];

fn plan() -> Plan {
    // An attempt that counted would be the last. Nobody listens where the webhook leads.
    let plan = TestApp::with("retry.max_attempts", 1).with("engine.stuck_after_ms", 400);
    plan.with("webhooks.allow_cidrs", "127.0.0.0/8").with("webhooks.retry_pauses_ms", "60000,60000")
}

async fn start(plan: Plan) -> TestApp {
    let app = plan.start();
    let (status, made) = app.post("/api/v1/webhooks", json!({ "url": "http://127.0.0.1:9/" })).await;
    assert_eq!(status, StatusCode::CREATED, "{made:#}");
    app
}

async fn actors(app: &TestApp) -> Vec<Value> {
    app.read(ACTORS).await["actors"].as_array().unwrap().clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A batch at work, and an actor of this kind. Their number is small and they do not last: both are looked for
/// together.
async fn at_work(app: &TestApp, kind: &str) -> (String, String) {
    let batch = app.submit_sleepers(4, 300, json!({})).await;
    let tree = app.eventually(ACTORS, |tree| {
        let kinds = tree["actors"].as_array().into_iter().flatten().map(|actor| actor["kind"].as_str());
        kinds.collect::<BTreeSet<_>>().is_superset(&[Some("item"), Some(kind)].into())
    });
    let tree = tree.await;
    let found = tree["actors"].as_array().unwrap().iter().find(|actor| actor["kind"] == kind);
    (batch, text(&found.unwrap()["id"]))
}

async fn order(app: &TestApp, id: &str, verb: &str) -> StatusCode {
    app.post(&format!("{ACTORS}/{id}/{verb}"), json!({})).await.0
}

/// All kinds of actors of a server that has a batch at work.
async fn kinds(app: &TestApp) -> BTreeSet<String> {
    let batch = app.submit_sleepers(4, 300, json!({})).await;
    let kinds = |tree: &Value| {
        let actors = tree["actors"].as_array().into_iter().flatten();
        actors.map(|actor| text(&actor["kind"])).collect::<BTreeSet<_>>()
    };
    let known = KNOWN.map(str::to_owned).into();
    let tree = app.eventually(ACTORS, |tree| kinds(tree).is_superset(&known)).await;
    app.wait_for(&batch, "succeeded").await;
    kinds(&tree)
}

/// Whether the batch names this actor as its reason.
fn waits_for(seen: &Value, id: &str) -> bool {
    let why = &seen["waiting_because"];
    why["reason"] == "actor_down" && why["actor"] == id && why["since"].is_string() && why["state"].is_string()
}

/// The batch moves on or says why not; `/readyz` names the actor while it is down.
async fn says_why(app: &TestApp, batch: &str, id: &str, state: &str) {
    let ready = app.eventually("/readyz", |ready| ready["checks"]["actors"]["ok"] == false).await;
    assert_eq!(ready["status"], "not_ready");
    let check = &ready["checks"]["actors"];
    assert_eq!((&check["down"][0]["id"], &check["down"][0]["state"]), (&json!(id), &json!(state)), "{ready:#}");
    assert!(check["detail"].as_str().is_some_and(|words| words.contains(id)), "{ready:#}");
    assert!(check["down"][0]["since"].is_string());
    let seen = app.eventually(batch, |seen| seen["outcome"].is_string() || waits_for(seen, id)).await;
    if seen["outcome"].is_null() {
        let items = app.read(&format!("{batch}/items")).await;
        let live = items["items"].as_array().unwrap().iter().filter(|item| item["ended_at"].is_null());
        assert!(live.clone().count() > 0 && live.clone().all(|item| waits_for(item, id)), "{items:#}");
    }
}

/// All of it succeeded, each item at its first attempt that counted.
async fn completes(app: &TestApp, batch: &str) {
    let ended = app.wait_for_end(batch).await;
    assert_eq!((&ended["outcome"], &ended["counts"]["succeeded"]), (&json!("succeeded"), &json!(4)), "{ended:#}");
    assert_eq!(ended["waiting_because"], Value::Null);
    app.eventually("/readyz", |ready| ready["status"] == "ready").await;
}

#[tokio::test]
async fn whoever_is_stopped_is_named_until_it_is_started_again() {
    let app = start(plan()).await;
    for kind in kinds(&app).await {
        let (batch, id) = at_work(&app, &kind).await;
        let status = order(&app, &id, "stop").await;
        if kind == "root" {
            assert_eq!(status, StatusCode::CONFLICT);
            completes(&app, &batch).await;
            continue;
        }
        // An item's worker may have ended by itself meanwhile.
        assert!(status == StatusCode::ACCEPTED || kind == "item" && status == StatusCode::NOT_FOUND, "{id}: {status}");
        if kind != "item" {
            app.eventually(&format!("{ACTORS}/{id}"), |actor| actor["state"] == "stopped").await;
            assert_eq!(order(&app, &id, "stop").await, StatusCode::ACCEPTED, "again, and nothing changes");
            says_why(&app, &batch, &id, "stopped").await;
            assert_eq!(order(&app, &id, "restart").await, StatusCode::ACCEPTED);
            assert_eq!(order(&app, &id, "restart").await, StatusCode::ACCEPTED);
        }
        completes(&app, &batch).await;
    }
}

#[tokio::test]
async fn whoever_panics_is_back_and_the_batch_goes_on() {
    // The attempt that an item was at when its actor panicked is charged: it is tried again.
    let app = start(plan().with("retry.max_attempts", 2).with("retry.backoff_base_ms", 1)).await;
    for kind in kinds(&app).await {
        let (batch, id) = at_work(&app, &kind).await;
        let status = order(&app, &id, "panic").await;
        let wanted = if kind == "root" { StatusCode::CONFLICT } else { StatusCode::ACCEPTED };
        assert!(status == wanted || kind == "item" && status == StatusCode::NOT_FOUND, "{id}: {status}");
        completes(&app, &batch).await;
    }
}

#[tokio::test]
async fn whoever_stalls_is_named_until_it_goes_on() {
    let app = start(plan()).await;
    for kind in kinds(&app).await {
        let (batch, id) = at_work(&app, &kind).await;
        let status = order(&app, &id, "stall").await;
        assert!(status == StatusCode::ACCEPTED || kind == "item" && status == StatusCode::NOT_FOUND, "{id}: {status}");
        // An item's worker may have ended by itself meanwhile.
        let has_ended = |actor: &Value| kind == "item" && actor["code"] == "actor_not_found";
        let path = format!("{ACTORS}/{id}");
        let seen = app.eventually(&path, |actor| actor["state"] == "stuck" || has_ended(actor)).await;
        if seen["state"] == "stuck" {
            says_why(&app, &batch, &id, "stuck").await;
        }
        if status == StatusCode::ACCEPTED {
            let (status, _) = app.call(Method::DELETE, &format!("{ACTORS}/{id}/stall"), None).await;
            assert_eq!(status, StatusCode::ACCEPTED);
        }
        completes(&app, &batch).await;
    }
}

#[tokio::test]
async fn what_is_submitted_while_an_actor_is_stopped_waits_says_why_and_completes() {
    let mut app = start(plan()).await;
    for id in ["root/worker-pool", "root/batch-supervisor"] {
        assert_eq!(order(&app, id, "stop").await, StatusCode::ACCEPTED);
        app.eventually(&format!("{ACTORS}/{id}"), |actor| actor["state"] == "stopped").await;
        let batch = app.submit_sleepers(4, 1, json!({})).await;
        says_why(&app, &batch, id, "stopped").await;
        let (status, cancelled) = app.call(Method::DELETE, &app.submit_sleepers(1, 1, json!({})).await, None).await;
        assert!(status.is_success(), "{cancelled:#}");
        assert_eq!(order(&app, id, "restart").await, StatusCode::ACCEPTED);
        completes(&app, &batch).await;
    }
    // A stop is an order to this process: the next one starts with all its actors.
    assert_eq!(order(&app, "root/worker-pool", "stop").await, StatusCode::ACCEPTED);
    app.eventually(&format!("{ACTORS}/root/worker-pool"), |actor| actor["state"] == "stopped").await;
    let batch = app.submit_sleepers(4, 1, json!({})).await;
    app.kill();
    app.restart();
    completes(&app, &batch).await;
}

#[tokio::test]
async fn a_stopped_writer_refuses_changes_in_words_and_works_on_when_it_is_started() {
    let app = start(plan()).await;
    let (batch, _) = at_work(&app, "item").await;
    assert_eq!(order(&app, "root/db", "stop").await, StatusCode::ACCEPTED);
    app.eventually(&format!("{ACTORS}/root/db"), |actor| actor["state"] == "stopped").await;
    let submit = app.request(Method::POST, "/api/v1/batches").json(&json!({ "operations": ["noop"], "items": 1 }));
    for request in [submit, app.request(Method::PUT, &format!("{batch}/pause"))] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
        let problem: Value = answer.json().await.unwrap();
        assert_problem(&problem, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        assert!(problem["detail"].as_str().unwrap().contains("root/db/restart"), "{problem:#}");
    }
    says_why(&app, &batch, "root/db", "stopped").await;
    assert_eq!(order(&app, "root/db", "restart").await, StatusCode::ACCEPTED);
    completes(&app, &batch).await;
    let again = app.submit_sleepers(4, 1, json!({})).await;
    completes(&app, &again).await;
}

/// Its only item is at work when the item's actor is stopped; an attempt that counts is the last.
async fn outcome_of_a_stopped_item(plan: Plan) -> Value {
    let app = start(plan).await;
    let options = json!({ "operations": ["text"], "scripts": { "1": { "sleep": 2_000 } } });
    let batch = app.submit_form(&[("slow.pdf", samples::pages(1))], options).await;
    app.eventually(&batch, |seen| seen["activity"]["running"][0]["item"] == 1).await;
    let found = actors(&app).await.into_iter().find(|actor| actor["kind"] == "item").unwrap();
    let id = text(&found["id"]);
    assert_eq!(order(&app, &id, "stop").await, StatusCode::ACCEPTED);
    app.wait_for_end(&batch).await["outcome"].clone()
}

#[tokio::test]
async fn a_stopped_batch_keeps_no_slot_from_others_and_does_not_hold_up_the_end_of_the_server() {
    let mut app = start(plan().with("engine.slots", 1).with("server.shutdown_timeout_secs", 600)).await;
    let (stopped, id) = at_work(&app, "batch").await;
    // Between two lives it hears nothing of the hand that is out.
    assert_eq!(order(&app, &id, "panic").await, StatusCode::ACCEPTED);
    assert_eq!(order(&app, &id, "stop").await, StatusCode::ACCEPTED);
    app.eventually(&format!("{ACTORS}/{id}"), |actor| actor["state"] == "stopped").await;
    let other = app.submit_sleepers(4, 1, json!({})).await;
    app.wait_for(&other, "succeeded").await;
    let down = app.read("/api/batch/metrics").await["actors_down"].clone();
    assert_eq!(down, json!({ "stopped": 1 }));
    assert!(app.terminate().success());
    app.restart();
    completes(&app, &stopped).await;
}

#[tokio::test]
async fn an_item_whose_actor_is_stopped_is_done_again_and_not_charged() {
    assert_eq!(outcome_of_a_stopped_item(plan()).await, "succeeded");
}

#[tokio::test]
async fn control_a_stop_that_counts_as_a_fault_is_seen_to_fail_the_item() {
    assert_eq!(outcome_of_a_stopped_item(plan().without("item.stopped")).await, "failed");
}

#[tokio::test]
async fn control_a_server_that_does_not_look_at_its_actors_is_seen_to_wait_without_a_reason() {
    let app = start(plan().without("engine.troubles")).await;
    assert_eq!(order(&app, "root/batch-supervisor", "stop").await, StatusCode::ACCEPTED);
    app.eventually(&format!("{ACTORS}/root/batch-supervisor"), |actor| actor["state"] == "stopped").await;
    let batch = app.submit_sleepers(4, 1, json!({})).await;
    let seen = app.eventually(&batch, |seen| seen["waiting_because"]["reason"] == "starting").await;
    assert!(!waits_for(&seen, "root/batch-supervisor"));
}

#[tokio::test]
async fn a_webhooks_actor_that_gave_up_is_shown_and_can_be_started_again() {
    let app = start(plan()).await;
    let tree = app.eventually(ACTORS, |tree| tree.to_string().contains("\"kind\":\"webhook\"")).await;
    let actor = tree["actors"].as_array().unwrap().iter().find(|actor| actor["kind"] == "webhook").unwrap();
    let path = format!("{ACTORS}/{}", text(&actor["id"]));
    let state = |wanted: [&'static str; 2]| move |seen: &Value| wanted.iter().any(|state| seen["state"] == *state);
    while app.eventually(&path, state(["running", "escalated"])).await["state"] == "running" {
        let _ = app.post(&format!("{path}/panic"), json!({})).await;
    }
    let ready = app.eventually("/readyz", |ready| ready["checks"]["actors"]["ok"] == false).await;
    assert_eq!((&ready["checks"]["actors"]["down"][0]["state"]), &json!("escalated"), "{ready:#}");
    let (status, _) = app.post(&format!("{path}/restart"), json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.eventually(&path, state(["running", "running"])).await;
    app.eventually("/readyz", |ready| ready["status"] == "ready").await;
}
