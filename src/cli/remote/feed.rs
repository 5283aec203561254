//! Committed facts of a server, in order, each once: over a WebSocket, and by long polls where there is none.
//!
//! The place reached moves on when an update is handed out; a connection that breaks is opened again from there.

use std::time::{Duration, Instant};

use super::poll::Poll;
use super::socket::{Ended, Socket};
use super::{Remote, is_final, pause};
use crate::domain::event::EventView;
use crate::domain::frames::{Progress, ResetReason, Snapshot, Subscribe};

/// What the server tells, and how the line is.
#[derive(Debug)]
pub enum Update {
    Events(Vec<EventView>),
    Progress(Box<Progress>),
    /// How things stand now; events before it do not come any more.
    Snapshot(Snapshot),
    /// What was heard so far is void; a snapshot follows.
    Reset(ResetReason),
    Live,
    /// There is no WebSocket; the log is asked again and again.
    Polling,
    /// The server cannot be reached; it is tried again.
    Lost {
        why: String,
        again_in: Duration,
    },
}

/// The last place whose events were handed out.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Absent before the first contact.
    pub epoch: Option<String>,
    pub after: i64,
}

pub struct Feed {
    remote: Remote,
    wish: Subscribe,
    place: Place,
    line: Line,
    failures: u32,
}

enum Line {
    Down,
    Socket(Box<Socket>),
    /// Until the next try of a WebSocket.
    Polls(Poll, Instant),
}

/// So many tries in a row without a WebSocket, then polls.
const SOCKET_TRIES: u32 = 2;
const POLLS_FOR: Duration = Duration::from_secs(60);

impl Feed {
    /// Begins with a snapshot.
    pub fn new(remote: Remote, wish: Subscribe) -> Self {
        Self { remote, wish, place: Place::default(), line: Line::Down, failures: 0 }
    }

    /// Waits for what comes next; whatever breaks is mended on the way.
    ///
    /// # Errors
    /// When the server refuses for good: a wrong key, an unknown batch, a protocol that it does not speak.
    pub async fn next(&mut self) -> anyhow::Result<Update> {
        match &mut self.line {
            Line::Down => self.connect().await,
            Line::Socket(socket) => match socket.next(&mut self.place).await {
                Ok(update) => {
                    self.failures = 0;
                    Ok(update)
                }
                Err(ended) => self.broken(ended),
            },
            Line::Polls(_, until) if *until <= Instant::now() => {
                (self.line, self.failures) = (Line::Down, 0);
                self.connect().await
            }
            Line::Polls(poll, _) => match poll.next(&self.remote, &self.wish, &mut self.place).await {
                Ok(update) => Ok(update),
                Err(error) if is_final(&error) => Err(error),
                Err(error) => Ok(self.lost(&error)),
            },
        }
    }

    async fn connect(&mut self) -> anyhow::Result<Update> {
        if self.failures > 0 {
            tokio::time::sleep(pause(self.failures)).await;
        }
        match Socket::open(&self.remote, &self.wish, &self.place).await {
            Ok(socket) => {
                self.line = Line::Socket(Box::new(socket));
                Ok(Update::Live)
            }
            Err(ended) => self.broken(ended),
        }
    }

    fn broken(&mut self, ended: Ended) -> anyhow::Result<Update> {
        match ended {
            Ended::ForGood(error) => Err(error),
            Ended::NoSocket(_) if self.failures + 1 >= SOCKET_TRIES => {
                self.line = Line::Polls(Poll::default(), Instant::now() + POLLS_FOR);
                Ok(Update::Polling)
            }
            Ended::NoSocket(error) | Ended::Broken(error) => Ok(self.lost(&error)),
        }
    }

    fn lost(&mut self, error: &anyhow::Error) -> Update {
        self.line = Line::Down;
        self.failures += 1;
        Update::Lost { why: format!("{error:#}"), again_in: pause(self.failures) }
    }
}
