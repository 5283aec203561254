//! Messages that arrive, and their signatures.

use serde_json::{Value, json};

use super::receiver::{Answer, Receiver};
use super::{Hook, all_events, plan};

#[tokio::test]
async fn a_batch_is_told_from_its_beginning_to_its_end_and_every_message_is_genuine() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    app.wait_for_end(&batch).await;
    let events = all_events(&app).await;
    let visits = receiver.count(events.len()).await;

    let mut told: Vec<(i64, Value)> = visits.iter().map(|visit| (visit.seq(), visit.json())).collect();
    told.sort_by_key(|(seq, _)| *seq);
    for ((seq, told), event) in told.iter().zip(&events) {
        assert_eq!((json!(seq), &told["type"]), (event["seq"].clone(), &event["type"]));
        assert_eq!(told["timestamp"], event["at"]);
        let (data, logged) = (&told["data"], &event["data"]);
        assert_eq!(
            (&data["batch"], &data["item"], &data["correlation_id"]),
            (&event["batch"], &event["item"], &event["correlation_id"])
        );
        assert_eq!(
            (&data["rev"], &data["counts"], &data["status"], &data["outcome"]),
            (&logged["rev"], &logged["counts"], &logged["status"], &logged["outcome"])
        );
    }
    assert_eq!(told.last().unwrap().1["type"], "batch.completed");
    for visit in &visits {
        assert!(visit.is_genuine(&hook.secret), "{visit:#?}");
        assert_eq!(visit.header("content-type"), "application/json");
        assert_eq!(visit.header("x-correlation-id"), visit.json()["data"]["correlation_id"]);
        assert!(visit.body.len() < 1_000, "{}", visit.body);
    }
    let log = hook.when(&app, "state=delivered", |found| found.len() == events.len()).await;
    let ids: Vec<Value> = log.iter().map(|delivery| delivery["id"].clone()).collect();
    assert!(visits.iter().all(|visit| ids.contains(&json!(visit.id()))));
}

/// The control of every signature in this folder: the oracle is no yes-man.
#[tokio::test]
async fn a_message_that_was_touched_on_its_way_is_not_genuine() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::to(&app, &receiver).await;
    hook.tested(&app, "delivered").await;
    let mut visit = receiver.count(1).await.remove(0);
    assert!(visit.is_genuine(&hook.secret));
    visit.body = visit.body.replace("webhook.test", "webhook.tset");
    assert!(!visit.is_genuine(&hook.secret));
}

#[tokio::test]
async fn only_what_was_asked_for_arrives_and_a_change_holds_from_then_on() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let hook = Hook::make(&app, json!({ "url": receiver.url(), "event_types": ["batch.completed"] })).await;
    let run = async || {
        let batch = app.submit(json!({ "operations": ["noop"], "items": 2 })).await;
        app.wait_for_end(&batch).await;
    };
    run().await;
    run().await;
    receiver.count(2).await;
    let (status, changed) =
        app.call(reqwest::Method::PATCH, &hook.at, Some(json!({ "event_types": ["batch.started"] }))).await;
    assert_eq!((status.as_u16(), &changed["event_types"]), (200, &json!(["batch.started"])));
    run().await;
    let kinds = |visits: &[super::receiver::Visit]| -> Vec<Value> {
        visits.iter().map(|visit| visit.json()["type"].clone()).collect()
    };
    let visits = receiver.wait(|visits| kinds(visits).contains(&json!("batch.started"))).await;
    assert_eq!(kinds(&visits), ["batch.completed", "batch.completed", "batch.started"]);
}

#[tokio::test]
async fn what_happened_before_a_webhook_was_made_is_not_told_until_it_is_recovered() {
    let app = plan().start();
    let receiver = Receiver::kind();
    let before = app.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    app.wait_for_end(&before).await;
    let events = all_events(&app).await;
    let hook = Hook::to(&app, &receiver).await;
    hook.tested(&app, "delivered").await;
    assert_eq!(receiver.visits().len(), 1, "the test and nothing else");
    let since = events[0]["at"].as_str().unwrap();
    let recover = async || {
        let (status, answer) = app.post(&format!("{}/recover?since={since}", hook.at), json!({})).await;
        assert_eq!((status.as_u16(), &answer["from_seq"]), (202, &json!(1)), "{answer:#}");
    };
    recover().await;
    let once = receiver.count(1 + events.len()).await;
    app.eventually(&format!("{}/deliveries?state=pending", hook.at), |page| page["deliveries"] == json!([])).await;
    recover().await;
    let twice = receiver.count(1 + 2 * events.len()).await;
    let names = |visits: &[super::receiver::Visit]| {
        let mut names: Vec<String> = visits.iter().map(|visit| visit.id().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&once[1..]), names(&twice[once.len()..]), "the same messages under the same names");
}

#[tokio::test]
async fn a_test_arrives_at_once_and_says_that_it_is_one() {
    let app = plan().start();
    let receiver = Receiver::scripted(|_, _| Answer::Body(202, 5));
    let hook = Hook::to(&app, &receiver).await;
    let delivery = hook.tested(&app, "delivered").await;
    let visit = receiver.count(1).await.remove(0);
    assert_eq!((visit.json()["type"].as_str(), visit.is_genuine(&hook.secret)), (Some("webhook.test"), true));
    assert_eq!((delivery["id"].as_str(), &delivery["type"]), (Some(visit.id()), &json!("webhook.test")));
    let attempts = delivery["attempts"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[0]["status"], &attempts[0]["excerpt"]), (1, &json!(202), &json!("xxxxx")));
    assert!(attempts[0]["error"].is_null() && attempts[0]["duration_ms"].is_number());
}
