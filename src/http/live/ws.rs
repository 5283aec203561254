//! `GET /api/v1/ws`: authenticates, takes a place, and starts a session.

use std::rc::Rc;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WsResponseBuilder};
use tracing::Instrument as _;

use super::frame_guard::{ClosedFlag, FrameGuard};
use super::peer::SocketHandles;
use super::refused::RefusedSocket;
use super::registry::SessionRegistry;
use super::session::WsSession;
use super::tickets::{PREFIX, origin};
use crate::actors::live::sessions::{SessionRefusal, Transport};
use crate::actors::live::tickets::TicketRedeemError;
use crate::http::AppState;
use crate::http::api::{HandlerResult, SwitchingProtocols};
use crate::http::auth::Authenticated;
use crate::http::correlation::span_of;
use crate::http::error_mapping::server_fault;
use crate::http::problem::{Problem, ProblemCode};
use quire_base::clock;
use quire_domain::access::Scope;
use quire_domain::ids::{ApiKeyId, OwnerKey};
use quire_domain::live_frames::{CloseCode, PROTOCOL};

/// Only this one is echoed of what a client offers.
const PROTOCOLS: &[&str] = &[PROTOCOL];

/// Opens a WebSocket. What is refused after the handshake is refused by a close code.
pub(crate) async fn open(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<AppState>,
) -> HandlerResult<SwitchingProtocols> {
    let span = span_of(&request);
    begin(request, payload, app).instrument(span).await.map(SwitchingProtocols)
}

async fn begin(request: HttpRequest, payload: web::Payload, app: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    ws::handshake(&request).map_err(|error| {
        Problem::new(
            ProblemCode::BadRequest,
            format!("This address takes WebSockets, and this is no handshake: {error}."),
        )
    })?;
    let live = &app.engine.live;
    let shut = ClosedFlag::default();
    let max_frame_bytes = live.settings.max_frame_kib << 10;
    let (owner, right) = match who(&request, &app).await {
        Ok(asker) => asker,
        Err(code) => return refuse(code, &request, FrameGuard::new(payload, max_frame_bytes, shut)),
    };
    if *live.watch_hub_stopped().borrow() {
        // Nobody would look at the log for it.
        return refuse(CloseCode::Silent, &request, FrameGuard::new(payload, max_frame_bytes, shut));
    }
    let feed = live.feed(owner).await?;
    let at = feed.published_head().ok_or_else(server_fault)?;
    let station = request.app_data::<Rc<SessionRegistry>>().cloned().ok_or_else(server_fault)?;
    let breaker = request.app_data::<SocketHandles>().and_then(|peers| peers.listens(&request));
    let guarded = FrameGuard::new(payload, max_frame_bytes, Rc::clone(&shut));
    let permit = match live.sessions.admit(owner, Transport::Websocket, breaker) {
        Ok(permit) => permit,
        Err(SessionRefusal::Draining) => return refuse(CloseCode::Draining, &request, guarded),
        Err(SessionRefusal::Silent) => return refuse(CloseCode::Silent, &request, guarded),
        Err(SessionRefusal::Owner | SessionRefusal::Server) => {
            return refuse(CloseCode::TooManyConnections, &request, guarded);
        }
    };
    let session = WsSession::new(std::sync::Arc::clone(live), feed, at, station, (permit, right), shut);
    let builder = WsResponseBuilder::new(session, &request, guarded).protocols(PROTOCOLS);
    builder.frame_size(max_frame_bytes as usize).start().map_err(|_| server_fault())
}

/// By ticket where one is offered, else by what any request shows.
async fn who(request: &HttpRequest, app: &AppState) -> Result<(OwnerKey, Option<ApiKeyId>), CloseCode> {
    if let Some(ticket) = offered_ticket(request) {
        let redeemed = app.engine.live.tickets.redeem(ticket, origin(request), clock::monotonic_millis());
        let (owner, right) = redeemed.map_err(|why| match why {
            TicketRedeemError::Unknown => CloseCode::Unauthorized,
            TicketRedeemError::Expired => CloseCode::TicketExpired,
            TicketRedeemError::OtherOrigin => CloseCode::Forbidden,
        })?;
        let is_good = app.engine.keyring.still_admits(right);
        return if is_good { Ok((owner, right)) } else { Err(CloseCode::Revoked) };
    }
    let asker = Authenticated::from_request(request, &mut actix_web::dev::Payload::None).await;
    let asker = asker.map_err(|_| CloseCode::Unauthorized)?;
    asker.require(Scope::EventsRead).map_err(|_| CloseCode::Forbidden)?;
    Ok((asker.key, asker.api_key_id))
}

fn offered_ticket(request: &HttpRequest) -> Option<&str> {
    let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).find_map(|protocol| protocol.trim().strip_prefix(PREFIX))
}

fn refuse(code: CloseCode, request: &HttpRequest, guarded: FrameGuard<web::Payload>) -> Result<HttpResponse, Problem> {
    let builder = WsResponseBuilder::new(RefusedSocket(code), request, guarded).protocols(PROTOCOLS);
    builder.start().map_err(|_| server_fault())
}
