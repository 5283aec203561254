//! A JSON object read field by field, so that everything wrong with it can be said at once.

use serde_json::{Map, Value};

use super::problem::{Code, FieldError, Problem};

pub struct Form {
    fields: Map<String, Value>,
    /// Set before the names of fields in errors, such as `files[3].`.
    prefix: String,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

const SHOWN_CHARS: usize = 200;

impl Form {
    /// No bytes are an empty object.
    ///
    /// # Errors
    /// `bad_json`, with the place of the mistake.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.is_empty() {
            return Ok(Self::new(Map::new(), String::new()));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self::new(fields, String::new())),
            Ok(_) => Err(Problem::new(Code::BadJson, "The JSON has to be an object: {…}.")),
            Err(error) => {
                Err(Problem::new(Code::BadJson, format!("The JSON breaks off or breaks its rules: {error}.")))
            }
        }
    }

    pub fn new(fields: Map<String, Value>, prefix: String) -> Self {
        Self { fields, prefix, known: Vec::new(), errors: Vec::new() }
    }

    /// A field that may be absent; `null` is absent, too. What `read` does not take is an error.
    pub fn take<T>(&mut self, field: &'static str, allowed: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        self.known.push(field);
        let value = self.fields.remove(field).filter(|value| !value.is_null())?;
        let read = read(&value);
        if read.is_none() {
            self.refuse(field, Some(value), "this value is not taken", Some(allowed));
        }
        read
    }

    /// A field whose reading finds its own errors.
    pub fn take_raw(&mut self, field: &'static str) -> Option<Value> {
        self.known.push(field);
        self.fields.remove(field).filter(|value| !value.is_null())
    }

    pub fn refuse(&mut self, field: &str, value: Option<Value>, detail: &str, allowed: Option<&str>) {
        let is_secret = field.ends_with("password");
        self.errors.push(FieldError {
            field: format!("{}{field}", self.prefix),
            value: value.filter(|_| !is_secret).map(without_secrets).map(shown),
            detail: detail.to_owned(),
            allowed: allowed.map(str::to_owned),
        });
    }

    pub fn adopt(&mut self, errors: Vec<FieldError>) {
        self.errors.extend(errors);
    }

    /// What was found wrong, with the fields that nobody took.
    pub fn into_errors(mut self) -> Vec<FieldError> {
        let allowed = self.known.join(", ");
        for (field, value) in std::mem::take(&mut self.fields) {
            self.refuse(&field, Some(value), "there is no such field", Some(&allowed));
        }
        self.errors
    }

    /// # Errors
    /// `validation_failed` when anything was wrong.
    pub fn finish(self) -> Result<(), Problem> {
        let errors = self.into_errors();
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }
}

/// A problem is logged and shown: the passwords within a value that is refused as a whole are not.
fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let shown = fields.into_iter().filter(|(field, _)| !field.ends_with("password"));
            Value::Object(shown.map(|(field, value)| (field, without_secrets(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_secrets).collect()),
        other => other,
    }
}

/// Long values are cut: a problem is read by people.
fn shown(value: Value) -> Value {
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => Value::String(format!("{}…", &text[..at])),
        None => value,
    }
}
