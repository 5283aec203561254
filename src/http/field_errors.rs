//! Field errors of a request: the first few are reported, the others counted, so that answers and logs do not grow with
//! the request.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use quire_base::safeguards::{Safeguard, is_disabled};

/// Error in one field of a request.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub(super) struct FieldError {
    pub field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct FieldErrors {
    told: Vec<FieldError>,
    untold: u64,
    echoed: usize,
}

/// A place to come back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorMark {
    told: usize,
    untold: u64,
    echoed: usize,
}

/// A control experiment tells everything.
pub(super) fn is_bounded() -> bool {
    !is_disabled(Safeguard::HttpBounds)
}

const MAX_TOLD: usize = 20;
/// Of one mistake, in characters.
const NAME_CHARS: usize = 40;
const VALUE_CHARS: usize = 200;
const DETAIL_CHARS: usize = 300;
/// Of all values and names that a client made up, together, in bytes.
const ECHO_BYTES: usize = 600;
/// Of the names in the sentence that sums up, in bytes.
const NAMED_BYTES: usize = 400;
/// A longer list or object is not looked into to be shown.
const LOOKED_INTO_BYTES: usize = 1024;

impl FieldErrors {
    /// Whether one more is only counted: what it would say need not be made.
    pub(super) fn is_full(&self) -> bool {
        self.told.len() >= MAX_TOLD && is_bounded()
    }

    pub(super) fn count(&mut self) {
        self.untold += 1;
    }

    /// About a field that has this name here.
    pub(super) fn add(&mut self, mut error: FieldError) {
        if self.is_full() {
            return self.count();
        }
        error.detail = cut(&error.detail, DETAIL_CHARS);
        error.value = error.value.map(shown).filter(|value| self.echo(value.to_string().len()));
        self.told.push(error);
    }

    /// About a field whose name the client made up.
    pub(super) fn add_foreign(&mut self, error: FieldError) {
        let field = cut(&error.field, NAME_CHARS);
        match !self.is_full() && self.echo(field.len()) {
            true => self.add(FieldError { field, ..error }),
            false => self.count(),
        }
    }

    pub(super) fn append(&mut self, more: FieldErrors) {
        self.untold += more.untold;
        more.told.into_iter().for_each(|error| self.add(error));
    }

    pub(super) fn mark(&self) -> ErrorMark {
        ErrorMark { told: self.told.len(), untold: self.untold, echoed: self.echoed }
    }

    /// Forgets what was added since.
    pub(super) fn go_back(&mut self, mark: ErrorMark) {
        self.told.truncate(mark.told);
        (self.untold, self.echoed) = (mark.untold, mark.echoed);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty() && self.untold == 0
    }

    pub(super) fn told(&self) -> &[FieldError] {
        &self.told
    }

    /// The fields, as far as they are worth a sentence.
    pub(super) fn summary(&self) -> String {
        let (mut named, mut bytes) = (Vec::new(), 0);
        for error in &self.told {
            bytes += error.field.len();
            if bytes > NAMED_BYTES && !named.is_empty() {
                break;
            }
            named.push(error.field.as_str());
        }
        match self.told.len() as u64 + self.untold - named.len() as u64 {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }

    /// Whether so many bytes more may be repeated.
    fn echo(&mut self, bytes: usize) -> bool {
        let fits = self.echoed + bytes <= ECHO_BYTES || !is_bounded();
        self.echoed += if fits { bytes } else { 0 };
        fits
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        let mut field_errors = Self::default();
        field_errors.add(error);
        field_errors
    }
}

/// At most so many characters, with a sign that there were more.
pub(super) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The beginning of the text that takes at most so many bytes in JSON, with a sign that there was more.
pub(super) fn cut_bytes(text: &str, bytes: usize) -> Cow<'_, str> {
    let mut taken = 0;
    let surplus = text.char_indices().find(|(_, char)| {
        taken += match char {
            '"' | '\\' => 2,
            char if char.is_control() => "\\u0000".len(),
            char => char.len_utf8(),
        };
        taken > bytes
    });
    match surplus {
        Some((at, _)) => format!("{}…", &text[..at]).into(),
        None => text.into(),
    }
}

