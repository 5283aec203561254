//! [Schemathesis](https://schemathesis.readthedocs.io) asks a server for everything that the document allows, and for
//! what it does not: 50 examples an operation, with the key of an administrator and with another.

use std::process::Command;

use serde_json::json;

use crate::harness::{Caller, TestApp};
use crate::web::tools;

/// Operations that would end the run: they stop what answers, revoke the key, or do not end by themselves.
const LEFT_OUT: &str = r"/(stop|restart|panic|stall)$|/events/stream$|/api/v1/ws$";

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web/schemathesis.toml");

/// A batch with a finished item and a webhook, for addresses that name one.
async fn estate(owner: &Caller<'_>) -> (String, String) {
    let file = owner.upload("a.pdf", quire_documents::samples::pages(1)).await;
    let batch = owner.submit(json!({ "operations": ["text"], "files": [file["id"]] })).await;
    owner.wait_for_end(&batch).await;
    let webhook = json!({ "url": "https://receiver.example/" });
    let (_, webhook) = owner.call(reqwest::Method::POST, "/api/v1/webhooks", Some(webhook)).await;
    (batch.rsplit('/').next().unwrap().to_owned(), webhook["id"].as_str().unwrap().to_owned())
}

/// What Schemathesis found; its report.
async fn fuzz(app: &TestApp, caller: &Caller<'_>) -> Result<String, String> {
    let (batch, webhook) = estate(caller).await;
    let mut command = Command::new(tools::schemathesis());
    command
        .args(["--config-file", CONFIG, "run"])
        .arg(format!("{}/api/v1/openapi.json", app.url))
        .args(["--header", &format!("Authorization: Bearer {}", caller.key)])
        .args(["--checks", "all", "--seed", "1", "-n", "50", "--no-color", "--exclude-path-regex", LEFT_OUT])
        .args(["--exclude-operation-id", "revokeKey"])
        .envs([("QUIRE_BATCH", batch), ("QUIRE_WEBHOOK", webhook)])
        // Where it keeps what it found, to find it sooner the next time.
        .current_dir(tools::scratch());
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let report = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() { Ok(report) } else { Err(report + &String::from_utf8_lossy(&done.stderr)) }
}

fn server() -> TestApp {
    TestApp::with("webhooks.max_per_owner", 1000).start()
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
