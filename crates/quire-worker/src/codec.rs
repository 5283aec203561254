//! Frames to bytes and back: a length (`u32`, little-endian) and a postcard payload. Pure: no socket in here.

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

use super::protocol::MAX_FRAME_BYTES;

const HEADER_BYTES: usize = 4;

/// The least free space offered to a read.
const READ_BYTES: usize = 16 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {bytes} bytes is over the limit of {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("a frame of {bytes} bytes means nothing: {cause}")]
    Meaningless { bytes: usize, cause: String },
}

/// Encodes one frame behind what `out` holds; on an error `out` is as before.
pub fn append_frame<F: Serialize>(frame: &F, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    let written = postcard::serialize_with_flavor(frame, Appending(out))
        .map_err(|error| FrameError::Meaningless { bytes: 0, cause: error.to_string() })
        .and_then(|()| payload_length(out.len() - start - HEADER_BYTES));
    match written {
        Ok(length) => {
            out[start..start + HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

fn payload_length(bytes: usize) -> Result<u32, FrameError> {
    match u32::try_from(bytes) {
        Ok(length) if bytes <= MAX_FRAME_BYTES => Ok(length),
        _ => Err(FrameError::TooLarge { bytes, limit: MAX_FRAME_BYTES }),
    }
}

/// Takes bytes in any portions, gives whole frames in order.
///
/// Holds at most one frame's worth of bytes beyond what one read brought. A frame that means nothing is skipped
/// and reported; one that is too large is reported again at every call.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    /// The bytes not yet decoded are `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl FrameDecoder {
    pub fn new() -> Self {
        Self::default()
    }

    /// The next whole frame, or none until more bytes come.
    pub fn next_frame<'a, F: Deserialize<'a>>(&'a mut self) -> Result<Option<F>, FrameError> {
        let Some(length) = self.next_length()? else { return Ok(None) };
        let from = self.start + HEADER_BYTES;
        if self.end - self.start < HEADER_BYTES + length {
            return Ok(None);
        }
        self.start = from + length;
        meaning_of(&self.buffer[from..from + length]).map(Some)
    }

    /// Whether no byte waits, not even a part of a frame.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Copies `bytes` in; a reader saves the copy with [`Self::spare_space_mut`] and [`Self::advance_filled`].
    pub fn push_bytes(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.spare_space_mut();
            let taken = space.len().min(bytes.len());
            space[..taken].copy_from_slice(&bytes[..taken]);
            self.advance_filled(taken);
            bytes = &bytes[taken..];
        }
    }

    /// Free space to read into, never empty.
    pub fn spare_space_mut(&mut self) -> &mut [u8] {
        if self.start > 0 && (self.is_empty() || self.buffer.len() - self.end < self.wanted()) {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let needed = self.end + self.wanted();
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Says that `bytes` were read into [`Self::spare_space_mut`].
    pub fn advance_filled(&mut self, bytes: usize) {
        self.end = (self.end + bytes).min(self.buffer.len());
    }

    /// Bytes missing of a frame that has begun, or a portion.
    fn wanted(&self) -> usize {
        match self.next_length() {
            Ok(Some(length)) => READ_BYTES.max((HEADER_BYTES + length).saturating_sub(self.end - self.start)),
            _ => READ_BYTES,
        }
    }

    fn next_length(&self) -> Result<Option<usize>, FrameError> {
        let Some(header) = self.buffer[self.start..self.end].first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let bytes = u32::from_le_bytes(*header) as usize;
        if bytes > MAX_FRAME_BYTES {
            return Err(FrameError::TooLarge { bytes, limit: MAX_FRAME_BYTES });
        }
        Ok(Some(bytes))
    }
}

fn meaning_of<'a, F: Deserialize<'a>>(payload: &'a [u8]) -> Result<F, FrameError> {
    let meaningless = |cause: String| FrameError::Meaningless { bytes: payload.len(), cause };
    match postcard::take_from_bytes(payload) {
        Ok((frame, [])) => Ok(frame),
        Ok((_, rest)) => Err(meaningless(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(meaningless(error.to_string())),
    }
}

/// postcard's own growing writer takes the vector away and pushes byte by byte.
struct Appending<'a>(&'a mut Vec<u8>);

impl Flavor for Appending<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;
    use crate::fault_script::FaultScript;
    use crate::protocol::{FromWorker, Password, RunJob, ToWorker};
    use quire_domain::failure::{Failure, FailureCode};
    use quire_domain::operation::{DocumentLimits, DocumentSummary, Operation, OperationOptions};
    use quire_domain::stage::Stage;

    fn summary() -> impl Strategy<Value = Result<DocumentSummary, Failure>> {
        let good =
            (any::<u32>(), any::<u64>(), prop::collection::vec(".*", 0..3)).prop_map(|(pages, chars, warnings)| {
                Ok(DocumentSummary { pages, chars, warnings, ..DocumentSummary::default() })
            });
        let bad =
            (prop::sample::select(FailureCode::ALL), ".*").prop_map(|(code, detail)| Err(Failure { code, detail }));
        prop_oneof![good, bad]
    }

    fn progress() -> impl Strategy<Value = FromWorker<'static>> {
        (any::<u64>(), prop::sample::select(Stage::ALL), any::<u32>(), any::<u32>())
            .prop_map(|(ticket, stage, page, pages)| FromWorker::Progress { ticket, stage, page, pages })
    }

    fn done() -> impl Strategy<Value = FromWorker<'static>> {
        (any::<u64>(), summary(), any::<u64>(), any::<u64>()).prop_map(|(ticket, result, micros, peak_memory_bytes)| {
            FromWorker::Done { ticket, result, micros, peak_memory_bytes }
        })
    }

    proptest! {
        #[test]
        fn frames_survive_any_split(
            frames in prop::collection::vec(prop_oneof![progress(), done()], 0..30),
            chunk in prop::collection::vec(any::<u8>(), 0..40_000),
            portions in prop::collection::vec(1_usize..30_000, 1..20),
        ) {
            let mut sent: Vec<FromWorker<'_>> = frames;
            sent.insert(sent.len() / 2, FromWorker::ArtifactChunk { ticket: 7, bytes: &chunk });
            let mut bytes = Vec::new();
            for frame in &sent {
                prop_assert_eq!(append_frame(frame, &mut bytes), Ok(()));
            }
            let (mut decoder, mut heard, mut rest) = (FrameDecoder::new(), 0, &bytes[..]);
            for portion in portions.iter().cycle() {
                let (now, later) = rest.split_at((*portion).min(rest.len()));
                decoder.push_bytes(now);
                while let Some(frame) = decoder.next_frame::<FromWorker<'_>>().unwrap() {
                    prop_assert_eq!(&frame, &sent[heard]);
                    heard += 1;
                }
                rest = later;
                if rest.is_empty() { break }
            }
            prop_assert_eq!(heard, sent.len());
            prop_assert!(decoder.is_empty());
        }

        #[test]
        fn garbage_is_an_error_or_a_wait_and_never_costs_much(
            portions in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
        ) {
            let mut decoder = FrameDecoder::new();
            for portion in portions {
                decoder.push_bytes(&portion);
                loop {
                    match decoder.next_frame::<FromWorker<'_>>() {
                        Ok(None) => break,
                        Err(FrameError::TooLarge { .. }) => return Ok(()),
                        Ok(Some(_)) | Err(_) => {}
                    }
                }
            }
            prop_assert!(decoder.buffer.len() <= MAX_FRAME_BYTES + 2 * READ_BYTES);
        }

        #[test]
        fn a_request_survives(ticket in any::<u64>(), password in proptest::option::of(".*"), number in any::<i32>()) {
            let run = ToWorker::Run(RunJob {
                ticket,
                operations: Cow::Borrowed(Operation::ALL),
                password: password.as_deref().map(Password),
                options: OperationOptions::default(),
                limits: DocumentLimits { max_file_bytes: 1, max_pages: 2, max_decompressed_bytes: 3, max_output_bytes: 4 },
                has_document: true,
                script: Some(FaultScript::FailFirst { attempts: 1, with: Box::new(FaultScript::Exit(number)) }),
            });
            let mut bytes = Vec::new();
            prop_assert_eq!(append_frame(&run, &mut bytes), Ok(()));
            let mut decoder = FrameDecoder::new();
            decoder.push_bytes(&bytes);
            prop_assert_eq!(decoder.next_frame::<ToWorker<'_>>(), Ok(Some(run.clone())));
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_neither_written_nor_awaited() {
        let chunk = vec![0; MAX_FRAME_BYTES];
        let mut out = vec![1];
        let refused = append_frame(&FromWorker::ArtifactChunk { ticket: 1, bytes: &chunk }, &mut out);
        assert!(matches!(refused, Err(FrameError::TooLarge { .. })));
        assert_eq!(out, [1]);
        let mut decoder = FrameDecoder::new();
        decoder.push_bytes(&u32::MAX.to_le_bytes());
        assert!(matches!(decoder.next_frame::<FromWorker<'_>>(), Err(FrameError::TooLarge { .. })));
    }

    #[test]
    fn bytes_behind_a_frame_are_an_error_within_it() {
        let mut bytes = Vec::new();
        assert_eq!(append_frame(&FromWorker::ArtifactEnd { ticket: 1 }, &mut bytes), Ok(()));
        bytes[0] += 1;
        bytes.push(0);
        let mut decoder = FrameDecoder::new();
        decoder.push_bytes(&bytes);
        assert!(matches!(decoder.next_frame::<FromWorker<'_>>(), Err(FrameError::Meaningless { .. })));
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(format!("{:?}", Password("secret")), "Password(hidden)");
    }
}
