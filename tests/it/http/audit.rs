//! Who changed what of the server, as administrators read it; and who asks for another owner.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Caller, KEYS, TestApp, assert_problem};

const AUDIT: &str = "/api/v1/admin/audit";
const ACT_FOR: &str = "quire-act-for";

async fn lines(admin: &Caller<'_>, query: &str) -> Vec<Value> {
    admin.read(&format!("{AUDIT}{query}")).await["lines"].as_array().unwrap().clone()
}

#[tokio::test]
async fn keys_and_orders_to_actors_are_told_page_by_page() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let (status, _) = admin.call(Method::POST, "/api/v1/admin/actors/root/janitor/restart", None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    admin.revoke(&alice.id).await;
    let all = lines(&admin, "").await;
    let told: Vec<_> =
        all.iter().map(|line| (line["action"].as_str().unwrap(), line["object"].as_str().unwrap())).collect();
    let [first, second] = [&admin.id, &alice.id].map(|id| format!("key:{id}"));
    let wanted = [
        ("key.created", first.as_str()),
        ("key.created", second.as_str()),
        ("actor.restarted", "actor:root/janitor"),
        ("key.revoked", second.as_str()),
    ];
    assert_eq!(told, wanted);
    assert!(all[0]["key"].is_null() && all[0]["owner"] == "local", "nobody needed a key for the first one");
    for line in &all[1..] {
        assert_eq!((&line["key"], &line["peer"]), (&json!(admin.id), &json!("127.0.0.1")), "{line:#}");
    }
    let text = json!(all).to_string();
    assert!(!text.contains(&alice.key) && !text.contains(&admin.key), "no secrets");
    let page = admin.read(&format!("{AUDIT}?limit=1&after={}", all[0]["id"])).await;
    assert_eq!((&page["lines"][0], &page["next_after"]), (&all[1], &all[1]["id"]));
    assert_eq!(lines(&admin, &format!("?object=key:{}&action=key.revoked", alice.id)).await, [all[3].clone()]);
    for query in ["?after=-1", "?action=key.made", "?limit=0"] {
        let (status, problem) = admin.call(Method::GET, &format!("{AUDIT}{query}"), None).await;
        assert_problem(&problem, status, "validation_failed");
    }
}

#[tokio::test]
async fn who_acts_for_another_sees_that_ones_data_and_is_noted_each_time() {
    let app = TestApp::start();
    let admin = app.first_admin().await;
    let alice = admin.owner("alice").await;
    let batch = alice.submit(json!({ "operations": ["noop"], "items": 1 })).await;
    alice.wait_for_end(&batch).await;
    assert_eq!(admin.call(Method::GET, &batch, None).await.0, StatusCode::NOT_FOUND);
    let acting = async |caller: &Caller<'_>, method: Method, path: &str, owner: &str| {
        let request = caller.request(method, path).header(ACT_FOR, owner).json(&json!({ "owner": "x" }));
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap_or_default())
    };
    let (status, seen) = acting(&admin, Method::GET, &batch, "alice").await;
    assert_eq!((status, &seen["outcome"]), (StatusCode::OK, &json!("succeeded")));
    let noted = lines(&admin, "?action=acted_for").await;
    assert_eq!(noted.len(), 1);
    assert_eq!((&noted[0]["for_owner"], &noted[0]["object"]), (&json!("alice"), &json!("owner:alice")));
    assert_eq!(noted[0]["after"], json!({ "request": format!("GET {batch}") }));
    let (status, problem) = acting(&admin, Method::POST, KEYS, "alice").await;
    assert_problem(&problem, status, "scope_missing");
    let (status, problem) = acting(&admin, Method::GET, &batch, "nobody").await;
    assert_problem(&problem, status, "owner_not_found");
    let (status, problem) = acting(&alice, Method::GET, &batch, "local").await;
    assert_problem(&problem, status, "scope_missing");
    assert_eq!(
        lines(&admin, "?action=acted_for").await.len(),
        2,
        "what was refused for the asker is no act for another"
    );
}
