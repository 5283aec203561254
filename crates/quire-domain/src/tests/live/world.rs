//! A log, a wire that may break, and a client that remembers what it was told.

mod client;
mod server;

use super::{LIMITS, reach};
use crate::delivery::SessionLimits;
use crate::delivery::filter::{EventMeta, SubscriptionFilter};
use crate::delivery::log_page::{LogEntry, LogPageSlice};
use crate::delivery::session::DeliverySession;
use crate::ids::BatchId;
use crate::live_frames::Subscribe;

use client::Client;

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
    pub client: Client,
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
        let (log, reads, wire, client) = (Vec::new(), Vec::new(), Vec::new(), Client::default());
        let mut world = Self { limits, log, wish, session, reads, wire, client };
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

    pub(super) fn wanted(&self) -> Vec<i64> {
        let filter = self
            .wish
            .clone()
            .map_or(SubscriptionFilter::Everything, |wish| SubscriptionFilter::default().apply_subscribe(wish.into()));
        self.log.iter().filter(|event| filter.wants(&event.head())).map(|event| event.seq).collect()
    }
}
