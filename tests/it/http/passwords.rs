//! Passwords of documents open them, and are told to nobody who only has the database.

use quire_documents::samples;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::TestApp;

const BATCHS: &str = "open-sesame-of-the-batch";
const FILES: &str = "open-sesame-of-the-file";

#[tokio::test]
async fn passwords_open_documents_and_do_not_lie_in_the_database() {
    let app = TestApp::start();
    let one = app.upload("one.pdf", samples::encrypted_pdf(BATCHS, "owner")).await;
    let other = app.upload("the-other.pdf", samples::encrypted_pdf(FILES, "owner")).await;
    let body = json!({ "operations": ["info"], "password": BATCHS,
                       "files": [one["id"], { "id": other["id"], "password": FILES }] });
    let submit = async |body: &Value| {
        let request = app.request(Method::POST, "/api/v1/batches").header("idempotency-key", "with passwords");
        request.json(body).send().await.unwrap()
    };
    let first = submit(&body).await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let batch = first.headers()["location"].to_str().unwrap().to_owned();
    let ended = app.wait_for_end(&batch).await;
    assert_eq!(ended["counts"]["succeeded"], 2, "{ended:#}");
    for password in [BATCHS, FILES] {
        assert!(!app.database_holds(password), "{password}");
    }
    assert!(app.database_holds("the-other.pdf"), "control: what is stored is found");
    assert!(submit(&body).await.headers().contains_key("idempotent-replayed"));
}
