//! The OpenAPI document, made from the route table.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::paths::PathNotes;
use super::route::{Access, ApiRoute, Needs, OperationNotes};
use super::schemas;
use crate::http::problem::{ProblemBody, ProblemCode};
use quire_domain::event::EventType;
use quire_domain::failure::FailureCode;
use quire_domain::live_frames::{ClientFrame, ServerFrame};

/// The whole document as it is served.
pub(in crate::http) fn openapi() -> &'static str {
    &OPENAPI
}

static OPENAPI: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string_pretty(&document()).unwrap_or_default() + "\n");

fn document() -> Value {
    let (mut written, mut read) = (schemas::written(), schemas::read());
    let mut problems: Map<String, Value> = Map::new();
    let mut paths: Map<String, Value> = Map::new();
    for operation in super::super::routes::api_table().operations {
        let (template, described) = describe(&operation, &mut written, &mut read, &mut problems);
        let of_path = paths.entry(template).or_insert_with(|| json!({}));
        of_path[operation.method.as_str().to_lowercase()] = described;
    }
    // Of the live delivery, so that one document makes all types of a client.
    for listed in [
        written.subschema_for::<ServerFrame>(),
        written.subschema_for::<EventType>(),
        written.subschema_for::<FailureCode>(),
        written.subschema_for::<ProblemBody<'static>>(),
        read.subschema_for::<ClientFrame>(),
    ] {
        debug_assert!(listed.get("$ref").is_some(), "each has a name");
    }
    let mut requests: Vec<&mut Value> = paths.values_mut().flat_map(requests).collect();
    let components = schemas::joined(&mut written, &mut read, &mut requests);
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Quire",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The server that serves this document." }],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": problems,
            "headers": headers(),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An API key, `qk_…`; needed as soon as the server has one. A page of the server's own may have a session in its place: the cookie of `POST /api/v1/session`, and its `page_token` as `X-Quire-Page`." },
            },
        },
    })
}

const DESCRIPTION: &str = "Batches of documents: submit, follow, steer. Generated from the types of the server; a test \
    compares it. What happens is told live as well: see `/api/v1/asyncapi.json`.\n\nAn answer that is no success is a \
    problem (RFC 9457) whose `code` is stable. A field of a body that is `null` is as if it were left out; a field or a \
    parameter that is not known is refused. Times are RFC 3339.";

/// The parts of an operation that requests are made of.
fn requests(path: &mut Value) -> Vec<&mut Value> {
    let Some(operations) = path.as_object_mut() else { return Vec::new() };
    let parts = operations.values_mut().filter_map(Value::as_object_mut).flat_map(|operation| {
        operation.iter_mut().filter(|(name, _)| ["parameters", "requestBody"].contains(&name.as_str()))
    });
    parts.map(|(_, part)| part).collect()
}

/// Names of the query parameters of an operation.
pub(super) fn query_names(operation: &ApiRoute) -> Vec<String> {
    let (mut written, mut read) = (schemas::written(), schemas::read());
    let mut notes = OperationNotes::new(&mut written, &mut read);
    (operation.describe)(&mut notes);
    notes.query.iter().filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect()
}

/// The path as OpenAPI writes it, and the operation.
fn describe(
    operation: &ApiRoute,
    written: &mut SchemaGenerator,
    read: &mut SchemaGenerator,
    shared: &mut Map<String, Value>,
) -> (String, Value) {
    let path = PathNotes::of(operation.path);
    let mut notes = OperationNotes::new(written, read);
    (operation.describe)(&mut notes);
    let about = &operation.about;
    let mut described = json!({
        "operationId": about.id,
        "summary": about.summary,
        "tags": [tag(&path.template)],
    });
    let parameters: Vec<Value> = path.parameters.iter().chain(&notes.query).chain(&notes.headers).cloned().collect();
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if !notes.body.is_empty() {
        let content: Map<String, Value> =
            notes.body.iter().map(|(kind, schema)| ((*kind).to_owned(), json!({ "schema": schema }))).collect();
        described["requestBody"] = json!({ "required": notes.body_is_needed(), "content": content });
    }
    if let Needs::Scope(scope) = about.needs {
        described["x-scope"] = scope.as_str().into();
    }
    if notes.access != Access::Open || matches!(about.needs, Needs::Scope(_)) {
        // A server without keys takes requests without one.
        described["security"] = json!([{ "bearer": [] }, {}]);
    } else {
        described["security"] = json!([]);
    }
    if about.is_deprecated {
        described["deprecated"] = true.into();
    }
    described["responses"] = responses(operation, &notes, &path, shared).into();
    (path.template, described)
}

/// The first segment behind the version.
fn tag(template: &str) -> &str {
    let mut segments = template.split('/').filter(|segment| !["", "api", "v1"].contains(segment));
    segments.next().unwrap_or("docs")
}

