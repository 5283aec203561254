//! Whoever resumes misses nothing and sees nothing twice.

use serde_json::json;

use super::listener::{Listener, latest, whole_log};
use crate::harness::TestApp;

#[tokio::test]
async fn a_listener_hears_everything_in_order_while_it_happens() {
    let app = TestApp::start();
    let mut listener = Listener::connect(&app).await;
    assert_eq!((&listener.hello["v"], &listener.hello["latest"]), (&json!(1), &json!(0)));
    listener.resume(0).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 300 })).await;
    let ended = listener.until(|frame| frame.to_string().contains("batch.completed")).await;
    let last = ended["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["type"], "batch.completed");
    assert_eq!(last["data"]["counts"]["succeeded"], 300);
    assert!(batch.ends_with(last["batch"].as_str().unwrap()));
    let log: Vec<_> = whole_log(&app).await.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(listener.seqs, log);
    assert_eq!(listener.seqs, (1..=listener.upto).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_listener_may_resume_behind_any_event_and_over_a_restart_of_the_server() {
    let mut app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 12 })).await;
    app.wait_for_end(&batch).await;
    let last = latest(&app).await;
    for after in 0..=last {
        let mut listener = Listener::connect(&app).await;
        listener.resume(after).await;
        listener.follow_to(last).await;
        assert_eq!(listener.seqs, (after + 1..=last).collect::<Vec<_>>(), "after {after}");
    }
    let epoch = Listener::connect(&app).await.hello["epoch"].clone();
    app.kill();
    app.restart();
    let mut listener = Listener::connect(&app).await;
    assert_eq!(listener.hello["epoch"], epoch);
    listener.resume(3).await;
    listener.follow_to(last).await;
    assert_eq!(listener.seqs, (4..=last).collect::<Vec<_>>());
}
