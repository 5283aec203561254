//! HEAD tells what GET would answer and takes nothing; nor does a listener keep its place that left before it heard
//! anything, or never became one.

use reqwest::{Method, StatusCode};

use super::{Line, sockets, sockets_are_given_back, status};
use crate::harness::{Caller, Plan, TestApp};
use crate::http::isolation::{Estate, routes};

const ACTORS: &str = "/api/v1/admin/actors";
const PLACES: u16 = 5;
/// More than there are places, at each address.
const HEADS: u16 = 20;

fn few_places() -> Plan {
    TestApp::with("live.max_connections_per_owner", PLACES).with("live.heartbeat_ms", 100)
}

/// Every address that is taken, as the owner would write it; one that waits is told to.
async fn addresses(estate: &Estate, owner: &Caller<'_>) -> Vec<String> {
    let latest = owner.read("/api/v1/events?limit=1").await["latest"].clone();
    let mut addresses: Vec<_> = routes().iter().map(|(_, path)| estate.address(path, false)).collect();
    addresses.extend([format!("/api/v1/events?after={latest}&wait=25"), "/api/v1/events/stream?after=0".into()]);
    addresses.sort();
    addresses.dedup();
    addresses
}

async fn all_places_are_free(app: &TestApp, admin: &Caller<'_>, sockets_before: usize) {
    admin.eventually(ACTORS, |actors| actors["sessions"]["open"] == 0).await;
    sockets_are_given_back(app, sockets_before).await;
}

#[tokio::test]
async fn a_head_of_any_address_takes_no_place_and_says_what_get_would() {
    let app = few_places().start();
    let admin = app.first_admin().await;
    let estate = Estate::of(&admin).await;
    let addresses = addresses(&estate, &admin).await;
    let before = sockets(&app);
    for address in &addresses {
        let got = admin.request(Method::GET, address);
        let is_waiting = address.contains("wait=25");
        let got = if is_waiting { StatusCode::OK } else { got.send().await.unwrap().status() };
        for _ in 0..HEADS {
            let mut line = Line::begin(&app, Some(&admin), "HEAD", address, "connection: close\r\n\r\n");
            let answer = line.read_on();
            assert!(answer.ends_with("\r\n\r\n"), "HEAD {address} has a body: {answer}");
            let as_get = status(&answer) == got.as_u16();
            assert!(as_get || !got.is_success() || address.ends_with("/ws"), "HEAD {address}: {answer}");
        }
    }
    all_places_are_free(&app, &admin, before).await;
    let mut stream = admin.request(Method::GET, "/api/v1/events/stream").send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    assert!(stream.chunk().await.unwrap().is_some(), "GET is what it was");
}

#[tokio::test]
async fn control_a_server_that_opens_what_a_head_names_runs_out_of_places() {
    let app = few_places().without("http.head").start();
    let mut lines = Vec::new();
    let answers = (0..=PLACES).map(|_| {
        let mut line = Line::begin(&app, None, "HEAD", "/api/v1/events/stream", "\r\n");
        let answer = status(&line.head());
        lines.push(line);
        answer
    });
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
}

#[tokio::test]
async fn who_leaves_before_hearing_anything_gives_the_place_back() {
    let app = few_places().start();
    let admin = app.first_admin().await;
    let before = sockets(&app);
    let handshake = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
    let keyed = format!("{handshake}sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    let broken = format!("{handshake}\r\n");
    for _ in 0..HEADS {
        for (path, more) in [
            ("/api/v1/events/stream?after=0", "\r\n"),
            ("/api/v1/events?after=0&wait=1", "\r\n"),
            ("/api/v1/ws", &keyed),
            ("/api/v1/ws", &broken),
        ] {
            drop(Line::begin(&app, Some(&admin), "GET", path, more));
        }
    }
    all_places_are_free(&app, &admin, before).await;
}
