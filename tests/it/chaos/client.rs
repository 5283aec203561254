//! The client: one place in the log, three transports, and dice that say which comes next and where it breaks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use super::cut::Cut;
use crate::harness;

/// Whether the client knows its place after a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    Kept,
    Lost,
}

/// Events that arrived.
#[derive(Debug, Default)]
pub(super) struct Log {
    times: BTreeMap<i64, u32>,
    newest: i64,
    disorder: u32,
    pub breaks: u32,
    used: [u32; 3],
}

/// Shared with the client: where the server is, and the `seq` that ends the listening.
#[derive(Clone)]
pub(super) struct Leash {
    pub url: Arc<Mutex<String>>,
    pub until: Arc<AtomicI64>,
}

pub(super) struct Chaos {
    leash: Leash,
    memory: Memory,
    dice: fastrand::Rng,
    http: reqwest::Client,
    epoch: Option<String>,
    after: i64,
    log: Log,
}

/// A connection that nothing breaks is left after so long.
const PATIENCE: Duration = Duration::from_secs(2);

impl Leash {
    pub(super) fn new(url: &str) -> Self {
        Self { url: Arc::new(Mutex::new(url.to_owned())), until: Arc::new(AtomicI64::new(i64::MAX)) }
    }
}

impl Chaos {
    pub(super) fn new(leash: &Leash, memory: Memory, seed: u64) -> Self {
        let dice = fastrand::Rng::with_seed(seed);
        let (leash, http, log) = (leash.clone(), harness::client(), Log::default());
        Self { leash, memory, dice, http, epoch: None, after: 0, log }
    }

    /// Listens until the leash's end has come.
    pub(super) async fn listen(mut self) -> Log {
        while self.after < self.leash.until.load(Ordering::SeqCst) {
            let transport = self.dice.usize(..3);
            // Few bytes at times: a break within the first frames is the hardest.
            let bytes = if self.dice.bool() { self.dice.usize(1..4_000) } else { self.dice.usize(1..400_000) };
            let before = self.log.times.len();
            let one = async {
                match transport {
                    0 => self.websocket(bytes).await,
                    1 => self.stream(bytes).await,
                    _ => self.poll(bytes).await,
                }
            };
            // However it ends, it ends: what counts is what arrived.
            let _ = tokio::time::timeout(PATIENCE, one).await;
            self.log.breaks += 1;
            self.log.used[transport] += u32::from(self.log.times.len() > before);
            tokio::time::sleep(Duration::from_millis(self.dice.u64(0..20))).await;
        }
        self.log
    }

    async fn websocket(&mut self, bytes: usize) -> Option<()> {
        let address = self.address();
        let stream = TcpStream::connect(address.trim_start_matches("http://")).await.ok()?;
        let url = format!("{}/api/v1/ws", address.replace("http", "ws"));
        let (mut socket, _) = client_async(url, Cut::after(stream, bytes)).await.ok()?;
        loop {
            let Message::Text(text) = socket.next().await?.ok()? else { continue };
            let frame: Value = serde_json::from_str(&text).ok()?;
            match frame["type"].as_str()? {
                "hello" => {
                    let resume = self.resume(frame["epoch"].as_str()?);
                    socket.send(Message::text(resume.to_string())).await.ok()?;
                }
                "events" => {
                    self.take(&frame["events"], frame["upto"].as_i64()?);
                    socket.send(Message::text(json!({ "type": "ack", "seq": self.after }).to_string())).await.ok()?;
                }
                "snapshot" => self.after = frame["as_of_seq"].as_i64()?,
                _ => {}
            }
            self.is_wanted()?;
        }
    }

    fn resume(&mut self, epoch: &str) -> Value {
        self.epoch = Some(epoch.to_owned());
        match self.memory {
            Memory::Kept => json!({ "type": "resume", "epoch": epoch, "after": self.after }),
            Memory::Lost => json!({ "type": "resume" }),
        }
    }

    async fn stream(&mut self, bytes: usize) -> Option<()> {
        let mut request = self.http.get(format!("{}/api/v1/events/stream", self.address()));
        match (self.memory, &self.epoch) {
            (Memory::Lost, _) => {}
            (Memory::Kept, Some(epoch)) => request = request.header("last-event-id", format!("{epoch}:{}", self.after)),
            (Memory::Kept, None) => return self.poll(bytes).await,
        }
        let (mut pieces, mut text, mut left) = (request.send().await.ok()?.bytes_stream(), Vec::new(), bytes);
        loop {
            let piece = pieces.next().await?.ok()?;
            text.extend_from_slice(&piece[..piece.len().min(left)]);
            left -= piece.len().min(left);
            while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = text.drain(..end + 2).collect();
                self.block(&String::from_utf8(block).ok()?);
            }
            self.is_wanted()?;
            if left == 0 {
                return None;
            }
        }
    }

    /// One block of an event stream; only those with an id are facts.
    fn block(&mut self, block: &str) -> Option<()> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let data: Value = serde_json::from_str(field("data:")?).ok()?;
        if data["as_of_seq"].is_i64() {
            self.after = data["as_of_seq"].as_i64()?;
        }
        if data["seq"].is_i64() {
            let (epoch, seq) = field("id:")?.split_once(':')?;
            self.epoch = Some(epoch.to_owned());
            self.take(&json!([data]), seq.parse().ok()?);
        }
        Some(())
    }

    async fn poll(&mut self, bytes: usize) -> Option<()> {
        for _ in 0..self.dice.u32(1..20) {
            let events = format!("{}/api/v1/events", self.address());
            if self.memory == Memory::Lost {
                let page: Value = self.http.get(format!("{events}?limit=1")).send().await.ok()?.json().await.ok()?;
                self.after = page["latest"].as_i64()?;
            }
            let limit = self.dice.u32(1..1_000);
            let asked = format!("{events}?after={}&limit={limit}&wait=1", self.after);
            let body = self.http.get(asked).send().await.ok()?.bytes().await.ok()?;
            // An answer that broke off is none.
            let page: Value = serde_json::from_slice(&body[..body.len().min(bytes)]).ok()?;
            self.take(&page["events"], page["next_after"].as_i64()?);
            self.is_wanted()?;
        }
        None
    }

    fn address(&self) -> String {
        self.leash.url.lock().unwrap().clone()
    }

    fn is_wanted(&self) -> Option<()> {
        (self.after < self.leash.until.load(Ordering::SeqCst)).then_some(())
    }

    fn take(&mut self, events: &Value, upto: i64) {
        for seq in events.as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()) {
            *self.log.times.entry(seq).or_default() += 1;
            self.log.disorder += u32::from(seq <= self.log.newest);
            self.log.newest = self.log.newest.max(seq);
        }
        self.after = upto;
    }
}

impl Log {
    /// Its faults, when the log of the server goes up to `latest`.
    pub(super) fn faults(&self, latest: i64) -> Vec<String> {
        let missing = (1..=latest).filter(|seq| !self.times.contains_key(seq)).count();
        let doubled = self.times.values().filter(|times| **times > 1).count();
        let counts = [(missing, "missing"), (doubled, "doubled"), (self.disorder as usize, "out of order")];
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }

    pub(super) fn has_used_every_transport(&self) -> bool {
        self.used.iter().all(|times| *times > 0)
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [sockets, streams, polls] = self.used;
        let Self { times, breaks, disorder, .. } = self;
        write!(f, "{} events, {disorder} out of order, {breaks} breaks; news by {sockets} sockets, ", times.len())?;
        write!(f, "{streams} streams, {polls} polls")
    }
}
