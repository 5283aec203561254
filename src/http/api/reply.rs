//! Answers. The type of an answer says its status, its media type and its schema. One of JSON can be made from a value of
//! its type alone; those of bytes and streams hold what their handler built, which the tests compare with the document.

use std::convert::Infallible;
use std::marker::PhantomData;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, TryIntoHeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Responder};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::route::OperationNotes;

/// What a handler may answer.
pub(in crate::http) trait Reply: Responder<Body = BoxBody> + 'static {
    fn describe(notes: &mut OperationNotes<'_>);
}

/// A value as JSON, with this status.
pub(in crate::http) struct JsonReply<T, const STATUS: u16>(HttpResponse, PhantomData<fn() -> T>);

pub(in crate::http) type Okay<T> = JsonReply<T, 200>;
pub(in crate::http) type Created<T> = JsonReply<T, 201>;
pub(in crate::http) type Accepted<T> = JsonReply<T, 202>;

impl<T: Serialize, const STATUS: u16> JsonReply<T, STATUS> {
    pub(in crate::http) fn new(value: &T) -> Self {
        Self(Self::begun().json(value), PhantomData)
    }

    /// To a HEAD, where the value would have to be made to know its length.
    pub(in crate::http) fn head_alone() -> Self {
        let nothing = stream::empty::<Result<Bytes, Infallible>>();
        Self(Self::begun().content_type("application/json").streaming(nothing), PhantomData)
    }

    fn begun() -> HttpResponseBuilder {
        HttpResponse::build(StatusCode::from_u16(STATUS).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

impl<T: Serialize + JsonSchema + 'static, const STATUS: u16> Reply for JsonReply<T, STATUS> {
    fn describe(notes: &mut OperationNotes<'_>) {
        let schema = notes.written.subschema_for::<T>().to_value();
        notes.reply(STATUS, "application/json", schema);
    }
}

/// One answer or the other.
pub(in crate::http) enum Either<A, B> {
    Left(A),
    Right(B),
}

impl<A: Reply, B: Reply> Reply for Either<A, B> {
    fn describe(notes: &mut OperationNotes<'_>) {
        A::describe(notes);
        B::describe(notes);
    }
}

impl<A: Responder<Body = BoxBody>, B: Responder<Body = BoxBody>> Responder for Either<A, B> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Left(reply) => reply.respond_to(request),
            Self::Right(reply) => reply.respond_to(request),
        }
    }
}

/// Done, and there is nothing to say.
pub(in crate::http) struct NoContent(HttpResponse);

impl NoContent {
    pub(in crate::http) fn new() -> Self {
        Self(HttpResponse::NoContent().finish())
    }
}

impl Reply for NoContent {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.empty_reply(204);
    }
}

/// The client has it as it is.
pub(in crate::http) struct NotModified(HttpResponse);

impl NotModified {
    pub(in crate::http) fn new(etag: &str) -> Self {
        Self(HttpResponse::NotModified().insert_header(("etag", etag)).finish())
    }
}

impl Reply for NotModified {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.empty_reply(304);
    }
}

/// Bytes of a file, whole or in part, of whatever kind it is.
pub(in crate::http) struct FileContent(pub(in crate::http) HttpResponse);

impl Reply for FileContent {
    fn describe(notes: &mut OperationNotes<'_>) {
        for status in [200, 206] {
            notes.reply(status, "*/*", json!({}));
        }
        notes.empty_reply(304);
    }
}

/// Bytes that the server makes for this answer.
pub(in crate::http) struct BinaryContent(pub(in crate::http) HttpResponse);

impl Reply for BinaryContent {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.reply(200, "application/octet-stream", json!({ "type": "string", "format": "binary" }));
    }
}

/// One value a line, for as long as there are some.
pub(in crate::http) struct JsonLines<T>(HttpResponse, PhantomData<fn() -> T>);

impl<T> JsonLines<T> {
    /// `answer` has to write values of this type.
    pub(in crate::http) fn new(answer: HttpResponse) -> Self {
        Self(answer, PhantomData)
    }
}

impl<T: JsonSchema + 'static> Reply for JsonLines<T> {
    fn describe(notes: &mut OperationNotes<'_>) {
        let line = notes.written.subschema_for::<T>().to_value();
        notes.reply(200, "application/x-ndjson", json!({ "type": "string", "x-line": line }));
    }
}

/// Server-sent events, until one side leaves.
pub(in crate::http) struct EventStream(pub(in crate::http) HttpResponse);

impl Reply for EventStream {
    fn describe(notes: &mut OperationNotes<'_>) {
        // Readers of the document take the schema for that of one event.
        notes.reply(
            200,
            "text/event-stream",
            json!({ "description": "Events in the form that the HTML standard has." }),
        );
    }
}

/// A WebSocket from here on.
pub(in crate::http) struct SwitchingProtocols(pub(in crate::http) HttpResponse);

impl Reply for SwitchingProtocols {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.empty_reply(101);
    }
}

/// A text that does not change while the server runs, of the media type that it names.
pub(in crate::http) struct StaticText<M>(pub(in crate::http) HttpResponse, PhantomData<M>);

/// The media type of a [`StaticText`].
pub(in crate::http) trait MediaType: 'static {
    const NAME: &'static str;
    /// The same with its charset.
    const CONTENT_TYPE: &'static str;
    const IS_JSON: bool;
}

impl<M: MediaType> StaticText<M> {
    pub(in crate::http) fn new(answer: HttpResponse) -> Self {
        Self(answer, PhantomData)
    }
}

impl<M: MediaType> Reply for StaticText<M> {
    fn describe(notes: &mut OperationNotes<'_>) {
        notes.reply(200, M::NAME, json!({ "type": if M::IS_JSON { "object" } else { "string" } }));
    }
}

macro_rules! responds {
    ($([$($generics:tt)*] $reply:ty,)*) => {$(
        impl<$($generics)*> Responder for $reply {
            type Body = BoxBody;

            fn respond_to(self, _: &HttpRequest) -> HttpResponse {
                self.0
            }
        }

        impl<$($generics)*> $reply {
            #[allow(dead_code, reason = "not every kind of answer has headers of its own")]
            pub(in crate::http) fn header(mut self, name: HeaderName, value: impl TryIntoHeaderValue) -> Self {
                if let Ok(value) = value.try_into_value() {
                    self.0.headers_mut().insert(name, value);
                }
                self
            }
        }
    )*};
}

responds! {
    [T, const STATUS: u16] JsonReply<T, STATUS>,
    [] NoContent,
    [] NotModified,
    [] FileContent,
    [] BinaryContent,
    [T] JsonLines<T>,
    [] EventStream,
    [] SwitchingProtocols,
    [M] StaticText<M>,
}
