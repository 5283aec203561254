//! The audit log: a change is told with it or not done, and a line that somebody touched is found.

use std::time::Duration;

use super::open;
use crate::commands::keys::{self, KeyLimits};
use crate::commands::tests::harness::TestStore;
use quire_base::safeguards::{Safeguard, disable_on_this_thread};
use quire_domain::access::{Role, Scope};
use quire_store::StoreError;
use quire_store::api_keys::{KeyFingerprint, KeyGrant, NewApiKey};
use quire_store::audit::{AuditActor, AuditFilter, AuditLine};

const LIMIT: u64 = 10;

fn by() -> AuditActor {
    AuditActor { key: Some("operator".into()), ..AuditActor::on_this_machine("a-test") }
}

fn new(prefix: &str) -> NewApiKey {
    let grant = KeyGrant { scopes: Some(vec![Scope::BatchesRead]), ..KeyGrant::of(Role::Viewer) };
    NewApiKey { owner: "alice".into(), name: None, grant, fingerprint: fingerprint(prefix) }
}

fn fingerprint(prefix: &str) -> KeyFingerprint {
    KeyFingerprint { prefix: prefix.into(), sha256: [prefix.as_bytes()[0]; 32] }
}

fn with_keys(prefixes: &[&str]) -> TestStore {
    let mut store = open();
    for prefix in prefixes {
        let new = new(prefix);
        store.write(move |txn| keys::add_evicting_ended(txn, &new, LIMIT, &by())).unwrap();
    }
    store
}

fn lines(store: &TestStore) -> Vec<AuditLine> {
    store.read(|snapshot| snapshot.audit_lines(&AuditFilter::default(), 0, 100)).unwrap()
}

fn told(store: &TestStore) -> Vec<(String, String)> {
    lines(store).into_iter().map(|line| (line.note.action.as_str().to_owned(), line.note.object)).collect()
}

#[test]
fn each_change_of_a_key_is_told_once_with_who_did_it_and_without_a_secret() {
    let mut store = with_keys(&["aaaaaaaa"]);
    let (fresh, hour) = (fingerprint("bbbbbbbb"), Duration::from_secs(3600));
    let limits = KeyLimits { max_keys: LIMIT, max_days: 0 };
    store.write(move |txn| keys::rotate(txn, "aaaaaaaa", &fresh, hour, limits, &by())).unwrap();
    for _ in 0..2 {
        store.write(|txn| keys::revoke(txn, "bbbbbbbb", &by())).unwrap();
    }
    let words = [("key.created", "key:aaaaaaaa"), ("key.rotated", "key:aaaaaaaa"), ("key.revoked", "key:bbbbbbbb")];
    assert_eq!(told(&store), words.map(|(action, object)| (action.to_owned(), object.to_owned())));
    let all = lines(&store);
    assert!(all.iter().all(|line| line.actor == by()));
    let (before, after) = (all[1].note.before.clone().unwrap(), all[1].note.after.clone().unwrap());
    assert!(before["expires_at"].is_null() && after["expires_at"].is_string() && after["successor"] == "bbbbbbbb");
    let text = format!("{all:?}");
    assert!(!text.contains("sha256") && !text.contains("97, 97, 97"), "{text}");
}

#[test]
fn what_is_refused_or_undone_leaves_no_line() {
    let mut store = with_keys(&["aaaaaaaa"]);
    let doomed = new("cccccccc");
    let failed = store.write(move |txn| {
        keys::add_evicting_ended(txn, &doomed, LIMIT, &by())?;
        Err::<(), _>(StoreError::Conflict("on purpose".into()))
    });
    assert!(failed.is_err());
    let unknown = store.write(|txn| keys::revoke(txn, "zzzzzzzz", &by()));
    assert!(matches!(unknown, Err(StoreError::NotFound(_))));
    let more = new("dddddddd");
    assert!(store.write(move |txn| keys::add_evicting_ended(txn, &more, 1, &by())).is_err());
    assert_eq!(told(&store).len(), 1);
}

/// What the check says of the audit log after somebody's SQL.
fn findings_after(sql: &str) -> Vec<String> {
    let mut store = with_keys(&["aaaaaaaa", "bbbbbbbb", "cccccccc"]);
    store.is_sound = false;
    store.execute_sql(sql);
    let found = store.findings().iter().map(ToString::to_string).collect::<Vec<_>>();
    found.into_iter().filter(|finding| finding.contains("audit")).collect()
}

#[test]
fn a_line_that_was_changed_or_taken_out_is_found() {
    assert_eq!(findings_after("SELECT 1"), [] as [String; 0]);
    for sql in [
        "UPDATE audit SET object = 'key:zzzzzzzz' WHERE id = 2",
        "UPDATE audit SET actor_key = NULL WHERE id = 3",
        "UPDATE audit SET after = NULL WHERE id = 1",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit WHERE id = 1",
    ] {
        assert_ne!(findings_after(sql), [] as [String; 0], "{sql}");
    }
}

#[test]
fn control_without_the_chain_a_line_that_was_taken_out_is_not_missed() {
    let _disabled = disable_on_this_thread(Safeguard::AuditChain);
    assert_eq!(findings_after("DELETE FROM audit WHERE id = 2"), [] as [String; 0]);
}

#[test]
fn control_without_the_write_of_the_audit_log_nothing_is_told() {
    let _disabled = disable_on_this_thread(Safeguard::AuditWrite);
    assert_eq!(told(&with_keys(&["aaaaaaaa"])), []);
}
