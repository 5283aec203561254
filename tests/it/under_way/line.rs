//! One connection with one request, made by hand.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::harness::{Caller, DEADLINE, TestApp};

pub(super) struct Line {
    pub stream: TcpStream,
    pub said: Vec<u8>,
}

impl Line {
    pub(super) fn to(app: &TestApp) -> Self {
        let stream = TcpStream::connect(app.url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self { stream, said: Vec::new() }
    }

    /// A request's head, but for the empty line that ends it.
    pub(super) fn begin(app: &TestApp, by: Option<&Caller<'_>>, method: &str, path: &str, more: &str) -> Self {
        let mut line = Self::to(app);
        let key = by.map(|by| format!("authorization: Bearer {}\r\n", by.key)).unwrap_or_default();
        line.say(format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{key}{more}").as_bytes());
        line
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        // Who was answered early may have been hung up on.
        let _ = self.stream.write_all(bytes);
    }

    /// Everything up to the end of the connection.
    pub(super) fn read_on(&mut self) -> String {
        let mut piece = [0; 64 << 10];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => self.said.extend_from_slice(&piece[..read]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("the server keeps the connection: {error}"),
            }
        }
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// Up to the end of the answer's head, or of the connection.
    pub(super) fn head(&mut self) -> String {
        let mut piece = [0; 16 << 10];
        while !self.said.windows(4).any(|four| four == b"\r\n\r\n") {
            match self.stream.read(&mut piece) {
                Ok(read) if read > 0 => self.said.extend_from_slice(&piece[..read]),
                ended => {
                    assert!(ended.is_ok_and(|read| read == 0), "no answer");
                    break;
                }
            }
        }
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// Whether something came before so much time had passed.
    pub(super) fn hears_within(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience)).unwrap();
        let mut piece = [0; 16 << 10];
        let read = self.stream.read(&mut piece);
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
        if let Ok(read) = &read {
            self.said.extend_from_slice(&piece[..*read]);
        }
        read.is_ok()
    }
}
