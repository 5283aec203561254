//! What a handler takes: each extractor says what it reads of a request.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::route::{Access, OperationNotes};
use crate::http::AppState;
use crate::http::audit::By;
use crate::http::auth::{Authenticated, Owner};
use crate::http::body;
use crate::http::correlation::Correlation;
use crate::http::form::JsonForm;
use crate::http::problem::{Problem, ProblemCode};

/// An extractor, and what the document says of it.
pub(in crate::http) trait Input {
    fn describe(_: &mut OperationNotes<'_>) {}
}

impl Input for HttpRequest {}
/// Of a WebSocket, which is no body.
impl Input for web::Payload {}
impl Input for web::Data<AppState> {}
impl Input for Correlation {}
/// Parameters of a path are known from its pattern.
impl<P> Input for web::Path<P> {}

impl Input for Owner {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.needs(Access::Owner);
    }
}

/// Who asks, where nobody has to say.
impl Input for Option<Authenticated> {}

impl Input for Authenticated {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.needs(Access::Owner);
    }
}

impl Input for By {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.needs(Access::Owner);
    }
}

/// Query parameters. Their values are text, which the handler reads, so that it can say what is wrong with one.
pub(in crate::http) struct Query<Q>(pub(in crate::http) Q);

impl<Q: DeserializeOwned> FromRequest for Query<Q> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(web::Query::<Q>::from_request(request, payload).into_inner().map(|query| Self(query.into_inner())))
    }
}

impl<Q: JsonSchema> Input for Query<Q> {
    fn describe(notes: &mut OperationNotes<'_>) {
        let parameters = parameters::<Q>(notes.read);
        notes.query.extend(parameters);
    }
}

/// The fields of the schema, each as a parameter; in a query nothing is null.
fn parameters<Q: JsonSchema>(generator: &mut SchemaGenerator) -> Vec<Value> {
    let schema = Q::json_schema(generator).to_value();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(fields) = schema["properties"].as_object() else { return Vec::new() };
    let parameters = fields.iter().map(|(name, schema)| {
        let mut schema = super::schemas::without_null(schema.clone());
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description")).unwrap_or_default();
        let is_required = required.contains(&json!(name));
        json!({ "name": name, "in": "query", "required": is_required, "description": description, "schema": schema })
    });
    parameters.collect()
}

/// A JSON object of the shape `B`. The handler reads it with [`JsonForm`], which says of every field what is wrong.
pub(in crate::http) struct JsonBody<B> {
    request: HttpRequest,
    payload: web::Payload,
    shape: PhantomData<fn() -> B>,
}

impl<B> JsonBody<B> {
    /// # Errors
    /// Those of [`body::json`], and those of `read`.
    pub(in crate::http) async fn read<T: Send + 'static>(
        self,
        app: &AppState,
        read: impl FnOnce(JsonForm<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        body::json(&self.request, self.payload, app, read).await
    }
}

/// Documents as parts of a form, or a JSON object of the shape `B`, which in a form is the part `options`.
pub(in crate::http) struct SubmissionBody<B> {
    pub(in crate::http) request: HttpRequest,
    pub(in crate::http) payload: web::Payload,
    shape: PhantomData<fn() -> B>,
}

/// A document as it is, or several as parts of a form.
pub(in crate::http) struct UploadBody {
    pub(in crate::http) request: HttpRequest,
    pub(in crate::http) payload: web::Payload,
}

/// The next bytes of an upload that comes in pieces.
pub(in crate::http) struct PieceBody {
    pub(in crate::http) request: HttpRequest,
    pub(in crate::http) payload: web::Payload,
}

/// A form as a browser sends it when a person presses a button; its fields are those of `B`.
pub(in crate::http) struct FormBody<B> {
    request: HttpRequest,
    payload: web::Payload,
    shape: PhantomData<fn() -> B>,
}

impl<B: DeserializeOwned> FormBody<B> {
    /// # Errors
    /// Those of [`body::form`].
    pub(in crate::http) async fn read(self) -> Result<B, Problem> {
        body::form(&self.request, self.payload).await
    }
}

