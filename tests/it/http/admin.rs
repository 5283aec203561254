//! Operators look at the tree and act on it; the server lives on.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem};

const ACTORS: &str = "/api/v1/admin/actors";

fn find<'a>(tree: &'a Value, id: &str) -> Option<&'a Value> {
    tree["actors"].as_array()?.iter().find(|actor| actor["id"] == id)
}

async fn finishes_a_batch(app: &TestApp) {
    let batch = app.submit(json!({ "operations": ["noop"], "items": 5 })).await;
    app.wait_for(&batch, "succeeded").await;
}

#[tokio::test]
async fn the_tree_can_be_seen_pinged_and_restarted() {
    let app = TestApp::start();
    let tree = app.read(ACTORS).await;
    for id in ["root", "root/db", "root/worker-pool", "root/batch-supervisor"] {
        let actor = find(&tree, id).unwrap_or_else(|| panic!("{id}: {tree:#}"));
        assert!(actor["mailbox"]["capacity"].as_u64().unwrap() > 0);
    }
    let (status, pong) = app.post(&format!("{ACTORS}/root/db/ping"), json!({})).await;
    assert_eq!((status, &pong["id"]), (StatusCode::OK, &json!("root/db")));
    assert!(pong["took_ms"].as_f64().is_some());
    for id in ["root/db", "root/worker-pool", "root/batch-supervisor"] {
        let (status, _) = app.post(&format!("{ACTORS}/{id}/restart"), json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        finishes_a_batch(&app).await;
        let seen = app.read(&format!("{ACTORS}/{id}")).await;
        assert_eq!((&seen["state"], &seen["restarts"]["total"]), (&json!("running"), &json!(0)), "not counted");
    }
    for verb in ["restart", "stop", "panic"] {
        let (status, problem) = app.post(&format!("{ACTORS}/root/{verb}"), json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert_problem(&problem, status, "conflict");
    }
    let (status, problem) = app.post(&format!("{ACTORS}/root/nobody/ping"), json!({})).await;
    assert_problem(&problem, status, "actor_not_found");
    let (status, problem) = app.call(Method::GET, &format!("{ACTORS}/root/db/ping"), None).await;
    assert_problem(&problem, status, "method_not_allowed");
}

#[tokio::test]
async fn a_panic_in_a_standing_actor_is_caught_shown_and_healed() {
    let app = TestApp::start();
    finishes_a_batch(&app).await;
    for id in ["root/db", "root/worker-pool", "root/batch-supervisor"] {
        let (status, _) = app.post(&format!("{ACTORS}/{id}/panic"), json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        let path = format!("{ACTORS}/{id}");
        let seen = app
            .eventually(&path, |actor| actor["state"] == "running" && actor["restarts"]["total"].as_u64() >= Some(1))
            .await;
        assert!(seen["last_panic"]["message"].is_string(), "{seen:#}");
        assert_eq!(app.get("/healthz").await.status(), StatusCode::OK);
        finishes_a_batch(&app).await;
    }
    app.eventually("/readyz", |ready| ready["status"] == "ready").await;
}

#[tokio::test]
async fn a_panic_in_a_batchs_actors_costs_the_batch_nothing() {
    let app = TestApp::start();
    let batch = app.submit_sleepers(6, 400, json!({})).await;
    for kind in ["item", "batch"] {
        let is_of_kind =
            |actor: &Value| actor["kind"].as_str().is_some_and(|it| it.starts_with(kind) && it != "batch-supervisor");
        let tree = app
            .eventually(ACTORS, |tree| tree["actors"].as_array().is_some_and(|actors| actors.iter().any(is_of_kind)))
            .await;
        let actor = tree["actors"].as_array().unwrap().iter().find(|actor| is_of_kind(actor)).unwrap();
        let id = actor["id"].as_str().unwrap();
        let (status, _) = app.post(&format!("{ACTORS}/{id}/panic"), json!({})).await;
        assert!(status == StatusCode::ACCEPTED || status == StatusCode::NOT_FOUND, "{status}");
        if kind == "batch" {
            let path = format!("{ACTORS}/{id}");
            let seen = app.eventually(&path, |actor| actor["restarts"]["total"].as_u64() >= Some(1)).await;
            assert!(seen["last_panic"]["message"].is_string());
        }
    }
    let ended = app.wait_for(&batch, "succeeded").await;
    assert_eq!(ended["counts"]["succeeded"], 6);
    finishes_a_batch(&app).await;
}

#[tokio::test]
async fn a_writer_stopped_by_hand_makes_the_server_unready_but_not_dead() {
    let app = TestApp::start();
    let ready = app.read("/readyz").await;
    assert_eq!(ready["status"], "ready");
    for check in ["writer", "readers", "disk", "workers"] {
        assert_eq!(ready["checks"][check]["ok"], true, "{ready:#}");
    }
    assert!(ready["checks"]["disk"]["free_mib"].as_u64().unwrap() > 0);
    assert_eq!(app.post(&format!("{ACTORS}/root/db/stop"), json!({})).await.0, StatusCode::ACCEPTED);
    let unready = app.eventually("/readyz", |ready| ready["status"] == "not_ready").await;
    assert_eq!(unready["checks"]["writer"]["ok"], false);
    assert_eq!(app.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.get("/healthz").await.status(), StatusCode::OK);
    let answer = app.request(Method::POST, "/api/v1/batches").json(&json!({ "operations": ["noop"], "items": 1 }));
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    assert_problem(&answer.json().await.unwrap(), StatusCode::SERVICE_UNAVAILABLE, "unavailable");
}
