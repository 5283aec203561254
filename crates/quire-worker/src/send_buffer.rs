//! Send buffer of jobs on their way to the process: as few writes as the descriptors allow.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;

use super::channel::WorkerChannel;
use super::codec::{self, FrameError};
use super::jobs::{UnfinishedJobs, WorkerJob};
use super::protocol::{MAX_DESCRIPTORS, Password, RunJob, ToWorker};

/// A parcel is closed when it is this large.
const PARCEL_BYTES: usize = 64 * 1024;

/// Frames that wait for the socket, encoded, and the descriptors that go with them.
#[derive(Default)]
pub struct SendBuffer {
    parcels: VecDeque<OutgoingWrite>,
    /// Jobs packed so far; the next one's number.
    packed: usize,
}

/// Bytes of one write, if the socket takes them whole; their descriptors leave with the first byte.
#[derive(Default)]
struct OutgoingWrite {
    bytes: Vec<u8>,
    written: usize,
    from: usize,
    until: usize,
    descriptors: usize,
}

impl SendBuffer {
    /// Encodes the next job behind those that wait.
    pub fn append_job(&mut self, job: &WorkerJob) -> Result<(), FrameError> {
        let parcel = self.open_parcel();
        codec::append_frame(&frame_of(job), &mut parcel.bytes)?;
        parcel.descriptors += usize::from(job.document.is_some());
        parcel.until += 1;
        self.packed += 1;
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// Forgets everything: nobody reads it any more.
    pub fn clear(&mut self) {
        self.parcels.clear();
    }

    /// Writes as much as the socket takes without waiting.
    pub fn send_available(&mut self, channel: &WorkerChannel, unfinished: &mut UnfinishedJobs) -> io::Result<()> {
        while let Some(parcel) = self.parcels.front_mut() {
            if parcel.written == parcel.bytes.len() {
                self.parcels.pop_front();
                continue;
            }
            let sent = if parcel.written == 0 && parcel.descriptors > 0 {
                channel.try_send(&parcel.bytes, &unfinished.document_fds(parcel.from, parcel.until))
            } else {
                channel.try_send(&parcel.bytes[parcel.written..], &[])
            };
            match sent {
                Ok(count) => parcel.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
            unfinished.mark_sent(parcel.until);
        }
        Ok(())
    }

    fn open_parcel(&mut self) -> &mut OutgoingWrite {
        let full = |parcel: &OutgoingWrite| parcel.descriptors >= MAX_DESCRIPTORS || parcel.bytes.len() >= PARCEL_BYTES;
        if self.parcels.back().is_none_or(full) {
            self.parcels.push_back(OutgoingWrite::default());
        }
        let packed = self.packed;
        let last = self.parcels.len() - 1;
        let parcel = &mut self.parcels[last];
        if parcel.bytes.is_empty() {
            (parcel.from, parcel.until) = (packed, packed);
        }
        parcel
    }
}

fn frame_of(job: &WorkerJob) -> ToWorker<'_> {
    ToWorker::Run(RunJob {
        ticket: job.ticket,
        operations: Cow::Borrowed(&job.operations),
        password: job.password.as_deref().map(Password),
        options: job.options,
        limits: job.limits,
        has_document: job.document.is_some(),
        script: job.script.clone(),
    })
}
