//! The body of a retry.

use serde_json::Value;
use serde_json::value::RawValue;

use super::form::{self, JsonForm};
use super::problem::Problem;
use crate::commands::control::RetryRequest;
use quire_domain::failure::{FailureCode, FailureCodes};
use quire_store::enum_text;

/// # Errors
/// `validation_failed`; nothing was done.
pub(super) fn read(mut form: JsonForm<'_>) -> Result<RetryRequest, Problem> {
    let cancelled_too = form.take("cancelled", "true, false", Value::as_bool).unwrap_or(false);
    let request = RetryRequest {
        cancelled_too,
        codes: codes(&mut form),
        positions: positions(&mut form),
        expected: form.take("expected", "a whole number of items", Value::as_u64),
    };
    if cancelled_too && (request.codes.is_some() || request.positions.is_some()) {
        let detail =
            "codes and positions are of items that failed; cancelled ones are tried again by a retry of its own";
        form.refuse("cancelled", None, detail, Some("false, or neither codes nor positions"));
    }
    form.finish().map(|()| request)
}

fn codes(form: &mut JsonForm<'_>) -> Option<FailureCodes> {
    let raw = form.take_raw("codes")?;
    let allowed = FailureCode::NAMES.join(", ");
    let read = form.each(("codes", raw), form.bounds().words, |form, nth, code| {
        element(form, ("codes", nth, code), &allowed, |value| enum_text::parse::<FailureCode>(value.as_str()?).ok())
    });
    not_empty(form, ("codes", raw), read).map(|codes| codes.into_iter().collect())
}

fn positions(form: &mut JsonForm<'_>) -> Option<Vec<u32>> {
    let raw = form.take_raw("positions")?;
    let read = form.each(("positions", raw), form.bounds().positions, |form, nth, position| {
        element(form, ("positions", nth, position), "whole numbers from 1", |value| {
            value.as_u64().and_then(|position| u32::try_from(position).ok()).filter(|position| *position >= 1)
        })
    });
    not_empty(form, ("positions", raw), read)
}

fn element<T>(
    form: &mut JsonForm<'_>,
    (field, nth, raw): (&str, usize, &RawValue),
    allowed: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Option<T> {
    let read = form::value(raw).and_then(|value| read(&value));
    if read.is_none() {
        form.refuse(&format!("{field}[{nth}]"), Some(raw), "this value is not taken", Some(allowed));
    }
    read
}

/// A list that names nothing is a mistake: it does not mean everything.
fn not_empty<T>(form: &mut JsonForm<'_>, (field, raw): (&str, &RawValue), read: Option<Vec<T>>) -> Option<Vec<T>> {
    let is_empty = raw.get().trim_start_matches('[').trim_start().starts_with(']');
    if read.is_none() || is_empty {
        form.refuse(field, Some(raw), "this value is not taken", Some("a list that is not empty"));
    }
    read
}