/// Problems are shared: the same set of codes is one response of `components`.
fn responses(
    operation: &ApiRoute,
    notes: &OperationNotes<'_>,
    path: &PathNotes,
    shared: &mut Map<String, Value>,
) -> Map<String, Value> {
    let mut all = Map::new();
    for (status, content) in &notes.replies {
        let mut response = json!({ "description": meaning(*status), "headers": reply_headers(operation, *status) });
        if !content.is_empty() {
            let content: Map<String, Value> = content
                .iter()
                .map(|(kind, schemas)| ((*kind).to_owned(), json!({ "schema": one_of(schemas) })))
                .collect();
            response["content"] = content.into();
        }
        all.insert(status.to_string(), response);
    }
    for (status, codes) in by_status(&problem_codes(operation, notes, path)) {
        let (name, problem) = problem_response(&codes);
        match all.get_mut(&status.to_string()) {
            // A status that is an answer as well, with a body of its own.
            Some(answer) => answer["content"][PROBLEM] = problem["content"][PROBLEM].clone(),
            None => {
                all.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
                shared.insert(name, problem);
            }
        }
    }
    all
}

const PROBLEM: &str = "application/problem+json";

/// The response of these codes, which have one status, and its name.
fn problem_response(codes: &[ProblemCode]) -> (String, Value) {
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let titles: Vec<&str> = codes.iter().map(|code| code.title()).collect();
    let schema = json!({
        "allOf": [{ "$ref": "#/components/schemas/Problem" }],
        "properties": { "code": { "enum": words } },
    });
    let response = json!({
        "description": titles.join(". ") + ".",
        "headers": correlation(),
        "content": { PROBLEM: { "schema": schema } },
    });
    let names: Vec<String> = codes.iter().map(|code| format!("{code:?}")).collect();
    (names.join("Or"), response)
}

fn one_of(schemas: &[Value]) -> Value {
    match schemas {
        [schema] => schema.clone(),
        several => json!({ "oneOf": several }),
    }
}

fn by_status(codes: &BTreeSet<ProblemCode>) -> Vec<(u16, Vec<ProblemCode>)> {
    let mut all: Vec<(u16, Vec<ProblemCode>)> = Vec::new();
    for code in codes {
        let status = code.status().as_u16();
        match all.iter_mut().find(|(of, _)| *of == status) {
            Some((_, codes)) => codes.push(*code),
            None => all.push((status, vec![*code])),
        }
    }
    all
}

/// Those of every request, of who asks, of the path, of the body, and of the operation itself.
fn problem_codes(operation: &ApiRoute, notes: &OperationNotes<'_>, path: &PathNotes) -> BTreeSet<ProblemCode> {
    use ProblemCode::*;
    // What every request passes: see `strict`, `origin_guard`, `pace`.
    let mut codes: BTreeSet<_> =
        [BadRequest, Invalid, ForeignOrigin, ForeignHost, UnsupportedMediaType, ServerFault, Unavailable].into();
    codes.extend(&operation.about.fails);
    codes.extend(&notes.fails);
    codes.extend(&path.fails);
    if notes.access != Access::Open || matches!(operation.about.needs, Needs::Scope(_)) {
        codes.extend([Unauthorized, KeyRevoked, KeyExpired, ScopeMissing, OwnerNotFound, Busy]);
    }
    if operation.method != actix_web::http::Method::GET && notes.access != Access::Open {
        codes.extend([DiskFull, DiskFault]);
    }
    codes
}

fn meaning(status: u16) -> &'static str {
    match status {
        101 => "The connection is a WebSocket now.",
        201 => "Made.",
        202 => "Accepted; it goes on.",
        204 => "Done.",
        206 => "A part of it.",
        304 => "The client has it as it is.",
        503 => "Not ready.",
        _ => "As asked.",
    }
}

fn correlation() -> Value {
    json!({ "X-Correlation-Id": { "$ref": "#/components/headers/X-Correlation-Id" } })
}

fn reply_headers(operation: &ApiRoute, status: u16) -> Value {
    let mut all = correlation();
    for name in operation.about.headers.iter().filter(|_| status < 400) {
        all[*name] = json!({ "$ref": format!("#/components/headers/{name}") });
    }
    all
}

fn headers() -> Value {
    let header = |description: &str, required: bool| json!({ "description": description, "required": required, "schema": { "type": "string" } });
    json!({
        "X-Correlation-Id": header("Follows the request through logs, events and items.", true),
        "ETag": header("Changes whenever the answer does; for `If-None-Match`.", true),
        "Location": header("The address of what was made.", true),
        "Idempotent-Replayed": header("`true` when the answer stands for an earlier request with the same key.", false),
        "Content-Disposition": header("The name under which a browser saves it.", true),
        "Set-Cookie": header("One half of the session, or what makes a browser forget it.", true),
        "Clear-Site-Data": header("Makes a browser forget the other half.", true),
        "Upload-Offset": header("Bytes that have arrived.", true),
        "Stream-Next-Offset": header("Where the next read begins.", true),
        "Stream-Cursor": header("Goes into the next read.", false),
        "Stream-Up-To-Date": header("`true` when there is no more for now.", false),
        "X-Quire-Rev": header("The batch's revision that the answer belongs to.", true),
        "X-Quire-States": header("The states of an item, in the order of their numbers, separated by commas.", true),
        "X-Quire-Failures": header("The failure codes, in the order of their numbers from 1, separated by commas.", true),
    })
}
