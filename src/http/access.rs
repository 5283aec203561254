//! Access of a request that is under way. A revoked key ends what it opened: the body that comes in, the answer that
//! goes out, the write that waits its turn.
//!
//! Writes are refused by the store, in their own transaction; see [`as_key_holder`].

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _, HttpResponse};
use futures_util::{Stream, StreamExt as _, stream};

use super::auth;
use super::problem::Problem;
use crate::actors::db::as_key_holder;
use crate::actors::keyring::{AuthenticationError, Keyring};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::ApiKeyId;

/// The key that a request showed, if it needed one.
pub(super) type AccessGrant = Option<ApiKeyId>;

/// The right was taken away while the request was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the right that the request came with was taken away")]
pub(super) struct AccessRevoked(Option<AuthenticationError>);

impl AccessRevoked {
    /// What became of it.
    pub(super) fn of(keyring: &Keyring, right: AccessGrant) -> Self {
        // Of a key that somebody forgot meanwhile, it was revoked.
        Self(right.map(|_| keyring.why_locked_out(right).unwrap_or(AuthenticationError::Revoked)))
    }
}

/// Runs what lies behind, as long as its right stands.
///
/// # Errors
/// Those of what lies behind it.
pub(super) async fn hold<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
    keyring: &Keyring,
    right: AccessGrant,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if is_disabled(Safeguard::HttpStanding) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    // A WebSocket's session looks after itself, in both directions.
    let is_socket = request.path() == auth::SOCKET;
    if !is_socket {
        watch_body(&mut request, keyring, right);
    }
    let only_looks = [Method::GET, Method::HEAD].contains(request.method());
    let answer = as_key_holder(right, next.call(request)).await?.map_into_boxed_body();
    if only_looks && !keyring.still_admits(right) {
        return Ok(answer.error_response(Problem::from(AccessRevoked::of(keyring, right))));
    }
    Ok(answer.map_body(|head, body| {
        // A listener is told to go by the one who speaks to it.
        let is_stream = head.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        if is_socket || is_stream { body } else { watched(body, keyring, right) }
    }))
}

/// An answer whose right was found by its handler: broken off when that right is lost.
pub(super) fn watch_answer(answer: HttpResponse, keyring: &Keyring, right: AccessGrant) -> HttpResponse {
    answer.map_body(|_, body| watched(body, keyring, right))
}

fn watch_body(request: &mut ServiceRequest, keyring: &Keyring, right: AccessGrant) {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return request.set_payload(payload);
    }
    let asked = keyring.clone();
    let refusal = move || PayloadError::Io(std::io::Error::other(AccessRevoked::of(&asked, right)));
    request
        .set_payload(Payload::Stream { payload: until_lost(payload, keyring.clone(), right, refusal).boxed_local() });
}

/// A whole body was made before; a stream is broken off, or nobody would miss what is missing.
fn watched(body: BoxBody, keyring: &Keyring, right: AccessGrant) -> BoxBody {
    let size = body.size();
    if matches!(size, BodySize::None | BodySize::Sized(0)) {
        return body;
    }
    match body.try_into_bytes() {
        Ok(bytes) => BoxBody::new(bytes),
        Err(body) => {
            let (pieces, asked) = (poll_body(body), keyring.clone());
            let refusal = move || AccessRevoked::of(&asked, right).into();
            BoxBody::new(Watched { size, pieces: until_lost(pieces, keyring.clone(), right, refusal).boxed_local() })
        }
    }
}

type Broken = Box<dyn std::error::Error>;

fn poll_body(mut body: BoxBody) -> impl Stream<Item = Result<Bytes, Broken>> {
    stream::poll_fn(move |cx| Pin::new(&mut body).poll_next(cx))
}

struct Watched {
    size: BodySize,
    pieces: Pin<Box<dyn Stream<Item = Result<Bytes, Broken>>>>,
}

impl MessageBody for Watched {
    type Error = Broken;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        self.pieces.as_mut().poll_next(cx)
    }
}

/// The stream, or its first part and a refusal. Some readers ask once more after the end.
fn until_lost<E>(
    pieces: impl Stream<Item = Result<Bytes, E>>,
    keyring: Keyring,
    right: AccessGrant,
    refusal: impl Fn() -> E,
) -> impl Stream<Item = Result<Bytes, E>> {
    let lost = Box::pin(async move { keyring.wait_until_locked_out(right).await });
    let begun = Some((Box::pin(pieces), lost));
    stream::unfold((begun, refusal), async |(begun, refusal)| {
        let (mut pieces, mut lost) = begun?;
        tokio::select! {
            biased;
            () = &mut lost => Some((Err(refusal()), (None, refusal))),
            piece = pieces.next() => piece.map(|piece| (piece, (Some((pieces, lost)), refusal))),
        }
    })
    .fuse()
}

impl From<AccessRevoked> for Problem {
    fn from(AccessRevoked(why): AccessRevoked) -> Self {
        match why {
            Some(why) => why.into(),
            // Somebody made the first key meanwhile.
            None => auth::missing(),
        }
    }
}
