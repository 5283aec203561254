//! Of a request that is refused, cut or left nothing stays on the disk, whenever that happens; and nothing goes with it
//! that is another's.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quire_documents::samples;
use rustix::fs::{FallocateFlags, fallocate};
use serde_json::{Value, json};

use super::{Line, status};
use crate::harness::{Caller, Plan, TestApp, blobs};
use crate::worker::harness::until;

const FORM: &str = "content-type: multipart/form-data; boundary=cut\r\n";

/// Two documents that the server does not have, and the options behind them.
fn form(options: &str) -> Vec<u8> {
    form_of([7, 8], options)
}

/// Documents of so many pages.
fn form_of(documents: [u32; 2], options: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for pages in documents {
        body.extend(b"--cut\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a.pdf\"\r\n\r\n");
        body.extend(samples::pdf_with_pages(pages));
        body.extend(b"\r\n");
    }
    let head = "--cut\r\ncontent-disposition: form-data; name=\"options\"\r\n\r\n";
    body.extend(format!("{head}{options}\r\n--cut--\r\n").into_bytes());
    body
}

/// Everything in the blob store and on its way there.
fn stored(app: &TestApp) -> Vec<PathBuf> {
    let incoming = std::fs::read_dir(app.data.join("incoming")).unwrap();
    let mut stored = blobs(&app.data);
    stored.extend(incoming.map(|entry| entry.unwrap().path()));
    stored.sort();
    stored
}

/// A request with this body, of which so many bytes are sent; the answer.
struct Sent {
    path: String,
    head: &'static str,
    body: Vec<u8>,
    bytes: usize,
}

impl Sent {
    fn whole(path: &str, body: Vec<u8>) -> Self {
        Self { path: path.to_owned(), head: "", bytes: body.len(), body }
    }

    fn cut(path: &str) -> Self {
        let whole = Self::whole(path, form("{}"));
        Self { bytes: whole.body.len() - 20, ..whole }
    }

    fn begin(&self, app: &TestApp, by: &Caller<'_>) -> Line {
        let more = format!("{FORM}{}content-length: {}\r\nconnection: close\r\n\r\n", self.head, self.body.len());
        let mut line = Line::begin(app, Some(by), "POST", &self.path, &more);
        line.say(&self.body[..self.bytes]);
        line
    }
}

const BATCHES: &str = "/api/v1/batches";

fn strict() -> Plan {
    TestApp::with("http.body_silence_ms", 1000).with("http.max_upload_files", 2).with("http.max_batch_items", 3)
}

/// A batch that takes more items, and one that does not.
async fn batches(admin: &Caller<'_>) -> (String, String) {
    let open = admin.submit(json!({ "operations": ["text"], "items": 0, "sealed": false })).await;
    let ended = admin.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    admin.wait_for_end(&ended).await;
    (open, ended)
}

