//! Requests that no well-behaved client would send.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use serde_json::Value;

use super::TestApp;

/// Sends the bytes as they are; the status and the JSON of the answer.
pub(crate) fn raw_request(app: &TestApp, bytes: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).unwrap();
    stream.write_all(bytes).unwrap();
    answer(&mut stream)
}

/// Sends the bytes and hangs up for writing before the announced body is complete.
pub(crate) fn raw_request_cut(app: &TestApp, bytes: &[u8]) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).ok()?;
    parse(&text)
}

fn answer(stream: &mut TcpStream) -> (u16, Value) {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(answer) = parse(&text) {
            return answer;
        }
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the server hung up: {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&piece[..read]);
    }
}

fn parse(text: &[u8]) -> Option<(u16, Value)> {
    let text = String::from_utf8_lossy(text);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).ok()?))
}
