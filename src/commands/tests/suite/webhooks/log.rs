//! Owners look at deliveries, test, resend and recover them; in the end they are forgotten.

use super::*;
use crate::commands::deliveries;
use quire_domain::ids::Micros;
use quire_domain::webhook::{DeliveryState, MessageId, MessageSubject, TEST_TYPE};
use quire_store::StoreError;

/// A webhook with so many deliveries, all of them delivered.
fn delivered(store: &mut TestStore, count: usize) -> Webhook {
    let webhook = add(store, OwnerKey::LOCAL, None);
    (0..count).for_each(|_| submit(store, OwnerKey::LOCAL));
    enqueue_all(store, &webhook);
    deliver_all(store, &webhook);
    webhook
}

fn deliver_all(store: &mut TestStore, webhook: &Webhook) {
    let results: Vec<_> =
        waiting(store, webhook).iter().map(|waiting| attempt_result(waiting.key, DeliveryOutcome::Accepted)).collect();
    let key = webhook.key;
    store.write(move |txn| deliveries::record_attempts(txn, key, &results, &policy())).unwrap();
}

fn rows(store: &TestStore) -> i64 {
    store.query_number("SELECT COUNT(*) AS number FROM webhook_deliveries")
}

#[test]
fn what_is_resent_is_the_same_message_with_its_history() {
    let mut store = open();
    let webhook = delivered(&mut store, 2);
    let (id, message) = (webhook.id, MessageId { webhook: webhook.id, what: MessageSubject::Event(1) });
    let (_, resent) = store.write(move |txn| deliveries::resend_delivery(txn, OwnerKey::LOCAL, id, message)).unwrap();
    assert_eq!((resent.id, resent.message.state, resent.message.tries), (message, DeliveryState::Pending, 0));
    assert_eq!(resent.attempts.len(), 1);
    let left = waiting(&store, &webhook);
    assert_eq!((left.len(), left[0].id), (1, message));
}

#[test]
fn a_test_has_a_name_of_its_own_and_is_found_by_it() {
    let mut store = open();
    let webhook = delivered(&mut store, 1);
    let id = webhook.id;
    let (_, one) = store.write(move |txn| deliveries::add_test_delivery(txn, OwnerKey::LOCAL, id)).unwrap();
    let (_, two) = store.write(move |txn| deliveries::add_test_delivery(txn, OwnerKey::LOCAL, id)).unwrap();
    assert_ne!(one.id, two.id);
    assert_eq!(one.kind, TEST_TYPE);
    let found = store.read(|snapshot| snapshot.delivery(&webhook, two.id)).unwrap();
    assert_eq!(found.key, two.key);
    let due: Vec<_> = waiting(&store, &webhook).into_iter().map(|waiting| (waiting.id, waiting.event)).collect();
    assert_eq!(due, [(one.id, None), (two.id, None)]);
    let no_test = MessageId { webhook: id, what: MessageSubject::Test(DeliveryKey(1)) };
    let missing = store.read(|snapshot| snapshot.delivery(&webhook, no_test));
    assert!(matches!(missing, Err(StoreError::NotFound("delivery"))), "an event is no test: {missing:?}");
}

#[test]
fn recovering_delivers_everything_since_then_again_under_the_same_names() {
    let mut store = open();
    let webhook = delivered(&mut store, 4);
    let before = store.read(|snapshot| snapshot.deliveries(&webhook, None, None, 10)).unwrap();
    let since: Micros = before[1].created_at.min(store.now);
    let third = store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, 2, 1)).unwrap()[0].at;
    assert!(third <= since);
    let first = store.read(|snapshot| snapshot.first_event_since(OwnerKey::LOCAL, third)).unwrap();
    assert_eq!(first, Some(3));
    let id = webhook.id;
    store.write(move |txn| webhooks::rewind_webhook_cursor(txn, OwnerKey::LOCAL, id, 3)).unwrap();
    enqueue_all(&mut store, &webhook);
    assert_eq!(seqs(&waiting(&store, &webhook)), [3, 4]);
    assert_eq!(rows(&store), 4, "no message is there twice");
    deliver_all(&mut store, &webhook);
    let after = store.read(|snapshot| snapshot.deliveries(&webhook, None, None, 10)).unwrap();
    let attempts: Vec<_> = after.iter().map(|delivery| (delivery.id, delivery.attempts.len())).collect();
    let wanted: Vec<_> = before.iter().zip([2, 2, 1, 1]).map(|(delivery, count)| (delivery.id, count)).collect();
    assert_eq!(attempts, wanted);
}

