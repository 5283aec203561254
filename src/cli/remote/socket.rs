//! The WebSocket side of a feed: frames in, acknowledgements out.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::RemoteServer;
use super::feed::{FeedCursor, FeedUpdate};
use quire_domain::live_frames::{Ack, ClientFrame, PROTOCOL, Resume, ServerFrame, Subscribe};

/// The WebSocket stream under a feed.
pub type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(super) struct Socket {
    stream: WebSocket,
    /// Which log the server keeps.
    epoch: String,
    /// Two heartbeats without a frame are an end.
    patience: Duration,
    /// Handed out; acknowledged when the next update is asked for.
    unacknowledged: Option<i64>,
}

/// Why there is no connection any more, or none yet.
pub(super) enum Disconnect {
    /// Coming again is of no use.
    ForGood(anyhow::Error),
    /// Something answers, but not with a WebSocket.
    NoSocket(anyhow::Error),
    Broken(anyhow::Error),
}

/// A few frames of events; what is larger is read in several steps. The library's 128 KiB would be all that many
/// listeners in one process have in a cache.
const READ_BUFFER_BYTES: usize = 4 << 10;
const OPEN_PATIENCE: Duration = Duration::from_secs(10);
/// These close codes say: do not come again.
const FINAL_CODES: std::ops::Range<u16> = 4500..5000;

impl Socket {
    pub(super) async fn open(remote: &RemoteServer, wish: &Subscribe, place: &FeedCursor) -> Result<Self, Disconnect> {
        let opening = tokio::time::timeout(OPEN_PATIENCE, connect(remote)).await;
        let stream = opening.map_err(|_| Disconnect::NoSocket(anyhow!("no answer in time")))??;
        let mut socket = Self { stream, epoch: String::new(), patience: OPEN_PATIENCE, unacknowledged: None };
        let hello = match socket.frame().await? {
            ServerFrame::Hello(hello) => hello,
            _ => return Err(Disconnect::NoSocket(anyhow!("the server does not speak {PROTOCOL}"))),
        };
        socket.epoch = hello.epoch;
        socket.patience = Duration::from_millis(hello.heartbeat_ms * 2 + 1_000);
        socket.say(&ClientFrame::Subscribe(wish.clone())).await?;
        socket.say(&ClientFrame::Resume(Resume { epoch: place.epoch.clone(), after: place.after })).await?;
        Ok(socket)
    }

    pub(super) async fn next(&mut self, place: &mut FeedCursor) -> Result<FeedUpdate, Disconnect> {
        if let Some(seq) = self.unacknowledged.take() {
            self.say(&ClientFrame::Ack(Ack { seq })).await?;
        }
        loop {
            match self.frame().await? {
                ServerFrame::Events(events) => {
                    *place = self.place(events.upto);
                    self.unacknowledged = Some(events.upto);
                    return Ok(FeedUpdate::Events(events.events));
                }
                ServerFrame::Snapshot(snapshot) => {
                    *place = self.place(snapshot.as_of_seq);
                    return Ok(FeedUpdate::Snapshot(snapshot));
                }
                ServerFrame::Progress(progress) => return Ok(FeedUpdate::Progress(Box::new(progress))),
                ServerFrame::Reset(reset) => return Ok(FeedUpdate::Reset(reset.reason)),
                ServerFrame::Hello(_) => {}
                ServerFrame::Heartbeat(_) => self.say(&ClientFrame::Ping).await?,
                ServerFrame::Error(error) => tracing::warn!(detail = %error.detail, "the server complains"),
            }
        }
    }

    fn place(&self, after: i64) -> FeedCursor {
        FeedCursor { epoch: Some(self.epoch.clone()), after }
    }

    async fn frame(&mut self) -> Result<ServerFrame, Disconnect> {
        loop {
            let message = tokio::time::timeout(self.patience, self.stream.next()).await;
            let message = message.map_err(|_| broken("the server has fallen silent"))?;
            match message.ok_or_else(|| broken("the connection ended"))?.map_err(failed)? {
                Message::Text(text) => {
                    let frame = serde_json::from_str(&text).with_context(|| format!("not understood: {text}"));
                    return frame.map_err(Disconnect::ForGood);
                }
                Message::Close(frame) => return Err(closed(frame)),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }

    async fn say(&mut self, frame: &ClientFrame) -> Result<(), Disconnect> {
        let text = serde_json::to_string(frame).map_err(|error| Disconnect::ForGood(error.into()))?;
        self.stream.send(Message::text(text)).await.map_err(failed)
    }
}

/// A connection, for those that read frames themselves.
///
/// # Errors
/// Why there is none.
pub async fn open_socket(remote: &RemoteServer) -> anyhow::Result<WebSocket> {
    connect(remote)
        .await
        .map_err(|(Disconnect::ForGood(error) | Disconnect::NoSocket(error) | Disconnect::Broken(error))| error)
}

async fn connect(remote: &RemoteServer) -> Result<WebSocket, Disconnect> {
    let mut url = remote.base.join("/api/v1/ws").map_err(|error| Disconnect::ForGood(error.into()))?;
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).map_err(|()| Disconnect::ForGood(anyhow!("{url} cannot be a WebSocket's address")))?;
    let mut request = url.as_str().into_client_request().map_err(|error| Disconnect::ForGood(error.into()))?;
    let headers = request.headers_mut();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    if let Some(key) = &remote.key {
        headers.insert(AUTHORIZATION, key.clone());
    }
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let (stream, _) = connect_async_with_config(request, Some(config), false).await.map_err(refused)?;
    Ok(stream)
}

fn refused(error: Error) -> Disconnect {
    match &error {
        Error::Http(answer) if matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            Disconnect::ForGood(anyhow!("the server refuses the connection: {}", answer.status()))
        }
        Error::Http(answer) => Disconnect::NoSocket(anyhow!("the server answers {}", answer.status())),
        Error::Io(_) => Disconnect::Broken(error.into()),
        _ => Disconnect::NoSocket(error.into()),
    }
}

fn failed(error: Error) -> Disconnect {
    Disconnect::Broken(error.into())
}

fn broken(why: &'static str) -> Disconnect {
    Disconnect::Broken(anyhow!(why))
}

fn closed(frame: Option<CloseFrame>) -> Disconnect {
    let Some(frame) = frame else { return broken("the server closed the connection") };
    let code = u16::from(frame.code);
    let error = anyhow!("the server closed the connection: {} ({code})", frame.reason);
    if FINAL_CODES.contains(&code) { Disconnect::ForGood(error) } else { Disconnect::Broken(error) }
}
