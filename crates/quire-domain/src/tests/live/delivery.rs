//! Whatever happens to the wire, the client is told of every event it wants, once and in order.

use proptest::prelude::*;

use super::world::{Act, World, batch};
use super::{LIMITS, following, reach, step};
use crate::delivery::SessionLimits;
use crate::delivery::log_page::LogPageSlice;
use crate::delivery::session::{SessionEffect, SessionInput};
use crate::live_frames::Subscribe;

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..12u8).prop_map(Act::Commit),
        Just(Act::Wake),
        (1..10u8).prop_map(Act::Answer),
        any::<bool>().prop_map(|acks| Act::Receive { acks }),
        Just(Act::Break),
    ]
}

fn wish() -> impl Strategy<Value = Option<Subscribe>> {
    let some = (any::<Option<bool>>(), prop::option::of(0..4u128)).prop_map(|(items, number)| Subscribe {
        batch: number.map(batch),
        collection: None,
        items,
    });
    prop::option::of(some)
}

proptest! {
    #[test]
    fn every_wanted_event_comes_once_and_in_order(acts in prop::collection::vec(act(), 0..120), wish in wish()) {
        let mut world = World::new(wish);
        acts.iter().for_each(|act| world.act(act));
        world.settle();
        prop_assert_eq!(&world.client.received, &world.wanted());
    }

    #[test]
    fn no_more_is_on_its_way_than_the_window_admits(acts in prop::collection::vec(act(), 0..120)) {
        let mut world = World::new(None);
        acts.iter().for_each(|act| world.act(act));
        world.settle();
        let (events, bytes) = world.client.most_unacked;
        // The last event may begin within the window and end outside of it.
        prop_assert!(events <= LIMITS.window_events && bytes < LIMITS.window_bytes + 200, "{events} {bytes}");
    }
}

const BREAK_BETWEEN: [Act; 6] =
    [Act::Commit(5), Act::Wake, Act::Answer(9), Act::Receive { acks: true }, Act::Commit(3), Act::Break];

#[test]
fn control_a_client_that_does_not_say_where_it_was_misses_something() {
    for forgets in [false, true] {
        let mut world = World::new(None);
        world.client.forgets = forgets;
        BREAK_BETWEEN.iter().for_each(|act| world.act(act));
        world.settle();
        assert_eq!(world.client.received != world.wanted(), forgets);
    }
}

#[test]
fn control_without_a_window_more_is_on_its_way() {
    let limits = SessionLimits { window_events: 1000, window_bytes: 1 << 20, ..LIMITS };
    let mut world = World::with_limits(limits, None);
    [Act::Commit(200), Act::Wake, Act::Answer(255)].iter().for_each(|act| world.act(act));
    assert!(
        world.client.most_unacked.0 > LIMITS.window_events && world.client.most_unacked.1 > LIMITS.window_bytes + 200
    );
}

#[test]
fn nothing_is_read_while_a_read_is_under_way_or_nothing_new_is_there() {
    let mut session = following(5);
    let woken = |latest| SessionInput::Woken { reach: reach(latest), progress: 0 };
    assert_eq!(step(&mut session, 0, woken(9)), [], "the first read is still out");
    let all = LogPageSlice { after: 0, upto: 9, events: 3, bytes: 30 };
    assert_eq!(step(&mut session, 0, SessionInput::Read(all)), []);
    assert_eq!(step(&mut session, 0, woken(9)), []);
    assert_eq!(step(&mut session, 0, woken(10)), [SessionEffect::Read { after: 9 }]);
}

#[test]
fn a_page_that_nobody_waits_for_any_more_moves_nothing() {
    let mut session = following(5);
    step(&mut session, 0, SessionInput::Read(LogPageSlice { after: 0, upto: 5, events: 5, bytes: 50 }));
    step(&mut session, 0, SessionInput::Read(LogPageSlice { after: 0, upto: 3, events: 3, bytes: 30 }));
    assert_eq!((session.delivered_seq(), session.unacked_events(), session.awaits_page_after(0)), (5, 5, false));
}

#[test]
fn a_read_that_failed_is_asked_for_again() {
    let mut session = following(5);
    step(&mut session, 0, SessionInput::Failed);
    let effects = step(&mut session, 15_000, SessionInput::Tick);
    assert!(effects.contains(&SessionEffect::Read { after: 0 }), "{effects:?}");
}

#[test]
fn progress_is_overwritten_while_the_window_is_full_and_comes_when_it_opens() {
    let mut session = following(20);
    let full = LogPageSlice { after: 0, upto: 8, events: 8, bytes: 80 };
    assert_eq!(step(&mut session, 0, SessionInput::Read(full)), []);
    let woken = |progress| SessionInput::Woken { reach: reach(20), progress };
    assert_eq!(step(&mut session, 0, woken(1)), []);
    assert_eq!(step(&mut session, 0, woken(2)), []);
    let effects = super::say(&mut session, 0, serde_json::json!({ "type": "ack", "seq": 8 }));
    assert_eq!(effects, [SessionEffect::Progress { after: 0 }, SessionEffect::Read { after: 8 }]);
    assert_eq!(step(&mut session, 0, woken(3)), [SessionEffect::Progress { after: 2 }]);
}
