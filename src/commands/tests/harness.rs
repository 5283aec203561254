//! A store of its own in a temporary directory. Its `Drop` recounts everything.

mod blobs;
mod disk;
mod words;
mod writes;

use tempfile::TempDir;

use quire_domain::ids::Micros;
use quire_domain::retry::RetryPolicy;
use quire_store::{OpenStore, Writer};

pub(crate) use words::*;

/// Ways of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harness {
    /// As the server does them.
    Sqlite,
    /// Each commit is given up once and done again by a writer that remembers nothing: whatever a change keeps to itself,
    /// or the writer in memory, is missed.
    SqliteAgain,
}

pub(crate) struct TestStore {
    harness: Harness,
    pub now: Micros,
    pub retry: RetryPolicy,
    pub slots: u32,
    /// Whether the end of the test recounts everything.
    pub is_sound: bool,
    // Dropped in this order: the writer, the lock, the directory.
    writer: Option<Writer>,
    opened: Option<OpenStore>,
    dir: TempDir,
}

impl TestStore {
    pub(crate) fn new() -> Self {
        Self::on(Harness::Sqlite)
    }

    pub(crate) fn on(harness: Harness) -> Self {
        // The dice of the backoff fall the same way each time: one in a thousand backoffs would be over at once.
        fastrand::seed(7);
        let retry = RetryPolicy { backoff_base_ms: 1, backoff_cap_ms: 10, ..RetryPolicy::default() };
        // In memory where that is possible: no test here is about the disk being slow.
        let dir = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let mut store =
            Self { harness, now: 1_000_000, retry, slots: 1_000, is_sound: true, writer: None, opened: None, dir };
        store.reopen();
        store
    }

    /// The server dies and starts again: a new boot epoch.
    pub(crate) fn reopen(&mut self) {
        self.close();
        let opened = OpenStore::open(self.options(), self.now).unwrap();
        self.writer = Some(opened.writer().unwrap());
        self.opened = Some(opened);
    }
}
