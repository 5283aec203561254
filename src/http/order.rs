//! Body of a submission: the options of a batch, checked as a whole.
//!
//! Times are RFC 3339, such as `2027-01-31T18:00:00Z`.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::form::{self, JsonForm};
use super::problem::Problem;
use crate::config::Config;
use quire_domain::ids::Micros;
use quire_domain::operation::{Operation, OperationOptions};
use quire_store::batches::{BatchItemOptions, BatchSpec};
use quire_worker::FaultScript;

/// A batch as it was asked for.
#[derive(Debug)]
pub(super) struct SubmitBatch {
    /// But for the password, which is not encrypted yet.
    pub spec: BatchSpec,
    pub password: Option<String>,
    pub sources: ItemSource,
}

/// Sources of a batch's items.
#[derive(Debug, Default)]
pub(super) struct ItemSource {
    /// Files uploaded before, by id.
    pub files: Vec<FileRef>,
    /// Items without a file, for operations that read none.
    pub items: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileRef {
    pub id: Uuid,
    pub name: Option<String>,
    pub folder: Option<String>,
    pub password: Option<String>,
}

pub(super) const NAME_CHARS: usize = 200;
pub(super) const COLLECTION_RULE: &str = "1 to 200 visible characters, no spaces";
const PASSWORD_BYTES: usize = 1024;

impl SubmitBatch {
    /// `uploaded` documents came with the same request.
    ///
    /// # Errors
    /// `validation_failed` with every field that is wrong.
    pub(super) fn read(mut form: JsonForm<'_>, uploaded: usize, config: &Config) -> Result<Self, Problem> {
        let spec = BatchSpec {
            operations: operations(&mut form),
            name: form.take("name", "1 to 200 characters", |value| text(value, NAME_CHARS)),
            collection: form.take("collection", COLLECTION_RULE, collection),
            priority: form.take("priority", "a whole number from -100 to 100", priority).unwrap_or_default(),
            on_failure: form.take("on_failure", "continue, fail_fast, rollback", known).unwrap_or_default(),
            sealed: form.take("sealed", "true, false", Value::as_bool).unwrap_or(true),
            not_before: form.take("not_before", "a time in RFC 3339", time),
            deadline: form.take("deadline", "a time in RFC 3339", time),
            options: BatchItemOptions {
                operations: OperationOptions { text: form.take("text", TEXT_FIELDS, known).unwrap_or_default() },
                password: None,
                scripts: scripts(&mut form, config.testing.allow_scripts),
            },
        };
        let order = Self {
            spec,
            password: form.take("password", "1 to 1024 bytes of text", password),
            sources: ItemSource::read(&mut form, uploaded, config),
        };
        order.check(&mut form, uploaded);
        form.finish()?;
        Ok(order)
    }

    fn check(&self, form: &mut JsonForm<'_>, uploaded: usize) {
        if let (Some(from), Some(until)) = (self.spec.not_before, self.spec.deadline)
            && until <= from
        {
            form.refuse("deadline", None, "the deadline has to be later than `not_before`", None);
        }
        self.sources.check(form, &self.spec.operations, uploaded);
        if self.spec.sealed && self.sources.files.is_empty() && self.sources.items == 0 && uploaded == 0 {
            let detail = "a batch needs at least one document, unless it stays open";
            form.refuse("files", None, detail, Some("ids of uploaded files, or `sealed`: false"));
        }
    }
}

const TEXT_FIELDS: &str = "{expand_ligatures, join_hyphens, boxes}, each true or false";

impl ItemSource {
    /// Takes `files` and `items` out of the form; what is wrong with them stays in it.
    pub(super) fn read(form: &mut JsonForm<'_>, uploaded: usize, config: &Config) -> Self {
        let limit = config.http.max_batch_items;
        let files = files(form);
        let allowed = format!("0 to {limit} (http.max_batch_items)");
        let items = form.take("items", &allowed, Value::as_u64).unwrap_or(0);
        let all = items.saturating_add((files.len() + uploaded) as u64);
        if all > limit {
            form.refuse("items", None, "the batch would be too large; make several", Some(&allowed));
        }
        Self { files, items: items.min(limit) }
    }

    pub(super) fn check(&self, form: &mut JsonForm<'_>, operations: &[Operation], uploaded: usize) {
        if self.items > 0 && operations.iter().any(|operation| operation.needs_document()) {
            form.refuse("items", None, "these operations read documents; name files instead", None);
        }
        if self.items > 0 && (uploaded > 0 || !self.files.is_empty()) {
            form.refuse("items", None, "give files or a number of items, not both", None);
        }
    }
}

fn operations(form: &mut JsonForm<'_>) -> Vec<Operation> {
    let Some(raw) = form.take_raw("operations") else { return vec![Operation::Text, Operation::Info] };
    let allowed = Operation::NAMES.join(", ");
    words(form, ("operations", raw), ("operation", &allowed)).unwrap_or_default()
}

/// A list of words of a closed list, each once; `None`, and an error, for what is none or is empty.
pub(super) fn words<'a, T: PartialEq + for<'de> Deserialize<'de>>(
    form: &mut JsonForm<'a>,
    (field, raw): (&'static str, &'a RawValue),
    (what, allowed): (&str, &str),
) -> Option<Vec<T>> {
    let (mut found, mut is_empty) = (Vec::new(), true);
    let listed = form.each((field, raw), form.bounds().words, |form, nth, raw| {
        is_empty = false;
        match form::value(raw).and_then(|word| known::<T>(&word)) {
            Some(word) if found.contains(&word) => {}
            Some(word) => found.push(word),
            None => {
                form.refuse(&format!("{field}[{nth}]"), Some(raw), &format!("there is no such {what}"), Some(allowed));
            }
        }
        None::<()>
    });
    if listed.is_none() || is_empty {
        form.refuse(field, Some(raw), &format!("a list with at least one {what} is needed"), Some(allowed));
        return None;
    }
    Some(found)
}

