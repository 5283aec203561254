//! JSON object read field by field, so that all of its mistakes can be reported at once.
//!
//! **Nothing is made of a value before its field is asked for**, and of a list one element at a time: what a body costs
//! beside its own bytes is what the reader keeps.

use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::field_errors::{FieldError, FieldErrors, cut, is_bounded, is_secret, value_of};
use super::problem::{Problem, ProblemCode};
use crate::config::HttpConfig;

pub(super) struct JsonForm<'a> {
    fields: Vec<(String, &'a RawValue)>,
    /// Set before the names of fields in errors, such as `files[3].`.
    prefix: String,
    known: Vec<&'static str>,
    field_errors: FieldErrors,
    bounds: FormLimits,
}

/// Limits of a body by kind of content; the surplus is not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormLimits {
    /// Of one object.
    fields: u64,
    pub words: ListLimit,
    pub files: ListLimit,
    pub positions: ListLimit,
}

impl From<&HttpConfig> for FormLimits {
    fn from(http: &HttpConfig) -> Self {
        Self {
            fields: http.max_json_fields,
            words: ListLimit(http.max_list_words, "http.max_list_words"),
            files: ListLimit(http.max_named_files, "http.max_named_files"),
            positions: ListLimit(http.max_retry_positions, "http.max_retry_positions"),
        }
    }
}

/// A list or an object that is one field's value, but for the lists that are read element by element.
const MAX_VALUE_BYTES: usize = 4 << 10;
/// Of a name that is kept; no field of ours is as long.
const NAME_CHARS: usize = 100;

/// Limit of a list's elements, and the setting that says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListLimit(u64, &'static str);

impl<'a> JsonForm<'a> {
    /// No bytes are an empty object.
    ///
    /// # Errors
    /// `bad_json`, with the place of the mistake; `validation_failed` for more fields than any object has.
    pub(super) fn parse(bytes: &'a [u8], bounds: FormLimits) -> Result<Self, Problem> {
        Self::within(bytes, String::new(), bounds)
    }

    /// An object within another one, whose errors have `prefix` before the names of their fields.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(super) fn within(bytes: &'a [u8], prefix: String, bounds: FormLimits) -> Result<Self, Problem> {
        let mut form =
            Self { fields: Vec::new(), prefix, known: Vec::new(), field_errors: FieldErrors::default(), bounds };
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None if bytes.is_empty() => return Ok(form),
            Some(b'{') => {}
            _ => return Err(no_object(bytes)),
        }
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let read = reader.deserialize_map(Fields(&mut form));
        if form.has_too_many_fields() {
            return Err(too_many_fields(bounds.fields));
        }
        read.and_then(|()| reader.end()).map_err(|error| bad_json(&error))?;
        Ok(form)
    }

    pub(super) fn bounds(&self) -> FormLimits {
        self.bounds
    }

    fn has_too_many_fields(&self) -> bool {
        self.fields.len() as u64 > self.bounds.fields && is_bounded()
    }

    /// A field that may be absent; `null` is absent, too. What `read` does not take is an error.
    pub(super) fn take<T>(
        &mut self,
        field: &'static str,
        allowed: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let raw = self.take_raw(field)?;
        let read = value(raw).and_then(|value| read(&value));
        if read.is_none() {
            self.refuse(field, Some(raw), "this value is not taken", Some(allowed));
        }
        read
    }

    /// A field whose reading finds its own errors.
    pub(super) fn take_raw(&mut self, field: &'static str) -> Option<&'a RawValue> {
        self.known.push(field);
        let at = self.fields.iter().position(|(name, _)| name == field)?;
        Some(self.fields.swap_remove(at).1).filter(|raw| raw.get() != "null")
    }

    /// Each element of a list, by its place; what `read` refuses is left out. `None` for what is no list. A list that
    /// is too long is read no further, and refused in one sentence.
    pub(super) fn each<T>(
        &mut self,
        (field, raw): (&'static str, &'a RawValue),
        most: ListLimit,
        mut read: impl FnMut(&mut Self, usize, &'a RawValue) -> Option<T>,
    ) -> Option<Vec<T>> {
        if !raw.get().starts_with('[') {
            return None;
        }
        let (mark, mut taken, mut is_too_long) = (self.field_errors.mark(), Vec::new(), false);
        let elements = Elements(|nth, element| {
            is_too_long = nth as u64 >= most.0 && is_bounded();
            if !is_too_long {
                taken.extend(read(self, nth, element));
            }
            !is_too_long
        });
        // It was found to be JSON before: what can go wrong is the length.
        let _ = serde_json::Deserializer::from_str(raw.get()).deserialize_seq(elements);
        if is_too_long {
            self.field_errors.go_back(mark);
            let allowed = format!("at most {} elements ({})", most.0, most.1);
            self.refuse(field, None, "the list is too long", Some(&allowed));
        }
        Some(taken)
    }

    pub(super) fn refuse(&mut self, field: &str, value: Option<&RawValue>, detail: &str, allowed: Option<&str>) {
        if self.field_errors.is_full() {
            return self.field_errors.count();
        }
        let error = self.error((field, value), detail, allowed);
        self.field_errors.add(error);
    }

    pub(super) fn put_batch(&mut self, field_errors: FieldErrors) {
        self.field_errors.append(field_errors);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.field_errors.is_empty()
    }

    /// Errors found, with the fields that nobody took.
    pub(super) fn into_errors(mut self) -> FieldErrors {
        let allowed = self.known.join(", ");
        for (field, value) in std::mem::take(&mut self.fields) {
            let is_known = self.known.contains(&field.as_str());
            let detail = if is_known { "this field stands here twice" } else { "there is no such field" };
            let error = self.error((&field, Some(value)), detail, Some(&allowed));
            self.field_errors.add_foreign(error);
        }
        self.field_errors
    }

    /// # Errors
    /// `validation_failed` when anything was wrong.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let field_errors = self.into_errors();
        if field_errors.is_empty() { Ok(()) } else { Err(Problem::invalid(field_errors)) }
    }

    fn error(&self, (field, raw): (&str, Option<&RawValue>), detail: &str, allowed: Option<&str>) -> FieldError {
        // A name that was cut could have ended in anything.
        let is_secret = is_secret(field) || field.ends_with('…');
        FieldError {
            field: format!("{}{field}", self.prefix),
            value: raw.filter(|_| !is_secret).and_then(value_of),
            detail: detail.to_owned(),
            allowed: allowed.map(str::to_owned),
        }
    }
}

