//! `HEAD`: the headers of GET, without a body. The body is dropped with all it holds before anybody waits for it to
//! end: the framework would go on asking it, and write nothing that could fail.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpRequest};

use quire_base::safeguards::{Safeguard, is_disabled};

/// Whether nothing is to be opened and nothing waited for, since nothing of it would be seen.
pub(super) fn is_asked(request: &HttpRequest) -> bool {
    request.method() == Method::HEAD && !is_disabled(Safeguard::HttpHead)
}

/// Takes the body from what answers a HEAD.
///
/// # Errors
/// Those of what lies behind it.
pub(super) async fn bare<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_head = is_asked(request.request());
    let answer = next.call(request).await?;
    Ok(answer.map_body(|_, body| if is_head { BoxBody::new(Left(body.size())) } else { body.boxed() }))
}

/// As long as the body was, for the header that says so.
struct Left(BodySize);

impl MessageBody for Left {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
