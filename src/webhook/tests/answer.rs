//! Conclusions from a status, from Retry-After, from a body.

use crate::webhook::answer::{REFUSED, excerpt, judge};
use quire_domain::ids::Micros;
use quire_domain::webhook::{DeliveryError, DeliveryOutcome};

/// 1994-11-06 08:49:37 UTC, the example of RFC 9110.
const NOW: Micros = 784_111_777_000_000;

fn asked(secs: u64) -> DeliveryOutcome {
    DeliveryOutcome::Refused { retry_after_secs: Some(secs) }
}

#[test]
fn only_2xx_is_a_success_and_410_is_the_end() {
    for status in 200..600 {
        let (reception, trouble) = judge(status, None, NOW);
        let wanted = match status {
            200..=299 => (DeliveryOutcome::Accepted, None),
            300..=399 => (REFUSED, Some(DeliveryError::Redirect)),
            410 => (DeliveryOutcome::Gone, Some(DeliveryError::Status)),
            _ => (REFUSED, Some(DeliveryError::Status)),
        };
        assert_eq!((reception, trouble), wanted, "{status}");
    }
}

#[test]
fn retry_after_is_taken_in_seconds_and_as_a_date_but_only_where_it_belongs() {
    for status in [429, 503] {
        for (value, wanted) in [
            ("120", asked(120)),
            (" 0 ", asked(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", asked(60)),
            ("Sun, 06 Nov 1994 08:49:36 GMT", asked(0)),
            ("soon", REFUSED),
            ("-5", REFUSED),
            ("", REFUSED),
            ("99999999999999999999999", REFUSED),
        ] {
            assert_eq!(judge(status, Some(value), NOW).0, wanted, "{status}: `{value}`");
        }
    }
    assert_eq!(judge(500, Some("120"), NOW).0, REFUSED);
}

#[test]
fn an_excerpt_is_text_that_can_be_shown() {
    assert_eq!(excerpt(b"no\r\nsuch \x1b[31muser\0 "), Some("no  such  [31muser".into()));
    assert_eq!(excerpt(b"\xff\xfeab"), Some("\u{fffd}\u{fffd}ab".into()));
    assert_eq!((excerpt(b""), excerpt(b" \n")), (None, None));
}
