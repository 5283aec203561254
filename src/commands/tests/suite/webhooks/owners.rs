//! Webhooks of another owner do not exist.

use super::*;
use crate::commands::deliveries;
use crate::commands::webhooks::WebhookChange;
use quire_domain::webhook::{MessageId, MessageSubject};
use quire_store::StoreError;
use quire_store::vault::EncryptedBytes;

fn is_missing<T>(answer: Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::NotFound("webhook")))
}

#[test]
fn an_owner_is_told_of_his_own_events_only() {
    let mut store = store_of_two_owners();
    let (mine, theirs) = (add(&mut store, OwnerKey::LOCAL, None), add(&mut store, OTHER, None));
    (0..2).for_each(|_| submit(&mut store, OwnerKey::LOCAL));
    submit(&mut store, OTHER);
    enqueue_all(&mut store, &mine);
    enqueue_all(&mut store, &theirs);
    let batches = |webhook: &Webhook| -> Vec<_> {
        waiting(&store, webhook).into_iter().map(|waiting| waiting.event.unwrap().batch).collect()
    };
    let (mine, theirs) = (batches(&mine), batches(&theirs));
    assert_eq!((mine.len(), theirs.len()), (2, 1));
    assert!(!mine.contains(&theirs[0]));
}

#[test]
fn anothers_webhook_cannot_be_seen_changed_or_used() {
    let mut store = store_of_two_owners();
    let theirs = add(&mut store, OTHER, None);
    submit(&mut store, OTHER);
    enqueue_all(&mut store, &theirs);
    let (me, id) = (OwnerKey::LOCAL, theirs.id);
    let message = MessageId { webhook: id, what: MessageSubject::Event(1) };
    assert!(is_missing(store.read(|snapshot| snapshot.webhook(me, id))));
    assert!(store.read(|snapshot| snapshot.webhooks(me)).unwrap().is_empty());
    assert!(is_missing(store.write(move |txn| webhooks::change(txn, me, id, &WebhookChange::default()))));
    let secret = EncryptedBytes::from_stored(vec![1; 24]);
    assert!(is_missing(store.write(move |txn| webhooks::rotate_secret(txn, me, id, &secret, 0))));
    assert!(is_missing(store.write(move |txn| webhooks::set_enabled(txn, me, id, false))));
    assert!(is_missing(store.write(move |txn| webhooks::rewind_webhook_cursor(txn, me, id, 1))));
    assert!(is_missing(store.write(move |txn| webhooks::mark_deleted(txn, me, id))));
    assert!(is_missing(store.write(move |txn| deliveries::add_test_delivery(txn, me, id))));
    assert!(is_missing(store.write(move |txn| deliveries::resend_delivery(txn, me, id, message))));
    let untouched = again(&store, &theirs);
    assert_eq!(format!("{untouched:?}"), format!("{:?}", Webhook { cursor: 1, ..theirs.clone() }));
    // The control: its owner may do all of that.
    assert!(store.write(move |txn| deliveries::resend_delivery(txn, OTHER, id, message)).is_ok());
    assert!(store.write(move |txn| webhooks::mark_deleted(txn, OTHER, id)).is_ok());
}

#[test]
fn a_message_is_found_under_its_own_webhook_only() {
    let mut store = open();
    let (one, two) = (add(&mut store, OwnerKey::LOCAL, None), add(&mut store, OwnerKey::LOCAL, None));
    submit(&mut store, OwnerKey::LOCAL);
    enqueue_all(&mut store, &one);
    enqueue_all(&mut store, &two);
    let message = MessageId { webhook: one.id, what: MessageSubject::Event(1) };
    assert!(store.read(|snapshot| snapshot.delivery(&one, message)).is_ok());
    assert!(store.read(|snapshot| snapshot.delivery(&two, message)).is_err());
}

#[test]
fn an_owner_has_so_many_webhooks_and_no_more_and_deleted_ones_do_not_count() {
    let mut store = store_of_two_owners();
    let add_within = |store: &mut TestStore, owner, limit| {
        let new = new(owner, None);
        store.write(move |txn| webhooks::add(txn, &new, limit))
    };
    let first = add_within(&mut store, OwnerKey::LOCAL, 2).unwrap();
    add_within(&mut store, OwnerKey::LOCAL, 2).unwrap();
    let refused = add_within(&mut store, OwnerKey::LOCAL, 2);
    assert!(matches!(refused, Err(StoreError::TooManyWebhooks { limit: 2 })), "{refused:?}");
    add_within(&mut store, OTHER, 2).unwrap();
    store.write(move |txn| webhooks::mark_deleted(txn, OwnerKey::LOCAL, first.id)).unwrap();
    add_within(&mut store, OwnerKey::LOCAL, 2).unwrap();
}

#[test]
fn a_rotated_secret_signs_with_the_one_before_and_no_older_one() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    let rotate = |store: &mut TestStore, byte: u8, overlap: i64| {
        let (id, secret) = (webhook.id, EncryptedBytes::from_stored(vec![byte; 32]));
        store.write(move |txn| webhooks::rotate_secret(txn, OwnerKey::LOCAL, id, &secret, overlap)).unwrap()
    };
    let once = rotate(&mut store, 8, 5);
    assert_eq!(once.old_secret, Some((EncryptedBytes::from_stored(vec![7; 32]), store.now + 5)));
    let twice = rotate(&mut store, 9, 5);
    assert_eq!((twice.secret.as_stored()[0], twice.old_secret.unwrap().0.as_stored()[0]), (9, 8));
    assert_eq!(rotate(&mut store, 10, 0).old_secret, None, "without an overlap the old one is worth nothing at once");
}
