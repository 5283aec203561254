//! Fuzz targets of this module: arbitrary bytes from a process to its parent, and back. Compiled for tests and fuzzers
//! only.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::codec::{self, FrameDecoder, FrameError};
use super::job_session::JobSession;
use super::jobs::WorkerJob;
use super::pool::ProcessUsage;
use super::protocol::{FromWorker, MAX_CHUNK_BYTES, ToWorker};
use super::run_jobs::{JobObserver, JobResult};
use super::settings::JobLimits;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::{DocumentLimits, DocumentSummary, Operation, OperationOptions};
use quire_domain::stage::Stage;

const MAX_OUTPUT_BYTES: u64 = 5_000;
const MAX_ARTIFACTS: u32 = 3;

/// Frames and noise, as `data` says, through the parent's decoder and its whole conversation. Whatever comes, every job
/// ends once or comes back, and nothing passes that breaks a limit or the order of things.
pub fn conversation(data: &[u8]) {
    let mut tape = data.iter().copied();
    let head = tape.next().unwrap_or(0);
    let jobs = u64::from(head % 4);
    let mut heard = Heard { refuses: head & 0x40 != 0, ..Heard::default() };
    let mut session = JobSession::new((1..=jobs).map(job).collect(), &RULES, &mut heard);
    session.unfinished.mark_sent(usize::from(head >> 4 & 3));
    let (mut decoder, mut usage, mut failure) = (FrameDecoder::new(), ProcessUsage::default(), None);
    while failure.is_none() && !session.unfinished.is_empty() {
        let Some(portion) = portion(&mut tape) else { break };
        decoder.push_bytes(&portion);
        // The observer never waits, so neither does the conversation.
        failure = session.handle_frame(&mut decoder, &mut usage, &mut heard).now_or_never().and_then(Result::err);
    }
    let sent = u64::from(head >> 4 & 3).min(jobs);
    let rest = session.finish(failure, &mut heard);
    heard.check(jobs, sent, &rest);
}

/// The child's decoder. What it understands, it would say in the same bytes.
pub fn requests(data: &[u8]) {
    let mut decoder = FrameDecoder::new();
    for portion in data.chunks(1_000) {
        decoder.push_bytes(portion);
        loop {
            let frame = match decoder.next_frame::<ToWorker<'_>>() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(FrameError::TooLarge { .. }) => return,
                Err(FrameError::Meaningless { .. }) => continue,
            };
            let mut again = Vec::new();
            assert_eq!(codec::append_frame(&frame, &mut again), Ok(()));
            let mut other = FrameDecoder::new();
            other.push_bytes(&again);
            assert_eq!(other.next_frame(), Ok(Some(frame)));
        }
    }
}

const RULES: JobLimits = JobLimits {
    attempt_timeout: Duration::from_secs(3_600),
    silence_timeout: Duration::from_secs(3_600),
    grace: Duration::from_secs(3_600),
    max_artifacts: MAX_ARTIFACTS,
};

fn job(ticket: u64) -> WorkerJob {
    let limits = DocumentLimits {
        max_file_bytes: 1,
        max_pages: 1,
        max_decompressed_bytes: 1,
        max_output_bytes: MAX_OUTPUT_BYTES,
    };
    WorkerJob {
        ticket,
        operations: Arc::new([Operation::Noop]),
        password: None,
        options: OperationOptions::default(),
        limits,
        document: None,
        silence: None,
        script: None,
    }
}

/// One frame, several, or bytes that are none; cut where the tape says.
fn portion(tape: &mut impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let (kind, ticket, size) = (tape.next()?, u64::from(tape.next()? % 5), tape.next()?);
    let mut out = Vec::new();
    let noise: Vec<u8> = match kind % 10 {
        8 => tape.take(usize::from(size)).collect(),
        9 => u32::from(size).to_le_bytes().into_iter().chain(tape.take(usize::from(size))).collect(),
        _ => Vec::new(),
    };
    let chunk = vec![kind; usize::from(size) * if kind > 200 { 256 } else { 4 }];
    let frame = match kind % 10 {
        0 => FromWorker::Progress { ticket, stage: Stage::ALL[usize::from(size) % 12], page: 1, pages: 2 },
        1 | 2 => {
            FromWorker::ArtifactBegin { ticket, name: name(size), media_type: "a/b", size: u64::from(size % 8) * 4 }
        }
        3 | 4 => FromWorker::ArtifactChunk { ticket, bytes: &chunk[..chunk.len().min(MAX_CHUNK_BYTES)] },
        5 => FromWorker::ArtifactEnd { ticket },
        6 => FromWorker::Done { ticket, result: Ok(DocumentSummary::default()), micros: 1, peak_memory_bytes: 1 },
        7 => {
            let result = Err(Failure::new(FailureCode::Damaged, "so it says"));
            FromWorker::Done { ticket, result, micros: u64::MAX, peak_memory_bytes: u64::MAX }
        }
        _ => return Some(noise),
    };
    let encoded = codec::append_frame(&frame, &mut out);
    // A frame cut short is made whole, or not, by what comes next.
    if kind & 0x20 != 0 {
        out.truncate(usize::from(size));
    }
    encoded.is_ok().then_some(out)
}

