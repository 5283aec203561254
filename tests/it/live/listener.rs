//! Clients that listen: over WebSocket, as a stream of events, by poll.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{DEADLINE, TestApp};

/// A WebSocket that acknowledges what it is sent.
pub(super) struct Listener {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub hello: Value,
    /// Every `seq` that came, in the order in which it came.
    pub seqs: Vec<i64>,
    /// The `seq` up to which the delivery has come.
    pub upto: i64,
    /// Whether `events` frames are acknowledged.
    pub acks: bool,
}

/// The next thing that came out of a connection.
#[derive(Debug)]
pub(super) enum Heard {
    Frame(Value),
    Closed(Option<u16>),
}

impl Listener {
    pub(super) async fn connect(app: &TestApp) -> Self {
        let mut listener = Self::connect_with(app, &[]).await.unwrap();
        listener.hello = listener.expect("hello").await;
        listener
    }

    /// With headers of its own; the hello is not taken yet.
    pub(super) async fn connect_with(app: &TestApp, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let url = format!("{}/api/v1/ws", app.url.replace("http", "ws"));
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let (socket, _) = timeout(DEADLINE, connect_async(request)).await.unwrap()?;
        Ok(Self { socket, hello: Value::Null, seqs: Vec::new(), upto: 0, acks: true })
    }

    pub(super) fn epoch(&self) -> &str {
        self.hello["epoch"].as_str().unwrap()
    }

    pub(super) async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    /// A message that cannot be sent any more is no fault: the server may have closed.
    pub(super) async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    pub(super) async fn resume(&mut self, after: i64) {
        let epoch = self.epoch().to_owned();
        self.upto = after;
        self.send(json!({ "type": "resume", "epoch": epoch, "after": after })).await;
    }

    /// The next frame, or the end.
    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            let heard = timeout(DEADLINE, self.socket.next()).await.expect("the server is silent");
            match heard {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    self.note(&frame).await;
                    return Heard::Frame(frame);
                }
                Some(Ok(Message::Close(frame))) => return Heard::Closed(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    async fn note(&mut self, frame: &Value) {
        if frame["type"] == "snapshot" {
            self.upto = frame["as_of_seq"].as_i64().unwrap();
        }
        if frame["type"] != "events" {
            return;
        }
        self.seqs.extend(frame["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()));
        self.upto = frame["upto"].as_i64().unwrap();
        if self.acks {
            self.send(json!({ "type": "ack", "seq": self.upto })).await;
        }
    }

    /// Skips to the next frame of this type.
    pub(super) async fn expect(&mut self, kind: &str) -> Value {
        self.until(|frame| frame["type"] == kind).await
    }

    pub(super) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.hear().await {
                Heard::Frame(frame) if wanted(&frame) => return frame,
                Heard::Frame(_) => {}
                Heard::Closed(code) => panic!("closed with {code:?}, {} events so far", self.seqs.len()),
            }
        }
    }

    /// Listens until the delivery has come as far as `seq`.
    pub(super) async fn follow_to(&mut self, seq: i64) {
        while self.upto < seq {
            self.expect("events").await;
        }
    }

    /// The code that the connection is closed with, whatever comes before it.
    pub(super) async fn close_code(&mut self) -> Option<u16> {
        loop {
            if let Heard::Closed(code) = self.hear().await {
                return code;
            }
        }
    }
}

/// `GET /api/v1/events`, once.
pub(super) async fn poll(app: &TestApp, query: &str) -> Value {
    app.read(&format!("/api/v1/events?{query}")).await
}

/// Every event there is, by poll.
pub(super) async fn whole_log(app: &TestApp) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = poll(app, &format!("after={after}&limit=1000")).await;
        let events = page["events"].as_array().unwrap();
        if events.is_empty() {
            return all;
        }
        all.extend(events.iter().cloned());
        after = page["next_after"].as_i64().unwrap();
    }
}

/// The newest `seq` of the local owner.
pub(super) async fn latest(app: &TestApp) -> i64 {
    poll(app, "after=0&limit=1").await["latest"].as_i64().unwrap()
}

/// A stream of server-sent events.
pub(super) struct EventStream {
    answer: reqwest::Response,
    text: String,
    pub seqs: Vec<i64>,
    pub last_id: Option<String>,
}

/// One event of a stream: its name, `message` when it has none, and its data.
#[derive(Debug)]
pub(super) struct StreamEvent {
    pub name: String,
    pub data: Value,
}

impl EventStream {
    pub(super) async fn open(app: &TestApp, query: &str, last_id: Option<&str>) -> Self {
        let request = app.request(reqwest::Method::GET, &format!("/api/v1/events/stream?{query}"));
        let request = match last_id {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new(), seqs: Vec::new(), last_id: None }
    }

    /// `None` at the end of the stream.
    pub(super) async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                return Some(self.read(&event));
            }
            let chunk = timeout(DEADLINE, self.answer.chunk()).await.expect("the stream is silent");
            self.text.push_str(std::str::from_utf8(&chunk.ok()??).unwrap());
        }
    }

    fn read(&mut self, event: &str) -> StreamEvent {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let name = field("event: ").unwrap_or_else(|| "message".into());
        let data: Value = serde_json::from_str(&field("data: ").unwrap()).unwrap();
        self.last_id = field("id: ").or(self.last_id.take());
        if name == "message" {
            self.seqs.push(data["seq"].as_i64().unwrap());
        }
        StreamEvent { name, data }
    }

    pub(super) async fn expect(&mut self, name: &str) -> Value {
        loop {
            let event = self.next().await.expect("the stream ended");
            if event.name == name {
                return event.data;
            }
        }
    }

    pub(super) async fn follow_to(&mut self, seq: i64) {
        while self.seqs.last().is_none_or(|last| *last < seq) {
            self.expect("message").await;
        }
    }
}
