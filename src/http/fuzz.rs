//! Fuzz targets of this module: bodies, cursors, ranges and names, as pure functions. Compiled for tests and fuzzers
//! only.

use std::sync::OnceLock;

use actix_web::http::header::HeaderValue;

use super::conditional::{self, ByteRange};
use super::cursor::ListCursor;
use super::form::{FormLimits, JsonForm};
use super::order::SubmitBatch;
use super::{lookup, names};
use crate::config::Config;
use quire_domain::ids::CorrelationId;

/// The first byte says what the rest is.
pub fn request(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    match kind % 6 {
        0 | 1 => order(rest, usize::from(*kind >> 6)),
        2 => cursor(&text),
        3 => range(&text),
        4 => name(&text),
        _ => words(&text),
    }
}

/// An order that is taken keeps to its bounds; others are refused in words that give no password away.
fn order(body: &[u8], uploaded: usize) {
    let Some(config) = config() else { return };
    let form = match JsonForm::parse(body, FormLimits::from(&config.http)) {
        Ok(form) => form,
        Err(problem) => return assert!(!problem.body("id").is_empty()),
    };
    match SubmitBatch::read(form, uploaded, config) {
        Ok(order) => {
            let items = order.sources.items + (order.sources.files.len() + uploaded) as u64;
            assert!(!order.spec.operations.is_empty() && (-100..=100).contains(&order.spec.priority));
            assert!(items <= config.http.max_batch_items && (items > 0 || !order.spec.sealed));
            assert!(order.spec.name.is_none_or(|name| (1..=200).contains(&name.chars().count())));
            assert!(order.spec.options.scripts.is_empty());
        }
        Err(problem) => {
            let said = problem.body("id");
            assert!(serde_json::from_str::<serde_json::Value>(&said).is_ok());
            assert!(!said.contains(SECRET), "{said}");
        }
    }
}

/// Seeds use it as a password; nothing else in them contains it.
const SECRET: &str = "hunter2-hunter2";

fn config() -> Option<&'static Config> {
    static CONFIG: OnceLock<Option<Config>> = OnceLock::new();
    CONFIG.get_or_init(|| Config::load(None, &[]).ok()).as_ref()
}

fn cursor(word: &str) {
    if let Ok(cursor) = ListCursor::parse(word) {
        assert_eq!(ListCursor::parse(&cursor.encode()).ok(), Some(cursor));
    }
}

fn range(text: &str) {
    let (size, text) = text.split_at_checked(3).unwrap_or(("", text));
    let size = size.bytes().fold(0, |size, byte| size << 8 | u64::from(byte));
    match conditional::parse(text, size) {
        Some(ByteRange::Span(first, last)) => assert!(first <= last && last < size),
        other => assert_ne!(other, Some(ByteRange::Whole), "a range that can be read is a part"),
    }
}

fn name(given: &str) {
    let shown = names::display_name(given);
    assert!(!shown.is_empty() && shown.chars().count() <= 255);
    assert!(!shown.contains(['/', '\\']) && !shown.chars().any(char::is_control) && shown != "..");
    assert!(HeaderValue::from_str(&names::attachment(&shown)).is_ok());
}

fn words(text: &str) {
    if let Some(id) = CorrelationId::parse(text) {
        assert!(HeaderValue::from_str(id.as_str()).is_ok());
    }
    if let Ok(position) = lookup::position(text) {
        assert!((1..=i32::MAX as u32).contains(&position));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEEDS: [&str; 7] = [
        r#"{"operations":["text","info"],"files":["0190b7e0-0000-7000-8000-000000000000"],"priority":-100}"#,
        r#"{"items":3,"operations":["noop"],"sealed":false,"name":"x","on_failure":"rollback","text":{"boxes":true}}"#,
        r#"{"password":"hunter2-hunter2","files":[{"id":7,"password":"hunter2-hunter2"}],"not_before":"2999-01-01T00:00:00Z"}"#,
        r#"{"files":[{"id":"x","name":"../a","password":["hunter2-hunter2"]}],"deadline":"1999-01-01T00:00:00+25:00"}"#,
        r#"{"files":{"id":"x","password":"hunter2-hunter2"}}"#,
        r#"{"items":[{"password":"hunter2-hunter2"}],"unheard_of":{"a":[{"password":"hunter2-hunter2"}]}}"#,
        r#"{"scripts":{"1":"abort"},"items":18446744073709551615}"#,
    ];

    proptest! {
        #[test]
        fn arbitrary_words_are_taken_within_bounds_or_refused(
            kind in any::<u8>(), data in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            request(&[&[kind], data.as_slice()].concat());
        }

        #[test]
        fn bodies_that_are_nearly_good_are_taken_within_bounds_or_refused(
            seed in prop::sample::select(&SEEDS[..]), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            let mut body = seed.as_bytes().to_vec();
            for (at, byte) in edits {
                // A password that was edited is not to be found again.
                let at = at.index(body.len());
                if !body[at].is_ascii_alphanumeric() {
                    body[at] = byte;
                }
            }
            order(&body, 0);
        }
    }

    #[test]
    fn the_seeds_are_read_and_an_answer_that_tells_a_password_would_be_noticed() {
        let config = config().map(|config| {
            SubmitBatch::read(JsonForm::parse(SEEDS[1].as_bytes(), FormLimits::from(&config.http)).ok()?, 0, config)
                .ok()
        });
        assert!(config.flatten().is_some());
        for seed in SEEDS {
            order(seed.as_bytes(), 0);
        }
        assert!(SEEDS[2].contains(SECRET));
    }
}
