//! Nothing reaches a disk that failed, until it has been tried.

use reqwest::StatusCode;
use serde_json::json;

use crate::faultdisk::{FaultDisk, Place, Trouble};
use crate::harness::{Plan, assert_problem};

const SUBMITS: u64 = 20;

/// The number of calls of the failing disk while batches were submitted; it is not tried meanwhile.
async fn calls_while_submitting(plan: Plan) -> u64 {
    let disk = FaultDisk::new();
    let app = disk.under(plan.with("store.disk_probe_secs", 3600)).start_at(&disk.data());
    app.eventually("/readyz", |ready| ready["status"] == "ready").await;
    disk.fail(Trouble::WritesFail, Place::Database);
    let submit = async || app.post("/api/v1/batches", json!({ "operations": ["noop"], "items": 1 })).await;
    assert_problem(&submit().await.1, StatusCode::SERVICE_UNAVAILABLE, "disk_fault");
    assert_eq!(app.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let before = disk.hits();
    for _ in 0..SUBMITS {
        assert_problem(&submit().await.1, StatusCode::SERVICE_UNAVAILABLE, "disk_fault");
    }
    assert_eq!(app.read("/api/v1/batches").await["batches"].as_array().unwrap().len(), 0);
    disk.hits() - before
}

#[tokio::test]
async fn nothing_is_written_to_a_disk_that_failed() {
    assert_eq!(calls_while_submitting(Plan::default()).await, 0);
}

#[tokio::test]
async fn control_a_writer_that_goes_on_as_if_nothing_happened_is_seen() {
    let calls = calls_while_submitting(Plan::default().without("db.fall")).await;
    assert!(calls >= SUBMITS, "the test is blind: {calls} calls");
}
