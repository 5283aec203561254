//! The states of all items as bytes: as the list says, of one revision, and small.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, peak_memory_mib};

/// The words of a header that lists them.
fn words(answer: &Response, name: &str) -> Vec<String> {
    let value = answer.headers()[name].to_str().unwrap();
    value.split(',').map(str::to_owned).collect()
}

fn rev(answer: &Response) -> u64 {
    answer.headers()["x-quire-rev"].to_str().unwrap().parse().unwrap()
}

/// The revision, and of each item its state and its failure code.
async fn states(app: &TestApp, batch: &str) -> (u64, Vec<(String, Option<String>)>) {
    let answer = app.get(&format!("{batch}/items/states")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    let (states, failures) = (words(&answer, "x-quire-states"), words(&answer, "x-quire-failures"));
    let rev = rev(&answer);
    let bytes = answer.bytes().await.unwrap();
    let failure = |number: u8| (number > 0).then(|| failures[usize::from(number) - 1].clone());
    let items = bytes.chunks(2).map(|item| (states[usize::from(item[0])].clone(), failure(item[1])));
    (rev, items.collect())
}

fn listed(page: &Value) -> Vec<(String, Option<String>)> {
    let items = page["items"].as_array().unwrap().iter();
    let told = items
        .map(|item| (item["state"].as_str().unwrap().to_owned(), item["failure"]["code"].as_str().map(str::to_owned)));
    told.collect()
}

/// A batch of which some items succeed, some fail and some are skipped.
async fn mixed(app: &TestApp) -> String {
    let fail = |code: &str| json!({ "fail": { "code": code, "detail": "planted" } });
    let scripts = json!({ "2": fail("damaged"), "3": fail("not_a_pdf"), "7": fail("damaged") });
    let batch = app.submit(json!({ "operations": ["noop"], "items": 9, "scripts": scripts })).await;
    app.wait_for_end(&batch).await;
    batch
}

#[tokio::test]
async fn the_bytes_are_what_the_list_says_and_known_ones_are_not_sent_again() {
    let app = TestApp::start();
    let batch = mixed(&app).await;
    let (rev, items) = states(&app, &batch).await;
    assert_eq!(items, listed(&app.read(&format!("{batch}/items")).await));
    assert_eq!(items[6], ("failed".to_owned(), Some("damaged".to_owned())));
    assert_eq!(app.read(&batch).await["rev"], rev);

    let path = format!("{batch}/items/states");
    let etag = app.get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    let asked = || app.request(Method::GET, &path).header("if-none-match", &etag);
    let known = asked().send().await.unwrap();
    assert_eq!((known.status(), known.headers()["etag"].to_str().unwrap()), (StatusCode::NOT_MODIFIED, etag.as_str()));
    app.post(&format!("{batch}/retry"), json!({})).await;
    let changed = asked().send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK, "control: after a change it is another");
    app.wait_for_end(&batch).await;

    let head = app.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!((head.status(), head.headers()["content-length"].to_str().unwrap()), (StatusCode::OK, "18"));
    assert!(head.headers().contains_key("x-quire-rev") && head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn who_takes_gzip_gets_the_same_bytes_packed() {
    let app = TestApp::start();
    let batch = mixed(&app).await;
    let path = format!("{batch}/items/states");
    let plain = app.get(&path).await.bytes().await.unwrap();
    let answer = app.request(Method::GET, &path).header("accept-encoding", "br, gzip").send().await.unwrap();
    assert_eq!(
        (&answer.headers()["content-encoding"], &answer.headers()["vary"]),
        (&"gzip".parse().unwrap(), &"Accept-Encoding".parse().unwrap())
    );
    let mut unpacked = Vec::new();
    GzDecoder::new(&*answer.bytes().await.unwrap()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
}

/// While items move, the bytes of a revision add up to the counts of that revision.
#[tokio::test]
async fn all_bytes_are_of_one_revision() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 3_000 })).await;
    let (mut compared, mut ended) = (0, false);
    while !ended {
        let seen = app.read(&batch).await;
        let (rev, items) = states(&app, &batch).await;
        let again = app.read(&batch).await;
        ended = again["outcome"].is_string();
        assert_eq!(items.len(), 3_000);
        for seen in [seen, again].iter().filter(|seen| seen["rev"] == rev) {
            let counted = |state: &str| items.iter().filter(|(of, _)| of == state).count();
            for state in ["queued", "running", "succeeded"] {
                assert_eq!(seen["counts"][state], counted(state), "{state} at rev {rev}");
            }
            compared += 1;
        }
    }
    assert!(compared > 0, "at the end at least nothing moves");
}

#[tokio::test]
async fn a_million_items_are_two_megabytes_and_little_memory() {
    const ITEMS: usize = 1_000_000;
    let app = TestApp::start();
    let later = json!({ "operations": ["noop"], "items": ITEMS, "not_before": "2999-01-01T00:00:00Z" });
    let batch = app.submit(later).await;
    let before = peak_memory_mib(app.pid());
    let path = format!("{batch}/items/states");
    let bytes = app.get(&path).await.bytes().await.unwrap();
    assert_eq!((bytes.len(), bytes.iter().all(|byte| *byte == 0)), (2 * ITEMS, true));
    let packed = app.request(Method::GET, &path).header("accept-encoding", "gzip").send().await.unwrap();
    assert!(packed.bytes().await.unwrap().len() < 100_000);
    let grown = peak_memory_mib(app.pid()) - before;
    assert!(grown < 32, "{grown} MiB");
}
