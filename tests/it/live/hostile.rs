//! Listeners that behave badly: each is let go with the right code, and the one beside it hears everything.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::listener::{Listener, latest};
use super::raw::{RawSocket, TEXT, head};
use crate::harness::TestApp;

#[derive(Clone, Copy)]
enum Frozen {
    WebSocket,
    EventStream,
}

/// Number of open connections.
async fn open(app: &TestApp) -> u64 {
    app.read("/api/v1/admin/actors").await["sessions"]["open"].as_u64().unwrap()
}

/// The neighbour has lost nothing, and hears of what happens now.
async fn assert_unharmed(app: &TestApp, neighbour: &mut Listener) {
    let batch = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    app.wait_for_end(&batch).await;
    let last = latest(app).await;
    neighbour.follow_to(last).await;
    assert_eq!(neighbour.seqs, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_no_frame_is_answered_with_an_error_and_the_end() {
    let app = TestApp::start();
    let mut neighbour = Listener::connect(&app).await;
    neighbour.resume(0).await;
    let too_large = json!({ "type": "subscribe", "collection": "x".repeat(20_000) }).to_string();
    for (message, code) in [
        (Message::text("{\"type\":"), "bad_frame"),
        (Message::text("[]"), "bad_frame"),
        (Message::text("{\"type\":\"shutdown\"}"), "bad_frame"),
        (Message::binary(vec![1, 2, 3]), "bad_frame"),
        (Message::text(too_large), "bad_frame"),
        (Message::text("{\"type\":\"ack\",\"seq\":99}"), "bad_ack"),
    ] {
        let mut listener = Listener::connect(&app).await;
        listener.send_raw(message).await;
        assert_eq!(listener.expect("error").await["code"], code);
        assert_eq!(listener.close_code().await, Some(4500));
    }
    assert_unharmed(&app, &mut neighbour).await;
}

#[tokio::test]
async fn a_frame_that_is_announced_too_large_is_refused_before_it_comes() {
    let app = TestApp::start();
    let mut raw = RawSocket::open(&app).await;
    raw.send_bytes(&head(TEXT, 1 << 40)).await;
    assert_eq!(raw.close_code().await, Some(4500));
    let mut raw = RawSocket::open(&app).await;
    raw.send_bytes(&head(TEXT, 16 << 10)).await;
    raw.send_bytes(&[0; 4]).await;
    raw.send_bytes(&[b' '; 16 << 10]).await;
    let frames = [raw.frame().await.unwrap(), raw.frame().await.unwrap()];
    assert!(String::from_utf8_lossy(&frames[1].payload).contains("EOF while parsing"), "exactly the limit is read");
}

#[tokio::test]
async fn floods_end_with_the_code_of_a_broken_protocol() {
    let app = TestApp::with("live.max_subscriptions", 10).start();
    let mut neighbour = Listener::connect(&app).await;
    neighbour.resume(0).await;
    for (kind, code) in [("ping", "too_many_frames"), ("subscribe", "too_many_subscriptions")] {
        let mut listener = Listener::connect(&app).await;
        for nth in 0..200 {
            let frame = match kind {
                "ping" => json!({ "type": kind }),
                _ => json!({ "type": kind, "collection": nth.to_string() }),
            };
            listener.send(frame).await;
        }
        assert_eq!(listener.expect("error").await["code"], code);
        assert_eq!(listener.close_code().await, Some(4500), "{kind}");
    }
    assert_unharmed(&app, &mut neighbour).await;
}

#[tokio::test]
async fn a_reader_that_acknowledges_nothing_is_slow_and_can_come_back_for_the_rest() {
    let app =
        TestApp::with("live.patience_ms", 1000).with("live.heartbeat_ms", 250).with("live.window_events", 5).start();
    let mut neighbour = Listener::connect(&app).await;
    neighbour.resume(0).await;
    let mut slow = Listener::connect(&app).await;
    slow.acks = false;
    slow.resume(0).await;
    assert_unharmed(&app, &mut neighbour).await;
    assert_eq!(slow.close_code().await, Some(4000));
    assert_eq!(slow.seqs, [1, 2, 3, 4, 5], "the window, and no more");
    let mut again = Listener::connect(&app).await;
    again.resume(5).await;
    again.follow_to(latest(&app).await).await;
    assert_eq!(again.seqs.first(), Some(&6));
}

#[tokio::test]
async fn a_client_that_gives_no_sign_of_life_is_let_go() {
    let app = TestApp::with("live.patience_ms", 3000).with("live.heartbeat_ms", 250).start();
    let mut neighbour = Listener::connect(&app).await;
    neighbour.resume(0).await;
    let silent = async { RawSocket::open(&app).await.close_code().await };
    // Its library answers pings, as long as somebody listens.
    let lively = async {
        loop {
            neighbour.expect("heartbeat").await;
        }
    };
    let code = tokio::select! { code = silent => code, () = lively => None };
    assert_eq!(code, Some(4002));
    assert_unharmed(&app, &mut neighbour).await;
}

/// One that takes nothing of what it asked for, beside one that listens. Whether it was cut off before the other has
/// heard so many heartbeats.
async fn is_cut_off(frozen: Frozen, stall_ms: u64, heartbeats: u32) -> bool {
    let app = TestApp::with("live.stall_ms", stall_ms)
        .with("live.heartbeat_ms", 250)
        .with("live.patience_ms", 600_000)
        .with("live.window_events", 10_000)
        .with("live.window_kib", 1024)
        .start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 2500 })).await;
    app.wait_for_end(&batch).await;
    let mut neighbour = Listener::connect(&app).await;
    neighbour.resume(0).await;
    let _frozen = match frozen {
        Frozen::WebSocket => {
            let mut socket = RawSocket::open(&app).await;
            let resume = json!({ "type": "resume", "epoch": neighbour.epoch(), "after": 0 });
            socket.send(TEXT, resume.to_string().as_bytes()).await;
            socket
        }
        Frozen::EventStream => RawSocket::get(&app, "/api/v1/events/stream?after=0").await,
    };
    app.eventually("/api/v1/admin/actors", |seen| seen["sessions"]["open"] == 2).await;
    neighbour.follow_to(latest(&app).await).await;
    for _ in 0..heartbeats {
        neighbour.expect("heartbeat").await;
        if open(&app).await == 1 {
            assert_unharmed(&app, &mut neighbour).await;
            return true;
        }
    }
    assert_unharmed(&app, &mut neighbour).await;
    false
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_cut_off_from_outside() {
    assert!(is_cut_off(Frozen::WebSocket, 1000, 200).await);
    assert!(is_cut_off(Frozen::EventStream, 1000, 200).await);
}

