//! [Schemathesis](https://schemathesis.readthedocs.io) asks a server for everything that the document allows, and for
//! what it does not: 50 examples an operation, with the key of an administrator and with another.

use std::process::Command;

use crate::harness::{Caller, TestApp};
use crate::web::tools;

/// Operations that would end the run: they stop what answers, end the key, or do not end by themselves.
const LEFT_OUT: &str = r"/(stop|restart|panic|stall)$|/events/stream$|/api/v1/ws$";

/// Of `schemathesis_hooks.py`.
const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web");
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web/schemathesis.toml");

/// What Schemathesis found; its report.
async fn fuzz(app: &TestApp, caller: &Caller<'_>) -> Result<String, String> {
    let mut command = Command::new(tools::schemathesis());
    command
        .args(["--config-file", CONFIG, "run"])
        .arg(format!("{}/api/v1/openapi.json", app.url))
        .args(["--header", &format!("Authorization: Bearer {}", caller.key)])
        .args(["--checks", "all", "--seed", "1", "-n", "50", "--no-color", "--exclude-path-regex", LEFT_OUT])
        .args(["--exclude-operation-id", "revokeKey", "--exclude-operation-id", "rotateKey"])
        // It tells how hard examples are to make, and nothing of the server: no text is a wrong path of an actor.
        .args(["--suppress-health-check", "filter_too_much"])
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("PYTHONPATH", HOOKS)
        // Where it keeps what it found, to find it sooner the next time.
        .current_dir(tools::scratch());
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let report = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() { Ok(report) } else { Err(report + &String::from_utf8_lossy(&done.stderr)) }
}

fn server() -> TestApp {
    let waits_briefly = TestApp::with("live.max_wait_secs", 1).with("live.durable_stream_secs", 1);
    waits_briefly.with("webhooks.max_per_owner", 1000).start()
}

#[tokio::test]
async fn nothing_is_found_with_an_administrators_key() {
    let app = server();
    let admin = app.first_admin().await;
    fuzz(&app, &admin).await.unwrap_or_else(|found| panic!("{found}"));
}

#[tokio::test]
async fn nothing_is_found_with_an_ordinary_key() {
    let app = server();
    let owner = app.first_admin().await.owner("alice").await;
    fuzz(&app, &owner).await.unwrap_or_else(|found| panic!("{found}"));
}
