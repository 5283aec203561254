//! RFC 9457 problems: the list of codes, each with its status.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use schemars::JsonSchema;
use serde::Serialize;

use super::field_errors::{FieldError, FieldErrors, cut_bytes};
use quire_domain::closed_list;

closed_list! {
    /// A closed list; the wire name is stable.
    #[derive(JsonSchema)]
    pub enum ProblemCode: (u16, &'static str) {
        BadRequest = "bad_request" => (400, "The request cannot be understood"),
        BadJson = "bad_json" => (400, "The body is not valid JSON"),
        BadCursor = "bad_cursor" => (400, "The cursor is not one of this list"),
        BadMultipart = "bad_multipart" => (400, "The multipart body cannot be understood"),
        BadIdempotencyKey = "bad_idempotency_key" => (400, "The Idempotency-Key cannot be used"),
        UploadIncomplete = "upload_incomplete" => (400, "The body ended too early"),
        Unauthorized = "unauthorized" => (401, "An API key is needed"),
        KeyRevoked = "key_revoked" => (401, "The API key was revoked"),
        KeyExpired = "key_expired" => (401, "The API key has run out"),
        ScopeMissing = "scope_missing" => (403, "The API key may not do this"),
        ForeignOrigin = "foreign_origin" => (403, "The request comes from a foreign web page"),
        RouteNotFound = "route_not_found" => (404, "There is nothing at this address"),
        BatchNotFound = "batch_not_found" => (404, "There is no such batch"),
        ItemNotFound = "item_not_found" => (404, "There is no such item"),
        FileNotFound = "file_not_found" => (404, "There is no such file"),
        ArtifactNotFound = "artifact_not_found" => (404, "There is no such artifact"),
        WebhookNotFound = "webhook_not_found" => (404, "There is no such webhook"),
        UploadNotFound = "upload_not_found" => (404, "There is no such upload"),
        DeliveryNotFound = "delivery_not_found" => (404, "There is no such delivery"),
        DocumentNotFound = "document_not_found" => (404, "The item has no stored document"),
        ActorNotFound = "actor_not_found" => (404, "There is no such actor"),
        KeyNotFound = "key_not_found" => (404, "There is no such API key"),
        OwnerNotFound = "owner_not_found" => (404, "There is no such owner"),
        MethodNotAllowed = "method_not_allowed" => (405, "This method is not for this address"),
        HistoryGone = "history_gone" => (410, "The log does not tell what was then"),
        OffsetGone = "offset_gone" => (410, "The log cannot be followed from this offset"),
        BodyTooSlow = "body_too_slow" => (408, "The body came too slowly"),
        StateForbids = "state_forbids" => (409, "The batch's state forbids this"),
        Conflict = "conflict" => (409, "The request contradicts what is there"),
        OffsetDiffers = "offset_differs" => (409, "The upload goes on at another offset"),
        ExpectedDiffers = "expected_differs" => (409, "There are not as many as expected"),
        ActorDown = "actor_down" => (409, "The actor has ended"),
        TooLarge = "payload_too_large" => (413, "The body is too large"),
        UnsupportedMediaType = "unsupported_media_type" => (415, "The body is of a kind that is not taken here"),
        RangeNotSatisfiable = "range_not_satisfiable" => (416, "The file does not reach that far"),
        ForeignHost = "foreign_host" => (421, "The request is addressed to another server"),
        Invalid = "validation_failed" => (422, "The request is not valid"),
        KeyReused = "idempotency_key_reused" => (422, "The Idempotency-Key stands for another request"),
        TooManyItems = "too_many_items" => (422, "The batch would be too large"),
        TooManyUploads = "too_many_uploads" => (422, "There would be too many open uploads"),
        TooManyWebhooks = "too_many_webhooks" => (422, "There would be too many webhooks"),
        TooManyWrongKeys = "too_many_wrong_keys" => (429, "Too many wrong API keys came from this address"),
        Busy = "busy" => (429, "The server is busy"),
        ServerFault = "server_fault" => (500, "The server failed"),
        Unavailable = "unavailable" => (503, "The server cannot do this now"),
        DiskFault = "disk_fault" => (503, "The server's disk does not take writes"),
        ActorSilent = "actor_silent" => (504, "The actor does not answer"),
        DiskFull = "disk_full" => (507, "The server's disk is full"),
    }
}

