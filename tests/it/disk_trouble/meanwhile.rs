//! While the disk is failing, actors die and the server is told to end.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{expected, submit_slow};
use crate::faultdisk::{FaultDisk, Place, Trouble};
use crate::harness::{Plan, TestApp, assert_problem};

const ACTORS: &str = "/api/v1/admin/actors";

async fn is_shut(app: &TestApp) {
    let (status, code) = expected(Trouble::SyncsFail);
    let (_, problem) = app.post("/api/v1/batches", json!({ "operations": ["noop"], "items": 1 })).await;
    assert_problem(&problem, status, code);
    app.eventually("/readyz", |ready| ready["checks"]["writer"]["ok"] == false).await;
}

async fn panics(app: &TestApp, id: &str) {
    assert_eq!(app.post(&format!("{ACTORS}/{id}/panic"), json!({})).await.0, StatusCode::ACCEPTED);
    app.eventually(&format!("{ACTORS}/{id}"), |actor| {
        actor["state"] == "running" && actor["restarts"]["total"].as_u64() >= Some(1)
    })
    .await;
}

/// Neither a writer nor a batch that is built anew takes the disk for sound, and neither is given up.
#[tokio::test]
async fn actors_that_restart_meanwhile_wait_for_the_disk() {
    let disk = FaultDisk::new();
    let plan = Plan::default().with("store.disk_probe_secs", 1).with("retry.max_attempts", 1);
    let app = disk.under(plan).start_at(&disk.data());
    let batch = submit_slow(&app, 6, 300).await;
    app.eventually(&batch, |seen| seen["counts"]["running"].as_u64() >= Some(1)).await;
    let is_of_batch = |actor: &Value| actor["kind"] == "batch";
    let tree = app.read(ACTORS).await;
    let actor = tree["actors"].as_array().unwrap().iter().find(|actor| is_of_batch(actor)).unwrap();

    disk.fail(Trouble::SyncsFail, Place::Log);
    is_shut(&app).await;
    panics(&app, "root/db").await;
    is_shut(&app).await;
    panics(&app, actor["id"].as_str().unwrap()).await;
    let tried = disk.hits();
    app.eventually("/readyz", |ready| ready["checks"]["writer"]["ok"] == false && disk.hits() > tried + 1).await;
    let waiting = app.read(&batch).await;
    assert_eq!(waiting["outcome"], Value::Null, "it is not given up: {waiting:#}");

    disk.heal();
    let ended = app.wait_for_end(&batch).await;
    assert_eq!(ended["outcome"], "succeeded", "{ended:#}");
}

#[tokio::test]
async fn a_server_that_ends_meanwhile_loses_nothing() {
    let disk = FaultDisk::new();
    let plan = || Plan::default().with("server.shutdown_timeout_secs", 1).with("retry.max_attempts", 1);
    let mut app = disk.under(plan()).start_at(&disk.data());
    let batch = submit_slow(&app, 6, 200).await;
    app.eventually(&batch, |seen| seen["counts"]["succeeded"].as_u64() >= Some(1)).await;
    disk.fail(Trouble::WritesFail, Place::Log);
    is_shut(&app).await;
    assert!(app.terminate().success());
    disk.heal();
    app.restart();
    let ended = app.wait_for_end(&batch).await;
    assert_eq!((&ended["outcome"], &ended["counts"]["succeeded"]), (&json!("succeeded"), &json!(6)), "{ended:#}");
}
