//! The search: by id, by name, by document; one's own alone.

use quire_documents::samples;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Caller, TestApp, assert_problem};

async fn found(caller: &Caller<'_>, q: &str) -> Vec<[String; 3]> {
    let result = caller.read(&format!("/api/v1/search?q={q}")).await;
    let text = |hit: &Value, field: &str| hit[field].as_str().unwrap().to_owned();
    let hits = result["hits"].as_array().unwrap().iter();
    hits.map(|hit| ["kind", "title", "href"].map(|field| text(hit, field))).collect()
}

fn titles(hits: &[[String; 3]]) -> Vec<&str> {
    hits.iter().map(|[_, title, _]| title.as_str()).collect()
}

#[tokio::test]
async fn batches_and_documents_are_found_by_what_they_are_called() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let mut files = Vec::new();
    for name in ["Invoice-7.pdf", "scan_100%25.pdf"] {
        files.push(alice.upload(name, samples::pages(1)).await["id"].clone());
    }
    let july = alice.submit(json!({ "operations": ["info"], "files": files, "name": "Bills of July" })).await;
    let noop = |name: Value, collection: Value| json!({ "operations": ["noop"], "items": 1, "name": name, "collection": collection });
    let notes = alice.submit(noop(Value::Null, json!("july-notes"))).await;
    let bobs = bob.submit(noop(json!("July, too"), Value::Null)).await;

    let hits = found(&alice, "july").await;
    let wanted = |title: &str, href: &str| ["batch", title, href].map(str::to_owned);
    assert_eq!(hits, [wanted("july-notes", &notes), wanted("Bills of July", &july)]);
    let hits = found(&alice, "INVOICE").await;
    assert_eq!(hits, [["item", "Invoice-7.pdf", &format!("{july}/items/1")].map(str::to_owned)]);
    assert_eq!(alice.read(&hits[0][2]).await["position"], 1, "it leads there");
    assert_eq!(titles(&found(&alice, "_100%25.").await), ["scan_100%.pdf"]);
    let id = july.rsplit('/').next().unwrap();
    let result = alice.read(&format!("/api/v1/search?q={id}")).await;
    assert_eq!(result["hits"], json!([{ "kind": "batch", "id": id, "title": "Bills of July", "href": july }]));
    for beginning in [&id[..14], &id[..8].to_uppercase(), &id.replace('-', "")] {
        assert!(titles(&found(&alice, beginning).await).contains(&"Bills of July"), "{beginning}");
    }
    assert_eq!(titles(&found(&bob, "july").await), ["July, too"]);
    for (stranger, of) in [(&bob, id), (&alice, bobs.rsplit('/').next().unwrap()), (&bob, "Invoice")] {
        assert_eq!(found(stranger, of).await, [] as [[String; 3]; 0], "{of}");
    }
}

#[tokio::test]
async fn a_search_has_at_most_twenty_hits_and_looks_at_so_many_rows() {
    let app = TestApp::with("http.max_searched_rows", 25).start();
    let admin = app.first_admin().await;
    for nth in 0..30 {
        let order = json!({ "operations": ["noop"], "items": 1, "name": format!("batch {nth}"), "not_before": "2999-01-01T00:00:00Z" });
        admin.submit(order).await;
    }
    let hits = found(&admin, "batch").await;
    assert_eq!((hits.len(), hits[0][1].as_str()), (20, "batch 29"), "newest first");
    assert_eq!(titles(&found(&admin, "batch%205").await), ["batch 5"]);
    assert_eq!(found(&admin, "batch%204").await, [] as [[String; 3]; 0], "further back than it looks");
}

#[tokio::test]
async fn a_search_for_nothing_is_refused() {
    let app = TestApp::start();
    for query in ["", "?q=", &format!("?q={}", "x".repeat(201))] {
        let (status, problem) = app.call(Method::GET, &format!("/api/v1/search{query}"), None).await;
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "q", "{problem:#}");
    }
}
