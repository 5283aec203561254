//! Errors of the store.

use std::io;
use std::path::Path;

use quire_domain::batch::BatchRefusal;
use quire_domain::counts::CountUnderflow;

/// Why the disk does not take writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct DiskFailure {
    /// There is no room; otherwise it is read-only or broken.
    pub full: bool,
    /// In the system's or the database's words; names no path.
    pub why: String,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error(transparent)]
    Refused(#[from] BatchRefusal),
    #[error("{0}")]
    Conflict(String),
    #[error("this Idempotency-Key was used with another request")]
    KeyReused,
    #[error("the batch would have {items} items; the limit is {limit}")]
    TooManyItems { items: u64, limit: u64 },
    #[error("{matched} items would be tried again, not {expected}")]
    ExpectedDiffers { expected: u64, matched: u64 },
    #[error("the API key that this is done with was revoked")]
    KeyRevoked,
    #[error("too many writes wait already")]
    Busy,
    #[error("the owner would have more webhooks than {limit}")]
    TooManyWebhooks { limit: u64 },
    #[error("the owner would have more open uploads than {limit}")]
    TooManyUploads { limit: u64 },
    /// The disk is full, read-only or broken: the write was not done.
    #[error("the disk does not take writes: {0}")]
    Disk(DiskFailure),
    #[error("another server uses this data directory: {0}")]
    Locked(String),
    #[error("the data directory cannot be used: {0}")]
    Unusable(String),
    /// A word in the database that this version does not know, or counts that do not add up.
    #[error("the database holds what must never be: {0}")]
    Corrupt(String),
    #[error("an administrator stopped the writer")]
    WriterStopped,
    #[error("the write was given up: {0}")]
    Aborted(String),
    #[error("the database failed: {0}")]
    Database(diesel::result::Error),
}

impl StoreError {
    /// Whether every other write fails now in the same way.
    pub fn blocks_all_writes(&self) -> bool {
        matches!(self, StoreError::Disk(_) | StoreError::WriterStopped)
    }

    /// Whether it is sure that nothing was written: the write was looked at, or not even begun.
    pub fn nothing_was_written(&self) -> bool {
        matches!(
            self,
            StoreError::NotFound(_)
                | StoreError::Refused(_)
                | StoreError::Conflict(_)
                | StoreError::KeyReused
                | StoreError::TooManyItems { .. }
                | StoreError::ExpectedDiffers { .. }
                | StoreError::KeyRevoked
                | StoreError::Busy
        )
    }

    /// Whether the disk does not take writes.
    pub fn is_disk_failure(&self) -> bool {
        matches!(self, StoreError::Disk(_))
    }

    /// The same, and which data directory cannot be used.
    pub(super) fn about(self, dir: &Path) -> Self {
        match self {
            StoreError::Unusable(why) => StoreError::Unusable(format!("{}: {why}", dir.display())),
            other => other,
        }
    }
}

const DISK_WORDS: [&str; 5] =
    ["disk is full", "disk I/O error", "readonly database", "unable to open database file", "out of memory"];

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        let text = error.to_string();
        if DISK_WORDS.iter().any(|word| text.contains(word)) {
            return StoreError::Disk(DiskFailure { full: text.contains("is full"), why: text });
        }
        match error {
            diesel::result::Error::NotFound => StoreError::NotFound("row"),
            other => StoreError::Database(other),
        }
    }
}

impl From<CountUnderflow> for StoreError {
    fn from(broken: CountUnderflow) -> Self {
        StoreError::Corrupt(broken.to_string())
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        StoreError::Disk(error.into())
    }
}

impl From<io::Error> for DiskFailure {
    fn from(error: io::Error) -> Self {
        let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        Self { full, why: error.to_string() }
    }
}
