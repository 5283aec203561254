//! Reports that come too late, from real worker processes.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::TestApp;

const METRICS: &str = "/api/batch/metrics";

/// The lines that the server logged of late reports.
fn late(app: &TestApp) -> Vec<Value> {
    let lines = app.whole_log();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == "a late report was refused").collect()
}

/// A batch whose only item is at work for so long behind its deadline. A busy machine may not have begun by then: then
/// another one gets more time.
async fn overtaken_by_its_deadline(app: &TestApp, behind_ms: u64) -> String {
    for before_ms in [1_500, 6_000, 24_000] {
        let deadline = quire_base::clock::rfc3339(quire_base::clock::now() + 1_000 * before_ms);
        let work_ms = before_ms as u64 + behind_ms;
        let batch = app.submit_sleepers(1, work_ms, json!({ "deadline": deadline })).await;
        app.wait_for(&batch, "expired").await;
        let item = app.read(&format!("{batch}/items/1")).await;
        if item["attempts"].as_array().is_some_and(|attempts| !attempts.is_empty()) {
            return batch;
        }
    }
    panic!("no item was at work when its deadline came");
}

#[tokio::test]
async fn a_success_behind_the_deadline_is_refused_counted_and_logged() {
    let app = TestApp::start();
    let batch = overtaken_by_its_deadline(&app, 1_000).await;
    let metrics = app.eventually(METRICS, |seen| seen["fenced_reports"].as_u64() >= Some(1)).await;
    assert_eq!(metrics["fenced_reports"], 1);
    let item = app.read(&format!("{batch}/items/1")).await;
    assert_eq!((&item["state"], &item["artifacts"]), (&json!("expired"), &json!([])));
    let line = late(&app).pop().unwrap();
    assert_eq!(
        (&line["item"], &line["state"], &line["attempt"]),
        (&json!(1), &json!("expired"), &json!(1)),
        "{line:#}"
    );
}

#[tokio::test]
async fn a_report_of_an_earlier_generation_is_refused_while_the_next_one_runs() {
    let app = TestApp::with("worker.grace_ms", 20_000).start();
    let batch = overtaken_by_its_deadline(&app, 3_000).await;
    let (status, body) = app.post(&format!("{batch}/retry"), json!({})).await;
    assert!(matches!(status, StatusCode::OK | StatusCode::ACCEPTED), "{body:#}");
    app.wait_for(&batch, "succeeded").await;
    assert_eq!(app.read(METRICS).await["fenced_reports"], 1);
    let item = app.read(&format!("{batch}/items/1")).await;
    assert_eq!((&item["state"], &item["generation"]), (&json!("succeeded"), &json!(2)));
    let line = late(&app).pop().unwrap();
    let fences = ["generation", "attempt", "epoch", "newest_generation", "newest_attempt", "newest_epoch"];
    assert_eq!(fences.map(|field| line[field].as_u64()), [1, 1, 1, 2, 1, 1].map(Some), "{line:#}");
}
