//! Correlation id of a request: from its header to its answer, its log lines, its problems and all it causes.

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use super::error_mapping;
use super::field_errors::cut_bytes;
use super::problem::Problem;
use quire_base::clock;
use quire_domain::ids::CorrelationId;

/// Routes whose answers do not end.
const LONG: [&str; 2] = ["/api/v1/ws", "/api/v1/events/stream"];

const HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

#[derive(Debug, Clone)]
pub(super) struct Correlation(pub CorrelationId);

impl FromRequest for Correlation {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or_else(error_mapping::server_fault))
    }
}

/// Outermost: gives the request its id, and every answer the header and, where it is a problem, its body.
///
/// # Errors
/// None of its own.
pub(super) async fn correlate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).and_then(CorrelationId::parse);
    let id = given.unwrap_or_else(clock::new_correlation_id);
    request.extensions_mut().insert(Correlation(id.clone()));
    let response = next.call(request).await?.map_into_boxed_body();
    let mut response = worded(response, &id);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

fn worded(mut response: ServiceResponse<BoxBody>, id: &CorrelationId) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let ours = response.response_mut().extensions_mut().remove::<Problem>();
    let is_plain = !response.headers().contains_key(header::CONTENT_TYPE) || response.response().error().is_some();
    let problem = match ours {
        Some(problem) => problem,
        None if (status.is_client_error() || status.is_server_error()) && is_plain => {
            error_mapping::of_status(status, response.request().path())
        }
        None => return response,
    };
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map_body(|_, _| BoxBody::new(problem.body(id.as_str())))
}

/// A word that a client makes up is not logged at any length.
const METHOD_BYTES: usize = 20;
const PATH_BYTES: usize = 200;

/// The log lines of a handler whose answer outlives it.
pub(super) fn span_of(request: &HttpRequest) -> Span {
    let extensions = request.extensions();
    let id = extensions.get::<Correlation>().map_or("", |id| id.0.as_str());
    let (method, path) = (request.method().as_str(), request.path());
    let (method, path) = (cut_bytes(method, METHOD_BYTES), cut_bytes(path, PATH_BYTES));
    tracing::info_span!("request", correlation_id = id, method = &*method, path = &*path)
}

/// The span of one request.
#[derive(Debug)]
pub(super) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    /// A listener's request lasts for hours: it has a span of its own while it is opened, and none after that.
    fn on_request_start(request: &ServiceRequest) -> Span {
        if LONG.contains(&request.path()) {
            return Span::none();
        }
        span_of(request.request())
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, error) = match outcome {
            Ok(response) => (response.status(), response.response().error()),
            Err(error) => (error.as_response_error().status_code(), Some(error)),
        };
        let (status, problem) = (status.as_u16(), error.map(ToString::to_string).unwrap_or_default());
        let is_of_disk = error.and_then(|error| error.as_error::<Problem>()).is_some_and(Problem::is_of_disk);
        let is_known = is_of_disk || error.is_none();
        span.in_scope(|| match status {
            // The writer logs once that the disk fails, and a server that is not ready is asked again and again.
            500.. if is_known => tracing::debug!(status, problem, "answered"),
            500.. => tracing::error!(status, problem, "answered"),
            400.. => tracing::info!(status, problem, "answered"),
            _ => tracing::debug!(status, "answered"),
        });
    }
}
