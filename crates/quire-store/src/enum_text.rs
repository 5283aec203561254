//! Text of closed enums in the database: their serde names.

use serde::de::{DeserializeOwned, IntoDeserializer, value};
use serde::{Deserialize, Serialize};

use super::error::StoreError;

/// The wire name of a unit variant.
pub fn to_text<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The variant with this wire name.
///
/// # Errors
/// [`StoreError::Corrupt`] for a name that is not of this enum.
pub fn parse<'de, T: Deserialize<'de>>(word: &'de str) -> Result<T, StoreError> {
    let known: Result<T, value::Error> = T::deserialize(word.into_deserializer());
    known.map_err(|_| StoreError::Corrupt(format!("unknown word `{word}`")))
}

pub fn parse_opt<'de, T: Deserialize<'de>>(word: Option<&'de str>) -> Result<Option<T>, StoreError> {
    word.map(parse).transpose()
}

pub fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}