fn files(form: &mut JsonForm<'_>) -> Vec<FileRef> {
    let Some(raw) = form.take_raw("files") else { return Vec::new() };
    let files = form.each(("files", raw), form.bounds().files, one_file);
    if files.is_none() {
        form.refuse("files", Some(raw), "a list is needed", Some("[\"id\", …] or [{id, name, folder, password}, …]"));
    }
    files.unwrap_or_default()
}

fn one_file(form: &mut JsonForm<'_>, nth: usize, raw: &RawValue) -> Option<FileRef> {
    const ALLOWED: &str = "the id that an upload answered";
    if !raw.get().starts_with('{') {
        let id = form::value(raw).and_then(|id| id_of(&id));
        if id.is_none() {
            form.refuse(&format!("files[{nth}].id"), Some(raw), "this value is not taken", Some(ALLOWED));
        }
        return Some(FileRef { id: id?, name: None, folder: None, password: None });
    }
    let Ok(mut inner) = JsonForm::within(raw.get().as_bytes(), format!("files[{nth}]."), form.bounds()) else {
        form.refuse(
            &format!("files[{nth}]"),
            Some(raw),
            "this value is not taken",
            Some("{id, name, folder, password}"),
        );
        return None;
    };
    let id = inner.take("id", ALLOWED, id_of);
    let name = inner.take("name", "text", |name| name.as_str().map(super::names::display_name));
    let allowed = format!("text of at most {FOLDER_CHARS} characters, such as \"2026/july\"");
    let folder =
        inner.take("folder", &allowed, |folder| text(folder, FOLDER_CHARS).map(|text| super::names::folder(&text)));
    let password = inner.take("password", "1 to 1024 bytes of text", password);
    if id.is_none() && inner.is_empty() {
        inner.refuse("id", None, "the id of the file is missing", None);
    }
    form.put_batch(inner.into_errors());
    Some(FileRef { id: id?, name, folder: folder.flatten(), password })
}

fn scripts(form: &mut JsonForm<'_>, allowed: bool) -> BTreeMap<u32, Value> {
    let Some(raw) = form.take_raw("scripts") else { return BTreeMap::new() };
    if !allowed {
        form.refuse("scripts", None, "this server runs no scripts", Some("testing.allow_scripts has to be on"));
        return BTreeMap::new();
    }
    let sound =
        |scripts: &BTreeMap<u32, Value>| scripts.values().all(|script| FaultScript::deserialize(script).is_ok());
    let read = (raw.get().len() <= MAX_SCRIPTS_BYTES).then(|| serde_json::from_str(raw.get()).ok()).flatten();
    match read.filter(sound) {
        Some(scripts) => scripts,
        None => {
            form.refuse("scripts", Some(raw), "not scripts by position", Some("{\"1\": {\"sleep\": 20}, …}"));
            BTreeMap::new()
        }
    }
}

/// As many as `FileRef` says in the document of the API.
const FOLDER_CHARS: usize = 1000;

/// Only tests send any.
const MAX_SCRIPTS_BYTES: usize = 256 << 10;

fn id_of(value: &Value) -> Option<Uuid> {
    Uuid::try_parse(value.as_str()?).ok()
}

/// One of a closed list.
pub(super) fn known<T: for<'de> Deserialize<'de>>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

fn priority(value: &Value) -> Option<i32> {
    let number = i32::try_from(value.as_i64()?).ok()?;
    (-100..=100).contains(&number).then_some(number)
}

/// 1 to `max_chars` characters.
pub(super) fn text(value: &Value, max_chars: usize) -> Option<String> {
    let text = value.as_str()?;
    let count = text.chars().take(max_chars + 1).count();
    ((1..=max_chars).contains(&count) && !text.contains('\0')).then(|| text.to_owned())
}

pub(super) fn collection(value: &Value) -> Option<String> {
    visible(value, NAME_CHARS, false)
}

/// Text of which every character can be seen; with `spaces`, plain ones between others are fine, too.
pub(super) fn visible(value: &Value, max_chars: usize, spaces: bool) -> Option<String> {
    let text = text(value, max_chars)?;
    let is_visible = |c: char| !c.is_whitespace() && !super::names::is_hidden(c) || spaces && c == ' ';
    (text.chars().all(is_visible) && text.trim() == text).then_some(text)
}

fn password(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (1..=PASSWORD_BYTES).contains(&text.len()).then(|| text.to_owned())
}

pub(super) fn time(value: &Value) -> Option<Micros> {
    Some(DateTime::parse_from_rfc3339(value.as_str()?).ok()?.timestamp_micros())
}
