//! Webhooks of another owner do not exist, and nobody is told of another's batches.

use quire::commands::webhooks;
use quire_base::clock;
use quire_domain::event::EventType;
use quire_domain::ids::OwnerKey;
use quire_domain::webhook::{EventFilter, WebhookId};
use quire_store::webhooks::NewWebhook;
use reqwest::Method;
use serde_json::json;

use super::receiver::Receiver;
use super::{Hook, all_events, plan};
use crate::harness::{assert_problem, open};

#[tokio::test]
async fn anothers_webhook_does_not_exist_and_is_not_told_of_my_batches() {
    let mut app = plan().start();
    let (mine, theirs) = (Receiver::kind(), Receiver::kind());
    app.terminate();
    let new = NewWebhook {
        id: WebhookId(uuid::Uuid::now_v7()),
        owner: OwnerKey(2),
        url: theirs.url(),
        description: String::new(),
        filter: EventFilter(Some(EventType::ALL.to_vec())),
        secret: open(&app.data).vault.seal_bytes(&[1; 32]).unwrap(),
    };
    let at = format!("/api/v1/webhooks/{}", new.id);
    let opened = open(&app.data);
    let added = opened.writer().unwrap().commit_one("test", clock::now(), move |txn| {
        assert_eq!(txn.owner_named("other")?, OwnerKey(2));
        webhooks::add(txn, &new, 9)
    });
    added.unwrap();
    drop(opened);
    app.restart();
    let hook = Hook::to(&app, &mine).await;
    for (method, path) in [
        (Method::GET, at.clone()),
        (Method::PATCH, at.clone()),
        (Method::GET, format!("{at}/deliveries")),
        (Method::POST, format!("{at}/secret/rotate")),
        (Method::POST, format!("{at}/enable")),
        (Method::POST, format!("{at}/disable")),
        (Method::POST, format!("{at}/test")),
        (Method::POST, format!("{at}/recover?since=2020-01-01T00:00:00Z")),
        (Method::DELETE, at.clone()),
    ] {
        let (status, problem) = app.call(method, &path, None).await;
        assert_problem(&problem, status, "webhook_not_found");
    }
    assert_eq!(app.read("/api/v1/webhooks").await["webhooks"].as_array().unwrap().len(), 1);
    let batch = app.submit(json!({ "operations": ["noop"], "items": 3 })).await;
    app.wait_for_end(&batch).await;
    mine.count(all_events(&app).await.len()).await;
    hook.tested(&app, "delivered").await;
    assert_eq!(theirs.visits().len(), 0);
}
