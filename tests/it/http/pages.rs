//! Pages of a document with their text, a window at a time.

use quire_documents::samples::{self, PlacedText};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem, blobs};

async fn read(app: &TestApp, document: Vec<u8>) -> String {
    let batch = app.submit_form(&[("a.pdf", document)], json!({ "operations": ["text"] })).await;
    app.wait_for(&batch, "succeeded").await;
    format!("{batch}/items/1")
}

fn numbers(answer: &Value) -> Vec<u64> {
    answer["items"].as_array().unwrap().iter().map(|page| page["page"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn pages_come_window_by_window_with_the_text_of_the_artifact() {
    let app = TestApp::start();
    let item = read(&app, samples::pdf_with_pages(50)).await;
    let text = app.get(&format!("{item}/artifacts/text.txt")).await.text().await.unwrap();
    let text: Vec<_> = text.split('\u{c}').collect();
    let first = app.read(&format!("{item}/pages")).await;
    assert_eq!((&first["pages"], &first["from"], numbers(&first)), (&json!(50), &json!(1), (1..=20).collect()));
    let last = app.read(&format!("{item}/pages?from=49&limit=20")).await;
    assert_eq!(numbers(&last), [49, 50]);
    let page = &last["items"][0];
    assert_eq!((page["text"].as_str().unwrap(), &page["truncated"]), (text[48], &json!(false)));
    assert_eq!((&page["warnings"], page["char_count"].as_u64() > Some(10)), (&json!([]), true));
    assert_eq!(app.read(&format!("{item}/pages?from=51")).await["items"], json!([]));
}

#[tokio::test]
async fn an_answer_is_no_larger_than_the_setting_and_says_what_it_cut() {
    let app = TestApp::with("http.max_pages_kib", 16).start();
    let lines = |count: u32| {
        let texts: Vec<_> = (0..count).map(|nth| format!("{nth:04} {}", "word ".repeat(15))).collect();
        let placed = texts.iter().zip(0..).map(|(text, nth)| PlacedText(10.0, 830.0 - f64::from(nth), 1.0, text));
        samples::text_operators(&placed.collect::<Vec<_>>())
    };
    let small = samples::pdf_with_content(&lines(150));
    let large = samples::pdf_with_content(&lines(600));
    for (document, is_cut) in [(small, false), (large, true)] {
        let item = read(&app, document).await;
        let text = app.get(&format!("{item}/artifacts/text.txt")).await.text().await.unwrap();
        let answer = app.get(&format!("{item}/pages")).await;
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes.len() <= 16 << 10, "{}", bytes.len());
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        let page = &answer["items"][0];
        assert_eq!(page["truncated"], is_cut);
        let shown = page["text"].as_str().unwrap();
        assert!(text.starts_with(shown) && (shown.len() == text.len()) != is_cut && shown.len() > 8_000);
    }
}

#[tokio::test]
async fn an_item_without_pages_and_a_window_that_is_none_are_refused() {
    let app = TestApp::start();
    let batch = app.submit_form(&[("a.pdf", samples::pdf_with_pages(1))], json!({ "operations": ["info"] })).await;
    app.wait_for(&batch, "succeeded").await;
    let asked = async |path: &str| app.call(Method::GET, &format!("{batch}/items/{path}"), None).await;
    let (status, problem) = asked("1/pages").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_problem(&problem, status, "artifact_not_found");
    assert!(problem["detail"].as_str().unwrap().contains("text"), "{problem:#}");
    assert_problem(&asked("2/pages").await.1, StatusCode::NOT_FOUND, "item_not_found");
    for (query, field) in [("from=0", "from"), ("from=x", "from"), ("limit=0", "limit"), ("limit=1001", "limit")] {
        let (status, problem) = asked(&format!("1/pages?{query}")).await;
        assert_problem(&problem, StatusCode::UNPROCESSABLE_ENTITY, "validation_failed");
        assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)));
    }
}

#[tokio::test]
async fn altered_bytes_are_not_shown() {
    let app = TestApp::start();
    let item = read(&app, samples::pdf_with_pages(3)).await;
    let seen = app.read(&item).await;
    let artifacts = seen["artifacts"].as_array().unwrap().iter();
    let sha256 =
        artifacts.clone().find(|of| of["name"] == "pages.json").unwrap()["sha256"].as_str().unwrap().to_owned();
    assert_eq!(app.read(&format!("{item}/pages")).await["pages"], 3, "control: whole, it is shown");
    let path = blobs(&app.data).into_iter().find(|path| path.ends_with(&sha256[2..])).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(4).position(|word| word == b"page").unwrap();
    let kept = bytes.clone();
    bytes[at + 1] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (status, problem) = app.call(Method::GET, &format!("{item}/pages"), None).await;
    assert_problem(&problem, StatusCode::INTERNAL_SERVER_ERROR, "server_fault");
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    // The check at the end of a test wants a whole directory.
    std::fs::write(&path, kept).unwrap();
}
