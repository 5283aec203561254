//! Bodies, queries and headers that are made to hurt, at every address: what is answered, logged and kept in memory
//! does not follow their size, and others are served meanwhile.
//!
//! The walk takes its addresses from the server's route table. **The control**: a server that tells everything is seen.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use serde_json::json;

use crate::harness::{DEADLINE, TestApp, memory_kib};
use crate::http::isolation::routes;

/// `http.max_json_kib`.
const BODY_BYTES: usize = 4 << 20;
const ANSWER_BYTES: usize = 64 << 10;
const LINE_BYTES: usize = 4 << 10;
/// The longest head that the server reads is 128 KiB.
const HEAD_BYTES: usize = 60_000;

/// So much of a pattern as fits between two ends.
fn filled(begin: &str, pattern: &str, end: &str) -> Vec<u8> {
    let times = (BODY_BYTES - begin.len() - end.len()) / pattern.len();
    [begin, &pattern.repeat(times), end].concat().into_bytes()
}

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data; boundary=b";

/// Kinds of harm, each of the greatest size that is taken.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    const PART: &str = "--b\r\ncontent-disposition: form-data; name=\"options\"\r\n\r\n";
    let fields: String = (0..BODY_BYTES / 14).map(|nth| format!(r#""f{nth:07}":1,"#)).collect();
    let mut bodies: Vec<_> = ["event_types", "operations", "files"]
        .map(|list| (JSON, filled(&format!(r#"{{"url":1,"{list}":[1"#), ",1", "]}")))
        .into();
    bodies.extend([
        (JSON, format!(r#"{{{}"l":1}}"#, &fields[..fields.len() / 13 * 13]).into_bytes()),
        (JSON, filled(r#"{"a":1"#, r#","a":1"#, "}")),
        (JSON, filled(r#"{""#, "a", r#"":1}"#)),
        (JSON, filled(r#"{"name":""#, "\\u0001", r#""}"#)),
        (JSON, filled(r#"{"url":"#, "[", "")),
        (JSON, filled(r#"{"files":[{"id":"x""#, r#"},{"y":"x""#, "}]}")),
        (JSON, filled("", "x", "")),
        (FORM, filled(PART, "x", "\r\n--b--\r\n")),
        (FORM, filled("--b\r\n", "x-y: z\r\n", "")),
        (FORM, filled("--b\r\ncontent-disposition: form-data; name=\"", "n", "\"\r\n\r\n\r\n--b--\r\n")),
    ]);
    bodies
}

/// A request's first line and header lines, without their end.
fn heads(method: &str, address: &str) -> Vec<String> {
    let separator = if address.contains('?') { '&' } else { '?' };
    let long = |pattern: &str| pattern.repeat(HEAD_BYTES / pattern.len());
    let mut heads = vec![
        format!("{method} {address}{separator}{}=1 HTTP/1.1", long("%01")),
        format!("{method} {address}{separator}state={} HTTP/1.1", long("%01")),
        format!("{method} {address}{separator}{} HTTP/1.1", long("a=1&")),
        format!("{method} {address}/{} HTTP/1.1", long("%01")),
        format!("{} {address} HTTP/1.1", long("X")),
    ];
    let headers =
        ["idempotency-key", "x-correlation-id", "content-type", "content-encoding", "x-file-name", "last-event-id"];
    heads.extend(headers.map(|name| format!("{method} {address} HTTP/1.1\r\n{name}: {}", long("\"<z>"))));
    heads
}

/// Asks for the server's health over and over, and counts the answers.
struct Pulse {
    answers: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Pulse {
    fn of(app: &TestApp) -> Self {
        let (answers, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, over, url) = (Arc::clone(&answers), Arc::clone(&is_over), app.url.clone());
        let thread = std::thread::spawn(move || {
            let mut stream = connect(&url);
            while !over.load(Ordering::Relaxed) {
                match health(&mut stream) {
                    Ok(status) => {
                        assert_eq!(status, *b"HTTP/1.1 200");
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                    // The server closes a connection on which nothing was asked for a while.
                    Err(_) => stream = connect(&url),
                }
            }
        });
        Self { answers, is_over, thread: Some(thread) }
    }

    /// Waits for an answer to a question that was asked from now on.
    fn beat(&self) {
        let (before, until) = (self.answers.load(Ordering::Relaxed), Instant::now() + DEADLINE);
        while self.answers.load(Ordering::Relaxed) < before + 2 {
            assert!(Instant::now() < until, "nobody else is served any more");
            std::thread::yield_now();
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// The first words of the answer.
fn health(stream: &mut TcpStream) -> std::io::Result<[u8; 12]> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let (mut piece, mut status) = ([0; 4096], [0; 12]);
    let read = stream.read(&mut piece)?;
    status.copy_from_slice(piece[..read].get(..12).ok_or(std::io::ErrorKind::UnexpectedEof)?);
    Ok(status)
}

/// The cost of a request to the server.
struct RequestCost {
    status: u16,
    answer_bytes: usize,
    grown_kib: u64,
}

/// Sends it in two halves, between which others have to be served; a server that answers without the second is right,
/// too.
fn send(app: &TestApp, pulse: &Pulse, head: &str, body: Option<&[u8]>) -> RequestCost {
    let resident = memory_kib(app.pid(), "VmRSS:");
    // From here on the peak is counted anew.
    std::fs::write(format!("/proc/{}/clear_refs", app.pid()), "5").unwrap();
    let mut stream = connect(&app.url);
    stream.write_all(format!("{head}\r\nhost: localhost\r\nconnection: close\r\n").as_bytes()).unwrap();
    let (first, second) = body.unwrap_or_default().split_at(body.map_or(0, |body| body.len() / 2));
    let length = body.map_or_else(String::new, |body| format!("content-length: {}\r\n", body.len()));
    let mut sent = stream.write_all(format!("{length}\r\n").as_bytes()).and_then(|()| stream.write_all(first));
    pulse.beat();
    sent = sent.and_then(|()| stream.write_all(second));
    let (mut answer, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..read]);
        if answer.windows(EVENT_STREAM.len()).any(|window| window == EVENT_STREAM) {
            break;
        }
    }
    assert!(!answer.is_empty() || sent.is_err() || body.is_some(), "no answer: {}", &head[..head.len().min(200)]);
    let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|word| word.parse().ok());
    let grown_kib = memory_kib(app.pid(), "VmHWM:").saturating_sub(resident);
    RequestCost { status: status.unwrap_or_default(), answer_bytes: answer.len(), grown_kib }
}

/// An answer that does not end by itself.
const EVENT_STREAM: &[u8] = b"text/event-stream";

/// One thread for all requests: what stands on it, all wait for.
fn server() -> crate::harness::Plan {
    TestApp::with("server.http_threads", 1)
}

async fn address(app: &TestApp) -> impl Fn(&str) -> String {
    let batch = app.submit(json!({ "operations": ["noop"], "items": 1, "sealed": false })).await;
    let hook = app.post("/api/v1/webhooks", json!({ "url": "https://receiver.example/" })).await.1;
    let (batch, hook) = (batch.rsplit('/').next().unwrap().to_owned(), hook["id"].as_str().unwrap().to_owned());
    move |path| {
        let id = if path.contains("/webhooks/") { &hook } else { &batch };
        let path = path.replace("actors/{id}", "actors/nobody").replace("{id}", id).replace("{position}", "1");
        // As long as so many lines of this walk are.
        let path = path.replace("/admin/logs", "/admin/logs?limit=50");
        path.replace("{name}", "info.json").replace("{delivery}", "msg_none")
    }
}

/// Answers to a body that was read, whole or in part.
const READ: [u16; 4] = [400, 413, 422, 0];

#[tokio::test]
async fn at_no_address_what_is_answered_logged_and_kept_follows_the_size_of_bad_input() {
    let app = server().start();
    let (address, bodies, pulse) = (address(&app).await, bodies(), Pulse::of(&app));
    let mut read = std::collections::BTreeSet::new();
    // The documents are as long as they are, whoever asks.
    let is_document = |path: &str| path.ends_with("api.json") || path.starts_with("/docs");
    for (method, path) in routes().into_iter().filter(|(_, path)| !is_document(path)) {
        let place = address(&path);
        let mut left_alone = Vec::new();
        for (kind, body) in &bodies {
            // One is enough to see that nobody reads such bodies here.
            if left_alone.contains(kind) {
                continue;
            }
            let head = format!("{method} {place} HTTP/1.1\r\ncontent-type: {kind}");
            let harm = send(&app, &pulse, &head, Some(body));
            let shown = String::from_utf8_lossy(&body[..60]);
            assert!(harm.answer_bytes <= ANSWER_BYTES, "{method} {path} {shown}: {} bytes", harm.answer_bytes);
            assert!(
                harm.grown_kib as usize <= 4 * (BODY_BYTES >> 10),
                "{method} {path} {shown}: {} KiB",
                harm.grown_kib
            );
            if !READ.contains(&harm.status) {
                left_alone.push(*kind);
            }
            read.extend((harm.status == 422).then(|| format!("{method} {path}")));
        }
        for head in heads(&method, &place) {
            let harm = send(&app, &pulse, &head, None);
            assert!(harm.answer_bytes <= ANSWER_BYTES, "{}: {} bytes", &head[..120], harm.answer_bytes);
        }
    }
    for place in
        ["POST /api/v1/batches", "POST /api/v1/webhooks", "PATCH /api/v1/webhooks/{id}", "POST /api/v1/admin/keys"]
    {
        assert!(read.contains(place), "nobody read what was sent to {place}: {read:?}");
    }
    let log = app.whole_log();
    let longest = log.lines().max_by_key(|line| line.len()).unwrap_or_default();
    assert!(longest.len() <= LINE_BYTES, "{} bytes: {}", longest.len(), &longest[..LINE_BYTES]);
    assert!(log.lines().any(|line| line.contains("validation_failed")), "nothing was logged");
}

#[tokio::test]
async fn control_a_server_that_tells_everything_is_seen_to_answer_and_log_without_end() {
    let app = server().without("http.bounds").start();
    let pulse = Pulse::of(&app);
    let body = format!(r#"{{"url":1,"event_types":[{}1]}}"#, "1,".repeat(2_000));
    let harm = send(&app, &pulse, "POST /api/v1/webhooks HTTP/1.1", Some(body.as_bytes()));
    assert!(harm.status == 422 && harm.answer_bytes > ANSWER_BYTES, "{} {}", harm.status, harm.answer_bytes);
}

#[tokio::test]
async fn the_first_mistakes_are_told_and_the_others_counted() {
    let app = TestApp::with("http.max_list_words", 1_000).start();
    let body = json!({ "url": 1, "event_types": vec![1; 999] });
    let (status, problem) = app.post("/api/v1/webhooks", body).await;
    assert_eq!((status.as_u16(), problem["errors"].as_array().unwrap().len()), (422, 20));
    let detail = problem["detail"].as_str().unwrap();
    let named = detail.matches("event_types[").count() + detail.matches(": url").count();
    assert!(detail.contains(&format!("and {} more", 1_000 - named)), "{detail}");
}

#[tokio::test]
async fn a_list_or_an_object_with_too_many_parts_is_refused_by_the_name_of_its_setting() {
    let app = TestApp::with("http.max_list_words", 32)
        .with("http.max_named_files", 3)
        .with("http.max_json_fields", 32)
        .start();
    let fields: serde_json::Map<_, _> = (0..33).map(|nth| (nth.to_string(), nth.into())).collect();
    let nobody = "018f0000-0000-7000-8000-000000000000";
    for (path, body, setting) in [
        (
            "/api/v1/webhooks",
            json!({ "url": "https://a.example", "event_types": vec!["batch.completed"; 33] }),
            "http.max_list_words",
        ),
        ("/api/v1/batches", json!({ "operations": vec!["text"; 33] }), "http.max_list_words"),
        ("/api/v1/batches", json!({ "files": vec![nobody; 4] }), "http.max_named_files"),
        ("/api/v1/batches", json!(fields), "http.max_json_fields"),
    ] {
        let (status, problem) = app.post(path, body).await;
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("validation_failed")), "{problem:#}");
        assert!(problem.to_string().contains(setting), "{problem:#}");
    }
    let (status, _) = app
        .post("/api/v1/webhooks", json!({ "url": "https://a.example", "event_types": vec!["batch.completed"; 32] }))
        .await;
    assert_eq!(status.as_u16(), 201, "exactly the limit is fine");
}
