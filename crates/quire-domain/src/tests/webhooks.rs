//! Webhooks: when a message is tried again, and when its endpoint is given up.

use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use crate::event::EventType;
use crate::ids::Micros;
use crate::webhook::schedule::{JITTER, SendPolicy};
use crate::webhook::{
    DeliveryKey, DeliveryOutcome, DeliveryRetryState, DeliveryState, DisabledReason, EndpointHealth, EventFilter,
    MessageId, MessageSubject, WebhookId,
};

const SECOND: Micros = 1_000_000;
const FRESH: DeliveryRetryState = DeliveryRetryState { state: DeliveryState::Pending, tries: 0, next_at: 0 };
const REFUSED: DeliveryOutcome = DeliveryOutcome::Refused { retry_after_secs: None };

/// As in `config/default.toml`.
fn policy() -> SendPolicy {
    let pauses_secs = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    SendPolicy {
        pauses_ms: pauses_secs.iter().map(|secs| secs * 1_000).collect(),
        retry_after_max_secs: 86_400,
        disable_after_secs: 5 * 86_400,
    }
}

fn reception() -> impl Strategy<Value = DeliveryOutcome> {
    prop_oneof![
        Just(DeliveryOutcome::Accepted),
        Just(REFUSED),
        (0..200_000u64).prop_map(|secs| DeliveryOutcome::Refused { retry_after_secs: Some(secs) }),
        Just(DeliveryOutcome::Gone),
        Just(DeliveryOutcome::Hopeless),
    ]
}

#[test]
fn a_message_is_tried_ten_times_with_the_pauses_of_the_schedule() {
    let (policy, mut message, mut at, mut pauses) = (policy(), FRESH, 0, Vec::new());
    while message.state == DeliveryState::Pending {
        (_, message) = policy.apply_attempt(EndpointHealth::default(), message, REFUSED, at, 0.0);
        pauses.push((message.next_at - at) / SECOND);
        at = message.next_at;
    }
    assert_eq!(message.tries, 10);
    assert_eq!(message.state, DeliveryState::Failed);
    assert_eq!(pauses[..9], [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
}

#[test]
fn jitter_makes_a_pause_longer_never_shorter() {
    let (_, message) = policy().apply_attempt(EndpointHealth::default(), FRESH, REFUSED, 0, 0.5);
    assert_eq!(message.next_at, 5 * SECOND + (5.0 * JITTER * 0.5 * SECOND as f64) as Micros);
}

#[test]
fn a_receiver_may_ask_for_a_longer_pause_but_not_for_ever_and_not_for_a_shorter_one() {
    let next = |secs| {
        let asked = DeliveryOutcome::Refused { retry_after_secs: Some(secs) };
        policy().apply_attempt(EndpointHealth::default(), FRESH, asked, 0, 0.0).1.next_at / SECOND
    };
    assert_eq!((next(60), next(1), next(u64::MAX)), (60, 5, 86_400));
}

#[test]
fn an_endpoint_is_disabled_after_five_days_of_failures_and_not_before() {
    let (policy, day) = (policy(), 86_400 * SECOND);
    let (failing, _) = policy.apply_attempt(EndpointHealth::default(), FRESH, REFUSED, day, 0.0);
    assert_eq!(failing, EndpointHealth { disabled: None, failing_since: Some(day) });
    let (still, _) = policy.apply_attempt(failing, FRESH, REFUSED, 6 * day - 1, 0.0);
    assert_eq!(still.disabled, None);
    let (ended, _) = policy.apply_attempt(failing, FRESH, REFUSED, 6 * day, 0.0);
    assert_eq!(ended.disabled, Some(DisabledReason::Failing));
    let (healed, _) = policy.apply_attempt(still, FRESH, DeliveryOutcome::Accepted, 6 * day - 1, 0.0);
    assert_eq!(healed, EndpointHealth::default(), "one success and the count begins anew");
}

#[test]
fn an_endpoint_that_is_gone_is_disabled_at_once_and_its_message_waits() {
    let (endpoint, message) = policy().apply_attempt(EndpointHealth::default(), FRESH, DeliveryOutcome::Gone, 7, 0.0);
    assert_eq!(endpoint.disabled, Some(DisabledReason::Gone));
    assert_eq!((message.state, message.tries), (DeliveryState::Pending, 1));
}

proptest! {
    #[test]
    fn what_has_ended_stays_ended(receptions in vec(reception(), 1..40)) {
        let (mut endpoint, mut message) = (EndpointHealth::default(), FRESH);
        for (at, reception) in receptions.into_iter().enumerate() {
            let before = message;
            (endpoint, message) = policy().apply_attempt(endpoint, message, reception, at as Micros, 0.3);
            let is_final = before.state != DeliveryState::Pending;
            prop_assert!(!is_final || message == before);
            prop_assert!(message.tries <= 10);
        }
    }

    #[test]
    fn a_reason_is_never_replaced(receptions in vec(reception(), 1..40)) {
        let mut endpoint = EndpointHealth { disabled: Some(DisabledReason::Asked), failing_since: None };
        for reception in receptions {
            (endpoint, _) = policy().apply_attempt(endpoint, FRESH, reception, 1, 0.0);
            prop_assert_eq!(endpoint.disabled, Some(DisabledReason::Asked));
        }
    }
}

#[test]
fn a_messages_name_comes_back_as_it_went_and_has_no_other_spelling() {
    let webhook = WebhookId(Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0));
    for what in [MessageSubject::Event(1), MessageSubject::Event(i64::MAX), MessageSubject::Test(DeliveryKey(9))] {
        let id = MessageId { webhook, what };
        assert_eq!(MessageId::parse(&id.to_string()), Some(id));
        assert!(!id.to_string().contains('.'), "the signature puts a full stop behind it");
    }
    let good = MessageId { webhook, what: MessageSubject::Event(7) }.to_string();
    for bad in ["", "msg_", &good[1..], &good.to_uppercase(), &good.replace("_7", "_07"), &good.replace("_7", "_+7")] {
        assert_eq!(MessageId::parse(bad), None, "{bad}");
    }
}

#[test]
fn a_filter_takes_what_it_names_and_no_list_takes_all() {
    let filter = EventFilter(Some(vec![EventType::BatchCompleted]));
    assert!(filter.accepts(EventType::BatchCompleted) && !filter.accepts(EventType::ItemStarted));
    assert!(EventType::ALL.iter().all(|kind| EventFilter::default().accepts(*kind)));
    assert_eq!(EventFilter::default().event_types(), EventType::ALL);
}
