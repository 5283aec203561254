//! The committed OpenAPI document as a judge of answers: status, media type and body have to be listed, and nothing may
//! be in a body that the document does not show.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api/openapi.json"));

pub(crate) static CONTRACT: LazyLock<Contract> =
    LazyLock::new(|| Contract::of(serde_json::from_str(DOCUMENT).unwrap()));

pub(crate) struct Contract {
    document: Value,
    /// Made when they are first needed, by the pointer to their schema.
    validators: Mutex<HashMap<String, &'static Validator>>,
}

/// An operation's id and a status: what was answered.
pub(crate) type Answered = (String, u16);

impl Contract {
    pub(crate) fn of(mut document: Value) -> Self {
        close_objects(&mut document);
        Self { document, validators: Mutex::default() }
    }

    /// Every success that the document lists.
    pub(crate) fn successes(&self) -> BTreeSet<Answered> {
        let operations =
            self.document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
        let successes = operations.flat_map(|(_, operation)| {
            let id = operation["operationId"].as_str().unwrap();
            let statuses = operation["responses"].as_object().unwrap().keys();
            let statuses = statuses.map(|status| status.parse::<u16>().unwrap()).filter(|status| *status < 300);
            statuses.map(|status| (id.to_owned(), status)).collect::<Vec<_>>()
        });
        successes.collect()
    }

    /// Methods and paths of all operations, with the pattern of a parameter as the framework writes it.
    pub(crate) fn routes(&self) -> BTreeSet<(String, String)> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        let routes = paths.flat_map(|(path, operations)| {
            operations.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        });
        routes.collect()
    }

    /// What is wrong with an answer; the operation that answered, when it is one.
    ///
    /// # Errors
    /// Says what the document has to say and the answer does not keep.
    /// The scope that a request needs at this address; none where everybody may ask, or the address looks itself.
    pub(crate) fn scope(&self, method: &str, path: &str) -> Option<&str> {
        self.document["paths"][path][method.to_lowercase()]["x-scope"].as_str()
    }

    pub(crate) fn judge(
        &self,
        (method, path): (&Method, &str),
        status: StatusCode,
        headers: &HeaderMap,
        body: Option<&Value>,
    ) -> Result<Option<Answered>, String> {
        let path = path.split(['?', '#']).next().unwrap();
        let Some((template, operations)) = self.operations(path) else {
            return is_problem(status, 404, body, &["route_not_found"]).map(|()| None);
        };
        if *method == Method::OPTIONS && status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let looks_as = if *method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
        let Some(operation) = operations.get(&looks_as) else {
            return is_problem(status, 405, body, &["method_not_allowed"]).map(|()| None);
        };
        let id = operation["operationId"].as_str().unwrap().to_owned();
        let listed = self.response(template, &looks_as, status).ok_or(format!("status {status} is not listed"))?;
        self.judge_content(&listed, headers, body, *method == Method::HEAD)?;
        Ok(Some((id, status.as_u16())))
    }

    /// The path of the document that fits best: the one with the fewest parameters.
    fn operations(&self, path: &str) -> Option<(&str, &Map<String, Value>)> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        let fitting = paths.filter(|(template, _)| fits(template, path, self.spans(template)));
        let best = fitting.min_by_key(|(template, _)| (template.matches('{').count(), usize::MAX - template.len()));
        best.map(|(template, operations)| (template.as_str(), operations.as_object().unwrap()))
    }

    /// Whether the path's first parameter takes several segments.
    fn spans(&self, template: &str) -> bool {
        let operations = self.document["paths"][template].as_object().unwrap().values();
        let mut parameters = operations.flat_map(|operation| operation["parameters"].as_array().into_iter().flatten());
        parameters.any(|parameter| parameter["x-pattern"].is_string())
    }

    /// The pointer to the response of this status.
    fn response(&self, template: &str, method: &str, status: StatusCode) -> Option<String> {
        let escaped = template.replace('~', "~0").replace('/', "~1");
        let pointer = format!("/paths/{escaped}/{method}/responses/{}", status.as_u16());
        let response = self.document.pointer(&pointer)?;
        Some(response["$ref"].as_str().map_or(pointer, |shared| shared.trim_start_matches('#').to_owned()))
    }

    fn judge_content(
        &self,
        pointer: &str,
        headers: &HeaderMap,
        body: Option<&Value>,
        is_head: bool,
    ) -> Result<(), String> {
        let response = self.document.pointer(pointer).unwrap();
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let shared = header["$ref"].as_str().and_then(|path| self.document.pointer(path.trim_start_matches('#')));
            let is_required = shared.is_some_and(|header| header["required"] == true);
            if is_required && !headers.contains_key(name.as_str()) {
                return Err(format!("the header {name} is missing"));
            }
        }
        if pointer.ends_with("/101") {
            return Ok(());
        }
        let given = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = given.split(';').next().unwrap().trim();
        let Some(content) = response["content"].as_object() else {
            return if kind.is_empty() || is_head {
                Ok(())
            } else {
                Err(format!("a body of type {kind} is not listed"))
            };
        };
        let listed = if content.contains_key(kind) { kind } else { "*/*" };
        if !content.contains_key(listed) {
            return Err(format!("media type `{kind}` is not listed"));
        }
        let is_json = kind.ends_with("/json") || kind.ends_with("+json");
        if is_head || !is_json || listed == "*/*" {
            return Ok(());
        }
        let body = body.ok_or_else(|| format!("the body is no {kind}"))?;
        let schema = format!("{pointer}/content/{}/schema", listed.replace('~', "~0").replace('/', "~1"));
        let errors: Vec<_> = self
            .validator(&schema)
            .iter_errors(body)
            .take(5)
            .map(|e| format!("{e} at {}", e.instance_path()))
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    fn validator(&self, pointer: &str) -> &'static Validator {
        let mut validators = self.validators.lock().unwrap();
        validators.entry(pointer.to_owned()).or_insert_with(|| {
            let mut schema = self.document.pointer(pointer).unwrap().clone();
            schema["components"] = self.document["components"].clone();
            Box::leak(Box::new(
                jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap(),
            ))
        })
    }
}

