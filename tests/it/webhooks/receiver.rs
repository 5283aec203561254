//! A small HTTP server of its own, scripted: it answers as it is told and remembers who came.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use standardwebhooks::Webhook;

use crate::harness::DEADLINE;

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub headers: HeaderMap,
    pub body: String,
}

pub(super) enum Answer {
    Status(u16),
    /// A status and one more header.
    With(u16, &'static str, String),
    /// This many bytes of body.
    Body(u16, usize),
    /// Headers, a few bytes, and then nothing more.
    SlowBody(u16),
    /// Never anything.
    Hang,
    /// The connection ends without an answer.
    Close,
}

type Script = dyn FnMut(&Visit, usize) -> Answer + Send;

pub(super) struct Receiver {
    port: u16,
    visits: Arc<Mutex<Vec<Visit>>>,
}

impl Visit {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn seq(&self) -> i64 {
        self.json()["data"]["seq"].as_i64().unwrap()
    }

    /// Whether the crate of the standard's authors takes it for genuine.
    pub(super) fn is_genuine(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

impl Receiver {
    /// Says 200 to everybody.
    pub(super) fn kind() -> Self {
        Self::scripted(|_, _| Answer::Status(200))
    }

    /// Asks the script for each request; requests are counted from 0.
    pub(super) fn scripted(script: impl FnMut(&Visit, usize) -> Answer + Send + 'static) -> Self {
        Self::listening(script, |stream| stream)
    }

    /// Says 200 to everybody who speaks TLS and takes its certificate.
    pub(super) fn secure(identity: Arc<ServerConfig>) -> Self {
        let tls = move |stream| StreamOwned::new(ServerConnection::new(Arc::clone(&identity)).unwrap(), stream);
        Self::listening(|_, _| Answer::Status(200), tls)
    }

    fn listening<S: Read + Write>(
        script: impl FnMut(&Visit, usize) -> Answer + Send + 'static,
        dress: impl Fn(TcpStream) -> S + Send + Sync + 'static,
    ) -> Self {
        let dress = Arc::new(dress);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, visits) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
        let (seen, script) = (Arc::clone(&visits), Arc::new(Mutex::new(script)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, script, dress) = (Arc::clone(&seen), Arc::clone(&script), Arc::clone(&dress));
                std::thread::spawn(move || {
                    // A sender that goes away ends its connection.
                    let _ = serve(dress(stream.unwrap()), &seen, &*script);
                });
            }
        });
        Self { port, visits }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap().clone()
    }

    /// The requests, once they are as wanted.
    pub(super) async fn wait(&self, wanted: impl Fn(&[Visit]) -> bool) -> Vec<Visit> {
        let seen = async {
            loop {
                let visits = self.visits();
                if wanted(&visits) {
                    return visits;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let seen = tokio::time::timeout(DEADLINE, seen).await;
        seen.unwrap_or_else(|_| panic!("what was wanted never came; there were {:#?}", self.visits()))
    }

    /// The requests, once there are so many.
    pub(super) async fn count(&self, count: usize) -> Vec<Visit> {
        self.wait(|visits| visits.len() >= count).await
    }
}

fn serve(stream: impl Read + Write, seen: &Mutex<Vec<Visit>>, script: &Mutex<Script>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(visit) = read(&mut reader)? {
        let stream = reader.get_mut();
        let answer = {
            let mut seen = seen.lock().unwrap();
            let answer = (script.lock().unwrap())(&visit, seen.len());
            seen.push(visit);
            answer
        };
        match answer {
            Answer::Status(status) => respond(stream, status, "x-nothing: 0", 0, b"")?,
            Answer::With(status, name, value) => respond(stream, status, &format!("{name}: {value}"), 0, b"")?,
            Answer::Body(status, bytes) => respond(stream, status, "x-nothing: 0", bytes, &vec![b'x'; bytes])?,
            Answer::SlowBody(status) => respond(stream, status, "x-nothing: 0", 1_000, b"slow")?,
            Answer::Hang => std::thread::sleep(DEADLINE),
            Answer::Close => return Ok(()),
        }
    }
    Ok(())
}

fn respond(stream: &mut impl Write, status: u16, header: &str, length: usize, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: {length}\r\n\r\n").as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Visit>> {
    let (mut headers, mut line) = (HeaderMap::new(), String::new());
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let length = headers.get("content-length").map_or(0, |value| value.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Visit { headers, body: String::from_utf8(body).unwrap() }))
}
