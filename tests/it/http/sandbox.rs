//! The server and the sandbox of its worker processes: shown, warned of, required.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Plan, TestApp, serve};

async fn posture_in_readyz(app: &TestApp) -> Value {
    let ready = app.eventually("/readyz", |ready| !ready["checks"]["canary"]["last"].is_null()).await;
    assert_eq!(ready["status"], "ready", "{ready:#}");
    assert!(ready["checks"]["canary"]["last"]["failure"].is_null(), "{ready:#}");
    ready["checks"]["workers"]["posture"].clone()
}

fn warnings(data: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap();
    log.lines().filter(|line| line.contains("is not enforced")).map(str::to_owned).collect()
}

#[tokio::test]
async fn an_enforced_sandbox_is_shown_and_nothing_warns() {
    let app = TestApp::start();
    assert_eq!(posture_in_readyz(&app).await, "enforced");
    let pool = app.read("/api/v1/admin/actors/root/worker-pool").await;
    assert_eq!(pool["posture"], "enforced");
    let tree = app.read("/api/v1/admin/actors").await;
    let shown = tree["actors"].as_array().unwrap().iter().filter(|actor| actor.get("posture").is_some());
    assert_eq!(shown.map(|actor| &actor["id"]).collect::<Vec<_>>(), [&json!("root/worker-pool")]);
    assert_eq!(warnings(&app.data), Vec::<String>::new());
}

/// The control of what is shown, and the promise that everything works all the same.
#[tokio::test]
async fn without_a_sandbox_everything_works_and_one_warning_says_what_to_do() {
    let app = TestApp::with("testing.sandbox_without", "both").start();
    let batch = app.submit_sleepers(6, 200, json!({})).await;
    app.wait_for(&batch, "succeeded").await;
    assert_eq!(posture_in_readyz(&app).await, "unsupported");
    let ready = app.read("/readyz").await;
    assert!(ready["checks"]["workers"]["processes"]["spawned"].as_u64() >= Some(2), "{ready:#}");
    let warnings = warnings(&app.data);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("landlock, seccomp") && warnings[0].contains("CONFIG_SECCOMP_FILTER"), "{warnings:?}");
}

#[tokio::test]
async fn a_partial_sandbox_names_what_is_missing() {
    let app = TestApp::with("testing.sandbox_without", "landlock").start();
    assert_eq!(posture_in_readyz(&app).await, json!({ "partial": { "missing": ["landlock"] } }));
}

#[tokio::test]
async fn the_canary_flies_no_more_often_than_told_and_again_when_it_is_old() {
    let app = TestApp::start();
    posture_in_readyz(&app).await;
    let first = app.read("/readyz").await["checks"]["canary"]["last"]["at"].clone();
    for _ in 0..5 {
        assert_eq!(app.read("/readyz").await["checks"]["canary"]["last"]["at"], first);
    }
    let app = TestApp::with("worker.canary_secs", 1).start();
    posture_in_readyz(&app).await;
    let first = app.read("/readyz").await["checks"]["canary"]["last"]["at"].clone();
    app.eventually("/readyz", |ready| {
        let last = &ready["checks"]["canary"]["last"];
        !last.is_null() && last["at"] != first && last["failure"].is_null()
    })
    .await;
}

fn refused(command: &mut Command, why: &str) {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains(why) && said.contains("quire doctor"), "{said}");
}

#[tokio::test]
async fn a_server_that_requires_the_sandbox_does_not_start_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    for (without, why) in
        [("landlock", "missing: landlock"), ("seccomp", "missing: seccomp"), ("both", "missing: landlock, seccomp")]
    {
        let mut command = serve(&data, "0");
        refused(command.arg("--require-sandbox").env("QUIRE__TESTING__SANDBOX_WITHOUT", without), why);
        let mut command = serve(&data, "0");
        command.env("QUIRE__WORKER__REQUIRE_SANDBOX", "true").env("QUIRE__TESTING__SANDBOX_WITHOUT", without);
        refused(&mut command, why);
    }
    assert!(!data.join("quire.db").exists());
    let app = Plan::default().with("worker.require_sandbox", true).start();
    assert_eq!(posture_in_readyz(&app).await, "enforced");
}

#[tokio::test]
async fn a_run_that_requires_the_sandbox_does_not_start_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in.pdf");
    std::fs::write(&input, quire_documents::samples::pdf_with_pages(1)).unwrap();
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quire"));
        command.arg("run").arg(&input).arg("--out").arg(dir.path().join("out")).arg("--require-sandbox");
        command
    };
    refused(run().env("QUIRE__TESTING__SANDBOX_WITHOUT", "seccomp"), "missing: seccomp");
    assert!(!dir.path().join("out").exists(), "nothing was made");
    assert_eq!(run().output().unwrap().status.code(), Some(0));
}
