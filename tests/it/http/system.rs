//! What an administrator sees of the server as a whole: its doctor, its settings, its log.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem};

const DOCTOR: &str = "/api/v1/admin/doctor";
const LOGS: &str = "/api/v1/admin/logs";

/// Locks of this process, as the kernel lists them.
fn locks(app: &TestApp) -> usize {
    let listed = std::fs::read_to_string("/proc/locks").unwrap();
    let pid = app.pid().to_string();
    listed.lines().filter(|line| line.contains("POSIX") && line.split_whitespace().any(|word| word == pid)).count()
}

#[tokio::test]
async fn the_doctor_looks_at_a_server_from_within_and_takes_nothing_from_it() {
    let app = TestApp::start();
    let batch = app.submit_sleepers(2, 5_000, json!({})).await;
    app.eventually(&batch, |seen| seen["counts"]["running"] == 2).await;
    let before = locks(&app);
    let report = app.read(DOCTOR).await;
    let findings = report["findings"].as_array().unwrap();
    let names: Vec<&str> = findings.iter().map(|finding| finding["name"].as_str().unwrap()).collect();
    for name in ["kernel", "sandbox", "canary", "space", "sync", "sqlite", "database", "privacy", "descriptors"] {
        assert!(names.contains(&name), "no {name}: {report:#}");
    }
    let database = findings.iter().find(|finding| finding["name"] == "database").unwrap();
    assert_eq!(database["figures"], json!({ "journal_mode": "wal", "held_by_pid": app.pid() }), "{report:#}");
    assert_eq!((database["verdict"].as_str(), report["verdict"] == "fail"), (Some("ok"), false), "{report:#}");
    assert!(before > 0 && locks(&app) >= before, "SQLite's locks on its files are still held");
    app.wait_for(&batch, "succeeded").await;
}

#[tokio::test]
async fn a_second_examination_waits_for_its_turn() {
    let app = TestApp::start();
    let ask = || async { app.request(Method::GET, DOCTOR).send().await.unwrap() };
    let (first, second) = tokio::join!(ask(), ask());
    let mut statuses = [first.status(), second.status()];
    statuses.sort_unstable();
    // Both are fine when the first was over before the second came.
    assert!(statuses == [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] || statuses == [StatusCode::OK; 2]);
    assert_eq!(ask().await.status(), StatusCode::OK);
}

#[tokio::test]
async fn settings_are_told_with_their_unit_and_who_said_them() {
    let app = TestApp::with("http.max_file_mib", 33).start();
    let list = app.read("/api/v1/admin/settings").await;
    let of = |key: &str| {
        let settings = list["settings"].as_array().unwrap();
        settings.iter().find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("no {key}"))
    };
    let told = |value: Value, unit: Value, source: &str, key: &str| json!({ "key": key, "value": value, "unit": unit, "source": source, "secret": false });
    for (key, value, unit, source) in [
        ("http.max_file_mib", json!(33), json!("mib"), "environment"),
        ("engine.slots", json!(2), Value::Null, "environment"),
        ("http.upload_expiry_hours", json!(24), json!("hours"), "default"),
        ("store.synchronous", json!("full"), Value::Null, "default"),
        ("webhooks.allow_cidrs", json!([]), Value::Null, "default"),
        ("server.data_dir", json!(app.data), Value::Null, "flag"),
        ("server.port", json!(0), Value::Null, "flag"),
    ] {
        assert_eq!(*of(key), told(value, unit, source, key));
    }
}

#[tokio::test]
async fn lines_of_the_log_are_found_by_request_and_level_with_files_and_without() {
    for files in [false, true] {
        let app = TestApp::with("log.files", files).with("log.level", "debug").start();
        let asked = app.request(Method::GET, "/api/v1/batches/none").header("x-correlation-id", "find-me");
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::NOT_FOUND);
        let one = format!("{LOGS}?correlation_id=find-me");
        let seen = app.eventually(&one, |seen| seen["lines"][0]["status"] == 404).await;
        assert_eq!(seen["lines"][0]["span"]["correlation_id"], "find-me", "{seen:#}");
        assert_eq!(app.read(&format!("{one}&level=warn")).await["lines"], json!([]));
        let newest = app.read(&format!("{LOGS}?limit=2")).await;
        assert_eq!(newest["lines"].as_array().unwrap().len(), 2, "{newest:#}");
        let infos = app.read(&format!("{LOGS}?level=info&limit=1000")).await;
        let lines = infos["lines"].as_array().unwrap();
        assert!(lines.iter().any(|line| line["message"] == "listening"), "{infos:#}");
        assert!(lines.iter().all(|line| line["level"] != "DEBUG"), "{infos:#}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_question_for_lines_is_said() {
    let app = TestApp::start();
    for (query, field) in
        [("level=fatal", "level"), ("limit=0", "limit"), ("correlation_id=a%20b", "correlation_id"), ("page=2", "page")]
    {
        let (status, problem) = app.call(Method::GET, &format!("{LOGS}?{query}"), None).await;
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{problem:#}");
    }
}
