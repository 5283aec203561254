//! A log, a wire that may break, and a client that remembers what it was told.

use super::{EPOCH, LIMITS, reach};
use crate::delivery::SessionLimits;
use crate::delivery::filter::{EventMeta, SubscriptionFilter};
use crate::delivery::log_page::{LogEntry, LogPageSlice, slice_log_page};
use crate::delivery::session::{DeliverySession, SessionEffect, SessionInput};
use crate::frames::{Ack, ClientFrame, Resume, Subscribe};
use crate::ids::BatchId;

#[derive(Debug, Clone)]
pub(super) struct Logged {
    pub seq: i64,
    pub batch: BatchId,
    pub is_item: bool,
    pub size: usize,
}

impl LogEntry for Logged {
    fn seq(&self) -> i64 {
        self.seq
    }

    fn size(&self) -> usize {
        self.size
    }

    fn head(&self) -> EventMeta<'_> {
        EventMeta { batch: self.batch, collection: None, is_item: self.is_item }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Act {
    /// So many events are committed; their batch, kind and size follow from the number.
    Commit(u8),
    /// The session hears of it.
    Wake,
    /// A read that was asked for is answered with at most so many events.
    Answer(u8),
    /// The client receives the next frame, and acknowledges it or not.
    Receive { acks: bool },
    /// The wire breaks; what is on it is lost. The client comes back.
    Break,
}

pub(super) struct World {
    limits: SessionLimits,
    pub log: Vec<Logged>,
    wish: Option<Subscribe>,
    session: DeliverySession,
    reads: Vec<i64>,
    wire: Vec<(LogPageSlice, Vec<i64>)>,
    /// What the client was told, in the order in which it was told.
    pub received: Vec<i64>,
    upto: i64,
    /// The control: a client that comes back without saying where it was.
    pub forgets: bool,
    /// Sent and not acknowledged on this connection.
    unacked: Vec<LogPageSlice>,
    pub most_unacked: (u32, usize),
}

pub(super) fn batch(number: u128) -> BatchId {
    BatchId(uuid::Uuid::from_u128(number))
}

impl World {
    pub(super) fn new(wish: Option<Subscribe>) -> Self {
        Self::with_limits(LIMITS, wish)
    }

    pub(super) fn with_limits(limits: SessionLimits, wish: Option<Subscribe>) -> Self {
        let session = DeliverySession::new(limits, reach(0), 0);
        let mut world = Self {
            limits,
            log: Vec::new(),
            wish,
            session,
            reads: Vec::new(),
            wire: Vec::new(),
            received: Vec::new(),
            upto: 0,
            forgets: false,
            unacked: Vec::new(),
            most_unacked: (0, 0),
        };
        world.connect();
        world
    }

    pub(super) fn act(&mut self, act: &Act) {
        match act {
            Act::Commit(count) => (0..*count).for_each(|_| self.commit()),
            Act::Wake => self.wake(),
            Act::Answer(limit) => self.answer(usize::from(*limit)),
            Act::Receive { acks } => self.receive(*acks),
            Act::Break => self.connect(),
        }
    }

    /// Everything that is under way arrives, and the client acknowledges all of it.
    pub(super) fn settle(&mut self) {
        self.wake();
        self.acknowledge();
        while !self.reads.is_empty() || !self.wire.is_empty() {
            self.answer(usize::MAX);
            self.receive(true);
        }
    }

    pub(super) fn wanted(&self) -> Vec<i64> {
        let filter = self.wish.clone().map_or(SubscriptionFilter::Everything, |wish| {
            SubscriptionFilter::default().with_subscription(wish.into())
        });
        self.log.iter().filter(|event| filter.wants(&event.head())).map(|event| event.seq).collect()
    }

    fn latest(&self) -> i64 {
        self.log.len() as i64
    }

    fn commit(&mut self) {
        let seq = self.latest() + 1;
        let event = Logged {
            seq,
            batch: batch(seq as u128 * 7 % 3),
            is_item: seq % 4 != 0,
            size: 20 + (seq as usize * 37) % 180,
        };
        self.log.push(event);
    }

    fn connect(&mut self) {
        self.session = DeliverySession::new(self.limits, reach(self.latest()), 0);
        (self.reads, self.wire, self.unacked) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(wish) = self.wish.clone() {
            self.step(SessionInput::Frame(ClientFrame::Subscribe(wish)));
        }
        let after = if self.forgets { self.latest() } else { self.upto };
        self.step(SessionInput::Frame(ClientFrame::Resume(Resume { epoch: Some(EPOCH.into()), after })));
    }

    fn wake(&mut self) {
        self.step(SessionInput::Woken { reach: reach(self.latest()), progress: 0 });
    }

    fn answer(&mut self, limit: usize) {
        let Some(after) = self.reads.pop() else { return };
        let page: Vec<_> = self.log.iter().skip(after as usize).take(limit.max(1)).cloned().collect();
        let allowance = self.session.next_frame_allowance().expect("nothing is read while the window is full");
        let (cut, sent) = slice_log_page(after, &page, self.session.filter(), allowance).unwrap();
        let seqs: Vec<_> = sent.iter().map(|event| event.seq).collect();
        if !seqs.is_empty() {
            self.wire.push((cut, seqs));
            self.unacked.push(cut);
        }
        let events = self.unacked.iter().map(|cut| cut.events).sum();
        let bytes = self.unacked.iter().map(|cut| cut.bytes).sum();
        self.most_unacked = (self.most_unacked.0.max(events), self.most_unacked.1.max(bytes));
        self.step(SessionInput::Read(cut));
    }

    fn receive(&mut self, acks: bool) {
        if self.wire.is_empty() {
            return;
        }
        let (cut, seqs) = self.wire.remove(0);
        self.received.extend(seqs);
        self.upto = cut.upto;
        if acks {
            self.acknowledge();
        }
    }

    fn acknowledge(&mut self) {
        let seq = self.upto;
        self.unacked.retain(|cut| cut.upto > seq);
        self.step(SessionInput::Frame(ClientFrame::Ack(Ack { seq })));
    }

    fn step(&mut self, input: SessionInput) {
        for effect in super::step(&mut self.session, 0, input) {
            match effect {
                SessionEffect::Read { after } => self.reads.push(after),
                other => panic!("{other:?}"),
            }
        }
    }
}