#[tokio::test]
async fn control_nobody_else_would_cut_it_off() {
    assert!(!is_cut_off(Frozen::WebSocket, 600_000, 20).await);
    assert!(!is_cut_off(Frozen::EventStream, 600_000, 20).await);
}

#[tokio::test]
async fn connections_over_a_limit_are_refused_and_a_place_that_is_left_is_free() {
    for key in ["live.max_connections_per_owner", "live.max_connections"] {
        let app = TestApp::with(key, 2).start();
        let first = Listener::connect(&app).await;
        let mut second = Listener::connect(&app).await;
        let mut third = Listener::connect_with(&app, &[]).await.unwrap();
        assert_eq!(third.close_code().await, Some(4503), "{key}");
        for path in ["/api/v1/events?wait=5", "/api/v1/events/stream"] {
            let answer = app.get(path).await;
            assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
            let problem: Value = answer.json().await.unwrap();
            assert!(problem["detail"].as_str().unwrap().contains(key), "{problem}");
        }
        drop(first);
        app.eventually("/api/v1/admin/actors", |seen| seen["sessions"]["open"] == 1).await;
        Listener::connect(&app).await;
        second.resume(0).await;
        assert_unharmed(&app, &mut second).await;
    }
}

#[tokio::test]
async fn an_address_for_websockets_says_so_to_others() {
    let app = TestApp::start();
    let answer = app.get("/api/v1/ws").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    crate::harness::assert_problem(&answer.json().await.unwrap(), StatusCode::BAD_REQUEST, "bad_request");
    let foreign = Listener::connect_with(&app, &[("origin", "https://elsewhere.example")]).await;
    assert!(foreign.is_err(), "a page of another origin gets no handshake");
}
