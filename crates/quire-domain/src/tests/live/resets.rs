//! A client that cannot go on where it was hears so, and starts from a snapshot.

use serde_json::json;

use super::{EPOCH, LIMITS, following, reach, say, step};
use crate::delivery::LogRange;
use crate::delivery::session::{DeliverySession, SessionEffect, SessionInput};
use crate::live_frames::ResetReason;

/// The answer to a resume of a session whose log keeps 11 to 20.
fn resumed(epoch: Option<&str>, after: i64) -> Vec<SessionEffect> {
    let mut session = DeliverySession::new(LIMITS, LogRange { oldest: 11, latest: 20 }, 0);
    say(&mut session, 0, json!({ "type": "resume", "epoch": epoch, "after": after }))
}

#[test]
fn a_client_goes_on_when_nothing_between_is_missing() {
    assert_eq!(resumed(Some(EPOCH), 10), [SessionEffect::Read { after: 10 }]);
    assert_eq!(resumed(Some(EPOCH), 19), [SessionEffect::Read { after: 19 }]);
    assert_eq!(resumed(Some(EPOCH), 20), []);
}

#[test]
fn a_client_of_another_log_or_of_too_long_ago_starts_anew() {
    let anew = |reason| vec![SessionEffect::Snapshot { reset: Some(reason) }];
    assert_eq!(resumed(Some("another"), 15), anew(ResetReason::OtherEpoch));
    assert_eq!(resumed(Some(EPOCH), 9), anew(ResetReason::TooOld));
    assert_eq!(resumed(Some(EPOCH), 0), anew(ResetReason::TooOld));
}

/// A session that was asked to go on behind 21, of a log that is published up to 20.
fn ahead() -> DeliverySession {
    let mut session = DeliverySession::new(LIMITS, reach(20), 0);
    let resume = json!({ "type": "resume", "epoch": EPOCH, "after": 21 });
    assert_eq!(say(&mut session, 0, resume), [SessionEffect::ReadRange]);
    session
}

#[test]
fn a_client_that_knows_more_than_was_published_goes_on_if_the_store_has_it() {
    let mut session = ahead();
    assert_eq!(step(&mut session, 0, SessionInput::Range(reach(21))), []);
    assert_eq!(step(&mut session, 0, SessionInput::Woken { reach: reach(20), progress: 0 }), []);
    let woken = SessionInput::Woken { reach: reach(22), progress: 0 };
    assert_eq!(step(&mut session, 0, woken), [SessionEffect::Read { after: 21 }]);
}

#[test]
fn a_client_of_the_future_starts_anew_when_the_store_does_not_know_it_either() {
    let mut session = ahead();
    let anew = SessionEffect::Snapshot { reset: Some(ResetReason::Ahead) };
    assert_eq!(step(&mut session, 0, SessionInput::Range(reach(20))), [anew]);
}

#[test]
fn a_range_that_could_not_be_read_is_read_later() {
    let mut session = ahead();
    step(&mut session, 0, SessionInput::Failed);
    assert!(step(&mut session, 0, SessionInput::Tick).contains(&SessionEffect::ReadRange));
    assert!(!step(&mut session, 0, SessionInput::Tick).contains(&SessionEffect::ReadRange), "one at a time");
}

#[test]
fn a_client_that_knows_nothing_starts_with_a_snapshot_and_no_reset() {
    assert_eq!(resumed(None, 0), [SessionEffect::Snapshot { reset: None }]);
}

#[test]
fn what_is_not_in_the_snapshot_follows_it() {
    let mut session = DeliverySession::new(LIMITS, reach(20), 0);
    say(&mut session, 0, json!({ "type": "resume" }));
    let woken = SessionInput::Woken { reach: reach(25), progress: 0 };
    assert_eq!(step(&mut session, 0, woken), [], "nothing comes before the snapshot");
    assert_eq!(step(&mut session, 0, SessionInput::Snapshot { as_of_seq: 22 }), [SessionEffect::Read { after: 22 }]);
}

#[test]
fn a_snapshot_may_be_newer_than_the_last_news() {
    let mut session = DeliverySession::new(LIMITS, reach(20), 0);
    say(&mut session, 0, json!({ "type": "resume" }));
    assert_eq!(step(&mut session, 0, SessionInput::Snapshot { as_of_seq: 30 }), []);
    assert_eq!(step(&mut session, 0, SessionInput::Woken { reach: reach(30), progress: 0 }), []);
    let heartbeat = SessionEffect::Heartbeat { latest: 30, upto: 30 };
    assert_eq!(step(&mut session, 0, SessionInput::Tick)[0], heartbeat);
}

#[test]
fn a_snapshot_that_could_not_be_taken_is_taken_later_and_keeps_its_reason() {
    let mut session = DeliverySession::new(LIMITS, reach(20), 0);
    let anew = SessionEffect::Snapshot { reset: Some(ResetReason::OtherEpoch) };
    assert_eq!(say(&mut session, 0, json!({ "type": "resume", "epoch": "other" }))[0], anew);
    step(&mut session, 0, SessionInput::Failed);
    assert!(step(&mut session, 0, SessionInput::Tick).contains(&anew));
    assert!(!step(&mut session, 0, SessionInput::Tick).contains(&anew), "one at a time");
}

#[test]
fn events_that_were_thrown_away_under_a_client_are_no_silent_gap() {
    let mut session = following(20);
    assert_eq!(
        step(&mut session, 0, SessionInput::Gap),
        [SessionEffect::Snapshot { reset: Some(ResetReason::TooOld) }]
    );
}
