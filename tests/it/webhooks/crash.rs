//! The server is killed while it delivers, and no message is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::receiver::{Answer, Receiver, Visit};
use super::{Hook, all_events, plan};
use crate::harness::{TestApp, execute_sql};

/// Events of the log that did not arrive.
fn missing(events: usize, visits: &[Visit]) -> BTreeSet<i64> {
    let arrived: BTreeSet<i64> = visits.iter().map(Visit::seq).collect();
    (1..=events as i64).filter(|seq| !arrived.contains(seq)).collect()
}

async fn wait_until_all_is_delivered(app: &TestApp, hook: &Hook, events: usize) {
    app.eventually(&hook.at, |seen| seen["cursor"].as_u64() >= Some(events as u64)).await;
    app.eventually(&format!("{}/deliveries?state=pending&limit=1", hook.at), |page| page["deliveries"] == json!([]))
        .await;
}

#[tokio::test]
async fn every_event_arrives_over_several_deaths_of_the_server_under_one_name() {
    let mut app = plan().start();
    let receiver = Receiver::scripted(|_, nth| {
        std::thread::sleep(Duration::from_millis(3));
        Answer::Status(if nth % 7 == 3 { 500 } else { 200 })
    });
    let hook = Hook::to(&app, &receiver).await;
    let batch = app.submit_sleepers(120, 4, json!({})).await;
    for killed_after in [15, 60, 110, 170, 220] {
        receiver.count(killed_after).await;
        app.kill();
        app.restart();
    }
    app.wait_for_end(&batch).await;
    let events = all_events(&app).await;
    wait_until_all_is_delivered(&app, &hook, events.len()).await;

    let visits = receiver.visits();
    assert_eq!(missing(events.len(), &visits), BTreeSet::new());
    let mut names: BTreeMap<i64, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for visit in &visits {
        assert!(visit.is_genuine(&hook.secret));
        names.entry(visit.seq()).or_default().insert((visit.id(), &visit.body));
    }
    assert!(names.values().all(|named| named.len() == 1), "one event, one name, one body: {names:#?}");
    let distinct: BTreeSet<&str> = visits.iter().map(Visit::id).collect();
    assert_eq!(distinct.len(), events.len());
    let log = hook.deliveries(&app).await;
    assert!(log.iter().all(|delivery| delivery["state"] == "delivered"));
    assert_eq!(log.len(), events.len());
}

/// The control: what the sender keeps in the store is what saves the messages.
#[tokio::test]
async fn without_cursor_and_deliveries_in_the_store_messages_are_lost() {
    let mut app = plan().start();
    let is_awake = Arc::new(AtomicBool::new(false));
    let awake = Arc::clone(&is_awake);
    let receiver =
        Receiver::scripted(move |_, _| if awake.load(Ordering::SeqCst) { Answer::Status(200) } else { Answer::Hang });
    let hook = Hook::to(&app, &receiver).await;
    let batch = app.submit(json!({ "operations": ["noop"], "items": 20 })).await;
    app.wait_for_end(&batch).await;
    receiver.count(4).await;
    app.kill();
    execute_sql(&app.data, "DELETE FROM webhook_deliveries");
    execute_sql(&app.data, "UPDATE webhooks SET cursor = (SELECT last_seq FROM owners WHERE id = 1)");
    is_awake.store(true, Ordering::SeqCst);
    app.restart();
    let events = all_events(&app).await.len();
    wait_until_all_is_delivered(&app, &hook, events).await;
    assert!(!missing(events, &receiver.visits()).is_empty());
}
