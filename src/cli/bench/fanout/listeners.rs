//! The client side of the bench, in a process of its own: many WebSockets that record when each event arrives.

use std::cell::RefCell;
use std::io::{BufRead as _, Read as _, Write as _};
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use crate::actors::engine;
use crate::cli::CommandExit;
use crate::cli::args::{ListenArgs, RemoteServerArgs};
use crate::cli::remote::{RemoteServer, WebSocket, open_socket};
use crate::http;
use quire_base::clock;

type Heard = Rc<RefCell<Vec<(u32, u32)>>>;

/// Windows are 256 events: acknowledged long before they are full, and not one by one.
const ACK_EVERY: u32 = 32;
/// Handshakes under way at once.
const OPENING: usize = 64;

/// # Errors
/// When the server does not let all sessions in.
pub(crate) fn listen(args: ListenArgs) -> anyhow::Result<CommandExit> {
    http::raise_descriptor_limit(u64::from(args.sessions));
    engine::run_on_actor_system(1, async move {
        match args.catch_up {
            Some(events) => catch_up(&args.url, events).await,
            None => sessions(args).await,
        }
    })?;
    Ok(CommandExit::Fine)
}

async fn sessions(args: ListenArgs) -> anyhow::Result<()> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let keys: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let key = |nth: u32| (!keys.is_empty()).then(|| keys[nth as usize % keys.len()].clone());
    let remotes = (0..args.sessions).map(|nth| remote(&args.url, key(nth)));
    let opening = futures_util::stream::iter(remotes.collect::<anyhow::Result<Vec<_>>>()?);
    let sockets: Vec<_> =
        opening.map(|remote| async move { open(&remote).await }).buffer_unordered(OPENING).collect().await;
    let heard = Heard::default();
    for (nth, socket) in sockets.into_iter().enumerate() {
        let (socket, heard) = (socket?, Rc::clone(&heard));
        match (nth as u32) < args.stalled {
            // Open, and never read.
            true => std::mem::forget(socket),
            false => drop(actix::spawn(note(socket, heard))),
        }
    }
    println!("ready");
    // The end of the input is the end of the measurement.
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read_to_end(&mut Vec::new())).await??;
    write(&heard.borrow())
}

/// A session that has its place at the end of the log.
async fn open(remote: &RemoteServer) -> anyhow::Result<WebSocket> {
    let mut socket = open_socket(remote).await?;
    socket.send(Message::text(r#"{"type":"resume"}"#)).await?;
    loop {
        match socket.next().await.context("closed")?? {
            Message::Text(text) if text.contains(r#""type":"snapshot""#) && text.contains(r#""more":false"#) => {
                return Ok(socket);
            }
            Message::Close(frame) => bail!("closed: {frame:?}"),
            _ => {}
        }
    }
}

async fn note(mut socket: WebSocket, heard: Heard) {
    let mut since_ack = 0;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let now = clock::now();
        let before = heard.borrow().len();
        heard
            .borrow_mut()
            .extend(stamps(&text).map(|(nth, asked)| (nth, u32::try_from(now - asked).unwrap_or(u32::MAX))));
        since_ack += (heard.borrow().len() - before) as u32;
        if since_ack >= ACK_EVERY
            && let Some(upto) = upto(&text)
        {
            since_ack = 0;
            if socket.send(ack(upto)).await.is_err() {
                return;
            }
        }
    }
}

/// Number and time of each fact in a frame.
fn stamps(frame: &str) -> impl Iterator<Item = (u32, i64)> {
    frame.split("\"fact-").skip(1).filter_map(|rest| {
        let (nth, rest) = rest.split_once('-')?;
        Some((nth.parse().ok()?, rest.split_once('"')?.0.parse().ok()?))
    })
}

fn upto(frame: &str) -> Option<i64> {
    let (_, rest) = frame.split_once("\"upto\":")?;
    rest[..rest.find(|char: char| !char.is_ascii_digit())?].parse().ok()
}

fn ack(upto: i64) -> Message {
    Message::text(format!(r#"{{"type":"ack","seq":{upto}}}"#))
}

/// Reads a log of so many events from its beginning and prints the seconds it took.
async fn catch_up(url: &str, events: u64) -> anyhow::Result<()> {
    let mut socket = open_socket(&remote(url, None)?).await?;
    let began = Instant::now();
    loop {
        let Message::Text(text) = socket.next().await.context("closed")?? else { continue };
        if text.contains(r#""type":"hello""#) {
            let hello: serde_json::Value = serde_json::from_str(&text)?;
            let resume = serde_json::json!({ "type": "resume", "epoch": hello["epoch"], "after": 0 });
            socket.send(Message::text(resume.to_string())).await?;
        } else if let Some(upto) = upto(&text) {
            if upto >= events as i64 {
                println!("{}", began.elapsed().as_secs_f64());
                return Ok(());
            }
            socket.send(ack(upto)).await?;
        }
    }
}

fn remote(url: &str, key: Option<String>) -> anyhow::Result<RemoteServer> {
    RemoteServer::new(&RemoteServerArgs { server: url.to_owned(), key })
}

fn write(heard: &[(u32, u32)]) -> anyhow::Result<()> {
    let bytes: Vec<u8> =
        heard.iter().flat_map(|(nth, micros)| [nth.to_le_bytes(), micros.to_le_bytes()]).flatten().collect();
    std::io::stdout().write_all(&bytes)?;
    Ok(())
}

/// Reads what [`write`] wrote.
pub(crate) fn read(bytes: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_le_bytes);
    bytes.chunks_exact(8).map(move |pair| (word(&pair[..4]), word(&pair[4..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_found_in_a_frame() {
        let frame = r#"{"type":"events","upto":12,"events":[{"correlation_id":"fact-3-1700"},{"correlation_id":"fact-4-1800"}]}"#;
        assert_eq!(stamps(frame).collect::<Vec<_>>(), [(3, 1700), (4, 1800)]);
        assert_eq!(upto(frame), Some(12));
    }

    #[test]
    fn what_a_listener_writes_is_read_again() {
        let bytes: Vec<u8> = [7u32.to_le_bytes(), 900u32.to_le_bytes()].concat();
        assert_eq!(read(&bytes).collect::<Vec<_>>(), [(7, 900)]);
    }
}
