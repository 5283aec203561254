//! A program that cannot be started any more: no storm of launches, no attempt charged, and it goes on once mended.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use reqwest::Method;
use serde_json::json;

use crate::harness::Plan;

fn allow_execution(program: &Path, allow: bool) {
    std::fs::set_permissions(program, Permissions::from_mode(if allow { 0o755 } else { 0o644 })).unwrap();
}

#[tokio::test]
async fn a_program_that_does_not_start_opens_the_breaker_and_closes_it_once_mended() {
    let dir = tempfile::TempDir::new().unwrap();
    // A program of its own: the server starts whatever it was itself started from.
    let program = dir.path().join("quire");
    std::fs::copy(env!("CARGO_BIN_EXE_quire"), &program).unwrap();
    let plan = Plan::default().with("worker.breaker_failures", 3).with("worker.breaker_open_secs", 2);
    let app = plan.with("worker.launch_backoff_ms", 20).program(&program).start();
    allow_execution(&program, false);
    let batch = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    let open = app.eventually("/readyz", |seen| seen["checks"]["workers"]["processes"]["breaker_open"] == true).await;
    assert_eq!(open["status"], "not_ready", "{open:#}");
    assert!(open["checks"]["workers"]["detail"].as_str().unwrap().contains("no worker process"), "{open:#}");
    assert_eq!(app.read(&batch).await["counts"]["failed"], 0);
    // While it is open one launch is tried every two seconds; the two that may be under way at once come on top.
    let failures = open["checks"]["workers"]["processes"]["launch_failures"].as_u64().unwrap();
    assert!((3..=6).contains(&failures), "{open:#}");
    allow_execution(&program, true);
    app.wait_for(&batch, "succeeded").await;
    let item = app.read(&format!("{batch}/items/1")).await;
    assert!(item["attempts"].as_array().unwrap().iter().all(|attempt| attempt["failure"].is_null()), "{item:#}");
    app.eventually("/readyz", |seen| seen["status"] == "ready").await;
    let (status, _) = app.call(Method::GET, "/healthz", None).await;
    assert!(status.is_success());
}