/// A value that is not long; a long text is one, for its reader says how long it may be.
pub(super) fn value(raw: &RawValue) -> Option<Value> {
    let is_deep = raw.get().starts_with(['[', '{']);
    if is_deep && raw.get().len() > MAX_VALUE_BYTES { None } else { serde_json::from_str(raw.get()).ok().map(whole) }
}

/// 17.0 is the whole number 17, as JSON Schema has it.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() <= MAX_WHOLE => (number as i64).into(),
        _ => value,
    }
}

/// 2^53: up to there each whole number is one.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

struct Fields<'f, 'a>(&'f mut JsonForm<'a>);

impl<'a> Visitor<'a> for Fields<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?;
            self.0.fields.push((cut(&name, NAME_CHARS), value));
            if self.0.has_too_many_fields() {
                return Err(M::Error::custom("too many fields"));
            }
        }
        Ok(())
    }
}

/// Tells each element with its place, until it is told to stop.
struct Elements<F>(F);

impl<'a, F: FnMut(usize, &'a RawValue) -> bool> Visitor<'a> for Elements<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'a>>(mut self, mut list: S) -> Result<(), S::Error> {
        let mut nth = 0;
        while let Some(element) = list.next_element::<&RawValue>()? {
            if !self.0(nth, element) {
                return Err(S::Error::custom("the list is too long"));
            }
            nth += 1;
        }
        Ok(())
    }
}

fn no_object(bytes: &[u8]) -> Problem {
    match serde_json::from_slice::<&RawValue>(bytes) {
        Ok(_) => Problem::new(ProblemCode::BadJson, "The JSON has to be an object: {…}."),
        Err(error) => bad_json(&error),
    }
}

/// The parser names places, not what stands there: nothing but text and numbers was made.
fn bad_json(error: &serde_json::Error) -> Problem {
    Problem::new(ProblemCode::BadJson, format!("The JSON breaks off or breaks its rules: {error}."))
}

fn too_many_fields(most: u64) -> Problem {
    let detail = format!("The object has more than {most} fields (http.max_json_fields); none here needs as many.");
    Problem::new(ProblemCode::Invalid, detail)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let read = |text: &str| value(&RawValue::from_string(text.to_owned()).unwrap()).unwrap();
        assert_eq!(read("17.0").as_i64(), Some(17));
        assert_eq!(read("-1e2").as_i64(), Some(-100));
        assert_eq!(read("17.5").as_i64(), None);
        assert_eq!(read("1e300").as_i64(), None);
        assert_eq!(read("18446744073709551615").as_u64(), Some(u64::MAX));
    }
}
