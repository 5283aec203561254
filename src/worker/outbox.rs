//! Jobs on their way to the process: as few writes as the descriptors allow.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;

use super::channel::Channel;
use super::codec::{self, FrameError};
use super::line::{Job, Line};
use super::protocol::{MAX_DESCRIPTORS, Password, Run, ToWorker};

/// A parcel is closed when it is this large.
const PARCEL_BYTES: usize = 64 * 1024;

#[derive(Default)]
pub struct Outbox {
    parcels: VecDeque<Parcel>,
    /// Jobs packed so far; the next one's number.
    packed: usize,
}

/// What leaves in one write, if the socket takes it whole; its descriptors leave with its first byte.
#[derive(Default)]
struct Parcel {
    bytes: Vec<u8>,
    written: usize,
    from: usize,
    until: usize,
    descriptors: usize,
}

impl Outbox {
    /// Packs the next job of the line.
    pub fn pack(&mut self, job: &Job) -> Result<(), FrameError> {
        let parcel = self.open_parcel();
        codec::encode(&frame_of(job), &mut parcel.bytes)?;
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

    /// Writes what the socket takes without waiting.
    pub fn send(&mut self, channel: &Channel, line: &mut Line) -> io::Result<()> {
        while let Some(parcel) = self.parcels.front_mut() {
            if parcel.written == parcel.bytes.len() {
                self.parcels.pop_front();
                continue;
            }
            let sent = if parcel.written == 0 && parcel.descriptors > 0 {
                channel.try_send(&parcel.bytes, &line.documents(parcel.from, parcel.until))
            } else {
                channel.try_send(&parcel.bytes[parcel.written..], &[])
            };
            match sent {
                Ok(count) => parcel.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
            line.set_sent(parcel.until);
        }
        Ok(())
    }

    fn open_parcel(&mut self) -> &mut Parcel {
        let full = |parcel: &Parcel| parcel.descriptors >= MAX_DESCRIPTORS || parcel.bytes.len() >= PARCEL_BYTES;
        if self.parcels.back().is_none_or(full) {
            self.parcels.push_back(Parcel::default());
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

fn frame_of(job: &Job) -> ToWorker<'_> {
    ToWorker::Run(Run {
        ticket: job.ticket,
        operations: Cow::Borrowed(&job.operations),
        password: job.password.as_deref().map(Password),
        text: job.text,
        limits: job.limits,
        has_document: job.document.is_some(),
        script: job.script.clone(),
    })
}
