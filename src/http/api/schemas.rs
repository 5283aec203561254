//! Schemas of the document: two generators, one for what is written and one for what is read, joined into one list.

use schemars::generate::SchemaSettings;
use schemars::{SchemaGenerator, transform};
use serde_json::{Map, Value};

const PATH: &str = "/components/schemas";

/// The largest whole number that every JSON reader keeps exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Of answers: what is written as null is there, so it is required.
pub(super) fn written() -> SchemaGenerator {
    settings().for_serialize().into_generator()
}

/// Of requests: what may be left out is optional.
pub(super) fn read() -> SchemaGenerator {
    settings().for_deserialize().into_generator()
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = PATH.into();
        settings.meta_schema = None;
        settings.transforms.push(Box::new(transform::RecursiveTransform(bound_integers)));
    })
}

/// Counters of 64 bits stay below what a browser keeps exactly.
fn bound_integers(schema: &mut schemars::Schema) {
    let is_wide = matches!(schema.get("format").and_then(Value::as_str), Some("uint64" | "int64" | "uint"));
    if is_wide && schema.get("maximum").is_none() {
        schema.insert("maximum".into(), MAX_SAFE_INTEGER.into());
    }
}

/// Both lists as one. A name that stands for two schemas stays with what is written; what is read under it gets the
/// suffix `Input`, there and in `document`, which is what the requests of the document say.
pub(super) fn joined(
    written: &mut SchemaGenerator,
    read: &mut SchemaGenerator,
    requests: &mut [&mut Value],
) -> Map<String, Value> {
    let mut all = written.take_definitions(true);
    let mut inputs = read.take_definitions(true);
    let differing: Vec<String> = inputs
        .iter()
        .filter(|(name, schema)| all.get(*name).is_some_and(|other| other != *schema))
        .map(|(name, _)| name.clone())
        .collect();
    for name in &differing {
        let (from, to) = (format!("#{PATH}/{name}"), format!("#{PATH}/{name}Input"));
        inputs.values_mut().for_each(|schema| renamed(schema, &from, &to));
        requests.iter_mut().for_each(|schema| renamed(schema, &from, &to));
        if let Some(schema) = inputs.remove(name) {
            inputs.insert(format!("{name}Input"), schema);
        }
    }
    all.extend(inputs);
    all
}

fn renamed(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Object(fields) => fields.values_mut().for_each(|value| renamed(value, from, to)),
        Value::Array(values) => values.iter_mut().for_each(|value| renamed(value, from, to)),
        _ => {}
    }
}

/// A schema that allowed null, without it.
pub(super) fn without_null(mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else { return schema };
    if let Some(Value::Array(kinds)) = fields.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            fields.insert("type".into(), kind);
        }
    }
    if let Some(Value::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [choice] = choices.as_slice() {
            let choice = choice.clone();
            fields.remove("anyOf");
            fields.extend(choice.as_object().cloned().unwrap_or_default());
        }
    }
    schema
}
