//! From the log to deliveries, and from results to what follows.

use super::*;
use crate::commands::deliveries::CursorMove;
use quire_domain::webhook::{DeliveryState, DisabledReason, EndpointHealth, MessageSubject};

#[test]
fn a_webhook_gets_what_happens_after_it_was_made_in_order() {
    let mut store = open();
    submit(&mut store, OwnerKey::LOCAL);
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    (0..5).for_each(|_| submit(&mut store, OwnerKey::LOCAL));
    enqueue_all(&mut store, &webhook);
    let found = waiting(&store, &webhook);
    assert_eq!(seqs(&found), [2, 3, 4, 5, 6]);
    assert!(found.iter().all(|waiting| waiting.id.webhook == webhook.id));
    assert_eq!(again(&store, &webhook).cursor, 6);
}

#[test]
fn a_filter_lets_nothing_else_pass_and_the_cursor_goes_on_all_the_same() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, Some(&[EventType::ItemStarted]));
    let batch = store.submit(batch_of(2)).key;
    store.running(batch, 2);
    enqueue_all(&mut store, &webhook);
    let found = waiting(&store, &webhook);
    let kinds: Vec<_> = found.iter().map(|waiting| waiting.event.as_ref().unwrap().kind).collect();
    assert_eq!(kinds, [EventType::ItemStarted; 2]);
    assert!(again(&store, &webhook).cursor > 2);
}

#[test]
fn a_page_that_was_looked_at_before_the_cursor_moved_is_not_enqueued() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    (0..4).for_each(|_| submit(&mut store, OwnerKey::LOCAL));
    let (key, id) = (webhook.key, webhook.id);
    let enqueue = |store: &mut TestStore, from, until| {
        store.write(move |txn| deliveries::enqueue_from_cursor(txn, key, from, until)).unwrap()
    };
    assert_eq!(enqueue(&mut store, 0, 2), CursorMove::Moved);
    assert_eq!(enqueue(&mut store, 0, 4), CursorMove::Stale, "the cursor is elsewhere");
    store.write(move |txn| webhooks::set_enabled(txn, OwnerKey::LOCAL, id, false)).unwrap();
    assert_eq!(enqueue(&mut store, 2, 4), CursorMove::Stale, "it is disabled");
    assert_eq!(seqs(&waiting(&store, &webhook)), [1, 2]);
    assert_eq!(again(&store, &webhook).cursor, 2);
}

#[test]
fn a_backlog_is_counted_up_to_its_limit() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    (0..4).for_each(|_| submit(&mut store, OwnerKey::LOCAL));
    enqueue_all(&mut store, &webhook);
    let count = |limit| store.read(|snapshot| snapshot.delivery_backlog(webhook.key, limit)).unwrap();
    assert_eq!((count(3), count(4), count(5)), (3, 4, 4));
}

#[test]
fn results_are_written_down_and_decide_over_message_and_endpoint() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    (0..3).for_each(|_| submit(&mut store, OwnerKey::LOCAL));
    enqueue_all(&mut store, &webhook);
    let found = waiting(&store, &webhook);
    let results = vec![
        attempt_result(found[0].key, DeliveryOutcome::Accepted),
        attempt_result(found[1].key, REFUSED),
        attempt_result(found[2].key, DeliveryOutcome::Hopeless),
    ];
    let key = webhook.key;
    let after = store.write(move |txn| deliveries::record_attempts(txn, key, &results, &policy())).unwrap().unwrap();
    assert_eq!(after, EndpointHealth { disabled: None, failing_since: Some(store.now) });
    let log = store.read(|snapshot| snapshot.deliveries(&webhook, None, None, 10)).unwrap();
    let states: Vec<_> = log.iter().map(|delivery| delivery.message.state).collect();
    assert_eq!(states, [DeliveryState::Failed, DeliveryState::Pending, DeliveryState::Delivered]);
    assert!(log.iter().all(|delivery| delivery.attempts.len() == 1));
    let left = waiting(&store, &webhook);
    assert_eq!((seqs(&left), left[0].next_at), (vec![2], store.now + SECOND));
}

#[test]
fn an_endpoint_that_fails_for_too_long_is_disabled_and_goes_on_where_it_was_when_enabled() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    (0..2).for_each(|_| submit(&mut store, OwnerKey::LOCAL));
    enqueue_all(&mut store, &webhook);
    let (key, id, first) = (webhook.key, webhook.id, waiting(&store, &webhook)[0].key);
    store
        .write(move |txn| deliveries::record_attempts(txn, key, &[attempt_result(first, REFUSED)], &policy()))
        .unwrap();
    store.now += 100 * SECOND;
    let settled = store
        .write(move |txn| deliveries::record_attempts(txn, key, &[attempt_result(first, REFUSED)], &policy()))
        .unwrap();
    assert_eq!(settled.unwrap().disabled, Some(DisabledReason::Failing));
    assert!(store.read(|snapshot| snapshot.active_webhook(key)).unwrap().is_none(), "nobody sends to it");
    submit(&mut store, OwnerKey::LOCAL);
    let enabled = store.write(move |txn| webhooks::set_enabled(txn, OwnerKey::LOCAL, id, true)).unwrap();
    assert_eq!(enabled.endpoint, EndpointHealth::default());
    enqueue_all(&mut store, &webhook);
    let mut left = seqs(&waiting(&store, &webhook));
    left.sort_unstable();
    assert_eq!(left, [1, 2, 3], "nothing is lost");
}

#[test]
fn what_arrives_for_a_delivery_or_a_webhook_that_is_gone_does_nothing() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    let nobody = attempt_result(DeliveryKey(99), REFUSED);
    let (key, stray) = (webhook.key, nobody.clone());
    let after =
        store.write(move |txn| deliveries::record_attempts(txn, key, std::slice::from_ref(&stray), &policy())).unwrap();
    assert_eq!(after, Some(EndpointHealth::default()));
    let gone = quire_domain::webhook::WebhookKey(99);
    assert_eq!(
        store
            .write(move |txn| deliveries::record_attempts(txn, gone, std::slice::from_ref(&nobody), &policy()))
            .unwrap(),
        None
    );
}

#[test]
fn the_newest_attempts_are_kept_and_no_more() {
    let mut store = open();
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    submit(&mut store, OwnerKey::LOCAL);
    enqueue_all(&mut store, &webhook);
    let (key, delivery) = (webhook.key, waiting(&store, &webhook)[0].key);
    for nth in 0..ATTEMPTS_KEPT as u64 + 3 {
        let mut result = attempt_result(delivery, REFUSED);
        result.attempt.duration_ms = nth;
        store
            .write(move |txn| deliveries::record_attempts(txn, key, std::slice::from_ref(&result), &policy()))
            .unwrap();
    }
    let log = store.read(|snapshot| snapshot.deliveries(&webhook, None, None, 1)).unwrap();
    let kept: Vec<u64> = log[0].attempts.iter().map(|attempt| attempt.duration_ms).collect();
    assert_eq!(kept, (3..ATTEMPTS_KEPT as u64 + 3).collect::<Vec<_>>());
}

#[test]
fn an_event_that_is_no_longer_in_the_log_leaves_its_delivery_without_one() {
    let mut store = open();
    store.is_sound = false;
    let webhook = add(&mut store, OwnerKey::LOCAL, None);
    submit(&mut store, OwnerKey::LOCAL);
    enqueue_all(&mut store, &webhook);
    store.execute_sql("DELETE FROM events");
    let found = waiting(&store, &webhook);
    assert_eq!((found.len(), found[0].id.what), (1, MessageSubject::Event(1)));
    assert!(found[0].event.is_none());
}