/// The part of a value that may be repeated: no long list or object, and no password within one.
pub(super) fn value_of(raw: &RawValue) -> Option<Value> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'[') if text.len() > LOOKED_INTO_BYTES => Some(format!("a list of {} bytes", text.len()).into()),
        Some(b'{') if text.len() > LOOKED_INTO_BYTES => Some(format!("an object of {} bytes", text.len()).into()),
        _ => serde_json::from_str(text).ok().map(without_secrets),
    }
}

/// Whether the value of this field is never repeated: a document's password, or the key of a login.
pub(super) fn is_secret(field: &str) -> bool {
    field.ends_with("password") || field == "key"
}

/// A problem is logged and shown: the secrets within a value that is refused as a whole are not.
fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let shown = fields.into_iter().filter(|(field, _)| !is_secret(field));
            Value::Object(shown.map(|(field, value)| (field, without_secrets(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_secrets).collect()),
        other => other,
    }
}

/// Long values are cut: a problem is read by people.
fn shown(value: Value) -> Value {
    let text = match &value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    };
    match text.char_indices().nth(VALUE_CHARS) {
        Some((at, _)) => Value::String(format!("{}…", &text[..at])),
        None => value,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn wrong(field: &str, value: Value) -> FieldError {
        FieldError { field: field.into(), value: Some(value), detail: "no".into(), allowed: None }
    }

    fn bytes(field_errors: &FieldErrors) -> usize {
        serde_json::to_string(field_errors.told()).unwrap().len() + field_errors.summary().len()
    }

    #[test]
    fn the_first_twenty_are_told_and_the_others_counted() {
        let mut field_errors = FieldErrors::default();
        (0..1_000).for_each(|nth| field_errors.add(wrong(&format!("files[{nth}]"), nth.into())));
        assert_eq!(field_errors.told().len(), MAX_TOLD);
        let summary = field_errors.summary();
        assert!(summary.starts_with("files[0], files[1]") && summary.ends_with(" more"), "{summary}");
        let named = summary.matches("files[").count();
        assert!(summary.ends_with(&format!("and {} more", 1_000 - named)), "{summary}");
    }

    #[test]
    fn however_long_names_and_values_are_what_is_told_of_them_is_not() {
        let mut field_errors = FieldErrors::default();
        for nth in 0..100 {
            let long = format!("{nth}{}", "\u{1}é".repeat(100_000));
            field_errors.add_foreign(wrong(&long, long.clone().into()));
            field_errors.add(wrong("name", long.clone().into()));
        }
        assert!(bytes(&field_errors) < 16 << 10, "{}", bytes(&field_errors));
        let list = RawValue::from_string(format!("[{}1]", "1,".repeat(1_000_000))).unwrap();
        assert_eq!(value_of(&list), Some("a list of 2000003 bytes".into()));
    }

    #[test]
    fn what_is_cut_is_as_short_in_json() {
        for pattern in ["\u{1}", "\"", "é", "a"] {
            let cut = cut_bytes(&pattern.repeat(5_000), 700).into_owned();
            let json = serde_json::to_string(&cut).unwrap().len();
            assert!((690..=706).contains(&json), "{pattern:?}: {json} bytes");
        }
        assert_eq!(cut_bytes("short", 5), "short");
    }

    #[test]
    fn what_was_added_behind_a_mark_is_forgotten() {
        let mut field_errors = FieldErrors::from(wrong("a", 1.into()));
        let mark = field_errors.mark();
        (0..50).for_each(|nth| field_errors.add(wrong("b", nth.into())));
        field_errors.go_back(mark);
        assert_eq!(field_errors.summary(), "a");
    }
}
