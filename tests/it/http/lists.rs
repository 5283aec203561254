//! Lists of batches: filters, their pages, and the counts that are kept beside them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem};

const BATCHES: &str = "/api/v1/batches";
const SUPERVISOR: &str = "/api/v1/admin/actors/root/batch-supervisor";

fn names(page: &Value) -> Vec<&str> {
    page["batches"].as_array().unwrap().iter().map(|batch| batch["name"].as_str().unwrap()).collect()
}

/// Names on all pages of a list, and how many pages there were.
async fn walk(app: &TestApp, query: &str) -> (Vec<String>, u32) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = app.read(&format!("{BATCHES}?{query}{cursor}")).await;
        found.extend(names(&page).into_iter().map(str::to_owned));
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (found, pages),
        }
    }
}

async fn make(app: &TestApp, name: &str, more: Value) -> String {
    let mut body = json!({ "operations": ["noop"], "items": 1, "name": name });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.submit(body).await
}

/// One batch in each of some statuses, oldest first; two have not started.
async fn one_of_each(app: &TestApp) {
    let done = make(app, "done", json!({ "collection": "July/2026" })).await;
    app.wait_for(&done, "succeeded").await;
    let broken = json!({ "operations": ["text"], "name": "Broken 100%_sure" });
    let broken = app.submit_form(&[("a.pdf", b"no document".to_vec())], broken).await;
    app.wait_for(&broken, "failed").await;
    make(app, "later", json!({ "not_before": "2999-01-01T00:00:00Z" })).await;
    let held = make(app, "held", json!({ "not_before": "2999-01-01T00:00:00Z" })).await;
    app.put(&format!("{held}/pause")).await;
    make(app, "open", json!({ "sealed": false })).await;
    app.eventually(BATCHES, |page| page["batches"][0]["counts"]["succeeded"] == 1).await;
    app.post(&format!("{SUPERVISOR}/stop"), json!({})).await;
    app.eventually(SUPERVISOR, |actor| actor["state"] == "stopped").await;
    make(app, "next", json!({})).await;
}

#[tokio::test]
async fn a_list_keeps_what_its_filter_says_and_counts_are_those_of_all() {
    let mut app = TestApp::start();
    one_of_each(&app).await;
    for (query, wanted) in [
        ("status=succeeded", vec!["done"]),
        ("status=failed", vec!["Broken 100%_sure"]),
        ("status=scheduled", vec!["later"]),
        ("status=queued", vec!["next"]),
        ("status=paused", vec!["held"]),
        ("status=open", vec!["open"]),
        ("status=expired", vec![]),
        ("failed=true", vec!["Broken 100%_sure"]),
        ("failed=false&status=open", vec!["open"]),
        ("q=JULY", vec!["done"]),
        ("q=bRoKeN", vec!["Broken 100%_sure"]),
        ("q=100%25_", vec!["Broken 100%_sure"]),
        ("q=%25", vec!["Broken 100%_sure"]),
        ("q=_", vec!["Broken 100%_sure"]),
        ("q=e&status=paused", vec!["held"]),
        ("q=e&collection=July/2026", vec!["done"]),
        ("q=nothing", vec![]),
        ("", vec!["next", "open", "held", "later", "Broken 100%_sure", "done"]),
    ] {
        assert_eq!(walk(&app, query).await.0, wanted, "{query}");
    }
    let counts = json!({
        "open": 1, "not_started": 2, "running": 0, "pausing": 0, "paused": 1, "cancelling": 0, "finalizing": 0,
        "succeeded": 1, "partial": 0, "failed": 1, "cancelled": 0, "expired": 0,
    });
    for query in ["", "?status=open", "?limit=1"] {
        assert_eq!(app.read(&format!("{BATCHES}{query}")).await["counts_by_status"], counts, "{query}");
    }
    for query in ["?q=a", "?collection=July/2026", "?failed=true"] {
        assert!(app.read(&format!("{BATCHES}{query}")).await.get("counts_by_status").is_none(), "{query}");
    }
    app.kill();
    app.restart();
    let seen = app.eventually(BATCHES, |page| page["counts_by_status"]["succeeded"] == 2).await;
    assert_eq!(seen["counts_by_status"]["not_started"], 1, "{seen:#}");
}

#[tokio::test]
async fn a_page_looks_at_so_many_batches_and_its_cursor_goes_on() {
    let app = TestApp::with("http.max_scanned_batches", 3).start();
    for nth in 0..10 {
        let name = if nth == 2 { "needle".to_owned() } else { format!("hay {nth}") };
        make(&app, &name, json!({ "not_before": "2999-01-01T00:00:00Z", "priority": nth })).await;
    }
    assert_eq!(walk(&app, "q=needle").await, (vec!["needle".to_owned()], 4));
    let (found, pages) = walk(&app, "q=hay&limit=2").await;
    assert_eq!((found.len(), found[0].as_str(), found[8].as_str()), (9, "hay 9", "hay 0"));
    assert!(pages >= 5, "{pages}");
    assert_eq!(walk(&app, "status=queued").await.0, [] as [String; 0]);
    let page = app.read(&format!("{BATCHES}?status=scheduled&limit=3")).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    for other in ["", "status=paused&", "status=scheduled&q=hay&", "status=scheduled&failed=true&"] {
        let answer = app.get(&format!("{BATCHES}?{other}cursor={cursor}")).await;
        assert_problem(&answer.json().await.unwrap(), StatusCode::BAD_REQUEST, "bad_cursor");
    }
    assert_eq!(names(&app.read(&format!("{BATCHES}?status=scheduled&limit=1&cursor={cursor}")).await), ["hay 6"]);
}

#[tokio::test]
async fn counts_and_lists_are_each_owners_own() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let (alice, bob) = (admin.owner("alice").await, admin.owner("bob").await);
    let address = alice.submit(json!({ "operations": ["noop"], "items": 1, "name": "hers" })).await;
    alice.wait_for_end(&address).await;
    for query in ["", "?q=hers", "?status=succeeded"] {
        assert_eq!(bob.read(&format!("{BATCHES}{query}")).await["batches"], json!([]));
        assert_eq!(names(&alice.read(&format!("{BATCHES}{query}")).await), ["hers"]);
    }
    assert_eq!(bob.read(BATCHES).await["counts_by_status"]["succeeded"], 0);
    assert_eq!(alice.read(BATCHES).await["counts_by_status"]["succeeded"], 1);
}

#[tokio::test]
async fn a_filter_that_cannot_be_understood_is_refused_with_what_is_taken() {
    let app = TestApp::start();
    for (query, allowed) in [
        ("status=done", "succeeded"),
        ("failed=yes", "true, false"),
        ("q=", "1 to 200 characters"),
        (&format!("q={}", "x".repeat(201)), "1 to 200 characters"),
        ("state=failed", "status"),
    ] {
        let (status, problem) = app.call(Method::GET, &format!("{BATCHES}?{query}"), None).await;
        assert_problem(&problem, status, "validation_failed");
        assert!(problem["errors"][0]["allowed"].as_str().unwrap().contains(allowed), "{problem:#}");
    }
}
