//! Live delivery where API keys are needed: everybody hears of their own only, and only as long as their key is good.

use reqwest::Method;
use serde_json::{Value, json};

use super::listener::{Heard, Listener};
use crate::harness::{Caller, TestApp};

/// A WebSocket from the beginning of the log, with the caller's key.
async fn listen(app: &TestApp, caller: &Caller<'_>) -> Listener {
    let bearer = format!("Bearer {}", caller.key);
    let mut listener = Listener::connect_with(app, &[("authorization", &bearer)]).await.unwrap();
    listener.hello = listener.expect("hello").await;
    listener
}

async fn run_one(owner: &Caller<'_>, more: Value) -> String {
    let mut order = json!({ "operations": ["noop"], "items": 3 });
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let batch = owner.submit(order).await;
    owner.wait_for_end(&batch).await;
    batch.rsplit('/').next().unwrap().to_owned()
}

/// The batches that a listener hears of, until the delivery is at the end of its owner's log.
async fn heard(mut listener: Listener, owner: &Caller<'_>) -> Vec<String> {
    let latest = owner.read("/api/v1/events?limit=1").await["latest"].as_i64().unwrap();
    listener.resume(0).await;
    let mut batches = Vec::new();
    while listener.upto < latest {
        let frame = listener.expect("events").await;
        let events = frame["events"].as_array().unwrap();
        batches.extend(events.iter().map(|event| event["batch"].as_str().unwrap().to_owned()));
    }
    assert_eq!(listener.seqs, (1..=latest).collect::<Vec<_>>());
    batches.dedup();
    batches
}

#[tokio::test]
async fn every_owner_hears_of_its_own_batches_and_of_no_others() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let (hers, his) = (run_one(&alice, json!({})).await, run_one(&bob, json!({})).await);
    assert_eq!(heard(listen(&app, &alice).await, &alice).await, std::slice::from_ref(&hers));
    assert_eq!(heard(listen(&app, &bob).await, &bob).await, [his]);
    // Control: a second key of hers hears the same, so that the silence above is the owner's doing.
    let also_alice = admin.owner("alice").await;
    assert_eq!(heard(listen(&app, &also_alice).await, &also_alice).await, std::slice::from_ref(&hers));

    // Asking for another's batch by name gives nothing of it, live or not.
    let mut curious = listen(&app, &bob).await;
    curious.send(json!({ "type": "subscribe", "batch": hers })).await;
    curious.send(json!({ "type": "resume" })).await;
    assert_eq!(curious.expect("snapshot").await["batches"], json!([]));
    let stream = bob.request(Method::GET, &format!("/api/v1/events/stream?batch={hers}"));
    let mut answer = stream.send().await.unwrap();
    let first = answer.chunk().await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&first).contains(&hers));
}

#[tokio::test]
async fn without_a_key_nothing_is_heard_and_a_ticket_stands_for_one() {
    let app = TestApp::start();
    let alice = app.first_admin().await.owner("alice").await;
    let mut nobody = Listener::connect_with(&app, &[]).await.unwrap();
    assert_eq!(nobody.close_code().await, Some(4501));
    let (status, ticket) = alice.call(Method::POST, "/api/v1/ws-tickets", Some(json!({}))).await;
    assert_eq!(status, 201);
    let offered = format!("quire.v1, {}", ticket["protocols"][1].as_str().unwrap());
    let mut page = Listener::connect_with(&app, &[("sec-websocket-protocol", &offered)]).await.unwrap();
    page.hello = page.expect("hello").await;
    let batch = run_one(&alice, json!({})).await;
    assert_eq!(heard(page, &alice).await, [batch]);
}

#[tokio::test]
async fn a_revoked_key_closes_what_it_opened_and_nothing_else() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let (mut hers, mut his) = (listen(&app, &alice).await, listen(&app, &bob).await);
    let mut stream = alice.request(Method::GET, "/api/v1/events/stream").send().await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    let (_, ticket) = alice.call(Method::POST, "/api/v1/ws-tickets", Some(json!({}))).await;
    admin.revoke(&alice.id).await;
    assert_eq!(hers.close_code().await, Some(4505));
    while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    let offered = format!("quire.v1, {}", ticket["protocols"][1].as_str().unwrap());
    let mut late = Listener::connect_with(&app, &[("sec-websocket-protocol", &offered)]).await.unwrap();
    assert_eq!(late.close_code().await, Some(4505), "a ticket is no more than the key it was given for");
    his.send(json!({ "type": "resume" })).await;
    assert!(matches!(his.hear().await, Heard::Frame(frame) if frame["type"] == "snapshot"));
}

#[tokio::test]
async fn a_pages_session_opens_a_socket_by_ticket_which_ends_with_the_sessions_key() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let page = app.log_in(&alice.key).await;
    let (status, ticket) = page.call(Method::POST, "/api/v1/ws-tickets", Some(json!({}))).await;
    assert_eq!(status, 201, "{ticket:#}");
    let offered = format!("quire.v1, {}", ticket["protocols"][1].as_str().unwrap());
    let mut socket = Listener::connect_with(&app, &[("sec-websocket-protocol", &offered)]).await.unwrap();
    socket.hello = socket.expect("hello").await;
    let cookie = [("cookie", page.cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let mut by_cookie = Listener::connect_with(&app, &cookie).await.unwrap();
    assert_eq!(by_cookie.close_code().await, Some(4501), "a cookie alone opens none");
    admin.revoke(&alice.id).await;
    assert_eq!(socket.close_code().await, Some(4505));
}

#[tokio::test]
async fn a_collection_is_followed_as_one() {
    let app = TestApp::start();
    let alice = app.first_admin().await.owner("alice").await;
    let mut listener = listen(&app, &alice).await;
    listener.send(json!({ "type": "subscribe", "collection": "invoices", "items": false })).await;
    listener.resume(0).await;
    let of_it = run_one(&alice, json!({ "collection": "invoices" })).await;
    run_one(&alice, json!({ "collection": "letters" })).await;
    run_one(&alice, json!({})).await;
    let also = run_one(&alice, json!({ "collection": "invoices" })).await;
    let mut ended = Vec::new();
    while ended.len() < 2 {
        for event in listener.expect("events").await["events"].as_array().unwrap() {
            assert_eq!(event["data"]["collection"], "invoices", "{event:#}");
            assert!(event["item"].is_null(), "{event:#}");
            if event["type"] == "batch.completed" {
                ended.push(event["batch"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(ended, [of_it, also]);
    let page = alice.read("/api/v1/events?after=0&collection=letters&items=false").await;
    let told = page["events"].as_array().unwrap();
    assert!(!told.is_empty() && told.iter().all(|event| event["data"]["collection"] == "letters"));
}
