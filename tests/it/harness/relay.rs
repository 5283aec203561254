//! An address that stays while servers behind it come and go, and a line that can be made to break.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes bytes on, in both directions; ends with the test's process.
pub(crate) struct Relay {
    pub url: String,
    manner: Arc<Mutex<Manner>>,
}

struct Manner {
    target: String,
    takes_websockets: bool,
    /// The answer to the first request that begins so is lost, and its connection with it.
    loses_answer_to: Option<&'static str>,
}

impl Relay {
    /// To the server at this address.
    pub(crate) fn to(url: &str) -> Self {
        let manner = Manner { target: authority(url), takes_websockets: true, loses_answer_to: None };
        let manner = Arc::new(Mutex::new(manner));
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let theirs = Arc::clone(&manner);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let manner = Arc::clone(&theirs);
                // A connection that breaks is what these tests are about.
                thread::spawn(move || _ = pass(client, &manner));
            }
        });
        Self { url, manner }
    }

    pub(crate) fn turn_to(&self, url: &str) {
        self.manner.lock().unwrap().target = authority(url);
    }

    /// As a proxy that knows no WebSockets.
    pub(crate) fn without_websockets(self) -> Self {
        self.manner.lock().unwrap().takes_websockets = false;
        self
    }

    pub(crate) fn lose_answer_to(self, request: &'static str) -> Self {
        self.manner.lock().unwrap().loses_answer_to = Some(request);
        self
    }

    pub(crate) fn has_lost_an_answer(&self) -> bool {
        self.manner.lock().unwrap().loses_answer_to.is_none()
    }
}

fn authority(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

fn pass(client: TcpStream, manner: &Mutex<Manner>) -> std::io::Result<()> {
    let target = manner.lock().unwrap().target.clone();
    let server = TcpStream::connect(target)?;
    let is_lost = Arc::new(AtomicBool::new(false));
    let (mut answers, mut back, lost) = (server.try_clone()?, client.try_clone()?, Arc::clone(&is_lost));
    thread::spawn(move || {
        let mut bytes = [0; 16 << 10];
        while let Ok(count) = answers.read(&mut bytes) {
            if count == 0 || lost.load(Relaxed) || back.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = back.shutdown(Shutdown::Both);
    });
    let (mut requests, mut on) = (client, server);
    let mut bytes = [0; 16 << 10];
    loop {
        let count = requests.read(&mut bytes)?;
        let request = String::from_utf8_lossy(&bytes[..count]).into_owned();
        let mut manner = manner.lock().unwrap();
        if !manner.takes_websockets && request.to_lowercase().contains("upgrade: websocket") {
            return requests.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
        if manner.loses_answer_to.is_some_and(|wanted| request.starts_with(wanted)) {
            manner.loses_answer_to = None;
            is_lost.store(true, Relaxed);
        }
        drop(manner);
        if count == 0 {
            return on.shutdown(Shutdown::Write);
        }
        on.write_all(&bytes[..count])?;
    }
}