macro_rules! from_request {
    ($([$($generics:tt)*] $body:ty { $($more:tt)* })*) => {$(
        impl<$($generics)*> FromRequest for $body {
            type Error = actix_web::Error;
            type Future = Ready<Result<Self, actix_web::Error>>;

            fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                let request = request.clone();
                let taken = web::Payload::from_request(&request, payload).into_inner();
                ready(taken.map(|payload| Self { request, payload, $($more)* }))
            }
        }
    )*};
}

from_request! {
    [B] JsonBody<B> { shape: PhantomData }
    [B] SubmissionBody<B> { shape: PhantomData }
    [] UploadBody {}
    [] PieceBody {}
    [B] FormBody<B> { shape: PhantomData }
}

/// Problems of any body.
const BODY: [ProblemCode; 4] =
    [ProblemCode::TooLarge, ProblemCode::UnsupportedMediaType, ProblemCode::UploadIncomplete, ProblemCode::BodyTooSlow];

impl<B: JsonSchema> Input for JsonBody<B> {
    fn describe(notes: &mut OperationNotes<'_>) {
        let schema = notes.read.subschema_for::<B>().to_value();
        notes.body.insert("application/json", schema);
        notes.fails.extend(BODY);
        notes.fails.extend([ProblemCode::BadJson, ProblemCode::Invalid]);
    }
}

impl<B: JsonSchema> Input for SubmissionBody<B> {
    fn describe(notes: &mut OperationNotes<'_>) {
        let schema = notes.read.subschema_for::<B>().to_value();
        notes.body.insert("application/json", schema.clone());
        notes.body.insert("multipart/form-data", form(Some(schema)));
        notes.headers.push(idempotency_key());
        notes.fails.extend(BODY);
        notes.fails.extend([
            ProblemCode::BadJson,
            ProblemCode::Invalid,
            ProblemCode::BadMultipart,
            ProblemCode::BadIdempotencyKey,
            ProblemCode::KeyReused,
            ProblemCode::TooManyItems,
        ]);
    }
}

impl Input for UploadBody {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.body.insert("application/octet-stream", json!({ "type": "string", "format": "binary" }));
        notes.body.insert("multipart/form-data", form(None));
        notes.fails.extend(BODY);
        notes.fails.extend([ProblemCode::Invalid, ProblemCode::BadMultipart]);
    }
}

impl<B: JsonSchema> Input for FormBody<B> {
    fn describe(notes: &mut OperationNotes<'_>) {
        let schema = notes.read.subschema_for::<B>().to_value();
        notes.body.insert("application/x-www-form-urlencoded", schema);
        notes.fails.extend(BODY);
    }
}

impl Input for PieceBody {
    fn describe(notes: &mut OperationNotes<'_>) {
        for kind in ["application/octet-stream", "application/partial-upload"] {
            notes.body.insert(kind, json!({ "type": "string", "format": "binary" }));
        }
        notes.headers.push(json!({
            "name": "Upload-Offset",
            "in": "header",
            "required": true,
            "description": "Where the piece goes: the bytes that have arrived.",
            "schema": { "type": "integer", "minimum": 0 },
        }));
        notes.fails.extend(BODY);
    }
}

/// Parts named `files` are documents; `options` is JSON.
fn form(options: Option<Value>) -> Value {
    let files = json!({ "type": "array", "items": { "type": "string", "format": "binary" }, "minItems": 1 });
    match options {
        Some(options) => json!({
            "type": "object",
            "properties": { "files": files, "options": options },
            "additionalProperties": false,
        }),
        None => json!({
            "type": "object",
            "properties": { "files": files },
            "required": ["files"],
            "additionalProperties": false,
        }),
    }
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "The same request under the same key is done once; later ones get its answer.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    })
}

macro_rules! tuples {
    ($(($($input:ident),*))*) => {$(
        impl<$($input: Input),*> Input for ($($input,)*) {
            fn describe(notes: &mut OperationNotes<'_>) {
                let _ = &notes;
                $($input::describe(notes);)*
            }
        }
    )*};
}

tuples! {
    ()
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
}
