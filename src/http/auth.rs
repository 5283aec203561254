//! Authentication. Every handler takes its owner from here and from nowhere else.
//!
//! [`authenticate`] looks at each request before any handler does; the extractors [`Owner`] and [`Authenticated`] tell
//! handlers what it found. What a request needs to be allowed stands in the route table; [`check_scope`] asks for it.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use serde_json::json;

use super::AppState;
use super::access;
use super::audit;
use super::dashboard;
use super::error_mapping;
use super::field_errors::cut;
use super::logins::{LoginId, SessionError};
use super::origin_guard;
use super::problem::{Problem, ProblemCode};
use crate::actors::keyring::{AuthenticationError, Keyring, Principal};
use crate::config::Config;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::access::{Rights, Role, Scope};
use quire_domain::audit::AuditAction;
use quire_domain::ids::{ApiKeyId, OwnerKey};
use quire_store::audit::{AuditActor, AuditNote};

/// Owner whose data the request may see; what is another's does not exist.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner(pub OwnerKey);

/// The owner, with what it was admitted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Authenticated {
    pub key: OwnerKey,
    /// None where no key is needed. What outlives its request has to heed `Keyring::still_admits`.
    pub api_key_id: Option<ApiKeyId>,
    pub rights: Rights,
    /// Of one that a page is logged in by.
    pub login: Option<LoginId>,
}

/// Open to all: what supervisors of processes and load balancers ask, and the documents of this interface.
const OPEN: [&str; 6] =
    ["/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/asyncapi.json", "/docs", "/docs/rapidoc-min.js"];

/// Whether this tells nobody's data: what is listed in [`OPEN`], and the dashboard.
pub(super) fn is_open(request: &HttpRequest) -> bool {
    OPEN.contains(&request.path()) || dashboard::is_asked(request)
}

/// Admits by tickets as well, which a browser can offer where it can send no header.
pub(super) const SOCKET: &str = "/api/v1/ws";

/// Decide themselves whom they admit: by a ticket, by the key in the body, by the page token in it.
const ADMIT_THEMSELVES: [&str; 3] = [SOCKET, "/api/v1/session", "/api/v1/downloads"];

/// The header by which a page shows its half of a session.
const PAGE_TOKEN: &str = "x-quire-page";

/// Refuses who has to show a key and does not; who does may go on as long as the key is good.
///
/// # Errors
/// Those of what lies behind it.
pub(super) async fn authenticate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<web::Data<AppState>>().cloned().ok_or_else(error_mapping::server_fault)?;
    let asker = match asker(request.request()) {
        Ok(asker) => acting_for(&request, &app, asker).await,
        refused => refused,
    };
    match asker {
        Ok(asker) => {
            request.extensions_mut().insert(asker);
            access::hold(request, next, &app.engine.keyring, asker.api_key_id).await
        }
        Err(_) if is_open(request.request()) || ADMIT_THEMSELVES.contains(&request.path()) => {
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

/// Whom another owner's request is done for.
#[derive(Debug, Clone)]
pub(super) struct ActsFor(pub String);

/// Names the owner whom a request is done for.
pub(super) const ACT_FOR: &str = "quire-act-for";

/// The asker, or in its place the owner whom it names: with that one's data, and each request in the audit log.
async fn acting_for(request: &ServiceRequest, app: &AppState, asker: Authenticated) -> Result<Authenticated, Problem> {
    let Some(named) = request.headers().get(ACT_FOR) else { return Ok(asker) };
    asker.require(Scope::ActFor)?;
    let name = named.to_str().unwrap_or_default().to_owned();
    let wanted = name.clone();
    let owner = app.engine.context.read(move |snapshot| snapshot.find_owner(&wanted)).await?.ok_or_else(|| {
        Problem::new(ProblemCode::OwnerNotFound, format!("There is no owner `{}`; keys name them.", cut(&name, 64)))
    })?;
    request.extensions_mut().insert(asker);
    let by = audit::actor(request.request(), app)?;
    let what = json!({ "request": format!("{} {}", request.method(), request.path()) });
    let object = format!("owner:{name}");
    let by = AuditActor { for_owner: Some(name.clone()), ..by };
    let note = AuditNote { action: AuditAction::ActedFor, object, before: None, after: Some(what) };
    app.engine.note_in_audit(by, note).await?;
    request.extensions_mut().insert(ActsFor(name));
    // Whoever acts for another makes no keys meanwhile.
    Ok(Authenticated { key: owner, rights: asker.rights.without(Scope::KeysWrite), ..asker })
}

/// Whether the server may listen on this address: not on one that others reach, while nobody needs a key.
///
/// # Errors
/// Says what to do.
pub(super) fn may_listen(address: IpAddr, keyring: &Keyring, config: &Config) -> Result<(), String> {
    if address.is_loopback() || keyring.requires_key() || config.auth.allow_open_network {
        return Ok(());
    }
    Err(format!(
        "{address} can be reached from other machines and there is no API key: whoever reaches it could do everything. \
         Make one first (quire keys add OWNER --admin), or set auth.allow_open_network = true"
    ))
}

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().copied().ok_or_else(missing))
    }
}

