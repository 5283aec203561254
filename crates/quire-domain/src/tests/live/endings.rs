//! When and how the server lets a client go.

use serde_json::{Value, json};

use super::{LIMITS, following, reach, say, step};
use crate::delivery::log_page::LogPageSlice;
use crate::delivery::session::{DeliverySession, SessionEffect, SessionInput};
use crate::live_frames::{CloseCode, ErrorCode};

fn fill(session: &mut DeliverySession) {
    step(session, 0, SessionInput::Read(LogPageSlice { after: 0, upto: 8, events: 8, bytes: 80 }));
}

fn closes(effects: &[SessionEffect]) -> Option<CloseCode> {
    effects.iter().find_map(|effect| if let SessionEffect::Close(code) = effect { Some(*code) } else { None })
}

fn refusal(effects: &[SessionEffect]) -> Option<(ErrorCode, CloseCode)> {
    let [SessionEffect::Error { code, .. }, SessionEffect::Close(close)] = effects else { return None };
    Some((*code, *close))
}

#[test]
fn a_client_that_acknowledges_nothing_for_a_minute_is_slow() {
    let mut session = following(20);
    fill(&mut session);
    for now in [15_000, 30_000, 45_000, 59_999] {
        step(&mut session, now, SessionInput::Alive);
        assert_eq!(closes(&step(&mut session, now, SessionInput::Tick)), None, "{now}");
    }
    step(&mut session, 60_000, SessionInput::Alive);
    assert_eq!(closes(&step(&mut session, 60_000, SessionInput::Tick)), Some(CloseCode::Slow));
}

#[test]
fn control_one_word_of_acknowledgement_gives_it_time_anew() {
    let mut session = following(20);
    fill(&mut session);
    say(&mut session, 30_000, json!({ "type": "ack", "seq": 8 }));
    step(&mut session, 60_000, SessionInput::Alive);
    assert_eq!(closes(&step(&mut session, 60_000, SessionInput::Tick)), None);
}

#[test]
fn a_client_of_which_nothing_is_heard_for_a_minute_is_gone() {
    let mut session = following(0);
    assert_eq!(
        step(&mut session, 15_000, SessionInput::Tick),
        [SessionEffect::Heartbeat { latest: 0, upto: 0 }, SessionEffect::Probe],
        "a heartbeat says how far the log and the delivery are"
    );
    say(&mut session, 20_000, json!({ "type": "ping" }));
    assert_eq!(closes(&step(&mut session, 79_999, SessionInput::Tick)), None);
    assert_eq!(closes(&step(&mut session, 80_000, SessionInput::Tick)), Some(CloseCode::NoPong));
}

#[test]
fn after_the_end_nothing_follows() {
    let mut session = following(20);
    assert_eq!(step(&mut session, 0, SessionInput::Drain), [SessionEffect::Close(CloseCode::Draining)]);
    for input in [
        SessionInput::Tick,
        SessionInput::Revoke,
        SessionInput::Woken { reach: reach(30), progress: 1 },
        SessionInput::Alive,
    ] {
        assert_eq!(step(&mut session, 100_000, input), []);
    }
    assert_eq!(step(&mut following(0), 0, SessionInput::Revoke), [SessionEffect::Close(CloseCode::Revoked)]);
    assert_eq!(step(&mut following(0), 0, SessionInput::Silence), [SessionEffect::Close(CloseCode::Silent)]);
}

#[test]
fn what_is_no_frame_or_no_possible_one_ends_the_connection() {
    let garbage = step(&mut following(3), 0, SessionInput::Garbage("no".into()));
    assert_eq!(refusal(&garbage), Some((ErrorCode::BadFrame, CloseCode::BadProtocol)));
    let mut session = following(20);
    fill(&mut session);
    let effects = say(&mut session, 0, json!({ "type": "ack", "seq": 9 }));
    assert_eq!(refusal(&effects), Some((ErrorCode::BadAck, CloseCode::BadProtocol)));
}

#[test]
fn a_second_resume_is_ignored_and_said() {
    let mut session = following(3);
    let effects = say(&mut session, 0, json!({ "type": "resume", "epoch": "other", "after": 0 }));
    assert!(
        matches!(effects.as_slice(), [SessionEffect::Error { code: ErrorCode::AlreadyResumed, .. }]),
        "{effects:?}"
    );
}

#[test]
fn a_flood_of_frames_or_subscriptions_ends_the_connection() {
    let mut session = following(0);
    let flood = (0..100).find_map(|_| refusal(&say(&mut session, 0, json!({ "type": "ping" }))));
    assert_eq!(flood, Some((ErrorCode::TooManyFrames, CloseCode::BadProtocol)));
    let mut session = following(0);
    let scopes = (0..10).map(|number| json!({ "type": "subscribe", "collection": number.to_string() }));
    let flood = scopes.enumerate().find_map(|(nth, scope)| Some((nth, refusal(&say(&mut session, 0, scope))?)));
    let expected = (ErrorCode::TooManySubscriptions, CloseCode::BadProtocol);
    assert_eq!(flood, Some((LIMITS.max_subscriptions, expected)));
}

#[test]
fn control_a_client_may_go_on_at_the_pace_that_is_allowed() {
    let mut session = following(0);
    let mut ping = |now| say(&mut session, now, json!({ "type": "ping" }));
    assert!((0..1000).all(|nth| ping(nth * 100).is_empty()), "ten a second");
}

#[test]
fn words_on_what_arrived_are_no_flood_but_empty_words_are() {
    let mut session = following(1000);
    let acked = (0..100).all(|nth| {
        step(&mut session, 0, SessionInput::Read(LogPageSlice { after: nth, upto: nth + 1, events: 1, bytes: 10 }));
        closes(&say(&mut session, 0, json!({ "type": "ack", "seq": nth + 1 }))).is_none()
    });
    assert!(acked);
    let again = (0..100).find_map(|_| refusal(&say(&mut session, 0, json!({ "type": "ack", "seq": 5 }))));
    assert_eq!(again, Some((ErrorCode::TooManyFrames, CloseCode::BadProtocol)));
}

#[test]
fn the_codes_below_4500_are_those_to_come_back_after() {
    let come_back: Vec<_> = CloseCode::ALL.iter().filter(|code| code.number() < 4500).collect();
    assert_eq!(
        come_back,
        [&CloseCode::Slow, &CloseCode::Draining, &CloseCode::NoPong, &CloseCode::TicketExpired, &CloseCode::Silent],
        "{come_back:?}"
    );
}

#[test]
fn frames_that_say_more_than_they_may_are_no_frames() {
    use crate::live_frames::ClientFrame;
    let parse = |frame: Value| serde_json::from_value::<ClientFrame>(frame);
    for good in [
        json!({ "type": "resume" }),
        json!({ "type": "resume", "epoch": "e", "after": 3 }),
        json!({ "type": "subscribe", "items": false }),
        json!({ "type": "unsubscribe" }),
        json!({ "type": "ack", "seq": 1 }),
        json!({ "type": "ping" }),
    ] {
        assert!(parse(good.clone()).is_ok(), "{good}");
    }
    for bad in [
        json!({}),
        json!({ "type": "hello" }),
        json!({ "type": "resume", "from": 3 }),
        json!({ "type": "ack" }),
        json!({ "type": "ack", "seq": "1" }),
        json!({ "type": "subscribe", "batch": "mine" }),
        json!([]),
    ] {
        assert!(parse(bad.clone()).is_err(), "{bad}");
    }
}
