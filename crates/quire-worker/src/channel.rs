//! The parent's end of the socket pair: bytes both ways, descriptors one way, never blocking.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use tokio::io::{AsyncRead, Interest, ReadBuf};
use tokio::net::UnixStream;

use super::codec::FrameDecoder;
use super::protocol::MAX_DESCRIPTORS;

/// The parent's end of the socket to a worker process: frames in, bytes and descriptors out.
pub struct WorkerChannel {
    pub decoder: FrameDecoder,
    socket: UnixStream,
}

impl WorkerChannel {
    /// A new socket pair: the parent's end, and the child's, which blocks and is to be its standard input.
    pub fn pair() -> io::Result<(WorkerChannel, OwnedFd)> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        Ok((WorkerChannel { decoder: FrameDecoder::new(), socket: UnixStream::from_std(ours)? }, theirs.into()))
    }

    /// Reads once into the decoder; `Ok(0)` when the process has closed its end.
    pub fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = ReadBuf::new(self.decoder.spare_space_mut());
        let read = ready!(Pin::new(&mut self.socket).poll_read(context, &mut space));
        let count = space.filled().len();
        self.decoder.advance_filled(count);
        match read {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Poll::Ready(Ok(0)),
            Err(error) => Poll::Ready(Err(error)),
            Ok(()) => Poll::Ready(Ok(count)),
        }
    }

    /// Ready when [`Self::try_send`] may go on after `WouldBlock`.
    pub fn poll_writable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_write_ready(context)
    }

    /// Writes as much as fits; the descriptors, at most [`MAX_DESCRIPTORS`], leave with the first byte.
    pub fn try_send(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut room);
        if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many descriptors for one write"));
        }
        self.socket.try_io(Interest::WRITABLE, || {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            Ok(rustix::net::sendmsg(&self.socket, &[IoSlice::new(bytes)], &mut control, flags)?)
        })
    }
}
