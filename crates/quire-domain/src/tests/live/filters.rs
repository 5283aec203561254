//! Who wants what.

use super::world::{Logged, batch};
use crate::delivery::filter::{EventMeta, Subscription, SubscriptionFilter};
use crate::delivery::log_page::{SendAllowance, slice_log_page};
use crate::live_frames::{Subscribe, SubscriptionScope};

fn only(wishes: &[Subscribe]) -> SubscriptionFilter {
    wishes
        .iter()
        .cloned()
        .fold(SubscriptionFilter::default(), |filter, wish| filter.apply_subscribe(Subscription::from(wish)))
}

fn of_batch(number: u128) -> Subscribe {
    Subscribe { batch: Some(batch(number)), ..Subscribe::default() }
}

fn head(number: u128, collection: Option<&str>, is_item: bool) -> EventMeta<'_> {
    EventMeta { batch: batch(number), collection, is_item }
}

#[test]
fn without_a_wish_everything_is_wanted_and_the_first_wish_takes_its_place() {
    assert!(SubscriptionFilter::default().wants(&head(1, None, true)));
    let filter = only(&[of_batch(1)]);
    assert!(filter.wants(&head(1, None, true)) && !filter.wants(&head(2, None, true)));
    let both = filter.apply_subscribe(of_batch(2).into());
    assert!(both.wants(&head(1, None, true)) && both.wants(&head(2, None, false)));
}

#[test]
fn item_events_come_unless_they_are_not_wanted() {
    let coarse = only(&[Subscribe { items: Some(false), ..Subscribe::default() }]);
    assert!(coarse.wants(&head(1, None, false)) && !coarse.wants(&head(1, None, true)));
    let one_in_detail = coarse.apply_subscribe(of_batch(3).into());
    assert!(one_in_detail.wants(&head(3, None, true)) && !one_in_detail.wants(&head(1, None, true)));
}

#[test]
fn a_collection_is_wanted_by_its_name() {
    let wish = Subscribe { collection: Some("invoices".into()), ..Subscribe::default() };
    let filter = only(&[wish]);
    assert!(filter.wants(&head(1, Some("invoices"), true)));
    assert!(!filter.wants(&head(1, Some("letters"), true)) && !filter.wants(&head(1, None, true)));
    assert!(filter.covers_batch(batch(1), Some("invoices")) && !filter.covers_batch(batch(1), None));
}

#[test]
fn the_last_wish_taken_back_leaves_nothing() {
    let scope = SubscriptionScope { batch: Some(batch(1)), collection: None };
    let filter = only(&[of_batch(1)]).without_scope(&scope);
    assert_eq!((filter.subscription_count(), filter.wants(&head(1, None, false))), (0, false));
    assert_eq!(SubscriptionFilter::Everything.without_scope(&scope), SubscriptionFilter::Everything);
}

#[test]
fn the_same_scope_is_one_wish() {
    let quiet = Subscribe { items: Some(false), ..of_batch(1) };
    let filter = only(&[of_batch(1), quiet]);
    assert_eq!(filter.subscription_count(), 1);
    assert!(!filter.wants(&head(1, None, true)));
}

#[test]
fn a_cut_goes_as_far_as_nothing_wanted_is_left_behind() {
    let logged = |seq: i64| Logged { seq, batch: batch(seq as u128 % 2), is_item: true, size: 10 };
    let page: Vec<_> = (4..=9).map(logged).collect();
    let small = SendAllowance { events: 2, bytes: 100 };
    let (found, wanted) = slice_log_page(3, &page, &only(&[of_batch(0)]), small).unwrap();
    assert_eq!((found.upto, found.events, found.bytes), (7, 2, 20), "8 is wanted and does not fit");
    assert_eq!(wanted.iter().map(|event| event.seq).collect::<Vec<_>>(), [4, 6]);
    let (found, _) = slice_log_page(3, &page, &only(&[of_batch(5)]), small).unwrap();
    assert_eq!((found.upto, found.events), (9, 0), "what is not wanted is passed over");
    let narrow = SendAllowance { events: 2, bytes: 1 };
    assert_eq!(slice_log_page(3, &page, &SubscriptionFilter::Everything, narrow).unwrap().0.upto, 4, "one always fits");
    assert!(slice_log_page(2, &page, &SubscriptionFilter::Everything, small).is_err(), "3 is missing");
}
