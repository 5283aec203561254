//! Tail of a process's standard error, kept in the parent.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::ChildStderr;

const KEPT_BYTES: usize = 4 * 1024;

/// Reads per turn, so that a babbling process cannot hold the loop.
const READS_PER_TURN: usize = 4;

/// Enough for a pipe that is full (64 KiB); whoever writes on after its death is not listened to.
const LAST_READS: usize = 32;

/// The end of what a process writes to standard error.
pub struct StderrTail {
    pipe: Option<ChildStderr>,
    tail: Vec<u8>,
}

impl StderrTail {
    pub fn new(pipe: Option<ChildStderr>) -> Self {
        Self { pipe, tail: Vec::new() }
    }

    /// Takes what is there and asks to be woken for more.
    pub fn poll_drain(&mut self, context: &mut Context<'_>) {
        let mut portion = [0; KEPT_BYTES];
        for _ in 0..READS_PER_TURN {
            let Some(pipe) = &mut self.pipe else { return };
            let mut space = ReadBuf::new(&mut portion);
            match Pin::new(pipe).poll_read(context, &mut space) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if !space.filled().is_empty() => keep(&mut self.tail, space.filled()),
                Poll::Ready(_) => self.pipe = None,
            }
        }
        context.waker().wake_by_ref();
    }

    /// Reads, after the death, what is left in the pipe; then the whole tail.
    pub fn read_tail(&mut self) -> String {
        let mut portion = [0; KEPT_BYTES];
        for _ in 0..LAST_READS {
            let Some(pipe) = &self.pipe else { break };
            match rustix::io::read(pipe, &mut portion) {
                Ok(count) if count > 0 => keep(&mut self.tail, &portion[..count]),
                _ => break,
            }
        }
        self.pipe = None;
        String::from_utf8_lossy(&self.tail).into_owned()
    }
}

fn keep(tail: &mut Vec<u8>, portion: &[u8]) {
    tail.extend_from_slice(portion);
    let surplus = tail.len().saturating_sub(KEPT_BYTES);
    tail.drain(..surplus);
}