fn fits(template: &str, path: &str, spans: bool) -> bool {
    let Some((before, rest)) = template.split_once('{').filter(|_| spans) else {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        let alike =
            |(template, path): (&&str, &&str)| template == path || template.starts_with('{') && !path.is_empty();
        return template.len() == path.len() && template.iter().zip(&path).all(alike);
    };
    let after = rest.split_once('}').unwrap().1;
    path.len() > before.len() + after.len() && path.starts_with(before) && path.ends_with(after)
}

fn is_problem(status: StatusCode, wanted: u16, body: Option<&Value>, codes: &[&str]) -> Result<(), String> {
    let before_any_route = [400, 401, 403, 404, 408, 415, 421, 422].contains(&status.as_u16());
    let code = body.and_then(|body| body["code"].as_str());
    if status.as_u16() == wanted && body.is_some() && !codes.contains(&code.unwrap_or_default()) {
        return Err(format!("an address that is not listed answers {code:?}"));
    }
    if status.as_u16() == wanted || before_any_route {
        Ok(())
    } else {
        Err(format!("status {status} at an address that is not listed"))
    }
}

/// In the copy that judges, an object has no other properties than those that are shown.
fn close_objects(document: &mut Value) {
    let mut extended = BTreeSet::new();
    find_extended(document, &mut extended);
    for (name, schema) in document["components"]["schemas"].as_object_mut().unwrap() {
        let is_extended = extended.contains(name);
        close(schema, is_extended);
    }
    for part in ["paths", "components"] {
        close_within(&mut document[part], part == "components");
    }
}

