//! A client that loses its connection at any byte, comes back by another transport and a server that is killed
//! meanwhile: every `seq` arrives exactly once.

mod client;
mod cut;

use std::sync::atomic::Ordering;

use serde_json::json;
use tokio::task::JoinHandle;

use self::client::{Chaos, Leash, Log, Memory};
use crate::harness::{DEADLINE, TestApp};

/// Each item that does nothing gives two events.
const ITEMS: u32 = 50_000;
const KILLS: u64 = 4;

#[tokio::test]
async fn a_client_that_breaks_off_anywhere_sees_every_event_once_over_kills_of_the_server() {
    let mut app = TestApp::with("engine.heartbeat_secs", 1).start();
    let leash = Leash::new(&app.url);
    let listening = tokio::spawn(Chaos::new(&leash, Memory::Kept, 7).listen());
    let batch = app.submit(json!({ "operations": ["noop"], "items": ITEMS })).await;
    for kill in 1..=KILLS {
        let wanted = u64::from(ITEMS) * kill / (KILLS + 2);
        app.eventually(&batch, |seen| seen["counts"]["succeeded"].as_u64() >= Some(wanted)).await;
        app.kill();
        app.restart();
        *leash.url.lock().unwrap() = app.url.clone();
    }
    let ended = app.wait_for_end(&batch).await;
    assert_eq!(ended["counts"]["succeeded"], ITEMS);
    let (latest, log) = heard(&app, &leash, listening).await;
    assert!(latest > 100_000, "{latest}");
    assert_eq!(log.faults(latest), Vec::<String>::new(), "{log}");
    assert!(log.has_used_every_transport() && log.breaks > 50, "{log}");
}

/// The same client without a memory of its place: the count has to see what it misses.
#[tokio::test]
async fn a_client_that_does_not_resume_misses_events() {
    let app = TestApp::start();
    let leash = Leash::new(&app.url);
    let listening = tokio::spawn(Chaos::new(&leash, Memory::Lost, 7).listen());
    let batch = app.submit(json!({ "operations": ["noop"], "items": 5_000 })).await;
    app.wait_for_end(&batch).await;
    let (latest, log) = heard(&app, &leash, listening).await;
    assert_ne!(log.faults(latest), Vec::<String>::new(), "{log}");
}

/// The end of the server's log, and what the client has of it.
async fn heard(app: &TestApp, leash: &Leash, listening: JoinHandle<Log>) -> (i64, Log) {
    let latest = app.read("/api/v1/events?limit=1").await["latest"].as_i64().unwrap();
    leash.until.store(latest, Ordering::SeqCst);
    (latest, tokio::time::timeout(DEADLINE, listening).await.unwrap().unwrap())
}
