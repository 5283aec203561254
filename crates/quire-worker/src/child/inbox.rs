//! The receiving half of the channel: bytes and the descriptors that came with them.

use std::collections::VecDeque;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags};

use super::ChildError;
use crate::codec::FrameDecoder;
use crate::protocol::MAX_DESCRIPTORS;

pub(super) struct FrameInbox {
    pub decoder: FrameDecoder,
    /// In the order of the requests they belong to.
    pub documents: VecDeque<OwnedFd>,
    socket: OwnedFd,
}

impl FrameInbox {
    pub(super) fn from_stdin() -> Result<Self, ChildError> {
        let socket = std::io::stdin().as_fd().try_clone_to_owned().map_err(|_| ChildError::NoChannel)?;
        Ok(Self { decoder: FrameDecoder::new(), documents: VecDeque::new(), socket })
    }

    /// A second handle to the channel, for writing.
    pub(super) fn socket(&self) -> Result<OwnedFd, ChildError> {
        self.socket.try_clone().map_err(|error| ChildError::System("channel", error))
    }

    /// Waits for bytes; `false` when the parent has closed the channel.
    pub(super) fn fill(&mut self) -> Result<bool, ChildError> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut room);
        let received = rustix::io::retry_on_intr(|| {
            let mut space = [IoSliceMut::new(self.decoder.spare_space_mut())];
            rustix::net::recvmsg(&self.socket, &mut space, &mut control, RecvFlags::CMSG_CLOEXEC)
        })
        .map_err(|error| match error {
            rustix::io::Errno::NOTSOCK => ChildError::NoChannel,
            rustix::io::Errno::CONNRESET => ChildError::Orphaned,
            other => ChildError::System("channel", other.into()),
        })?;
        if received.flags.contains(ReturnFlags::CTRUNC) {
            return Err(ChildError::Parent("more descriptors than agreed"));
        }
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.documents.extend(descriptors);
            }
        }
        self.decoder.advance_filled(received.bytes);
        Ok(received.bytes > 0)
    }
}
