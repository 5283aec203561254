//! The server's side: its log, the session and what it reads, the wire to the client.

use super::{Logged, World, batch};
use crate::delivery::log_page::slice_log_page;
use crate::delivery::session::{DeliverySession, SessionEffect, SessionInput};
use crate::live_frames::{ClientFrame, Resume};
use crate::tests::live::{EPOCH, reach, step};

impl World {
    fn latest(&self) -> i64 {
        self.log.len() as i64
    }

    pub(super) fn commit(&mut self) {
        let seq = self.latest() + 1;
        let event = Logged {
            seq,
            batch: batch(seq as u128 * 7 % 3),
            is_item: seq % 4 != 0,
            size: 20 + (seq as usize * 37) % 180,
        };
        self.log.push(event);
    }

    pub(super) fn connect(&mut self) {
        self.session = DeliverySession::new(self.limits, reach(self.latest()), 0);
        (self.reads, self.wire, self.client.unacked) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(wish) = self.wish.clone() {
            self.step(SessionInput::Frame(ClientFrame::Subscribe(wish)));
        }
        let after = if self.client.forgets { self.latest() } else { self.client.upto };
        self.step(SessionInput::Frame(ClientFrame::Resume(Resume { epoch: Some(EPOCH.into()), after })));
    }

    pub(super) fn wake(&mut self) {
        self.step(SessionInput::Woken { reach: reach(self.latest()), progress: 0 });
    }

    pub(super) fn answer(&mut self, limit: usize) {
        let Some(after) = self.reads.pop() else { return };
        let page: Vec<_> = self.log.iter().skip(after as usize).take(limit.max(1)).cloned().collect();
        let allowance = self.session.next_frame_allowance().expect("nothing is read while the window is full");
        let (cut, sent) = slice_log_page(after, &page, self.session.filter(), allowance).unwrap();
        let seqs: Vec<_> = sent.iter().map(|event| event.seq).collect();
        if !seqs.is_empty() {
            self.wire.push((cut, seqs));
            self.client.owes(cut);
        }
        self.step(SessionInput::Read(cut));
    }

    pub(super) fn step(&mut self, input: SessionInput) {
        for effect in step(&mut self.session, 0, input) {
            match effect {
                SessionEffect::Read { after } => self.reads.push(after),
                other => panic!("{other:?}"),
            }
        }
    }
}
