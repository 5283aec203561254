//! The client's side: what it remembers over all its connections, and what it acknowledges.

use super::World;
use crate::delivery::log_page::LogPageSlice;
use crate::delivery::session::SessionInput;
use crate::live_frames::{Ack, ClientFrame};

#[derive(Default)]
pub(in crate::tests::live) struct Client {
    /// Every `seq` it was told, in that order.
    pub received: Vec<i64>,
    pub(super) upto: i64,
    /// The control: a client that comes back without saying where it was.
    pub forgets: bool,
    /// Sent and not acknowledged on this connection.
    pub(super) unacked: Vec<LogPageSlice>,
    pub most_unacked: (u32, usize),
}

impl Client {
    /// A cut was sent to it.
    pub(super) fn owes(&mut self, cut: LogPageSlice) {
        self.unacked.push(cut);
        let events = self.unacked.iter().map(|cut| cut.events).sum();
        let bytes = self.unacked.iter().map(|cut| cut.bytes).sum();
        self.most_unacked = (self.most_unacked.0.max(events), self.most_unacked.1.max(bytes));
    }
}

impl World {
    /// Everything that is under way arrives, and the client acknowledges all of it.
    pub(in crate::tests::live) fn settle(&mut self) {
        self.wake();
        self.acknowledge();
        while !self.reads.is_empty() || !self.wire.is_empty() {
            self.answer(usize::MAX);
            self.receive(true);
        }
    }

    pub(super) fn receive(&mut self, acks: bool) {
        if self.wire.is_empty() {
            return;
        }
        let (cut, seqs) = self.wire.remove(0);
        self.client.received.extend(seqs);
        self.client.upto = cut.upto;
        if acks {
            self.acknowledge();
        }
    }

    fn acknowledge(&mut self) {
        let seq = self.client.upto;
        self.client.unacked.retain(|cut| cut.upto > seq);
        self.step(SessionInput::Frame(ClientFrame::Ack(Ack { seq })));
    }
}
