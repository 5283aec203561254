//! Uploads in pieces: what their offsets promise, whatever happens between two pieces.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use quire_documents::samples;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::cli::harness::{Ended, quire};
use crate::harness::{DEADLINE, Plan, TestApp, assert_problem, execute_sql};

const UPLOADS: &str = "/api/v1/uploads";
const MIB: usize = 1 << 20;

async fn announce(app: &TestApp, name: &str, size_bytes: usize) -> String {
    let body = json!({ "name": name, "size_bytes": size_bytes });
    let answer = app.request(Method::POST, UPLOADS).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(offset(&answer), 0);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn send(app: &TestApp, upload: &str, at: usize, bytes: &[u8]) -> Response {
    let piece = app.request(Method::PATCH, upload).header("upload-offset", at.to_string());
    piece.body(bytes.to_vec()).send().await.unwrap()
}

async fn refused(answer: Response, status: StatusCode, code: &str) -> Value {
    let problem: Value = answer.json().await.unwrap();
    assert_problem(&problem, status, code);
    problem
}

fn offset(answer: &Response) -> usize {
    answer.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
}

async fn durable(app: &TestApp, upload: &str) -> usize {
    let head = app.request(Method::HEAD, upload).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["cache-control"], "no-store");
    offset(&head)
}

/// The file of an upload's bytes, as long as it is not done.
fn path(app: &TestApp, upload: &str) -> PathBuf {
    app.data.join("incoming").join(format!("upload-{}", upload.rsplit('/').next().unwrap().replace('-', "")))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The beginning of a piece whose rest does not come.
fn half_a_piece(app: &TestApp, upload: &str, at: usize, announced: usize, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).unwrap();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: localhost\r\nupload-offset: {at}\r\ncontent-length: {announced}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// Until more than so many bytes lie in the file.
fn wait_for_bytes(path: &std::path::Path, more_than: usize) {
    let until = Instant::now() + DEADLINE;
    while std::fs::metadata(path).map_or(0, |file| file.len()) <= more_than as u64 {
        assert!(Instant::now() < until, "the bytes never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_document_comes_in_pieces_and_is_a_file_as_any_other() {
    let app = TestApp::start();
    let document = samples::pdf_with_pages(3);
    let half = document.len() / 2;
    let upload = announce(&app, "../a/july.pdf", document.len()).await;
    let first = send(&app, &upload, 0, &document[..half]).await;
    assert_eq!((first.status(), offset(&first)), (StatusCode::NO_CONTENT, half));
    assert_eq!(durable(&app, &upload).await, half);
    let seen = app.read(&upload).await;
    assert_eq!((&seen["name"], &seen["offset"]), (&json!("july.pdf"), &json!(half)), "{seen:#}");
    assert!(seen["expires_at"].is_string() && seen["size_bytes"] == document.len());

    let last = send(&app, &upload, half, &document[half..]).await;
    assert_eq!((last.status(), offset(&last)), (StatusCode::CREATED, document.len()));
    let file: Value = last.json().await.unwrap();
    assert_eq!((&file["name"], &file["sha256"]), (&json!("july.pdf"), &json!(sha256(&document))), "{file:#}");
    assert!(!path(&app, &upload).exists(), "its bytes are a blob now");
    let batch = app.submit(json!({ "operations": ["text"], "files": [file["id"]] })).await;
    app.wait_for(&batch, "succeeded").await;

    // Whoever lost the last answer asks for the offset, and sends nothing more.
    assert_eq!(durable(&app, &upload).await, document.len());
    let again: Value = send(&app, &upload, document.len(), &[]).await.json().await.unwrap();
    assert_eq!(again, file, "the same file, and no second one");
    let anew = announce(&app, "b.pdf", document.len()).await;
    let whole: Value = send(&app, &anew, 0, &document).await.json().await.unwrap();
    assert_eq!((&whole["duplicate"], &file["duplicate"]), (&json!(true), &json!(false)));
    assert_eq!(app.call(Method::DELETE, &anew, None).await.0, StatusCode::NO_CONTENT);
    app.submit(json!({ "operations": ["info"], "files": [whole["id"]] })).await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let app = TestApp::with("http.max_file_mib", 8).with("http.upload_piece_max_mib", 4).start();
    let bytes = vec![b'x'; 5 * MIB];
    let upload = announce(&app, "a.pdf", 5 * MIB).await;
    assert_eq!(send(&app, &upload, 0, &bytes[..1000]).await.status(), StatusCode::NO_CONTENT);
    for wrong in [0, 999, 1001, 5 * MIB] {
        let answer = send(&app, &upload, wrong, &bytes[..10]).await;
        assert_eq!(offset(&answer), 1000, "the right one is told");
        refused(answer, StatusCode::CONFLICT, "offset_differs").await;
    }
    let answer = send(&app, &upload, 1000, &bytes[..=4 * MIB]).await;
    let problem = refused(answer, StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large").await;
    assert!(problem["detail"].as_str().unwrap().contains("http.upload_piece_max_mib"), "{problem:#}");
    assert_eq!(send(&app, &upload, 1000, &bytes[..4 * MIB]).await.status(), StatusCode::NO_CONTENT);
    let answer = send(&app, &upload, 1000 + 4 * MIB, &bytes[..MIB]).await;
    refused(answer, StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large").await;
    // One whose length is not announced.
    let pieces = [Ok::<_, std::io::Error>(vec![b'x'; MIB]), Ok(vec![b'x'; MIB])];
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let piece = app.request(Method::PATCH, &upload).header("upload-offset", (1000 + 4 * MIB).to_string());
    refused(piece.body(stream).send().await.unwrap(), StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large").await;
    for wrong in ["-1", "1e3", "", "99999999999999999999", "1000, 1000"] {
        let answer = app.request(Method::PATCH, &upload).header("upload-offset", wrong).body("x").send().await.unwrap();
        refused(answer, StatusCode::BAD_REQUEST, "bad_request").await;
    }
    let answer = app.request(Method::PATCH, &upload).body("x").send().await.unwrap();
    let problem = refused(answer, StatusCode::BAD_REQUEST, "bad_request").await;
    assert!(problem["detail"].as_str().unwrap().contains("Upload-Offset"), "{problem:#}");
    assert_eq!(durable(&app, &upload).await, 1000 + 4 * MIB);

    for (body, status, code) in [
        (json!({ "name": "a.pdf" }), StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
        (json!({ "size_bytes": -1 }), StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
        (json!({ "size_bytes": 1, "sha256": "" }), StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
        (json!({ "size_bytes": 8 * MIB + 1 }), StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
    ] {
        let (_, problem) = app.post(UPLOADS, body).await;
        assert_problem(&problem, status, code);
    }
}

#[tokio::test]
async fn an_upload_of_no_bytes_is_completed_by_a_piece_of_none() {
    let app = TestApp::start();
    let upload = announce(&app, "empty.pdf", 0).await;
    let answer = send(&app, &upload, 0, &[]).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let file: Value = answer.json().await.unwrap();
    assert_eq!((&file["size"], &file["sha256"]), (&json!(0), &json!(sha256(&[]))));
}

#[tokio::test]
async fn after_a_kill_it_goes_on_at_what_was_answered_and_a_torn_piece_is_cut_back() {
    let mut app = TestApp::start();
    let bytes: Vec<u8> = (0..6 * MIB).map(|nth| (nth / 7) as u8).collect();
    let upload = announce(&app, "a.pdf", bytes.len()).await;
    assert_eq!(offset(&send(&app, &upload, 0, &bytes[..2 * MIB]).await), 2 * MIB);
    let torn = half_a_piece(&app, &upload, 2 * MIB, 3 * MIB, &vec![b'?'; 2 * MIB]);
    wait_for_bytes(&path(&app, &upload), 2 * MIB);
    app.kill();
    drop(torn);
    app.restart();
    assert!(path(&app, &upload).exists(), "a start leaves it where it is");
    assert_eq!(durable(&app, &upload).await, 2 * MIB, "the torn piece counts for nothing");
    assert_eq!(offset(&send(&app, &upload, 2 * MIB, &bytes[2 * MIB..5 * MIB]).await), 5 * MIB);
    assert_eq!(app.terminate().code(), Some(0));
    app.restart();
    let file: Value = send(&app, &upload, 5 * MIB, &bytes[5 * MIB..]).await.json().await.unwrap();
    assert_eq!(file["sha256"], sha256(&bytes), "{file:#}");
}

/// The server dies between the last byte and the answer: the bytes are there, and their file is made anew.
#[tokio::test]
async fn bytes_that_are_all_there_become_a_file_when_somebody_asks() {
    let mut app = TestApp::start();
    let document = samples::pdf_with_pages(1);
    let upload = announce(&app, "a.pdf", document.len()).await;
    send(&app, &upload, 0, &document[..10]).await;
    app.kill();
    std::fs::write(path(&app, &upload), &document).unwrap();
    execute_sql(&app.data, "UPDATE uploads SET received = size_bytes");
    app.restart();
    assert_eq!(durable(&app, &upload).await, document.len());
    let answer = send(&app, &upload, document.len(), &[]).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.json::<Value>().await.unwrap()["sha256"], sha256(&document));
}

/// A file system that lost bytes which it had promised to keep.
#[tokio::test]
async fn an_offset_is_never_more_than_what_is_there() {
    let mut app = TestApp::start();
    let document = samples::pdf_with_pages(1);
    let upload = announce(&app, "a.pdf", document.len()).await;
    send(&app, &upload, 0, &document[..20]).await;
    app.kill();
    std::fs::write(path(&app, &upload), &document[..7]).unwrap();
    app.restart();
    assert_eq!(durable(&app, &upload).await, 7);
    let file: Value = send(&app, &upload, 7, &document[7..]).await.json().await.unwrap();
    assert_eq!(file["sha256"], sha256(&document));
}

#[tokio::test]
async fn of_two_pieces_at_once_one_wins() {
    let app = TestApp::with("http.body_silence_ms", 60_000).start();
    let bytes = vec![b'x'; MIB];
    let upload = announce(&app, "a.pdf", 2 * MIB).await;
    let mut slow = half_a_piece(&app, &upload, 0, MIB, &bytes[..MIB - 1]);
    wait_for_bytes(&path(&app, &upload), 0);
    let problem = refused(send(&app, &upload, 0, &bytes).await, StatusCode::CONFLICT, "conflict").await;
    assert!(problem["detail"].as_str().unwrap().contains("Another request"), "{problem:#}");
    slow.write_all(b"x").unwrap();
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 204");
    refused(send(&app, &upload, 0, &bytes).await, StatusCode::CONFLICT, "offset_differs").await;
    assert_eq!(send(&app, &upload, MIB, &bytes).await.status(), StatusCode::CREATED);

    // A piece whose sender went away gives its turn back.
    let another = announce(&app, "b.pdf", MIB).await;
    drop(half_a_piece(&app, &another, 0, MIB, &bytes[..MIB / 2]));
    let until = Instant::now() + DEADLINE;
    while send(&app, &another, 0, &bytes).await.status() != StatusCode::CREATED {
        assert!(Instant::now() < until, "the turn was never given back");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

#[tokio::test]
async fn an_owner_has_so_many_open_uploads_and_no_more() {
    let app = TestApp::with("http.max_open_uploads_per_owner", 2).start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let body = || Some(json!({ "size_bytes": 1 }));
    let mut made = Vec::new();
    for _ in 0..2 {
        let (status, opened) = alice.call(Method::POST, UPLOADS, body()).await;
        assert_eq!(status, StatusCode::CREATED);
        made.push(format!("{UPLOADS}/{}", opened["id"].as_str().unwrap()));
    }
    let (_, problem) = alice.call(Method::POST, UPLOADS, body()).await;
    assert_problem(&problem, StatusCode::UNPROCESSABLE_ENTITY, "too_many_uploads");
    assert_eq!(bob.call(Method::POST, UPLOADS, body()).await.0, StatusCode::CREATED);
    // One that is done is open no more, and one that was given up is gone.
    let last = alice.request(Method::PATCH, &made[0]).header("upload-offset", "0").body("x").send().await.unwrap();
    assert_eq!(last.status(), StatusCode::CREATED);
    assert_eq!(alice.call(Method::DELETE, &made[1], None).await.0, StatusCode::NO_CONTENT);
    for _ in 0..2 {
        assert_eq!(alice.call(Method::POST, UPLOADS, body()).await.0, StatusCode::CREATED);
    }
    assert_problem(&alice.call(Method::GET, &made[1], None).await.1, StatusCode::NOT_FOUND, "upload_not_found");
}

#[tokio::test]
async fn what_is_forgotten_goes_with_its_bytes_and_what_is_open_stays() {
    let mut app = TestApp::with("store.orphan_sweep_secs", 1).start();
    let (kept, old) = (announce(&app, "kept.pdf", 100).await, announce(&app, "old.pdf", 100).await);
    for upload in [&kept, &old] {
        send(&app, upload, 0, b"0123456789").await;
    }
    assert_eq!(app.terminate().code(), Some(0));
    let stray = app.data.join("incoming/upload-018f000000007000800000000000000a");
    std::fs::write(&stray, b"nobody's").unwrap();
    execute_sql(&app.data, "UPDATE uploads SET expires_at = 1 WHERE name = 'old.pdf'");
    let checked = |repair: &[&str]| {
        let mut command = quire();
        command.arg("fsck").arg(&app.data).args(repair).arg("--json");
        let ended = Ended::of(command);
        ended.assert_code(0);
        serde_json::from_str::<Value>(&ended.stdout).unwrap()
    };
    let report = checked(&[]);
    assert_eq!(report["waiting"]["temp_files"], 1, "only the stray one waits for the janitor: {report:#}");
    checked(&["--repair"]);
    assert!(!stray.exists() && path(&app, &kept).exists() && path(&app, &old).exists());
    std::fs::write(&stray, b"nobody's").unwrap();
    app.restart();
    let seen = app.eventually("/api/batch/metrics", |seen| seen["janitor"]["rounds"].as_u64() >= Some(2)).await;
    assert_eq!(seen["janitor"]["collected_temp_files"], 2, "{seen:#}");
    assert!(!stray.exists() && !path(&app, &old).exists());
    let (_, problem) = app.call(Method::GET, &old, None).await;
    assert_problem(&problem, StatusCode::NOT_FOUND, "upload_not_found");
    assert_eq!(durable(&app, &kept).await, 10);
}

/// The torn piece counts, and the document is another one.
#[tokio::test]
async fn control_an_offset_that_is_the_files_length_is_not_what_was_answered() {
    let mut app = Plan::default().without("store.upload_offset").start();
    let upload = announce(&app, "a.pdf", 6 * MIB).await;
    send(&app, &upload, 0, &vec![b'x'; MIB]).await;
    let torn = half_a_piece(&app, &upload, MIB, 3 * MIB, &vec![b'?'; 2 * MIB]);
    wait_for_bytes(&path(&app, &upload), MIB);
    app.kill();
    drop(torn);
    app.restart();
    assert!(durable(&app, &upload).await > MIB);
}

/// Both are told that their bytes are there.
#[tokio::test]
async fn control_without_the_claim_two_pieces_win() {
    let app = Plan::default().without("store.upload_claim").with("http.body_silence_ms", 60_000).start();
    let upload = announce(&app, "a.pdf", 2 * MIB).await;
    let mut slow = half_a_piece(&app, &upload, 0, MIB, &vec![b'x'; MIB - 1]);
    wait_for_bytes(&path(&app, &upload), 0);
    assert_eq!(send(&app, &upload, 0, &vec![b'y'; MIB]).await.status(), StatusCode::NO_CONTENT);
    slow.write_all(b"x").unwrap();
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 204");
}

#[tokio::test]
async fn control_a_janitor_that_does_not_ask_takes_the_bytes_of_an_open_upload() {
    let app = Plan::default().without("store.live_uploads").with("store.orphan_sweep_secs", 1).start();
    let upload = announce(&app, "a.pdf", 100).await;
    send(&app, &upload, 0, b"0123456789").await;
    app.eventually("/api/batch/metrics", |seen| seen["janitor"]["collected_temp_files"].as_u64() > Some(0)).await;
    assert_eq!(durable(&app, &upload).await, 0);
}
