//! Documents of two owners never meet in one worker process, whichever comes first and however idle the other's is.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Caller, TestApp};

/// The processes that took the documents of one batch.
async fn processes_of(owner: &Caller<'_>, documents: usize) -> BTreeSet<u64> {
    let file = owner.upload("a.pdf", quire_documents::samples::pdf_with_pages(1)).await;
    let batch = owner.submit(json!({ "operations": ["text"], "files": vec![file["id"].clone(); documents] })).await;
    let ended = owner.wait_for_end(&batch).await;
    assert_eq!(ended["counts"]["succeeded"], documents, "{ended:#}");
    let mut processes = BTreeSet::new();
    for position in 1..=documents {
        let item = owner.read(&format!("{batch}/items/{position}")).await;
        processes.insert(item["attempts"][0]["worker_pid"].as_u64().unwrap());
    }
    processes
}

/// Alternates between two owners; the processes that took documents of both.
async fn shared_processes(app: &TestApp) -> usize {
    let admin = app.first_admin().await;
    let owners = [admin.owner("alice").await, admin.owner("bob").await];
    let mut seen = [BTreeSet::new(), BTreeSet::new()];
    for round in 1..=3 {
        for (owner, seen) in owners.iter().zip(&mut seen) {
            seen.extend(processes_of(owner, round).await);
        }
        // A canary between them uses whatever is there.
        let (status, ready) = admin.call(Method::GET, "/readyz", None).await;
        assert!(status.is_success(), "{ready:#}");
    }
    assert!(seen.iter().all(|seen| !seen.is_empty()));
    seen[0].intersection(&seen[1]).count()
}

#[tokio::test]
async fn documents_of_two_owners_never_meet_in_one_process() {
    for slots in [1, 2] {
        let app = TestApp::with("engine.slots", slots).with("worker.canary_secs", 1).start();
        assert_eq!(shared_processes(&app).await, 0);
    }
}

#[tokio::test]
async fn without_spares_an_idle_process_of_another_owner_makes_room() {
    let app = TestApp::with("engine.slots", 1).with("worker.spare_processes", 0).start();
    assert_eq!(shared_processes(&app).await, 0);
}

#[tokio::test]
async fn one_owner_keeps_its_process() {
    let app = TestApp::with("engine.slots", 1).start();
    let admin = app.first_admin().await;
    let first = processes_of(&admin, 2).await;
    assert_eq!(first.len(), 1);
    assert_eq!(processes_of(&admin, 2).await, first);
}

#[tokio::test]
async fn where_processes_are_shared_owners_meet_as_the_setting_says() {
    let app = TestApp::with("engine.slots", 1).with("worker.shared_by_owners", true).start();
    assert!(shared_processes(&app).await > 0);
}

#[tokio::test]
async fn control_a_pool_that_does_not_ask_for_the_owner_lets_them_meet() {
    let plan = TestApp::with("engine.slots", 1);
    assert!(shared_processes(&plan.without("worker.one_owner").start()).await > 0, "the test is blind");
}
