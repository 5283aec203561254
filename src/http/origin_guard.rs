//! Rejects cross-origin and wrong-host requests (CSRF, DNS rebinding). A page from elsewhere could otherwise submit
//! forms and restart actors of a server on its visitor's machine.

use std::net::IpAddr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::uri::Authority;
use actix_web::http::{Uri, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};

use super::AppState;
use super::auth;
use super::cors;
use super::error_mapping;
use super::problem::{Problem, ProblemCode};
use crate::config::ServerConfig;

/// Refuses what a browser sends for a page of an origin that is neither this server's nor listed, and, where no key is
/// needed, what was addressed to a name that is not this server's. Programs send no `Origin`.
///
/// # Errors
/// Those of what lies behind it.
pub(super) async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(app) = request.app_data::<web::Data<AppState>>().cloned() else {
        return Err(error_mapping::server_fault().into());
    };
    let (server, listed) = (&app.engine.config.server, &app.engine.config.http.allowed_origins);
    if !auth::is_open(request.request())
        && !app.engine.keyring.requires_key()
        && !is_own_host(request.request(), server)
    {
        return Ok(request.error_response(foreign_host()).map_into_right_body());
    }
    if !is_allowed_origin(request.request(), listed) {
        return Ok(request.error_response(foreign_origin()).map_into_right_body());
    }
    let shared = cors::CorsPolicy::of(request.request(), listed);
    if shared.is_preflight(&request) {
        let answer = request.into_response(cors::preflight());
        return Ok(shared.mark(answer).map_into_right_body());
    }
    Ok(shared.mark(next.call(request).await?).map_into_left_body())
}

/// Whether the page that a browser sends this for is one of this server's own or of a listed origin
/// (`http.allowed_origins`); also for handshakes. What sends no `Origin` is no page.
pub(super) fn is_allowed_origin(request: &HttpRequest, listed: &[String]) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    // A form of a page that tells nobody its address, as the dashboard's does not, has no other name for its origin.
    let is_own_form = origin == "null" && fetch_site(request) == Some(SAME_ORIGIN);
    listed.iter().any(|listed| listed == origin) || is_own_form || is_own_origin(origin, request)
}

/// Whether a browser says that a page of this server asks, and no other one of its host. Browsers say so in a header that
/// no page can set; where one does not, its `Origin` does.
///
/// Over plain HTTP browsers say neither where they only read. There the page token alone has to do, if the operator
/// has allowed that (`auth.allow_insecure_cookie`).
pub(super) fn is_own_page(request: &HttpRequest, allows_silence: bool) -> bool {
    if let Some(site) = fetch_site(request) {
        return site == SAME_ORIGIN;
    }
    match request.headers().get(header::ORIGIN) {
        Some(origin) => origin.to_str().is_ok_and(|origin| is_own_origin(origin, request)),
        None => allows_silence && request.method().is_safe(),
    }
}

const SAME_ORIGIN: &str = "same-origin";

fn fetch_site(request: &HttpRequest) -> Option<&str> {
    Some(request.headers().get("sec-fetch-site")?.to_str().unwrap_or_default())
}

fn is_own_origin(origin: &str, request: &HttpRequest) -> bool {
    let origin = origin.parse::<Uri>().ok();
    origin.is_some_and(|origin| origin.authority().is_some() && origin.authority() == addressed(request).as_ref())
}

/// A page can make its visitor's browser take its own name for this machine's address (DNS rebinding), and then is of
/// "this server's" origin. Names that no stranger can give away are addresses, `localhost`, and what the operator
/// lists.
fn is_own_host(request: &HttpRequest, server: &ServerConfig) -> bool {
    let Some(addressed) = addressed(request) else { return false };
    let host = addressed.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let listens_on_loopback = server.host.parse::<IpAddr>().is_ok_and(|own| own.is_loopback());
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || !listens_on_loopback || server.allowed_hosts.contains(&host),
        Err(_) => host == "localhost" || server.allowed_hosts.contains(&host),
    }
}

/// As the client said itself: what proxies add could be said by anybody.
fn addressed(request: &HttpRequest) -> Option<Authority> {
    let in_line = request.uri().authority().cloned();
    in_line.or_else(|| request.headers().get(header::HOST)?.to_str().ok()?.parse().ok())
}

fn foreign_origin() -> Problem {
    let detail = "The request comes from a web page of another origin than this server's, as its Origin header says. \
                  Send it from a page of this server, from one of http.allowed_origins, or from a program.";
    Problem::new(ProblemCode::ForeignOrigin, detail)
}

fn foreign_host() -> Problem {
    let detail = "The request is addressed to a name that is not known to be this server's. Use its address or \
                  localhost, or add the name to server.allowed_hosts.";
    Problem::new(ProblemCode::ForeignHost, detail)
}
