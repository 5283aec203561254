//! `docs/api/` is what the types of the live delivery say, written down. It is compared here and never edited by hand.

use schemars::generate::SchemaSettings;
use schemars::transform::{RemoveRefSiblings, Transform as _};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::blessed::assert_committed;
use crate::event::EventView;
use crate::live_frames::{ClientFrame, CloseCode, PROTOCOL, ServerFrame, VERSION};

const HOW_TO_WRITE_IT_ANEW: &str = "QUIRE_BLESS=1 cargo test api_doc";

const HEARD: &str = "Server to client.";
const SAID: &str = "Client to server.";

fn asyncapi() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let sent = variants::<ServerFrame>(&mut generator);
    let received = variants::<ClientFrame>(&mut generator);
    let schemas = generator.take_definitions(true);
    let all = || sent.iter().map(|frame| (frame, HEARD)).chain(received.iter().map(|frame| (frame, SAID)));
    let message = |name: &str, kind: &Value, whose: &str| {
        let summary = format!("{whose} {}", said_of(kind, &schemas));
        json!({ "name": name, "summary": summary.trim(), "payload": without_siblings_of_refs(kind) })
    };
    let messages: Map<_, _> = all().map(|((name, kind), whose)| (name.clone(), message(name, kind, whose))).collect();
    let listed: Map<_, _> = all().map(|((name, _), _)| (name.clone(), json!({ "$ref": component(name) }))).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "Quire, live delivery", "version": VERSION.to_string(), "description": description() },
        "defaultContentType": "application/json",
        "servers": { "local": { "host": "127.0.0.1:8740", "protocol": "ws" } },
        "channels": {
            "live": {
                "address": "/api/v1/ws",
                "description": format!("Sub-protocol `{PROTOCOL}`. Each frame is one JSON object in one text message."),
                "messages": listed,
                "bindings": { "ws": { "method": "GET" } }
            }
        },
        "operations": {
            "tell": operation("send", &sent),
            "listen": operation("receive", &received)
        },
        "components": { "messages": messages, "schemas": schemas },
        "x-close-codes": CloseCode::ALL.map(close_code)
    })
}

/// The kinds of an enum of frames, each with its schema, in the order of the source.
fn variants<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Vec<(String, Value)> {
    let schema = T::json_schema(generator).to_value();
    let kinds = schema["oneOf"].as_array().unwrap().iter();
    kinds.map(|kind| (kind["properties"]["type"]["const"].as_str().unwrap().to_owned(), kind.clone())).collect()
}

/// The comment of a kind, or of what it holds.
fn said_of(kind: &Value, schemas: &Map<String, Value>) -> String {
    let held = kind["$ref"].as_str().and_then(|path| schemas.get(path.rsplit('/').next()?));
    let said = kind["description"].as_str().or(held.and_then(|held| held["description"].as_str()));
    said.unwrap_or_default().to_owned()
}

/// In this draft what stands beside a reference does not count.
fn without_siblings_of_refs(kind: &Value) -> Value {
    let mut schema = Schema::try_from(kind.clone()).unwrap();
    schema.remove("description");
    RemoveRefSiblings::default().transform(&mut schema);
    schema.to_value()
}

fn component(name: &str) -> String {
    format!("#/components/messages/{name}")
}

fn operation(action: &str, frames: &[(String, Value)]) -> Value {
    let messages: Vec<_> =
        frames.iter().map(|(name, _)| json!({ "$ref": format!("#/channels/live/messages/{name}") })).collect();
    json!({ "action": action, "channel": { "$ref": "#/channels/live" }, "messages": messages })
}

fn close_code(code: CloseCode) -> Value {
    json!({ "code": code.number(), "reason": code.reason(), "reconnect": code.number() < 4500 })
}

fn description() -> String {
    format!(
        "Generated from the types in `src/domain`; a test compares it. To write it anew: `{HOW_TO_WRITE_IT_ANEW}`.\n\n\
         The client says `resume` with the epoch and the last `upto` it has, and hears everything after it; without an \
         epoch it gets a snapshot and what comes after it. It acknowledges each `upto`: with too much \
         unacknowledged the server waits. Without a `subscribe` it hears everything of its owner, items included. \
         A close code below 4500 asks it to come back."
    )
}

fn events_schema() -> Value {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<EventView>().to_value()
}

fn compare(name: &str, now: &Value) {
    let rendered = serde_json::to_string_pretty(now).unwrap() + "\n";
    assert_committed(&format!("docs/api/{name}"), &rendered, HOW_TO_WRITE_IT_ANEW);
}

#[test]
fn docs_api_is_what_the_types_say() {
    compare("asyncapi.json", &asyncapi());
    compare("events.schema.json", &events_schema());
}

#[test]
fn every_reference_in_the_documents_leads_somewhere() {
    for document in [asyncapi(), events_schema()] {
        let mut refs = Vec::new();
        collect(&document, &mut refs);
        assert!(!refs.is_empty());
        for reference in refs {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}

fn collect(value: &Value, refs: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            refs.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, refs));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, refs)),
        _ => {}
    }
}
