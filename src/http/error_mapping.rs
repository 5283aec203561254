//! Maps errors of other modules to HTTP problems; internal detail goes to the log only.

use actix_multipart::MultipartError;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;

use super::access::AccessRevoked;
use super::pace::BodyCut;
use super::problem::{Problem, ProblemCode};
use crate::actors::keyring::AuthenticationError;
use quire_store::enum_text::to_text;
use quire_store::{DiskFailure, StoreError};
use quire_supervision::{AskError, PingError, UnknownActor};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound("item") => not_found(ProblemCode::ItemNotFound, "item"),
            StoreError::NotFound("file") => not_found(ProblemCode::FileNotFound, "file"),
            StoreError::NotFound("artifact") => not_found(ProblemCode::ArtifactNotFound, "artifact"),
            StoreError::NotFound("document") => {
                Self::new(ProblemCode::DocumentNotFound, "The item works on no document, or on one that was not sent here.")
            }
            StoreError::NotFound("key") => Self::new(ProblemCode::KeyNotFound, "There is no such API key."),
            StoreError::NotFound("webhook") => not_found(ProblemCode::WebhookNotFound, "webhook"),
            StoreError::NotFound("upload") => not_found(ProblemCode::UploadNotFound, "upload"),
            StoreError::NotFound("delivery") => not_found(ProblemCode::DeliveryNotFound, "delivery"),
            StoreError::NotFound(_) => not_found(ProblemCode::BatchNotFound, "batch"),
            StoreError::Refused(refusal) => {
                let status = to_text(refusal.status);
                let verb = refusal.event.trim_end_matches("_asked");
                let detail = format!("`{verb}` is not possible while the batch is `{status}`; nothing was done.");
                Self::new(ProblemCode::StateForbids, detail).current_status(status)
            }
            StoreError::Conflict(why) => Self::new(ProblemCode::Conflict, why),
            StoreError::KeyReused => Self::new(
                ProblemCode::KeyReused,
                "This Idempotency-Key was used with another body; send the first body again or take a new key.",
            ),
            StoreError::TooManyItems { items, limit } => Self::new(
                ProblemCode::TooManyItems,
                format!("The batch would have {items} items; http.max_batch_items is {limit}. Make several batches."),
            ),
            StoreError::ExpectedDiffers { expected, matched } => Self::new(
                ProblemCode::ExpectedDiffers,
                format!(
                    "{matched} items would be tried again, and `expected` is {expected}: they have changed since, and \
                     nothing was done. Look at them again, then ask with `expected` {matched}."
                ),
            )
            .matched(matched),
            StoreError::KeyRevoked => AuthenticationError::Revoked.into(),
            StoreError::Busy => busy(),
            StoreError::TooManyWebhooks { limit } => Self::new(
                ProblemCode::TooManyWebhooks,
                format!("There are {limit} webhooks already (webhooks.max_per_owner); delete one first."),
            ),
            StoreError::TooManyUploads { limit } => Self::new(
                ProblemCode::TooManyUploads,
                format!(
                    "There are {limit} open uploads already (http.max_open_uploads_per_owner); finish or delete one first."
                ),
            ),
            StoreError::Disk(trouble) => trouble.into(),
            StoreError::WriterStopped => Self::new(
                ProblemCode::Unavailable,
                "An administrator stopped the part that writes (root/db); this was not done. It takes writes again after \
                 POST /api/v1/admin/actors/root/db/restart; /readyz says since when it is stopped.",
            )
            .retry_after(5),
            StoreError::Aborted(why) => {
                tracing::error!(why, "a read or write was given up");
                Self::new(ProblemCode::Unavailable, "The server could not finish this; nothing was done. Try again soon.")
                    .retry_after(2)
            }
            error @ (StoreError::Locked(_)
            | StoreError::Unusable(_)
            | StoreError::Corrupt(_)
            | StoreError::Database(_)) => {
                tracing::error!(%error, "the store failed");
                server_fault()
            }
        }
    }
}

/// Not logged: the writer logs each change of the disk once, and this may be each request.
impl From<DiskFailure> for Problem {
    fn from(trouble: DiskFailure) -> Self {
        let problem = match trouble.full {
            true => Self::new(
                ProblemCode::DiskFull,
                "The server's disk is full; this was not done. Its operator has to make room; /readyz says when to try \
                 again.",
            ),
            false => Self::new(
                ProblemCode::DiskFault,
                "The server's disk does not take writes; this was not done. /readyz says when to try again.",
            ),
        };
        problem.retry_after(30)
    }
}

