//! Body of a request that creates or changes a webhook, checked as a whole.

use serde_json::Value;

use super::form::{self, JsonForm};
use super::order::{text, words};
use super::problem::Problem;
use crate::commands::webhooks::WebhookChange;
use crate::config::Config;
use crate::webhook::client::check_url;
use crate::webhook::networks::NetworkGuard;
use quire_domain::event::EventType;
use quire_domain::webhook::EventFilter;

const URL_CHARS: usize = 2_000;
const DESCRIPTION_CHARS: usize = 500;

/// `url`, `event_types` and `description`, each of which may be missing.
///
/// # Errors
/// `validation_failed` with every field that is wrong.
pub(super) fn read(form: JsonForm<'_>, config: &Config) -> Result<WebhookChange, Problem> {
    read_with(form, config, false)
}

/// As [`read`], with a `url` in any case.
///
/// # Errors
/// As [`read`].
pub(super) fn read_new(form: JsonForm<'_>, config: &Config) -> Result<(String, WebhookChange), Problem> {
    let mut change = read_with(form, config, true)?;
    Ok((change.url.take().unwrap_or_default(), change))
}

fn read_with(mut form: JsonForm<'_>, config: &Config, needs_url: bool) -> Result<WebhookChange, Problem> {
    let change = WebhookChange {
        url: url(&mut form, config, needs_url),
        filter: event_types(&mut form),
        description: form.take("description", "text of at most 500 characters", description),
    };
    form.finish()?;
    Ok(change)
}

fn url(form: &mut JsonForm<'_>, config: &Config, is_needed: bool) -> Option<String> {
    const ALLOWED: &str = "an http or https URL of at most 2000 characters";
    let Some(raw) = form.take_raw("url") else {
        if is_needed {
            form.refuse("url", None, "where are messages to be sent?", Some(ALLOWED));
        }
        return None;
    };
    let Some(given) = form::value(raw).and_then(|value| text(&value, URL_CHARS)) else {
        form.refuse("url", Some(raw), "this value is not taken", Some(ALLOWED));
        return None;
    };
    let guard = NetworkGuard { allowed: config.webhooks.allow_cidrs.0.clone() };
    match check_url(&given, &guard) {
        Ok(url) => Some(url.into()),
        Err(fault) => {
            // The wrong part may be a password: it is not said again.
            form.refuse("url", None, &fault.to_string(), Some(ALLOWED));
            None
        }
    }
}

/// `"all"`, or a list of types; a webhook that is made without gets all.
fn event_types(form: &mut JsonForm<'_>) -> Option<EventFilter> {
    let raw = form.take_raw("event_types")?;
    if raw.get() == "\"all\"" {
        return Some(EventFilter(None));
    }
    let allowed = EventType::NAMES.join(", ");
    words(form, ("event_types", raw), ("type", &allowed)).map(|kinds| EventFilter(Some(kinds)))
}

/// May be empty.
fn description(value: &Value) -> Option<String> {
    let given = value.as_str()?;
    if given.is_empty() { Some(String::new()) } else { text(value, DESCRIPTION_CHARS) }
}
