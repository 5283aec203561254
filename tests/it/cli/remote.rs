//! `quire submit` and `quire watch`: a server elsewhere, lines that break, servers that die.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use quire_documents::samples::pdf_with_pages;
use serde_json::Value;

use crate::cli::harness::{Desk, Ended, quire};
use crate::harness::{Relay, TestApp, blobs};
use crate::worker::harness::until;

fn submit(server: &str, desk: &Desk, arguments: &[&str]) -> Command {
    let mut command = quire();
    command.arg("submit").arg(desk.path("in")).args(["--server", server]).args(arguments);
    command.env_remove("QUIRE_API_KEY").env_remove("QUIRE_PASSWORD");
    command
}

fn watch(server: &str, arguments: &[&str]) -> Command {
    let mut command = quire();
    command.arg("watch").args(arguments).args(["--server", server]).env_remove("QUIRE_API_KEY");
    command
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn batches(app: &TestApp) -> Vec<Value> {
    app.read("/api/v1/batches").await["batches"].as_array().unwrap().clone()
}

/// The last part of a batch's address.
fn id_of(batch: &str) -> &str {
    batch.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_folder_becomes_a_batch_and_the_exit_says_how_it_went() {
    let app = TestApp::start();
    let desk = Desk::new()
        .with("one.pdf", &pdf_with_pages(1))
        .with("below/two.pdf", &pdf_with_pages(2))
        .with("not.pdf", b"no PDF");
    let ended = Ended::of(submit(&app.url, &desk, &["--wait", "--name", "June", "--priority", "-5"]));
    ended.assert_code(3);
    let seen = app.read(&format!("/api/v1/batches/{}", ended.stdout.trim())).await;
    assert_eq!((&seen["outcome"], &seen["name"], &seen["priority"]), (&"partial".into(), &"June".into(), &(-5).into()));
    let items = app.results(&format!("/api/v1/batches/{}", ended.stdout.trim())).await;
    let names: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["two.pdf", "not.pdf", "one.pdf"]);
    assert!(ended.stderr.contains("3 of 3 · partial · 1 failed"), "{}", ended.stderr);
    assert!(ended.stderr.contains("  not.pdf: not_a_pdf: "), "{}", ended.stderr);
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is() {
    let app = TestApp::start();
    let desk = Desk::new().with("one.pdf", &pdf_with_pages(1));
    let nobody = Ended::of(submit("http://127.0.0.1:9", &desk, &[]));
    nobody.assert_code(2);
    assert!(nobody.stderr.contains("no answer from http://127.0.0.1:9/"), "{}", nobody.stderr);
    let refused = Ended::of(submit(&app.url, &desk, &["--ops", "fold"]));
    refused.assert_code(2);
    assert!(refused.stderr.contains("fold"), "{}", refused.stderr);
    let nothing = Ended::of(submit(&app.url, &Desk::new(), &[]));
    nothing.assert_code(2);
    assert!(nothing.stderr.contains("no PDF"), "{}", nothing.stderr);
    assert!(batches(&app).await.is_empty());
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_not_made_twice() {
    let app = TestApp::start();
    let desk = Desk::new().with("one.pdf", &pdf_with_pages(1));
    let relay = Relay::to(&app.url).lose_answer_to("POST /api/v1/batches");
    let ended = Ended::of(submit(&relay.url, &desk, &["--wait"]));
    ended.assert_code(0);
    assert!(
        relay.has_lost_an_answer() && ended.stderr.contains("held up: ") && ended.stderr.contains("going on"),
        "{}",
        ended.stderr
    );
    let made = batches(&app).await;
    assert_eq!(made.len(), 1, "{made:#?}");
    assert_eq!(made[0]["id"], ended.stdout.trim());
}

#[tokio::test]
async fn control_sent_under_no_key_it_is_made_twice() {
    let app = TestApp::start();
    let relay = Relay::to(&app.url).lose_answer_to("POST /api/v1/batches");
    let send = || {
        let request = app.http.post(format!("{}/api/v1/batches", relay.url));
        request.json(&serde_json::json!({ "operations": ["noop"], "items": 1 })).send()
    };
    assert!(send().await.is_err() && relay.has_lost_an_answer());
    assert!(send().await.unwrap().status().is_success());
    assert_eq!(batches(&app).await.len(), 2);
}

#[tokio::test]
async fn a_server_that_dies_under_the_uploads_gets_the_rest_when_it_is_back() {
    let mut app = TestApp::start();
    let desk = (1..=60).fold(Desk::new(), |desk, nth| desk.with(format!("{nth:02}.pdf"), &pdf_with_pages(nth)));
    let relay = Relay::to(&app.url);
    let sending = start(submit(&relay.url, &desk, &["--wait", "--ops", "info"]));
    until("some documents are there", || blobs(&app.data).len() >= 5).await;
    app.kill();
    app.restart();
    relay.turn_to(&app.url);
    let ended = Ended::of_output(sending.wait_with_output().unwrap());
    ended.assert_code(0);
    let made = batches(&app).await;
    assert_eq!((made.len(), &made[0]["counts"]["succeeded"]), (1, &60.into()), "{made:#?}");
}

/// The numbers of the batch's events, as the server's log has them.
async fn logged(app: &TestApp, batch: &str) -> Vec<i64> {
    let log = app.read(&format!("/api/v1/events?limit=1000&batch={}", id_of(batch))).await;
    log["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect()
}

fn told(lines: &[String]) -> Vec<i64> {
    let events = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| event["seq"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn whoever_watches_sees_every_event_once_over_a_death_of_the_server() {
    let mut app = TestApp::start();
    let batch = app.submit_sleepers(40, 100, serde_json::json!({})).await;
    let relay = Relay::to(&app.url);
    let mut watching = start(watch(&relay.url, &[id_of(&batch), "--json"]));
    let mut stdout = BufReader::new(watching.stdout.take().unwrap());
    let mut lines = vec![String::new()];
    stdout.read_line(&mut lines[0]).unwrap();
    app.kill();
    app.restart();
    relay.turn_to(&app.url);
    lines.extend(stdout.lines().map(Result::unwrap));
    assert_eq!(watching.wait().unwrap().code(), Some(0));
    let (told, logged) = (told(&lines), logged(&app, &batch).await);
    assert!(told.len() > 40, "{told:?}");
    assert_eq!(told, logged[logged.len() - told.len()..]);
}

#[tokio::test]
async fn where_no_websocket_gets_through_news_is_asked_for() {
    let app = TestApp::start();
    let relay = Relay::to(&app.url).without_websockets();
    let batch = app.submit_sleepers(20, 100, serde_json::json!({})).await;
    let ended = Ended::of(watch(&relay.url, &[id_of(&batch)]));
    ended.assert_code(0);
    assert!(ended.stderr.contains("no WebSocket gets through"), "{}", ended.stderr);
    assert!(ended.stderr.contains("20 of 20 · succeeded"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_batch_that_is_not_there_is_said_at_once() {
    let app = TestApp::start();
    let unknown = Ended::of(watch(&app.url, &["01890000-0000-7000-8000-000000000000"]));
    unknown.assert_code(2);
    assert!(unknown.stderr.contains("batch_not_found"), "{}", unknown.stderr);
    let wrong = Ended::of(watch(&app.url, &["june"]));
    wrong.assert_code(2);
    assert!(wrong.stderr.contains("not the id of a batch"), "{}", wrong.stderr);
}

#[test]
fn what_is_no_regular_file_is_refused_by_name_at_once_and_nothing_is_sent() {
    let app = TestApp::start();
    let desk = Desk::new().with("a.pdf", &pdf_with_pages(1));
    let pipe = desk.path("pipe.pdf");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(desk.path("socket.pdf")).unwrap();
    std::os::unix::fs::symlink(&pipe, desk.path("link.pdf")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", desk.path("device.pdf")).unwrap();
    for name in ["pipe.pdf", "socket.pdf", "link.pdf", "device.pdf"] {
        // Named, and found below a folder.
        let found = desk.path("in").join(name);
        std::fs::rename(desk.path(name), &found).unwrap();
        for path in [found.clone(), desk.path("in")] {
            let mut command = quire();
            command.arg("submit").arg(path).args(["--server", &app.url]);
            let ended = Ended::of(command);
            assert_ne!(ended.code, 0, "{name}");
            let refusal = format!("{name}: it is not a regular file");
            assert!(ended.stderr.contains(&refusal) && ended.stdout.is_empty(), "{name}: {}", ended.stderr);
        }
        std::fs::remove_file(found).unwrap();
        if name == "pipe.pdf" {
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        }
    }
    // A folder may be called like a document.
    desk.put("in/folder.pdf/b.pdf", &pdf_with_pages(1));
    let mut command = quire();
    command.arg("submit").arg(desk.path("in")).args(["--server", &app.url, "--wait"]);
    Ended::of(command).assert_code(0);
}