impl From<PayloadError> for Problem {
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::Io(error) => broken_off(&error),
            PayloadError::Incomplete(_) => incomplete(),
            PayloadError::Overflow => Self::new(ProblemCode::TooLarge, "The body is larger than this address takes."),
            PayloadError::EncodingCorrupted => Self::new(
                ProblemCode::BadRequest,
                "The body is not encoded as its Content-Encoding says; send it plain.",
            ),
            other => Self::new(ProblemCode::BadRequest, format!("The body cannot be read: {other}.")),
        }
    }
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        match error {
            MultipartError::Payload(error) => error.into(),
            MultipartError::Incomplete => incomplete(),
            other => Self::new(ProblemCode::BadMultipart, format!("{other}. Nothing was kept; send the form again.")),
        }
    }
}

impl From<UnknownActor> for Problem {
    fn from(UnknownActor(id): UnknownActor) -> Self {
        Self::new(ProblemCode::ActorNotFound, format!("There is no actor `{id}`; /api/v1/admin/actors lists them."))
    }
}

impl From<PingError> for Problem {
    fn from(error: PingError) -> Self {
        match error {
            PingError::Unknown(unknown) => unknown.into(),
            PingError::TimedOut => {
                Self::new(ProblemCode::ActorSilent, "The actor did not answer in time; it may be at long work.")
            }
            PingError::Down => {
                Self::new(ProblemCode::ActorDown, "The actor is stopped, or it ended before it could answer.")
            }
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Busy => busy(),
            AskError::Down | AskError::Dropped => {
                Self::new(ProblemCode::Unavailable, "The part that does this is down; try again soon.").retry_after(2)
            }
            AskError::Panicked { message } => {
                tracing::error!(message, "an actor panicked over a request");
                server_fault()
            }
        }
    }
}

/// For an answer of the framework that has no words of ours.
pub(super) fn of_status(status: StatusCode, path: &str) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(ProblemCode::RouteNotFound, format!("There is nothing at `{path}`.")),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            ProblemCode::MethodNotAllowed,
            "This address takes other methods; the Allow header names them.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(ProblemCode::TooLarge, "The body is larger than this address takes.")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(ProblemCode::UnsupportedMediaType, "Send JSON or multipart/form-data.")
        }
        status if status.is_client_error() => {
            Problem::new(ProblemCode::BadRequest, "The request cannot be understood.")
        }
        _ => server_fault(),
    }
}

pub(super) fn too_large(what: &str, key: &str, limit: u64, unit: &str) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!("{what} is larger than {limit} {unit} ({key}). Nothing was kept; send less."),
    )
}

pub(super) fn server_fault() -> Problem {
    Problem::new(
        ProblemCode::ServerFault,
        "The server failed in a way it should not; its log, under this request's id, says how.",
    )
}

fn busy() -> Problem {
    Problem::new(ProblemCode::Busy, "The queue is full; nothing was done. Try again soon.").retry_after(1)
}

/// By us, who said why, or by the network.
fn broken_off(error: &std::io::Error) -> Problem {
    let why = error.get_ref();
    let cut = why.and_then(|why| why.downcast_ref::<BodyCut>()).map(|cut| Problem::from(*cut));
    let lost = || why.and_then(|why| why.downcast_ref::<AccessRevoked>()).map(|lost| Problem::from(*lost));
    cut.or_else(lost).unwrap_or_else(incomplete)
}

fn incomplete() -> Problem {
    Problem::new(
        ProblemCode::UploadIncomplete,
        "The connection ended before the body did. Nothing was kept; send it again.",
    )
}

fn not_found(code: ProblemCode, what: &str) -> Problem {
    Problem::new(code, format!("There is no such {what}, or it is not yours."))
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError as _;

    use super::*;

    #[test]
    fn a_full_queue_is_said_with_when_to_come_again() {
        let answer = Problem::from(StoreError::Busy).error_response();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.headers().contains_key("retry-after"));
        let fault = Problem::from(StoreError::Corrupt("control".into())).error_response();
        assert_eq!(fault.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!fault.headers().contains_key("retry-after"));
    }
}
