//! Frame guard between the socket and the frame decoder: checks the length in every frame header as it comes in. The
//! decoder would wait for the whole frame first, so a client could make it keep as much as it likes.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

/// Shared by the gate and the session: closed, everything that still comes in is thrown away, so that the last words
/// of the server are not lost in a reset of the connection.
pub(super) type ClosedFlag = Rc<Cell<bool>>;

pub(super) struct FrameGuard<S> {
    inner: S,
    scanner: Scanner,
    shut: ClosedFlag,
}

impl<S> FrameGuard<S> {
    pub(super) fn new(inner: S, max_frame_bytes: u64, shut: ClosedFlag) -> Self {
        Self { inner, scanner: Scanner::new(max_frame_bytes), shut }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for FrameGuard<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        loop {
            let polled = Pin::new(&mut self.inner).poll_next(cx);
            let Poll::Ready(Some(Ok(bytes))) = &polled else { return polled };
            if self.shut.get() {
                continue;
            }
            if self.scanner.scan(bytes).is_err() {
                self.shut.set(true);
                return Poll::Ready(Some(Err(PayloadError::Overflow)));
            }
            return polled;
        }
    }
}

/// Follows the heads of frames through a stream of bytes. RFC 6455, section 5.2.
#[derive(Debug)]
struct Scanner {
    max_frame_bytes: u64,
    head: Vec<u8>,
    /// Bytes of the frame at hand, mask included, that are still to come.
    left: u64,
}

/// No head of a frame that is taken here.
#[derive(Debug, PartialEq, Eq)]
struct BadFrameHeader;

const RESERVED: u8 = 0b0111_0000;
const MASKED: u8 = 0b1000_0000;
const MASK_BYTES: u64 = 4;
const MOST_HEAD_BYTES: usize = 10;

impl Scanner {
    fn new(max_frame_bytes: u64) -> Self {
        Self { max_frame_bytes, head: Vec::with_capacity(MOST_HEAD_BYTES), left: 0 }
    }

    fn scan(&mut self, mut bytes: &[u8]) -> Result<(), BadFrameHeader> {
        while let Some(first) = bytes.first() {
            if self.left > 0 {
                let taken = self.left.min(bytes.len() as u64);
                self.left -= taken;
                bytes = &bytes[taken as usize..];
                continue;
            }
            self.head.push(*first);
            bytes = &bytes[1..];
            if let Some(length) = payload_bytes(&self.head)? {
                if length > self.max_frame_bytes {
                    return Err(BadFrameHeader);
                }
                self.left = length + MASK_BYTES;
                self.head.clear();
            }
        }
        Ok(())
    }
}

/// The length that a head announces; `None` while it is incomplete.
fn payload_bytes(head: &[u8]) -> Result<Option<u64>, BadFrameHeader> {
    let is_known = |opcode: u8| matches!(opcode, 0..=2 | 8..=10);
    if head.first().is_some_and(|first| first & RESERVED != 0 || !is_known(first & 0xF)) {
        return Err(BadFrameHeader);
    }
    let Some(second) = head.get(1) else { return Ok(None) };
    if second & MASKED == 0 {
        return Err(BadFrameHeader);
    }
    let long = |bytes: usize| head.get(2..2 + bytes).map(|bytes| bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)));
    Ok(match second & !MASKED {
        126 => long(2),
        127 => long(8),
        short => Some(u64::from(short)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: u64, first: u8) -> Vec<u8> {
        let mut frame = vec![first];
        match length {
            0..126 => frame.push(MASKED | length as u8),
            126..65_536 => frame.extend([[MASKED | 126].as_slice(), &(length as u16).to_be_bytes()].concat()),
            _ => frame.extend([[MASKED | 127].as_slice(), &length.to_be_bytes()].concat()),
        }
        frame
    }

    fn with_payload(length: u64) -> Vec<u8> {
        [frame(length, 0x81), vec![0xFF; (length + MASK_BYTES) as usize]].concat()
    }

    #[test]
    fn frames_up_to_the_limit_pass_however_they_are_cut() {
        let bytes = [0, 5, 125, 126, 1000, 70_000, 0].map(with_payload).concat();
        for piece in [1, 2, 3, 7, 1000, bytes.len()] {
            let mut scanner = Scanner::new(70_000);
            assert!(bytes.chunks(piece).all(|piece| scanner.scan(piece).is_ok()), "in pieces of {piece}");
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_by_its_head() {
        for length in [1001, 65_535, 65_536, 1 << 40, u64::MAX] {
            assert_eq!(Scanner::new(1000).scan(&frame(length, 0x81)), Err(BadFrameHeader), "{length}");
        }
        let second = [with_payload(1000), frame(1001, 0x81)].concat();
        assert_eq!(Scanner::new(1000).scan(&second), Err(BadFrameHeader));
    }

    #[test]
    fn a_head_that_no_client_may_send_is_refused() {
        for head in [[0xC1, 0x85], [0x83, 0x85], [0x8B, 0x85], [0x81, 0x05]] {
            assert_eq!(Scanner::new(1000).scan(&head), Err(BadFrameHeader), "{head:x?}");
        }
    }
}