/// Names of the schemas that others add to: these others are closed, and they are not.
fn find_extended(value: &Value, found: &mut BTreeSet<String>) {
    let name = |value: &Value| value["$ref"].as_str().and_then(|path| path.rsplit('/').next()).map(str::to_owned);
    match value {
        Value::Object(fields) => {
            if fields.contains_key("properties") || fields.contains_key("allOf") {
                found.extend(name(value));
                found.extend(fields.get("allOf").and_then(Value::as_array).into_iter().flatten().filter_map(name));
            }
            fields.values().for_each(|value| find_extended(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| find_extended(value, found)),
        _ => {}
    }
}

fn close(schema: &mut Value, is_extended: bool) {
    let Some(fields) = schema.as_object_mut() else { return };
    let is_object = fields.get("properties").is_some_and(Value::is_object) || fields.contains_key("allOf");
    if is_object && !is_extended && !fields.contains_key("additionalProperties") {
        fields.insert("unevaluatedProperties".into(), json!(false));
    }
}

/// Objects within others; what `oneOf` and its like combine is closed where it stands.
fn close_within(value: &mut Value, is_schemas: bool) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "schemas" && is_schemas {
                    value.as_object_mut().unwrap().values_mut().for_each(close_parts);
                } else if name == "schema" {
                    close(value, false);
                    close_parts(value);
                } else {
                    close_within(value, is_schemas);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| close_within(value, is_schemas)),
        _ => {}
    }
}

fn close_parts(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(|part| {
                close(part, false);
                close_parts(part);
            }),
            ("items", part) => {
                close(part, false);
                close_parts(part);
            }
            ("oneOf" | "anyOf", Value::Array(parts)) => parts.iter_mut().for_each(|part| {
                close(part, false);
                close_parts(part);
            }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(contract: &Contract, body: Value) -> Result<Option<Answered>, String> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("x-correlation-id", "c".parse().unwrap());
        contract.judge((&Method::GET, "/healthz"), StatusCode::OK, &headers, Some(&body))
    }

    #[test]
    fn an_answer_that_differs_from_the_document_is_found() {
        let good = json!({ "status": "ok", "uptime_ms": 1 });
        assert_eq!(judged(&CONTRACT, good.clone()), Ok(Some(("getHealth".into(), 200))));
        for bad in [
            json!({ "status": "ok" }),
            json!({ "status": "fine", "uptime_ms": 1 }),
            json!({ "status": "ok", "uptime_ms": 1, "more": 2 }),
            json!({ "status": "ok", "uptime_ms": "1" }),
        ] {
            assert!(judged(&CONTRACT, bad.clone()).is_err(), "{bad}");
        }
        let created = CONTRACT.judge((&Method::GET, "/healthz"), StatusCode::CREATED, &HeaderMap::new(), None);
        assert!(created.unwrap_err().contains("is not listed"));
    }

    /// The control: a field that has another name in the document than in the answers.
    #[test]
    fn a_field_renamed_in_the_document_is_found() {
        let renamed = DOCUMENT.replace("\"uptime_ms\"", "\"uptime\"");
        let contract = Contract::of(serde_json::from_str(&renamed).unwrap());
        assert!(judged(&contract, json!({ "status": "ok", "uptime_ms": 1 })).is_err());
        assert!(judged(&contract, json!({ "status": "ok", "uptime": 1 })).is_ok());
    }

    #[test]
    fn an_address_is_that_of_the_path_that_names_most_of_it() {
        let of = |path: &str| CONTRACT.operations(path).map(|(template, _)| template.to_owned());
        assert_eq!(of("/api/v1/admin/actors/root/db/ping").as_deref(), Some("/api/v1/admin/actors/{id}/ping"));
        assert_eq!(of("/api/v1/admin/actors/root/db").as_deref(), Some("/api/v1/admin/actors/{id}"));
        assert_eq!(of("/api/v1/batches/x/items/1").as_deref(), Some("/api/v1/batches/{id}/items/{position}"));
        assert_eq!(of("/api/v1/nothing"), None);
    }
}