impl FromRequest for Owner {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Authenticated::from_request(request, payload).into_inner().map(|asker| Self(asker.key)))
    }
}

fn asker(request: &HttpRequest) -> Result<Authenticated, Problem> {
    let app = request.app_data::<web::Data<AppState>>().ok_or_else(error_mapping::server_fault)?;
    let keyring = &app.engine.keyring;
    if !keyring.requires_key() {
        return Ok(Authenticated { key: OwnerKey::LOCAL, api_key_id: None, rights: Rights::ALL, login: None });
    }
    if request.headers().contains_key(header::AUTHORIZATION) {
        let principal = keyring.authenticate(shown_key(request).ok_or_else(missing)?)?;
        return Ok(Authenticated::by(principal, None));
    }
    let page_token = request.headers().get(PAGE_TOKEN).and_then(|token| token.to_str().ok());
    by_session(request, app, page_token)
}

impl Authenticated {
    fn by(Principal { owner, key, rights }: Principal, login: Option<LoginId>) -> Self {
        Self { key: owner, api_key_id: Some(key), rights, login }
    }

    /// Nobody makes a key that may do more than its own.
    ///
    /// # Errors
    /// `scope_missing`, of the first of them.
    pub(super) fn require_all(&self, rights: Rights) -> Result<(), Problem> {
        rights.scopes().try_for_each(|scope| self.require(scope))
    }

    /// # Errors
    /// `scope_missing`.
    pub(super) fn require(&self, scope: Scope) -> Result<(), Problem> {
        match self.rights.include(scope) || is_disabled(Safeguard::AccessScope) {
            true => Ok(()),
            false => Err(scope_missing(scope)),
        }
    }
}

/// Admits a page by the cookie that its browser sent and the half that it showed itself. Not beside a key: then the key
/// is what counts.
///
/// # Errors
/// `unauthorized`, `key_revoked`.
pub(super) fn by_session(
    request: &HttpRequest,
    app: &AppState,
    page_token: Option<&str>,
) -> Result<Authenticated, Problem> {
    let (headers, auth) = (request.headers(), &app.engine.config.auth);
    let is_keyed = headers.contains_key(header::AUTHORIZATION);
    let cookie = app.logins.cookie(headers).filter(|_| !is_keyed).ok_or_else(missing)?;
    let is_own_page = origin_guard::is_own_page(request, auth.allow_insecure_cookie);
    if !is_own_page && !is_disabled(Safeguard::HttpSameOrigin) {
        return Err(no_own_page());
    }
    let (principal, login) = app.logins.admit(&app.engine.keyring, cookie, page_token)?;
    Ok(Authenticated::by(principal, Some(login)))
}

impl From<SessionError> for Problem {
    fn from(refused: SessionError) -> Self {
        let detail = match refused {
            SessionError::LockedOut(why) => return why.into(),
            SessionError::Unknown => "This session has ended. Log in again, with an API key.",
            SessionError::NoPageToken => {
                "A session's cookie opens nothing by itself: the page has to show its own half, as X-Quire-Page."
            }
        };
        unauthorized(detail)
    }
}

fn no_own_page() -> Problem {
    unauthorized("A session serves pages of this server alone, and the browser does not say that this is one.")
}

/// The scheme's name may be written in any case (RFC 9110).
fn shown_key(request: &HttpRequest) -> Option<&str> {
    let (scheme, key) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

impl From<AuthenticationError> for Problem {
    fn from(refused: AuthenticationError) -> Self {
        let (code, detail) = match refused {
            AuthenticationError::Unknown => (ProblemCode::Unauthorized, "This is no API key of this server."),
            AuthenticationError::Revoked => {
                (ProblemCode::KeyRevoked, "This API key was revoked; ask the server's operator for another.")
            }
            AuthenticationError::Expired => {
                (ProblemCode::KeyExpired, "This API key has run out; ask the server's operator for another.")
            }
        };
        Self::new(code, detail)
            .header(header::WWW_AUTHENTICATE, "Bearer realm=\"quire\", error=\"invalid_token\"".into())
    }
}

pub(super) fn missing() -> Problem {
    let detail = "This server wants an API key: send `Authorization: Bearer qk_…`. Its operator makes them.";
    unauthorized(detail)
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(ProblemCode::Unauthorized, detail).header(header::WWW_AUTHENTICATE, "Bearer realm=\"quire\"".into())
}

fn scope_missing(scope: Scope) -> Problem {
    let lowest = Role::ALL.iter().find(|role| role.includes(scope)).map_or("", |role| role.as_str());
    let (scope, detail) = (scope.as_str(), format!("of the role `{lowest}`, if it is not narrowed to other scopes"));
    Problem::new(
        ProblemCode::ScopeMissing,
        format!("This needs the scope `{scope}`, and your API key does not have it. A key {detail}, has it."),
    )
    .scope(scope)
}

/// Lets those through who may do what the route does.
///
/// # Errors
/// Those of what lies behind it.
pub(super) async fn check_scope<B: MessageBody + 'static>(
    scope: Scope,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asker = request.extensions().get::<Authenticated>().copied();
    match asker.map_or(Ok(()), |asker| asker.require(scope)) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(problem) => Ok(request.error_response(problem)),
    }
}
