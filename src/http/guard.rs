//! Whom a browser may speak for: pages of this very server. A page from elsewhere could otherwise submit forms and
//! restart actors of a server on its visitor's machine.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Uri, header};
use actix_web::middleware::Next;

use super::problem::{Code, Problem};

/// Refuses what a browser sends for a page of another origin. Programs send no `Origin` and are not concerned.
///
/// # Errors
/// Those of what lies behind it.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if is_foreign(&request) {
        let detail = "The request comes from a web page of another origin than this server's, as its Origin header \
                      says. Send it from a page of this server, or from a program.";
        let refused = request.error_response(Problem::new(Code::ForeignOrigin, detail));
        return Ok(refused.map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn is_foreign(request: &ServiceRequest) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let own = request.connection_info().host().to_owned();
    origin.and_then(|origin| Some(origin.authority()?.as_str() != own)).unwrap_or(true)
}
