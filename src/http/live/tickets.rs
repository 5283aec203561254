//! `POST /api/v1/ws-tickets`: a page gets a ticket that opens one WebSocket.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actors::live::tickets::TicketIssueError;
use crate::http::AppState;
use crate::http::api::{Created, HandlerResult};
use crate::http::auth::Authenticated;
use crate::http::problem::{Problem, ProblemCode};
use quire_base::clock::{self, rfc3339};
use quire_domain::live_frames::PROTOCOL;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Ticket")]
pub(crate) struct TicketView {
    ticket: String,
    #[schemars(extend("format" = "date-time"))]
    expires_at: String,
    /// Value for `new WebSocket(url, protocols)`.
    protocols: [String; 2],
}

/// Good once, for a short time, for the owner and the origin that asked.
pub(crate) async fn issue(
    request: HttpRequest,
    app: web::Data<AppState>,
    asker: Authenticated,
) -> HandlerResult<Created<TicketView>> {
    let tickets = &app.engine.live.tickets;
    let ticket = tickets.issue((asker.key, asker.api_key_id), origin(&request), clock::monotonic_millis())?;
    let expires_at = rfc3339(clock::now() + tickets.ttl_ms() as i64 * 1000);
    let protocols = [PROTOCOL.to_owned(), format!("{PREFIX}{ticket}")];
    let view = TicketView { ticket, expires_at, protocols };
    Ok(Created::new(&view).header(header::CACHE_CONTROL, "no-store"))
}

pub(crate) const PREFIX: &str = "ticket.";

/// The page that a browser speaks for.
pub(crate) fn origin(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::ORIGIN)?.to_str().ok()
}

impl From<TicketIssueError> for Problem {
    fn from(why: TicketIssueError) -> Self {
        match why {
            TicketIssueError::TooMany => {
                Self::new(ProblemCode::Busy, format!("No ticket: {why}. Use them, or wait.")).retry_after(5)
            }
            TicketIssueError::NoRandomness => crate::http::error_mapping::server_fault(),
        }
    }
}