impl ProblemCode {
    pub(super) fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn title(self) -> &'static str {
        self.row().1
    }
}

/// An answer that is no success; the middleware gives it its body, with the request's id.
#[derive(Debug, Clone)]
pub(super) struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: ProblemCode,
    detail: String,
    field_errors: FieldErrors,
    retry_after_secs: Option<u32>,
    current_status: Option<String>,
    matched: Option<u64>,
    scope: Option<&'static str>,
    headers: Vec<(header::HeaderName, String)>,
}

/// Whatever it quotes, no answer and no line of the log gets long by it.
const DETAIL_BYTES: usize = 700;

/// A problem as RFC 9457 has it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    /// Stable; what a program decides by.
    code: ProblemCode,
    /// What went wrong, why, and what to do.
    detail: &'a str,
    /// The correlation id of the request.
    request_id: &'a str,
    /// Each field that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// Of the batch, where that is what forbids it.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_status: Option<&'a str>,
    /// How many there are, where another number was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<u64>,
    /// The scope that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl Problem {
    /// `detail` says what, why and what to do, to a stranger: no SQL, no paths.
    pub(super) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: cut_bytes(&detail.into(), DETAIL_BYTES).into_owned(),
            field_errors: FieldErrors::default(),
            retry_after_secs: None,
            current_status: None,
            matched: None,
            scope: None,
            headers: Vec::new(),
        }))
    }

    /// A request that was understood and is wrong in some of its fields.
    pub(super) fn invalid(field_errors: impl Into<FieldErrors>) -> Self {
        let field_errors = field_errors.into();
        let detail = format!(
            "Not accepted: {}. `errors` says what is wrong with each; nothing was done.",
            field_errors.summary()
        );
        let mut problem = Self::new(ProblemCode::Invalid, detail);
        problem.0.field_errors = field_errors;
        problem
    }

    pub(super) fn retry_after(mut self, secs: u32) -> Self {
        self.0.retry_after_secs = Some(secs);
        self
    }

    pub(super) fn current_status(mut self, status: String) -> Self {
        self.0.current_status = Some(status);
        self
    }

    pub(super) fn matched(mut self, matched: u64) -> Self {
        self.0.matched = Some(matched);
        self
    }

    pub(super) fn scope(mut self, scope: &'static str) -> Self {
        self.0.scope = Some(scope);
        self
    }

    pub(super) fn header(mut self, name: header::HeaderName, value: String) -> Self {
        self.0.headers.push((name, value));
        self
    }

    pub(super) fn code(&self) -> ProblemCode {
        self.0.code
    }

    /// The disk refused it; nothing is wrong with the request.
    pub(super) fn is_of_disk(&self) -> bool {
        matches!(self.code(), ProblemCode::DiskFull | ProblemCode::DiskFault)
    }

    /// The whole answer's body.
    pub(super) fn body(&self, request_id: &str) -> String {
        let Inner { code, detail, field_errors, current_status, matched, scope, .. } = &*self.0;
        let body = ProblemBody {
            r#type: format!("urn:quire:problem:{}", code.as_str()),
            title: code.title(),
            status: code.status().as_u16(),
            code: *code,
            detail,
            request_id,
            errors: field_errors.told(),
            current_status: current_status.as_deref(),
            matched: *matched,
            scope: *scope,
        };
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(secs) = self.0.retry_after_secs {
            response.insert_header((header::RETRY_AFTER, secs));
        }
        for (name, value) in &self.0.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        let mut response = response.finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}