#[tokio::test]
async fn whatever_a_request_is_refused_for_it_leaves_nothing() {
    let app = strict().start();
    let admin = app.first_admin().await;
    let (open, ended) = batches(&admin).await;
    let more = |batch: &str| format!("{batch}/items");
    let text = r#"{"operations":["text"]}"#;
    let unknown = format!(r#"{{"operations":["text"],"files":[{{"id":"{}"}}]}}"#, uuid::Uuid::now_v7());
    let mut third = form(text);
    let part = b"--cut\r\ncontent-disposition: form-data; name=\"files\"\r\n\r\nx\r\n--cut--\r\n";
    third.splice(third.len() - 9.., part.iter().copied());
    let refused = [
        (400, Sent::whole(BATCHES, form("{"))),
        (422, Sent::whole(BATCHES, form(r#"{"operations":["text"],"nonsense":1}"#))),
        (422, Sent::whole(BATCHES, form(&unknown))),
        (413, Sent::whole(BATCHES, third)),
        (422, Sent::whole("/api/v1/files", form("{}"))),
        (409, Sent::whole(&more(&ended), form("{}"))),
        (422, Sent { head: "idempotency-key: used\r\n", ..Sent::whole(BATCHES, form(text)) }),
        (408, Sent::cut(BATCHES)),
    ];
    let first = admin.request(reqwest::Method::POST, BATCHES).header("idempotency-key", "used");
    assert_eq!(first.json(&json!({ "operations": ["noop"], "items": 1 })).send().await.unwrap().status(), 202);
    let before = stored(&app);
    for (wanted, sent) in &refused {
        let answer = sent.begin(&app, &admin).read_on();
        assert_eq!(status(&answer), *wanted, "{answer}");
        assert_eq!(stored(&app), before, "left by {answer}");
    }
    let extended = Sent::whole(&more(&open), form("{}")).begin(&app, &admin).read_on();
    assert_eq!(status(&extended), 202, "{extended}");
    admin.eventually(&open, |batch| batch["counts"]["succeeded"] == 2).await;
    let before = stored(&app);
    let answer = Sent::whole(&more(&open), form_of([9, 10], "{}")).begin(&app, &admin).read_on();
    assert_eq!(status(&answer), 422, "one item too many: {answer}");
    assert_eq!(stored(&app), before, "left by {answer}");
}

#[tokio::test]
async fn whoever_goes_away_in_the_middle_leaves_nothing() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let owner = admin.owner("somebody").await;
    let before = stored(&app);
    for path in [BATCHES, "/api/v1/files"] {
        let line = Sent::cut(path).begin(&app, &owner);
        until("the documents are on their way", || stored(&app).len() > before.len()).await;
        drop(line);
        until("nothing is left", || stored(&app) == before).await;
    }
    let mut line = Sent::cut(BATCHES).begin(&app, &owner);
    until("the documents are on their way", || stored(&app).len() > before.len()).await;
    admin.revoke(&owner.id).await;
    let body = form("{}");
    line.say(&body[body.len() - 20..]);
    assert_eq!(status(&line.read_on()), 401);
    until("nothing is left", || stored(&app) == before).await;
}

#[tokio::test]
async fn what_another_batch_works_on_stays_when_the_same_bytes_are_refused() {
    let app = strict().start();
    let admin = app.first_admin().await;
    let (_, ended) = batches(&admin).await;
    let kept = Sent::whole(BATCHES, form(r#"{"operations":["text"]}"#)).begin(&app, &admin).read_on();
    assert_eq!(status(&kept), 202, "{kept}");
    let batch: Value = serde_json::from_str(kept.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let batch = format!("{BATCHES}/{}", batch["id"].as_str().unwrap());
    admin.wait_for_end(&batch).await;
    let before = stored(&app);
    let answer = Sent::whole(&format!("{ended}/items"), form("{}")).begin(&app, &admin).read_on();
    assert_eq!((status(&answer), stored(&app)), (409, before), "{answer}");
    let (status, _) = admin.call(reqwest::Method::GET, &format!("{batch}/items/1/document"), None).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn control_a_server_that_takes_nothing_back_is_caught() {
    let app = strict().without("http.leavings").start();
    let admin = app.first_admin().await;
    let (_, ended) = batches(&admin).await;
    let before = stored(&app);
    let answer = Sent::whole(&format!("{ended}/items"), form("{}")).begin(&app, &admin).read_on();
    assert_eq!(status(&answer), 409, "{answer}");
    assert_eq!(stored(&app).len(), before.len() + 2, "the test is blind");
}

fn free_mib(path: &Path) -> u64 {
    let stat = rustix::fs::statvfs(path).unwrap();
    (stat.f_bavail * stat.f_frsize) >> 20
}

/// Less room goes for it than a disk has; other tests write beside this one.
const TAKEN_MIB: u64 = 1_024;

#[tokio::test]
async fn a_disk_that_runs_short_while_a_document_comes_refuses_the_rest_of_it() {
    let data = tempfile::tempdir().unwrap();
    let floor = free_mib(data.path()) - TAKEN_MIB / 2;
    let app = TestApp::with("store.min_free_mib", floor).start_at(data.path());
    let before = stored(&app);
    let announced = "content-type: application/pdf\r\ncontent-length: 4000000\r\nconnection: close\r\n\r\n";
    let mut line = Line::begin(&app, None, "POST", "/api/v1/files?name=x.pdf", announced);
    line.say(&vec![b'x'; 1_000_000]);
    until("the document is on its way", || stored(&app).len() > before.len()).await;
    assert!(!line.hears_within(Duration::from_millis(1)), "there is room still");
    let hog = File::create(data.path().join("hog")).unwrap();
    fallocate(&hog, FallocateFlags::empty(), 0, TAKEN_MIB << 20).unwrap();
    line.say(&vec![b'x'; 3_000_000]);
    let answer = line.read_on();
    std::fs::remove_file(data.path().join("hog")).unwrap();
    assert_eq!(status(&answer), 507, "{answer}");
    assert!(answer.contains("disk_full"), "{answer}");
    assert_eq!(stored(&app), before);
}
