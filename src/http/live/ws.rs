//! `GET /api/v1/ws`: who asks, whether there is a place, and then a session.

use std::rc::Rc;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WsResponseBuilder};
use tracing::Instrument as _;

use super::gate::{Gate, Shut};
use super::peer::Peers;
use super::refused::Refused;
use super::session::WsSession;
use super::station::Station;
use super::tickets::{PREFIX, origin};
use crate::actors::live::sessions::{Full, Transport};
use crate::actors::live::tickets::BadTicket;
use crate::clock;
use crate::domain::frames::{CloseCode, PROTOCOL};
use crate::domain::ids::{ApiKeyId, OwnerKey};
use crate::http::Front;
use crate::http::auth::Asker;
use crate::http::correlation::span_of;
use crate::http::faults::server_fault;
use crate::http::problem::{Code, Problem};

/// Only this one is echoed of what a client offers.
const PROTOCOLS: &[&str] = &[PROTOCOL];

/// Opens a WebSocket. What is refused after the handshake is refused by a close code.
pub async fn open(
    request: HttpRequest,
    payload: web::Payload,
    front: web::Data<Front>,
) -> Result<HttpResponse, Problem> {
    let span = span_of(&request);
    begin(request, payload, front).instrument(span).await
}

async fn begin(request: HttpRequest, payload: web::Payload, front: web::Data<Front>) -> Result<HttpResponse, Problem> {
    ws::handshake(&request).map_err(|error| {
        Problem::new(Code::BadRequest, format!("This address takes WebSockets, and this is no handshake: {error}."))
    })?;
    let live = &front.engine.live;
    let shut = Shut::default();
    let max_frame_bytes = live.settings.max_frame_kib << 10;
    let (owner, right) = match who(&request, &front).await {
        Ok(asker) => asker,
        Err(code) => return refuse(code, &request, Gate::new(payload, max_frame_bytes, shut)),
    };
    if *live.silent().borrow() {
        // Nobody would look at the log for it.
        return refuse(CloseCode::Silent, &request, Gate::new(payload, max_frame_bytes, shut));
    }
    let feed = live.feed(owner).await?;
    let at = feed.published().ok_or_else(server_fault)?;
    let station = request.app_data::<Rc<Station>>().cloned().ok_or_else(server_fault)?;
    let breaker = request.app_data::<Peers>().and_then(|peers| peers.listens(&request));
    let gate = Gate::new(payload, max_frame_bytes, Rc::clone(&shut));
    let seat = match live.sessions.admit(owner, Transport::Websocket, breaker) {
        Ok(seat) => seat,
        Err(Full::Draining) => return refuse(CloseCode::Draining, &request, gate),
        Err(Full::Silent) => return refuse(CloseCode::Silent, &request, gate),
        Err(Full::Owner | Full::Server) => return refuse(CloseCode::TooManyConnections, &request, gate),
    };
    let session = WsSession::new(std::sync::Arc::clone(live), feed, at, station, (seat, right), shut);
    let builder = WsResponseBuilder::new(session, &request, gate).protocols(PROTOCOLS);
    builder.frame_size(max_frame_bytes as usize).start().map_err(|_| server_fault())
}

/// By ticket where one is offered, else by what any request shows.
async fn who(request: &HttpRequest, front: &Front) -> Result<(OwnerKey, Option<ApiKeyId>), CloseCode> {
    if let Some(ticket) = offered_ticket(request) {
        let redeemed = front.engine.live.tickets.redeem(ticket, origin(request), clock::ticks());
        let (owner, right) = redeemed.map_err(|why| match why {
            BadTicket::Unknown => CloseCode::Unauthorized,
            BadTicket::Expired => CloseCode::TicketExpired,
            BadTicket::OtherOrigin => CloseCode::Forbidden,
        })?;
        let is_good = front.engine.keyring.still_admits(right);
        return if is_good { Ok((owner, right)) } else { Err(CloseCode::Revoked) };
    }
    let asker = Asker::from_request(request, &mut actix_web::dev::Payload::None).await;
    asker.map(|asker| (asker.key, asker.api_key_id)).map_err(|_| CloseCode::Unauthorized)
}

fn offered_ticket(request: &HttpRequest) -> Option<&str> {
    let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).find_map(|protocol| protocol.trim().strip_prefix(PREFIX))
}

fn refuse(code: CloseCode, request: &HttpRequest, gate: Gate<web::Payload>) -> Result<HttpResponse, Problem> {
    let builder = WsResponseBuilder::new(Refused(code), request, gate).protocols(PROTOCOLS);
    builder.start().map_err(|_| server_fault())
}
