//! A WebSocket that is opened only to be closed with a code: a browser's page sees no other answer.

use actix::{Actor, ActorContext, AsyncContext, StreamHandler};
use actix_web_actors::ws::{self, WebsocketContext};

use super::session::FAREWELL;
use quire_domain::live_frames::CloseCode;

pub(super) struct RefusedSocket(pub CloseCode);

impl Actor for RefusedSocket {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        tracing::info!(code = self.0.number(), reason = self.0.reason(), "a WebSocket was refused");
        ctx.close(Some((ws::CloseCode::Other(self.0.number()), self.0.reason()).into()));
        ctx.run_later(FAREWELL, |_, ctx| ctx.stop());
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for RefusedSocket {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        if matches!(message, Ok(ws::Message::Close(_)) | Err(_)) {
            ctx.stop();
        }
    }
}
