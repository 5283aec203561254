//! Promises of the engine to those that live longer than a request, and to those that come when it has much to write.

use std::future::poll_fn;
use std::sync::mpsc;
use std::task::Poll;

use quire::actors::db::as_key_holder;
use quire::actors::engine::{self, Engine};
use quire::actors::keyring::{AuthenticationError, KeyRequest};
use quire::config::Config;
use quire_domain::access::Role;
use quire_store::api_keys::KeyGrant;
use quire_store::audit::AuditActor;
use quire_store::{StoreError, Transaction};
use tempfile::TempDir;

fn with_engine<F: Future>(work: impl FnOnce(Engine) -> F) {
    let dir = TempDir::new().unwrap();
    let flags = [("server.data_dir", dir.path().to_string_lossy().into_owned())];
    let config = Config::load(None, &flags).unwrap();
    engine::run_on_actor_system(1, async {
        let engine = Engine::start(config, None).unwrap();
        work(engine.clone()).await;
        engine.shutdown(crate::harness::DEADLINE).await;
    });
}

fn by() -> AuditActor {
    AuditActor::on_this_machine("a-test")
}

fn order(owner: &str) -> KeyRequest {
    KeyRequest { owner: owner.into(), name: None, grant: KeyGrant::of(Role::Operator) }
}

#[test]
fn who_watches_the_keyring_learns_that_a_key_or_the_lack_of_one_admits_no_more() {
    with_engine(async |engine| {
        let keyring = &engine.keyring;
        let mut changes = keyring.watch_changes();
        assert!(keyring.still_admits(None), "no key, no ceremony");
        let (alices, alice) = keyring.create_key(order("alice"), by()).await.unwrap();
        changes.changed().await.unwrap();
        assert!(!keyring.still_admits(None), "who came without a key has to leave when there is one");
        let (_, bob) = keyring.create_key(order("bob"), by()).await.unwrap();
        changes.changed().await.unwrap();
        assert!(keyring.still_admits(Some(alice.id)) && keyring.still_admits(Some(bob.id)));
        assert_eq!(keyring.authenticate(&alices).unwrap().key, alice.id);
        keyring.revoke_key(alice.prefix, by()).await.unwrap();
        changes.changed().await.unwrap();
        assert!(!keyring.still_admits(Some(alice.id)));
        assert_eq!(keyring.authenticate(&alices), Err(AuthenticationError::Revoked));
        assert!(keyring.still_admits(Some(bob.id)), "control: the other key is as it was");
        assert!(!changes.has_changed().unwrap(), "nobody is woken for nothing");
    });
}

#[test]
fn a_write_for_the_holder_of_a_key_is_refused_by_itself_once_the_key_was_revoked() {
    with_engine(async |engine| {
        let (keyring, db) = (&engine.keyring, &engine.context.db);
        let (_, alice) = keyring.create_key(order("alice"), by()).await.unwrap();
        as_key_holder(Some(alice.id), db.write("test.hers", |_| Ok(()))).await.unwrap();
        keyring.revoke_key(alice.prefix, by()).await.unwrap();
        let late = as_key_holder(Some(alice.id), db.write("test.late", |_| Ok(()))).await;
        assert!(matches!(late, Err(StoreError::KeyRevoked)), "{late:?}");
        let late = as_key_holder(Some(alice.id), db.try_write("test.late", |_| Ok(()))).await;
        assert!(matches!(late, Err(StoreError::KeyRevoked)), "{late:?}");
        let late = as_key_holder(Some(alice.id), keyring.create_key(order("mallory"), by())).await;
        assert!(matches!(late, Err(StoreError::KeyRevoked)), "a key is made in a task of its own");
        db.write("test.nobodys", |_| Ok(())).await.unwrap();
    });
}

/// The writer's mailbox holds 4,096.
const MORE_THAN_WAIT: usize = 5_000;

#[test]
fn a_writer_that_falls_behind_refuses_what_it_cannot_queue_and_does_all_that_it_took() {
    with_engine(async |engine| {
        let db = engine.context.db.clone();
        let (resume, held_up) = mpsc::channel::<()>();
        let (began, has_begun) = tokio::sync::oneshot::channel();
        let slow = db.clone();
        let slow = tokio::spawn(async move {
            let mut began = Some(began);
            let wait = move |_: &mut dyn Transaction| {
                let _ = began.take().map(|began| began.send(()));
                held_up.recv().map_err(|error| StoreError::Aborted(error.to_string()))
            };
            slow.write("test.slow", wait).await
        });
        has_begun.await.unwrap();
        let (mut queued, mut refused) = (Vec::new(), 0);
        for _ in 0..MORE_THAN_WAIT {
            let mut offer = Box::pin(db.try_write("test.offer", |_| Ok(())));
            match poll_fn(|context| Poll::Ready(offer.as_mut().poll(context))).await {
                Poll::Pending => queued.push(offer),
                Poll::Ready(Err(StoreError::Busy)) => refused += 1,
                Poll::Ready(other) => panic!("the writer is held up and yet: {other:?}"),
            }
        }
        assert!(refused > 0 && queued.len() >= 4_000, "{refused} refused, {} queued", queued.len());
        let mut patient = Box::pin(db.write("test.patient", |_| Ok(())));
        let waits = poll_fn(|context| Poll::Ready(patient.as_mut().poll(context).is_pending())).await;
        assert!(waits, "control: who waits is not refused");
        resume.send(()).unwrap();
        for offer in queued {
            offer.await.unwrap();
        }
        patient.await.unwrap();
        slow.await.unwrap().unwrap();
    });
}
