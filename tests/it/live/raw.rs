//! A WebSocket made by hand, for clients that do what no library would: read nothing, say half of something.

use quire_domain::live_frames::PROTOCOL;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::harness::{DEADLINE, TestApp};

pub(super) struct RawSocket {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// A frame of the server: its opcode and what is in it.
pub(super) struct RawFrame {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

pub(super) const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;

impl RawSocket {
    pub(super) async fn open(app: &TestApp) -> Self {
        let head = format!(
            "/api/v1/ws HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: {PROTOCOL}"
        );
        let mut raw = Self::ask(app, &head).await;
        raw.read_until(|bytes| bytes.windows(4).any(|four| four == b"\r\n\r\n")).await;
        let end = raw.bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        assert!(raw.bytes.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&raw.bytes));
        raw.bytes.drain(..end);
        raw
    }

    /// A request whose answer is not read.
    pub(super) async fn get(app: &TestApp, path: &str) -> Self {
        Self::ask(app, &format!("{path} HTTP/1.1")).await
    }

    /// With the smallest buffer for what comes in that the system gives.
    async fn ask(app: &TestApp, head: &str) -> Self {
        let address = app.url.trim_start_matches("http://").to_owned();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
        stream.write_all(format!("GET {head}\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
        Self { stream, bytes: Vec::new() }
    }

    /// One masked frame, with a mask of zeros.
    pub(super) async fn send(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = head(opcode, payload.len() as u64);
        frame.extend([0; 4]);
        frame.extend(payload);
        self.send_bytes(&frame).await;
    }

    /// Bytes that cannot be sent any more are no fault: the server may have closed.
    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// `None` when the connection has ended.
    pub(super) async fn frame(&mut self) -> Option<RawFrame> {
        if !self
            .read_until(|bytes| frame_length(bytes).is_some_and(|(head, payload)| bytes.len() >= head + payload))
            .await
        {
            return None;
        }
        let (head, payload) = frame_length(&self.bytes)?;
        let frame: Vec<u8> = self.bytes.drain(..head + payload).collect();
        Some(RawFrame { opcode: frame[0] & 0xF, payload: frame[head..].to_vec() })
    }

    /// The code that the connection is closed with, whatever comes before it. Nothing is answered to anything.
    pub(super) async fn close_code(&mut self) -> Option<u16> {
        while let Some(frame) = self.frame().await {
            if frame.opcode == CLOSE {
                return Some(u16::from_be_bytes([frame.payload[0], frame.payload[1]]));
            }
        }
        None
    }

    async fn read_until(&mut self, done: impl Fn(&[u8]) -> bool) -> bool {
        while !done(&self.bytes) {
            let mut piece = [0; 4096];
            let read = timeout(DEADLINE, self.stream.read(&mut piece)).await.expect("the server is silent");
            match read {
                Ok(read) if read > 0 => self.bytes.extend_from_slice(&piece[..read]),
                _ => return false,
            }
        }
        true
    }
}

/// The head of a client's frame, but for the mask.
pub(super) fn head(opcode: u8, length: u64) -> Vec<u8> {
    let mut head = vec![0x80 | opcode];
    match length {
        0..126 => head.push(0x80 | length as u8),
        126..65_536 => {
            head.push(0x80 | 126);
            head.extend((length as u16).to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head
}

/// Of a server's frame: bytes of its head and of its payload.
fn frame_length(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes.get(1)? & 0x7F {
        126 => Some((4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into())),
        127 => Some((10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize)),
        short => Some((2, short.into())),
    }
}