#[test]
fn there_is_nothing_to_recover_from_the_future() {
    let mut store = open();
    let webhook = delivered(&mut store, 2);
    assert_eq!(store.read(|snapshot| snapshot.first_event_since(OwnerKey::LOCAL, Micros::MAX)).unwrap(), None);
    let id = webhook.id;
    store.write(move |txn| webhooks::rewind_webhook_cursor(txn, OwnerKey::LOCAL, id, i64::MAX)).unwrap();
    assert_eq!(again(&store, &webhook).cursor, 2);
}

#[test]
fn a_disabled_webhook_is_neither_tested_nor_recovered() {
    let mut store = open();
    let id = delivered(&mut store, 1).id;
    store.write(move |txn| webhooks::set_enabled(txn, OwnerKey::LOCAL, id, false)).unwrap();
    let message = MessageId { webhook: id, what: MessageSubject::Event(1) };
    let tested = store.write(move |txn| deliveries::add_test_delivery(txn, OwnerKey::LOCAL, id).map(drop));
    let resent = store.write(move |txn| deliveries::resend_delivery(txn, OwnerKey::LOCAL, id, message).map(drop));
    let recovered = store.write(move |txn| webhooks::rewind_webhook_cursor(txn, OwnerKey::LOCAL, id, 1).map(drop));
    for refused in [tested, resent, recovered] {
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    }
}

#[test]
fn deliveries_that_ended_long_ago_are_forgotten_piece_by_piece_and_no_others() {
    let mut store = open();
    let webhook = delivered(&mut store, 5);
    submit(&mut store, OwnerKey::LOCAL);
    enqueue_all(&mut store, &webhook);
    store.now += 1_000 * SECOND;
    let long_ago = store.now;
    (0..3).for_each(|_| submit(&mut store, OwnerKey::LOCAL));
    enqueue_all(&mut store, &webhook);
    let mut walked = Some(DeliveryKey(0));
    let mut steps = 0;
    while let Some(after) = walked {
        walked = store.write(move |txn| deliveries::prune_ended_step(txn, after, long_ago, 2)).unwrap();
        steps += 1;
    }
    assert_eq!(steps, 4, "it stops where everything is young");
    let mut left = seqs(&waiting(&store, &webhook));
    left.sort_unstable();
    assert_eq!((rows(&store), left), (4, vec![6, 7, 8, 9]), "what still waits is kept, however old");
}

#[test]
fn a_deleted_webhook_is_seen_by_nobody_and_buried_piece_by_piece() {
    let mut store = open();
    let (gone, kept) = (delivered(&mut store, 5), delivered(&mut store, 2));
    let (id, before) = (gone.id, rows(&store));
    store.write(move |txn| webhooks::mark_deleted(txn, OwnerKey::LOCAL, id)).unwrap();
    assert!(store.read(|snapshot| snapshot.webhook(OwnerKey::LOCAL, id)).is_err());
    assert!(store.read(|snapshot| snapshot.active_webhook(gone.key)).unwrap().is_none());
    let mut steps = 0;
    while store.write(|txn| deliveries::purge_deleted_webhook_step(txn, 2)).unwrap() {
        steps += 1;
    }
    assert_eq!((steps, before - rows(&store)), (4, 5), "three for the deliveries, one for the webhook");
    let left = |what: &str| store.query_number(&format!("SELECT {what}(id) AS number FROM webhooks"));
    assert_eq!((left("COUNT"), left("MAX")), (1, kept.key.0));
    let fresh = add(&mut store, OwnerKey::LOCAL, None);
    assert!(fresh.key > kept.key, "no key is used twice");
}
