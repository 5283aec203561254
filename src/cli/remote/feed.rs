//! Event stream of a remote server, in order, each event once: over a WebSocket, or by long polls where there is none.
//!
//! The place reached moves on when an update is handed out; a connection that breaks is opened again from there.

use std::time::{Duration, Instant};

use super::poll::PollState;
use super::socket::{Disconnect, Socket};
use super::{RemoteServer, is_permanent_refusal, retry_delay};
use quire_domain::event::EventView;
use quire_domain::live_frames::{Progress, ResetReason, Snapshot, Subscribe};

/// What a feed brings: frames of the server, and news of the connection.
#[derive(Debug)]
pub enum FeedUpdate {
    Events(Vec<EventView>),
    Progress(Box<Progress>),
    /// State as of now; events before it do not come any more.
    Snapshot(Snapshot),
    /// Everything heard so far is void; a snapshot follows.
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
pub struct FeedCursor {
    /// Absent before the first contact.
    pub epoch: Option<String>,
    pub after: i64,
}

/// A remote server's events as one stream that survives broken connections.
pub struct RemoteFeed {
    remote: RemoteServer,
    wish: Subscribe,
    place: FeedCursor,
    line: Connection,
    failures: u32,
}

enum Connection {
    Down,
    Socket(Box<Socket>),
    /// Until the next try of a WebSocket.
    Polls(PollState, Instant),
}

/// So many tries in a row without a WebSocket, then polls.
const SOCKET_TRIES: u32 = 2;
const POLLS_FOR: Duration = Duration::from_secs(60);

impl RemoteFeed {
    /// Begins with a snapshot.
    pub fn new(remote: RemoteServer, wish: Subscribe) -> Self {
        Self { remote, wish, place: FeedCursor::default(), line: Connection::Down, failures: 0 }
    }

    /// Waits for what comes next; whatever breaks is mended on the way.
    ///
    /// # Errors
    /// When the server refuses for good: a wrong key, an unknown batch, a protocol that it does not speak.
    pub async fn next_update(&mut self) -> anyhow::Result<FeedUpdate> {
        match &mut self.line {
            Connection::Down => self.connect().await,
            Connection::Socket(socket) => match socket.next(&mut self.place).await {
                Ok(update) => {
                    self.failures = 0;
                    Ok(update)
                }
                Err(ended) => self.broken(ended),
            },
            Connection::Polls(_, until) if *until <= Instant::now() => {
                (self.line, self.failures) = (Connection::Down, 0);
                self.connect().await
            }
            Connection::Polls(poll, _) => match poll.next(&self.remote, &self.wish, &mut self.place).await {
                Ok(update) => Ok(update),
                Err(error) if is_permanent_refusal(&error) => Err(error),
                Err(error) => Ok(self.lost(&error)),
            },
        }
    }

    async fn connect(&mut self) -> anyhow::Result<FeedUpdate> {
        if self.failures > 0 {
            tokio::time::sleep(retry_delay(self.failures)).await;
        }
        match Socket::open(&self.remote, &self.wish, &self.place).await {
            Ok(socket) => {
                self.line = Connection::Socket(Box::new(socket));
                Ok(FeedUpdate::Live)
            }
            Err(ended) => self.broken(ended),
        }
    }

    fn broken(&mut self, ended: Disconnect) -> anyhow::Result<FeedUpdate> {
        match ended {
            Disconnect::ForGood(error) => Err(error),
            Disconnect::NoSocket(_) if self.failures + 1 >= SOCKET_TRIES => {
                self.line = Connection::Polls(PollState::default(), Instant::now() + POLLS_FOR);
                Ok(FeedUpdate::Polling)
            }
            Disconnect::NoSocket(error) | Disconnect::Broken(error) => Ok(self.lost(&error)),
        }
    }

    fn lost(&mut self, error: &anyhow::Error) -> FeedUpdate {
        self.line = Connection::Down;
        self.failures += 1;
        FeedUpdate::Lost { why: format!("{error:#}"), again_in: retry_delay(self.failures) }
    }
}
