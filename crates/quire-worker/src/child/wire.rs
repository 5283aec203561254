//! The sending half of the channel, and the sink that the engine writes its progress and artifacts to.

use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::net::SendFlags;

use super::ChildError;
use crate::codec::{self, FrameError};
use crate::protocol::{FromWorker, MAX_CHUNK_BYTES, PROGRESS_EVERY};
use quire_documents::DocumentSink;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::stage::Stage;

/// Frames that wait to be written together.
pub(super) struct FrameBatch {
    socket: OwnedFd,
    bytes: Vec<u8>,
    broken: Option<rustix::io::Errno>,
}

impl FrameBatch {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self { socket, bytes: Vec::new(), broken: None }
    }

    /// Adds a frame; writes when a chunk's worth has gathered.
    pub(super) fn push(&mut self, frame: &FromWorker<'_>) -> Result<(), ChildError> {
        codec::append_frame(frame, &mut self.bytes)?;
        if self.bytes.len() >= MAX_CHUNK_BYTES { self.flush() } else { Ok(()) }
    }

    /// Adds bytes that are no frame; for scripts.
    pub(super) fn push_raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn flush(&mut self) -> Result<(), ChildError> {
        self.check()?;
        let mut sent = 0;
        while sent < self.bytes.len() {
            match rustix::net::send(&self.socket, &self.bytes[sent..], SendFlags::NOSIGNAL) {
                Ok(count) => sent += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    self.broken = Some(error);
                    return self.check();
                }
            }
        }
        self.bytes.clear();
        Ok(())
    }

    /// The error of an earlier write, so that a sink which may not fail can pass it on later.
    pub(super) fn check(&self) -> Result<(), ChildError> {
        match self.broken {
            None => Ok(()),
            Some(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => Err(ChildError::Orphaned),
            Some(error) => Err(ChildError::System("channel", error.into())),
        }
    }
}

/// One job's way out.
pub(super) struct JobChannel<'a> {
    pub outbox: &'a mut FrameBatch,
    pub ticket: u64,
    output_left: u64,
    /// Whether progress leaves at once: a document may take long, nothing at all does not.
    live: bool,
    shown: Option<(Stage, Instant)>,
}

impl<'a> JobChannel<'a> {
    pub(super) fn new(outbox: &'a mut FrameBatch, ticket: u64, max_output_bytes: u64, live: bool) -> Self {
        Self { outbox, ticket, output_left: max_output_bytes, live, shown: None }
    }

    /// Sends an artifact whatever its size.
    pub(super) fn send_artifact(&mut self, name: &str, media_type: &str, bytes: &[u8]) -> Result<(), ChildError> {
        let ticket = self.ticket;
        let size = bytes.len() as u64;
        self.outbox.push(&FromWorker::ArtifactBegin { ticket, name, media_type, size })?;
        for bytes in bytes.chunks(MAX_CHUNK_BYTES) {
            self.outbox.push(&FromWorker::ArtifactChunk { ticket, bytes })?;
        }
        self.outbox.push(&FromWorker::ArtifactEnd { ticket })
    }

    /// Sends progress however soon it follows; a failed write shows at the next [`FrameBatch::check`].
    pub(super) fn send_progress(&mut self, stage: Stage, page: u32, pages: u32) {
        let _ = self.outbox.push(&FromWorker::Progress { ticket: self.ticket, stage, page, pages });
        if self.live {
            let _ = self.outbox.flush();
        }
    }

    fn is_due(&self, stage: Stage, now: Instant) -> bool {
        self.shown.is_none_or(|(shown, at)| shown != stage || now.duration_since(at) >= PROGRESS_EVERY)
    }
}

impl DocumentSink for JobChannel<'_> {
    fn progress(&mut self, stage: Stage, page: u32, pages: u32) {
        let now = Instant::now();
        if self.is_due(stage, now) {
            self.shown = Some((stage, now));
            self.send_progress(stage, page, pages);
        }
    }

    fn artifact(&mut self, name: &str, media_type: &str, bytes: &[u8]) -> Result<(), Failure> {
        let Some(left) = self.output_left.checked_sub(bytes.len() as u64) else {
            let detail = format!("`{name}` of {} bytes is more than the {} left", bytes.len(), self.output_left);
            return Err(Failure::new(FailureCode::OutputTooLarge, detail));
        };
        self.output_left = left;
        self.send_artifact(name, media_type, bytes).map_err(|error| {
            let code = match error {
                ChildError::Frame(FrameError::TooLarge { .. }) => FailureCode::EngineFailure,
                _ => FailureCode::Interrupted,
            };
            Failure::new(code, error.to_string())
        })
    }
}
