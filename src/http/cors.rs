//! CORS headers for pages of listed origins (Fetch standard). Which origins are listed is decided in
//! [`super::origin_guard`].

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

/// Sharing of an answer with the page that asked.
#[derive(Debug)]
pub(super) struct CorsPolicy {
    /// The page's origin, if it is a listed one.
    origin: Option<HeaderValue>,
    /// Answers differ by origin, which caches have to know.
    varies: bool,
}

impl CorsPolicy {
    pub(super) fn of(request: &HttpRequest, listed: &[String]) -> Self {
        let origin = request.headers().get(header::ORIGIN);
        let origin = origin.filter(|origin| listed.iter().any(|listed| listed.as_bytes() == origin.as_bytes()));
        Self { origin: origin.cloned(), varies: !listed.is_empty() }
    }

    /// A browser asks for leave before it sends the page's request.
    pub(super) fn is_preflight(&self, request: &ServiceRequest) -> bool {
        let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        self.origin.is_some() && request.method() == Method::OPTIONS && asks
    }

    pub(super) fn mark<B>(self, mut answer: ServiceResponse<B>) -> ServiceResponse<B> {
        if self.varies {
            answer.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.origin {
            share(answer.headers_mut(), origin);
        }
        answer
    }
}

/// Leave for every method and header of this interface. No cookies: credentials are sent in `Authorization`.
pub(super) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ASKED_HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECS))
        .finish()
}

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

const ASKED_HEADERS: &str = "Authorization, Content-Type, Content-Disposition, Idempotency-Key, If-Match, \
                             If-None-Match, If-Range, Last-Event-ID, Range, Upload-Offset, X-Correlation-Id, \
                             X-File-Name";

const TOLD_HEADERS: &str = "Accept-Ranges, Allow, Content-Disposition, Content-Length, Content-Range, ETag, \
                            Idempotent-Replayed, Location, Retry-After, Upload-Offset, \
                            WWW-Authenticate, X-Correlation-Id";

/// As long as any browser remembers a leave.
const MAX_AGE_SECS: &str = "7200";

fn share(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(TOLD_HEADERS));
}