fn name(number: u8) -> &'static str {
    ["text.txt", "pages.json", "a", "../a", "", "a/b", ".a", "a\0"][usize::from(number) / 8 % 8]
}

/// Holds the parent to its word.
#[derive(Default)]
struct Heard {
    ended: Vec<u64>,
    /// Of the running job: artifacts begun, their bytes announced, and what the open one still owes.
    artifacts: u32,
    announced: u64,
    owed: Option<u64>,
    refuses: bool,
    refused: bool,
}

impl Heard {
    fn running(&self, ticket: u64) {
        assert!(!self.ended.contains(&ticket), "{ticket} has ended");
        assert_eq!(self.ended.last().copied().unwrap_or(0) + 1, ticket, "jobs run in their order");
        assert!(!self.refused, "nothing follows a refusal");
    }

    fn check(&self, jobs: u64, sent: u64, rest: &[WorkerJob]) {
        let rest = rest.iter().map(|job| job.ticket);
        assert!(self.ended.iter().copied().chain(rest).eq(1..=jobs), "each job ends once or comes back");
        assert!(self.ended.len() as u64 <= sent, "only what was sent can end");
    }
}

impl JobObserver for Heard {
    fn progress(&mut self, ticket: u64, _: Stage, _: u32, _: u32) {
        assert!(!self.ended.contains(&ticket), "{ticket} has ended");
    }

    async fn artifact_begin(&mut self, ticket: u64, name: &str, _: &str, size: u64) -> Result<(), Failure> {
        self.running(ticket);
        assert!(self.owed.is_none() && !name.is_empty() && !name.contains(['/', '\0']) && !name.starts_with('.'));
        (self.artifacts, self.announced, self.owed) = (self.artifacts + 1, self.announced + size, Some(size));
        assert!(self.artifacts <= MAX_ARTIFACTS && self.announced <= MAX_OUTPUT_BYTES);
        self.refused = self.refuses;
        if self.refuses { Err(Failure::new(FailureCode::StorageFailed, "full")) } else { Ok(()) }
    }

    async fn artifact_chunk(&mut self, ticket: u64, bytes: &[u8]) -> Result<(), Failure> {
        self.running(ticket);
        self.owed = self.owed.and_then(|owed| owed.checked_sub(bytes.len() as u64));
        assert!(self.owed.is_some(), "more than was announced, or for no artifact");
        Ok(())
    }

    async fn artifact_end(&mut self, ticket: u64) -> Result<(), Failure> {
        self.running(ticket);
        assert_eq!(self.owed.take(), Some(0));
        Ok(())
    }

    fn ended(&mut self, ticket: u64, conclusion: JobResult) {
        assert!(conclusion.is_err() || (self.owed.is_none() && !self.refused), "half an artifact is no success");
        self.ended.push(ticket);
        (self.artifacts, self.announced, self.owed, self.refused) = (0, 0, None, false);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn no_process_can_talk_its_parent_out_of_its_rules(data in prop::collection::vec(any::<u8>(), 0..600)) {
            super::conversation(&data);
        }

        #[test]
        fn a_child_understands_a_request_or_says_so(data in prop::collection::vec(any::<u8>(), 0..600)) {
            super::requests(&data);
        }
    }

    /// Two jobs, both sent; the first one with an artifact of four bytes, then its result.
    #[test]
    fn an_honest_conversation_goes_through() {
        super::conversation(&[0x22, 1, 1, 1, 3, 1, 1, 5, 1, 0, 6, 1, 0, 6, 2, 0]);
    }

    #[test]
    #[should_panic(expected = "has ended")]
    fn a_parent_that_let_an_ended_job_speak_would_be_noticed() {
        super::Heard { ended: vec![1], ..super::Heard::default() }.running(1);
    }
}
