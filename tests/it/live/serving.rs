//! Listeners and the life of the server: progress, the hub's death, the server's orderly end.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::listener::{EventStream, Listener, latest, poll};
use crate::harness::{Plan, TestApp, assert_problem};

#[tokio::test]
async fn what_runs_tells_its_progress_page_by_page() {
    let app = TestApp::with("live.progress_ms", 50).start();
    let mut listener = Listener::connect(&app).await;
    listener.resume(0).await;
    let mut stream = EventStream::open(&app, "after=0", None).await;
    let file = app.upload("ten pages.pdf", std::fs::read("examples/ten-pages.pdf").unwrap()).await;
    let batch = app
        .submit(json!({ "operations": ["text"], "files": [file["id"]], "scripts": { "1": { "sleep": 4000 } } }))
        .await;
    let id = batch.rsplit('/').next().unwrap();
    let progress = listener.until(|frame| frame["type"] == "progress" && frame["counts"]["running"] == 1).await;
    assert_eq!(progress["batch"], id);
    let item = &progress["running"][0];
    assert_eq!((&item["item"], &item["name"]), (&json!(1), &json!("ten pages.pdf")));
    assert!(item["stage"].is_string() && item["since"].is_string(), "{item}");
    assert_eq!(stream.expect("progress").await["batch"], id);
    let seen = app.read(&batch).await;
    assert_eq!(seen["activity"]["running"][0]["item"], 1, "{seen:#}");
    app.wait_for(&batch, "succeeded").await;
    let seen = app.eventually(&batch, |seen| seen["activity"].is_null()).await;
    assert_eq!(seen["counts"]["succeeded"], 1);
}

#[tokio::test]
async fn the_death_of_the_hub_costs_a_listener_nothing() {
    let app = TestApp::start();
    let mut listener = Listener::connect(&app).await;
    listener.resume(0).await;
    for _ in 0..3 {
        let (status, _) = app.call(Method::POST, "/api/v1/admin/actors/root/hub/panic", None).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        let batch = app.submit(json!({ "operations": ["noop"], "items": 40 })).await;
        app.wait_for_end(&batch).await;
        listener.follow_to(latest(&app).await).await;
    }
    let hub = app.read("/api/v1/admin/actors/root/hub").await;
    assert_eq!(hub["restarts"]["total"], 3);
    assert_eq!(listener.seqs, (1..=listener.upto).collect::<Vec<_>>());
}

const HUB: &str = "/api/v1/admin/actors/root/hub";

async fn stop_hub(app: &TestApp) {
    let (status, _) = app.call(Method::POST, &format!("{HUB}/stop"), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.eventually(HUB, |hub| hub["state"] == "stopped").await;
}

#[tokio::test]
async fn a_stopped_hub_sends_listeners_away_with_words_and_they_miss_nothing() {
    let app = TestApp::start();
    let mut listener = Listener::connect(&app).await;
    listener.resume(0).await;
    let mut stream = EventStream::open(&app, "after=0", None).await;
    stop_hub(&app).await;
    assert_eq!(listener.close_code().await, Some(4004));
    while stream.next().await.is_some() {}
    for path in ["/api/v1/events/stream?after=0", "/api/v1/events?after=0&wait=25"] {
        let (status, problem) = app.call(Method::GET, path, None).await;
        assert_problem(&problem, status, "unavailable");
        assert!(problem["detail"].as_str().unwrap().contains("root/hub"), "{problem:#}");
    }
    let mut newcomer = Listener::connect_with(&app, &[]).await.unwrap();
    assert_eq!(newcomer.close_code().await, Some(4004));
    let batch = app.submit(json!({ "operations": ["noop"], "items": 40 })).await;
    app.wait_for(&batch, "succeeded").await;
    assert!(latest(&app).await > 0, "without waiting the log is told");

    let (status, _) = app.call(Method::POST, &format!("{HUB}/restart"), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.eventually(HUB, |hub| hub["state"] == "running").await;
    let mut again = Listener::connect(&app).await;
    again.resume(listener.upto).await;
    again.follow_to(latest(&app).await).await;
    assert_eq!(again.seqs, (listener.upto + 1..=again.upto).collect::<Vec<_>>());
}

#[tokio::test]
async fn control_a_hub_that_stops_without_a_word_is_seen_to_leave_listeners_in_silence() {
    let app = Plan::default().without("hub.stopping").start();
    let mut listener = Listener::connect(&app).await;
    listener.resume(0).await;
    stop_hub(&app).await;
    assert_eq!(app.get("/api/v1/events/stream?after=0").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_operator_sees_listeners_in_a_few_words() {
    let app = TestApp::start();
    let _listeners = [Listener::connect(&app).await, Listener::connect(&app).await];
    let _stream = EventStream::open(&app, "after=0", None).await;
    let seen = app.read("/api/v1/admin/actors").await;
    let sessions = &seen["sessions"];
    assert_eq!(
        (&sessions["open"], &sessions["websockets"], &sessions["event_streams"]),
        (&json!(3), &json!(2), &json!(1))
    );
    assert_eq!(sessions["slowest"].as_array().unwrap().len(), 3);
    assert!(sessions["slowest"][0]["id"].as_str().unwrap().starts_with("root/hub/session-"));
    assert!(seen["actors"].as_array().unwrap().iter().any(|actor| actor["id"] == "root/hub"));
}

#[tokio::test]
async fn a_server_that_ends_says_goodbye_to_every_listener() {
    let mut app = TestApp::start();
    let mut listener = Listener::connect(&app).await;
    listener.resume(0).await;
    let mut stream = EventStream::open(&app, "after=0", None).await;
    stream.expect("hello").await;
    let answer = app.request(Method::GET, "/api/v1/events?wait=25").send();
    let waits = tokio::spawn(answer);
    app.eventually("/api/v1/admin/actors", |seen| seen["sessions"]["open"] == 3).await;
    let ended = tokio::task::spawn_blocking(move || {
        let status = app.terminate();
        (app, status)
    });
    assert_eq!(listener.close_code().await, Some(4001));
    while stream.next().await.is_some() {}
    assert_eq!(waits.await.unwrap().unwrap().status(), StatusCode::OK, "with what there is");
    let (mut app, status) = ended.await.unwrap();
    assert_eq!(status.code(), Some(0));
    app.restart();
    assert_eq!(poll(&app, "").await["latest"], 0);
}

#[tokio::test]
async fn a_copy_of_the_data_that_is_put_back_is_another_log() {
    let mut app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 2 })).await;
    app.wait_for_end(&batch).await;
    let epoch = poll(&app, "").await["epoch"].clone();
    app.kill();
    app.restart();
    assert_eq!(poll(&app, "").await["epoch"], epoch, "the control: a restart changes nothing");
    app.terminate();
    let (file, copy) = (app.data.join("quire.db"), app.data.join("copy.db"));
    std::fs::copy(&file, &copy).unwrap();
    std::fs::rename(&copy, &file).unwrap();
    app.restart();
    let page = poll(&app, &format!("epoch={}&after=1", epoch.as_str().unwrap())).await;
    assert_eq!(page["reset"], "other_epoch");
    assert_ne!(page["epoch"], epoch);
}
