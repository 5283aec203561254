//! Lists of items: by failure, by name, by positions, from a position on; and what does not go together.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestApp, assert_problem};

fn positions(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|item| item["position"].as_u64().unwrap()).collect()
}

async fn listed(app: &TestApp, batch: &str, query: &str) -> Vec<u64> {
    let page = app.read(&format!("{batch}/items?{query}")).await;
    assert_eq!(page["next_cursor"], Value::Null, "{query}");
    positions(&page)
}

/// All pages of a list, one after the other.
async fn walked(app: &TestApp, batch: &str, query: &str) -> (Vec<u64>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = app.read(&format!("{batch}/items?{query}{cursor}")).await;
        found.extend(positions(&page));
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (found, pages),
        }
    }
}

const NAMES: [&str; 8] =
    ["July.pdf", "june.pdf", "JULIET.pdf", "100%.pdf", "a_b.pdf", "axb.pdf", "Größe.pdf", "plain.pdf"];

/// Items 2 and 6 are damaged, 4 is no PDF and 8 waits for another try.
async fn named(app: &TestApp) -> String {
    let fail = |code: &str| json!({ "fail": { "code": code, "detail": "planted" } });
    let scripts = json!({
        "2": fail("damaged"), "4": fail("not_a_pdf"), "6": fail("damaged"), "8": fail("storage_failed"),
    });
    let files: Vec<_> = NAMES.map(|name| (name, name.as_bytes().to_vec())).into();
    let batch = app.submit_form(&files, json!({ "operations": ["noop"], "scripts": scripts })).await;
    app.eventually(&batch, |seen| seen["counts"]["succeeded"] == 4 && seen["counts"]["retry_wait"] == 1).await;
    batch
}

fn patient() -> TestApp {
    TestApp::with("retry.backoff_base_ms", 3_600_000).with("retry.backoff_cap_ms", 86_400_000).start()
}

#[tokio::test]
async fn items_are_found_by_what_they_failed_of() {
    let app = patient();
    let batch = named(&app).await;
    assert_eq!(listed(&app, &batch, "failure=damaged").await, [2, 6]);
    assert_eq!(listed(&app, &batch, "failure=damaged&state=failed&from=3").await, [6]);
    assert_eq!(listed(&app, &batch, "failure=storage_failed").await, [8], "it has failed, and waits");
    assert_eq!(listed(&app, &batch, "failure=storage_failed&state=failed").await, [0; 0]);
    assert_eq!(listed(&app, &batch, "failure=storage_failed&state=retry_wait").await, [8]);
    assert_eq!(walked(&app, &batch, "failure=damaged&limit=1").await, (vec![2, 6], 2));
    app.call(Method::DELETE, &batch, None).await;
}

#[tokio::test]
async fn items_are_found_by_a_part_of_their_names_and_no_character_is_special() {
    let app = patient();
    let batch = named(&app).await;
    for (part, found) in [
        ("jul", &[1, 3][..]),
        ("%", &[4]),
        ("_", &[5]),
        ("\\", &[]),
        ("größe", &[7]),
        ("GRÖSSE", &[]),
        (".PDF", &[1, 2, 3, 4, 5, 6, 7, 8]),
        ("'", &[]),
    ] {
        let query = format!("name={}", utf8_percent_encode(part, NON_ALPHANUMERIC));
        assert_eq!(listed(&app, &batch, &query).await, found, "{part}");
    }
    assert_eq!(listed(&app, &batch, "name=pdf&state=failed").await, [2, 4, 6]);
    assert_eq!(listed(&app, &batch, "name=pdf&failure=damaged&state=failed&from=3").await, [6]);
    assert_eq!(listed(&app, &batch, "name=pdf&state=retry_wait").await, [8]);
    assert_eq!(walked(&app, &batch, "name=pdf&limit=3").await, ((1..=8).collect(), 3));
    app.call(Method::DELETE, &batch, None).await;
}

#[tokio::test]
async fn a_search_looks_at_so_many_names_and_goes_on_behind_them() {
    let app = TestApp::with("http.max_searched_items", 3).start();
    let files: Vec<_> = NAMES.map(|name| (name, name.as_bytes().to_vec())).into();
    let batch = app.submit_form(&files, json!({ "operations": ["noop"] })).await;
    app.wait_for_end(&batch).await;
    let page = app.read(&format!("{batch}/items?name=plain")).await;
    assert_eq!((positions(&page), page["next_cursor"].is_string()), (vec![], true), "nothing yet, and more to look at");
    assert_eq!(walked(&app, &batch, "name=plain").await, (vec![8], 3));
    assert_eq!(walked(&app, &batch, "name=j&limit=1").await.0, [1, 2, 3]);
}

#[tokio::test]
async fn a_window_begins_where_it_is_asked_to_and_named_positions_come_alone() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 300 })).await;
    app.wait_for(&batch, "succeeded").await;
    let window = app.read(&format!("{batch}/items?from=150&limit=3")).await;
    assert_eq!(positions(&window), [150, 151, 152]);
    let next = format!("{batch}/items?limit=2&cursor={}", window["next_cursor"].as_str().unwrap());
    assert_eq!(positions(&app.read(&next).await), [153, 154]);
    assert_eq!(listed(&app, &batch, "from=299").await, [299, 300]);
    assert_eq!(listed(&app, &batch, "from=2147483647").await, [0; 0]);
    assert_eq!(listed(&app, &batch, "positions=9,7,1,7,301").await, [1, 7, 9]);
    assert_eq!(listed(&app, &batch, "positions=1,2&state=failed").await, [0; 0]);
    let all: Vec<_> = (1..=200).map(|position| position.to_string()).collect();
    assert_eq!(listed(&app, &batch, &format!("positions={}", all.join(","))).await.len(), 200);
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_by_name() {
    let app = TestApp::start();
    let batch = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    let cursor = app.read(&format!("{batch}/items?limit=1")).await["next_cursor"].as_str().unwrap().to_owned();
    let many: Vec<_> = (1..=201).map(|position| position.to_string()).collect();
    for (query, field) in [
        (format!("from=2&cursor={cursor}"), "from"),
        (format!("positions=1&cursor={cursor}"), "positions"),
        ("positions=1&from=1".into(), "positions"),
        ("positions=1&limit=1".into(), "positions"),
        ("positions=1&name=a".into(), "positions"),
        (format!("positions={}", many.join(",")), "positions"),
        ("positions=".into(), "positions"),
        ("positions=1,,2".into(), "positions"),
        ("positions=0".into(), "positions"),
        ("from=0".into(), "from"),
        ("from=2147483648".into(), "from"),
        ("failure=sadness".into(), "failure"),
        ("name=".into(), "name"),
        ("name=a%00b".into(), "name"),
        (format!("name={}", "a".repeat(256)), "name"),
    ] {
        let (status, problem) = app.call(Method::GET, &format!("{batch}/items?{query}"), None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {problem:#}");
        assert_problem(&problem, status, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{query}");
    }
    for other in ["state=failed", "failure=damaged", "name=a"] {
        let (status, problem) = app.call(Method::GET, &format!("{batch}/items?{other}&cursor={cursor}"), None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{other}");
        assert_problem(&problem, status, "bad_cursor");
    }
    assert_eq!(
        listed(&app, &batch, &format!("cursor={cursor}")).await,
        [2, 3],
        "control: with its own filter it is good"
    );
}
