//! The document against the code: it is committed as it is made, it names the routes of the real application, and the
//! bodies that it shows are those that the handlers read.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use actix_web::introspection::IntrospectionTree;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde_json::Value;

use super::bodies::*;
use super::*;
use crate::config::Config;
use crate::http::form::{FormLimits, JsonForm};
use crate::http::order::{ItemSource, SubmitBatch};
use crate::http::{application, bulk, keys, retry_form, session, uploads, webhook_form};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api/openapi.json");

fn document() -> Value {
    serde_json::from_str(openapi()).unwrap()
}

#[test]
fn api_doc_is_what_the_types_say() {
    if std::env::var_os("QUIRE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(FILE, openapi()).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default().replace("\r\n", "\n");
    let differs = openapi().lines().zip(committed.lines()).find(|(now, committed)| now != committed);
    assert!(
        committed == openapi(),
        "docs/api/openapi.json is not what the code says; run `QUIRE_BLESS=1 cargo test api_doc` and look at the \
         difference.\nFirst line that differs (now, committed): {differs:#?}"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let document = document();
    let (mut refs, mut ids) = (Vec::new(), Vec::new());
    collect(&document, "$ref", &mut refs);
    collect(&document["paths"], "operationId", &mut ids);
    assert!(refs.len() > 100, "{}", refs.len());
    for reference in refs {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

fn collect(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(name).and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, name, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, name, found)),
        _ => {}
    }
}

/// Method and pattern, as the framework writes it.
type Route = (String, String);

fn documented() -> BTreeSet<Route> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    let routes = paths.flat_map(|(path, operations)| {
        operations.as_object().unwrap().iter().map(move |(method, operation)| {
            let mut pattern = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if let (Some(name), Some(inner)) = (parameter["name"].as_str(), parameter["x-pattern"].as_str()) {
                    pattern = pattern.replace(&format!("{{{name}}}"), &format!("{{{name}:{inner}}}"));
                }
            }
            (method.to_uppercase(), pattern)
        })
    });
    routes.collect()
}

/// The routes that the framework found; OPTIONS is answered everywhere, and HEAD wherever GET is.
async fn registered(around: impl FnOnce(&mut web::ServiceConfig)) -> BTreeSet<Route> {
    let seen: Rc<RefCell<Option<web::Data<IntrospectionTree>>>> = Rc::default();
    let tree = Rc::clone(&seen);
    let app = application().configure(around).wrap_fn(move |request, _| {
        *tree.borrow_mut() = request.app_data::<web::Data<IntrospectionTree>>().cloned();
        std::future::ready(Ok(request.into_response(HttpResponse::Ok().finish())))
    });
    call_service(&init_service(app).await, TestRequest::default().to_request()).await;
    let tree = seen.borrow_mut().take().unwrap();
    let mut routes = BTreeSet::new();
    let mut nodes = vec![&tree.root];
    while let Some(node) = nodes.pop() {
        nodes.extend(&node.children);
        for method in &node.methods {
            routes.insert((method.to_string(), node.full_path.clone()));
        }
    }
    let has_get = |path: &String| routes.contains(&("GET".to_owned(), path.clone()));
    assert!(routes.iter().filter(|(method, _)| method == "HEAD").all(|(_, path)| has_get(path)));
    routes.into_iter().filter(|(method, _)| !["HEAD", "OPTIONS"].contains(&method.as_str())).collect()
}

#[actix_web::test]
async fn the_routes_of_the_application_are_those_of_the_document() {
    let (registered, documented) = (registered(|_| {}).await, documented());
    assert!(documented.len() > 45, "{}", documented.len());
    assert_eq!(registered.difference(&documented).collect::<Vec<_>>(), Vec::<&Route>::new(), "not documented");
    assert_eq!(documented.difference(&registered).collect::<Vec<_>>(), Vec::<&Route>::new(), "not registered");
}

/// The control: a handler that is registered around [`Api`].
#[actix_web::test]
async fn a_route_that_is_registered_around_the_table_is_found() {
    let around = |app: &mut web::ServiceConfig| {
        app.route("/api/v1/secret", web::get().to(HttpResponse::Ok));
    };
    let registered = registered(around).await;
    let missing: Vec<_> = registered.difference(&documented()).cloned().collect();
    assert_eq!(missing, [("GET".to_owned(), "/api/v1/secret".to_owned())]);
}

/// Names of the fields that the document shows.
fn shown<B: JsonSchema>() -> BTreeSet<String> {
    let schema = B::json_schema(&mut super::schemas::read()).to_value();
    schema["properties"].as_object().unwrap().keys().cloned().collect()
}

/// Names of the fields that a reader knows, as it tells them to one who sends another.
fn known(read: impl FnOnce(JsonForm<'_>) -> Result<(), Problem>) -> BTreeSet<String> {
    let limits = FormLimits::from(&Config::load(None, &[]).unwrap().http);
    let problem = read(JsonForm::parse(br#"{"no_such_field": 1}"#, limits).unwrap()).unwrap_err();
    let body: Value = serde_json::from_str(&problem.body("")).unwrap();
    let errors = body["errors"].as_array().unwrap();
    let unknown = errors.iter().find(|error| error["field"] == "no_such_field").unwrap();
    unknown["allowed"].as_str().unwrap().split(", ").map(str::to_owned).collect()
}

#[test]
fn the_bodies_that_the_document_shows_are_those_that_are_read() {
    let config = Config::load(None, &[]).unwrap();
    let mut submitted = known(|form| SubmitBatch::read(form, 0, &config).map(drop));
    assert!(submitted.remove("scripts"), "of a server that is itself under test");
    assert_eq!(shown::<SubmitBatchBody>(), submitted);
    assert_eq!(shown::<NewWebhookBody>(), known(|form| webhook_form::read_new(form, &config).map(drop)));
    assert_eq!(shown::<WebhookChangeBody>(), known(|form| webhook_form::read(form, &config).map(drop)));
    assert_eq!(shown::<RetryBody>(), known(|form| retry_form::read(form).map(drop)));
    assert_eq!(shown::<NewUploadBody>(), known(|form| uploads::read(form, &config).map(drop)));
    assert_eq!(shown::<BulkBody>(), known(|form| bulk::read(form).map(drop)));
    assert_eq!(shown::<NewSessionBody>(), known(|form| session::read(form).map(drop)));
    assert_eq!(shown::<NewKeyBody>(), known(|form| keys::read(form, 0).map(drop)));
    assert_eq!(
        shown::<AddItemsBody>(),
        known(|mut form| {
            ItemSource::read(&mut form, 0, &config);
            form.finish()
        })
    );
}
