//! `quire keys`: in a data directory, and beside a server that has it open.

use std::path::Path;

use reqwest::{Method, StatusCode};

use crate::cli::harness::{Ended, quire};
use crate::harness::TestApp;

fn keys(data: &Path, arguments: &[&str]) -> Ended {
    let mut command = quire();
    command.arg("keys").args(arguments).arg("--data-dir").arg(data).env_remove("QUIRE_API_KEY");
    Ended::of(command)
}

fn keys_of(server: &str, key: Option<&str>, arguments: &[&str]) -> Ended {
    let mut command = quire();
    command.arg("keys").args(arguments).args(["--server", server]).env_remove("QUIRE_API_KEY");
    command.envs(key.map(|key| ("QUIRE_API_KEY", key)));
    Ended::of(command)
}

async fn status_with(app: &TestApp, key: &str) -> StatusCode {
    app.request(Method::GET, "/api/v1/batches").bearer_auth(key).send().await.unwrap().status()
}

#[tokio::test]
async fn keys_made_before_the_server_starts_are_those_it_knows() {
    let mut app = TestApp::start();
    app.terminate();
    let admin = keys(&app.data, &["add", "ops", "--admin", "--name", "the one"]);
    let alice = keys(&app.data, &["add", "alice"]);
    assert!(admin.stdout.starts_with("qk_") && admin.stdout.lines().count() == 1, "{}", admin.stdout);
    assert!(!admin.stderr.contains("--admin"), "{}", admin.stderr);
    let list = keys(&app.data, &["list"]);
    list.assert_code(0);
    assert!(list.stdout.contains("the one") && list.stdout.contains("alice"), "{}", list.stdout);
    let (admin, alice) = (admin.stdout.trim(), alice.stdout.trim());
    app.restart();
    assert_eq!(status_with(&app, admin).await, StatusCode::OK);
    assert_eq!(status_with(&app, alice).await, StatusCode::OK);
    app.terminate();
    keys(&app.data, &["revoke", &alice[3..11]]).assert_code(0);
    app.restart();
    assert_eq!(status_with(&app, alice).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status_with(&app, admin).await, StatusCode::OK, "control: only the one that was named");
}

#[tokio::test]
async fn beside_a_running_server_the_command_goes_through_it() {
    let app = TestApp::start();
    let refused = keys(&app.data, &["add", "alice"]);
    refused.assert_code(2);
    assert!(refused.stderr.contains("--server") && refused.stdout.is_empty(), "{}", refused.stderr);
    let first = keys_of(&app.url, None, &["add", "alice"]);
    first.assert_code(2);
    assert!(first.stderr.contains("administrator"), "{}", first.stderr);
    let admin = keys_of(&app.url, None, &["add", "ops", "--admin"]);
    let admin = admin.assert_code(0).stdout.trim();
    let nobody = keys_of(&app.url, None, &["list"]);
    nobody.assert_code(2);
    assert!(nobody.stderr.contains("QUIRE_API_KEY"), "{}", nobody.stderr);
    let alice = keys_of(&app.url, Some(admin), &["add", "alice"]);
    let alice = alice.assert_code(0).stdout.trim();
    assert_eq!(status_with(&app, alice).await, StatusCode::OK);
    assert!(keys_of(&app.url, Some(admin), &["list"]).assert_code(0).stdout.contains(&alice[3..11]));
    keys_of(&app.url, Some(admin), &["revoke", &alice[3..11]]).assert_code(0);
    assert_eq!(status_with(&app, alice).await, StatusCode::UNAUTHORIZED);
    keys_of(&app.url, Some(admin), &["revoke", "nobodys"]).assert_code(2);
}

#[test]
fn what_cannot_be_done_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let none = keys(&data, &["list"]);
    none.assert_code(2);
    assert!(!data.exists(), "looking made something");
    assert!(keys(&data, &["add", "a b"]).assert_code(2).stderr.contains("owner"));
    let only = keys(&data, &["add", "alice"]);
    assert!(only.assert_code(0).stderr.contains("--admin"), "nobody could operate the running server: {}", only.stderr);
    keys(&data, &["revoke", "nobodys"]).assert_code(2);
    keys_of("http://127.0.0.1:1", None, &["list"]).assert_code(2);
}
