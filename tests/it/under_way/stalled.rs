//! A body that stalls is cut, whatever it was for.

use std::time::Duration;

use quire_documents::samples;

use super::{Line, sockets, sockets_are_given_back, status};
use crate::harness::{Plan, TestApp};
use crate::http::isolation::{Estate, routes};

fn impatient() -> Plan {
    TestApp::with("http.body_silence_ms", 500).with("http.body_window_ms", 1000)
}

fn announce(bytes: usize) -> String {
    format!("content-type: application/json\r\ncontent-length: {bytes}\r\n\r\n")
}

#[tokio::test]
async fn a_body_that_falls_silent_is_cut_at_every_address() {
    let app = impatient().start();
    let admin = app.first_admin().await;
    let estate = Estate::of(&admin).await;
    let mut lines: Vec<_> = routes()
        .into_iter()
        .filter(|(_, path)| !path.ends_with("/events/stream"))
        .map(|(method, path)| {
            // No actor is to be stopped or stalled by it.
            let address = estate.address(&path, false).replace("root/db", "root/nobody");
            let mut line = Line::begin(&app, Some(&admin), &method, &address, &announce(100_000));
            line.say(&[b' '; 100]);
            (format!("{method} {path}"), line)
        })
        .collect();
    let mut cut = Vec::new();
    for (route, line) in &mut lines {
        let answer = line.read_on();
        assert_ne!(status(&answer), 0, "{route} was never answered");
        if status(&answer) == 408 {
            assert!(
                answer.contains("\"code\":\"body_too_slow\"") && answer.contains("http.body_silence_ms"),
                "{answer}"
            );
            cut.push(route.as_str());
        }
    }
    for wanted in ["POST /api/v1/files", "POST /api/v1/batches", "POST /api/v1/batches/{id}/items"] {
        assert!(cut.contains(&wanted), "{wanted} is not among those that were cut: {cut:?}");
    }
    assert!(cut.len() > 8, "{cut:?}");
}

#[tokio::test]
async fn a_head_that_falls_silent_is_cut() {
    let app = TestApp::with("http.head_timeout_ms", 500).start();
    let mut line = Line::begin(&app, None, "GET", "/healthz", "x-half: ");
    assert_eq!(status(&line.read_on()), 408);
}

#[tokio::test]
async fn fifty_uploads_that_stop_are_cut_and_leave_nothing() {
    let app = impatient().start();
    let before = sockets(&app);
    let mut lines: Vec<_> = (0..50)
        .map(|_| {
            let mut line = Line::begin(&app, None, "POST", "/api/v1/files?name=x.pdf", &announce(1_000_000));
            line.say(&vec![b'x'; 300_000]);
            line
        })
        .collect();
    assert!(lines.iter_mut().all(|line| status(&line.read_on()) == 408));
    drop(lines);
    sockets_are_given_back(&app, before).await;
    assert_eq!(std::fs::read_dir(app.data.join("incoming")).unwrap().count(), 0);
}

#[tokio::test]
async fn single_bytes_are_cut_however_regularly_they_come() {
    let app = impatient().start();
    let mut line = Line::begin(&app, None, "POST", "/api/v1/batches", &announce(100_000));
    while !line.hears_within(Duration::from_millis(20)) {
        line.say(b" ");
    }
    let answer = line.read_on();
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("body_too_slow"), "{answer}");
}

#[tokio::test]
async fn what_comes_slowly_but_within_the_rule_is_taken() {
    let app = TestApp::with("http.body_window_ms", 200).with("http.body_min_bytes_per_sec", 1).start();
    let document = samples::pdf_with_pages(1);
    let mut line = Line::begin(&app, None, "POST", "/api/v1/files?name=x.pdf", &announce(document.len()));
    for piece in document.chunks(document.len() / 20 + 1) {
        assert!(!line.hears_within(Duration::from_millis(50)), "{}", line.read_on());
        line.say(piece);
    }
    assert_eq!(status(&line.head()), 201);
}

#[tokio::test]
async fn control_without_a_pace_a_silent_body_is_waited_for() {
    let app = impatient().without("http.pace").start();
    let document = samples::pdf_with_pages(1);
    let mut line = Line::begin(&app, None, "POST", "/api/v1/files?name=x.pdf", &announce(document.len()));
    let (first, rest) = document.split_at(100);
    line.say(first);
    assert!(!line.hears_within(Duration::from_secs(2)), "somebody else cut it");
    line.say(rest);
    assert_eq!(status(&line.head()), 201);
}
