//! The words that go over the wire and into the store: stable, unique, readable.

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch::{BatchControl, BatchLifecycle, BatchOutcome, BatchStatus, FailurePolicy, PauseMode};
use crate::event::EventType;
use crate::failure::{Failure, FailureClass, FailureCode};
use crate::ids::CorrelationId;
use crate::item::{AttemptEnd, ItemState, YieldReason};
use crate::operation::{Operation, TextOptions};
use crate::retry::FailReason;
use crate::stage::Stage;

/// The names on the wire, after checking that they are words, differ, and are understood again.
fn wire_names<T: Serialize + DeserializeOwned + PartialEq + Debug>(all: &[T]) -> Vec<String> {
    let names: Vec<String> = all.iter().map(wire_name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), all.len(), "two share a name: {names:?}");
    for (one, name) in all.iter().zip(&names) {
        let understood: T = serde_json::from_value(name.as_str().into()).unwrap();
        assert_eq!(&understood, one);
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.".contains(&byte)), "{name}");
    }
    names
}

fn wire_name<T: Serialize>(one: &T) -> String {
    serde_json::to_value(one).unwrap().as_str().expect("a plain string").to_owned()
}

#[test]
fn every_closed_list_has_unique_names_that_come_back_as_they_went() {
    wire_names(BatchControl::ALL);
    wire_names(PauseMode::ALL);
    wire_names(FailurePolicy::ALL);
    wire_names(BatchLifecycle::ALL);
    wire_names(BatchOutcome::ALL);
    wire_names(BatchStatus::ALL);
    wire_names(FailureClass::ALL);
    wire_names(YieldReason::ALL);
}

#[test]
fn the_store_and_the_wire_use_the_same_names() {
    assert_eq!(wire_names(ItemState::ALL), ItemState::NAMES);
    assert_eq!(wire_names(Stage::ALL), Stage::NAMES);
    assert_eq!(wire_names(FailReason::ALL), FailReason::NAMES);
    assert_eq!(wire_names(Operation::ALL), Operation::NAMES);
    assert_eq!(wire_names(EventType::ALL), EventType::NAMES);
    assert_eq!(wire_names(FailureCode::ALL), FailureCode::NAMES);
    assert_eq!(wire_names(AttemptEnd::ALL), AttemptEnd::NAMES);
}

#[test]
fn an_outcome_is_called_like_the_status_it_becomes() {
    for outcome in BatchOutcome::ALL {
        assert_eq!(wire_name(outcome), wire_name(&outcome.status()));
    }
}

#[test]
fn an_operation_is_known_by_its_name_and_an_unknown_one_is_told_the_known() {
    for &operation in Operation::ALL {
        assert_eq!(operation.as_str().parse(), Ok(operation));
    }
    let refusal = "ocr_by_hand".parse::<Operation>().unwrap_err().to_string();
    assert!(refusal.contains("`ocr_by_hand`"));
    for &operation in Operation::ALL {
        assert!(refusal.contains(operation.as_str()), "`{}` is missing from: {refusal}", operation.as_str());
    }
}

#[test]
fn every_failure_says_in_one_line_what_to_do() {
    for code in FailureCode::ALL {
        let remedy = code.remedy();
        let is_one_line = !remedy.is_empty() && remedy.lines().count() == 1 && remedy.trim() == remedy;
        assert!(is_one_line && remedy.chars().count() <= 120 && remedy.ends_with('.'), "{code:?}: {remedy}");
    }
}

#[test]
fn a_limit_that_was_reached_names_the_key_that_raises_it() {
    for code in FailureCode::ALL.iter().filter(|code| code.class() == FailureClass::Resource) {
        let names_a_key = code.remedy().split_whitespace().any(|word| word.trim_end_matches('.').contains('.'));
        assert!(names_a_key, "{code:?}: {}", code.remedy());
    }
}

#[test]
fn a_failure_is_shown_with_its_code_first() {
    let failure = Failure::new(FailureCode::TooManyPages, "4,096 pages");
    assert_eq!(failure.to_string(), "too_many_pages: 4,096 pages");
}

#[test]
fn an_option_that_nobody_knows_is_refused_and_a_missing_one_has_its_default() {
    assert_eq!(serde_json::from_str::<TextOptions>("{}").unwrap(), TextOptions::default());
    assert!(serde_json::from_str::<TextOptions>(r#"{"bixes": true}"#).is_err());
}

#[test]
fn a_correlation_id_is_short_and_printable() {
    for good in ["a", "req-7f3a", &"x".repeat(CorrelationId::MAX_LEN)] {
        assert_eq!(CorrelationId::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "two words", "line\nbreak", "zwölf", &"x".repeat(CorrelationId::MAX_LEN + 1)] {
        assert_eq!(CorrelationId::parse(bad), None, "{bad:?}");
    }
}
