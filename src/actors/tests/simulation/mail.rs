//! The mailboxes: in order between any two, late and overtaking otherwise.

use std::collections::{BTreeMap, VecDeque};

use crate::actors::item_worker::{ChunkReports, ItemStarted};
use crate::commands::tick::{TickRequest, TickResult};
use quire_domain::ids::{BatchKey, Micros};
use quire_store::StoreError;
use quire_store::batches::BatchRecord;
use quire_store::write::Write;

/// An address; it outlives the incarnations of its actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Users,
    Supervisor,
    /// By the serial number of its actor: a batch may get another one later.
    Batch(u64),
    Hand(u64),
    Db,
    /// A timer or a future: each is on its way alone.
    Alone(u64),
}

pub(super) enum Note {
    /// To the writer.
    Apply(Pending),
    Flush,
    /// To the supervisor.
    Attend(BatchRecord),
    Demand {
        batch: BatchKey,
        freed: u32,
        wanted: u32,
    },
    BatchUp(BatchKey),
    ChildDown {
        actor: u64,
        escalated: bool,
    },
    ScanDue,
    Scanned(Vec<BatchRecord>),
    Drain,
    InterruptAllBatches,
    GaveUp(BatchKey, Result<bool, StoreError>),
    /// To a batch.
    Slot,
    Changed(BatchRecord),
    DrainBatch {
        interrupt: bool,
    },
    Started(ItemStarted),
    Worked(u64),
    Ended(ChunkReports),
    TurnDone(TickRequest, Result<TickResult, StoreError>),
    Recovered(Result<Option<u32>, StoreError>),
    Loaded(Result<BatchRecord, StoreError>),
    Alarm(Micros),
    Heartbeat,
    TryAgain,
    /// To whoever was down, or has something to go on with.
    Rise,
    Go,
    /// To the users.
    Acknowledged(Ack),
}

/// A write on its way, and what its sender hears.
pub(super) struct Pending {
    pub write: Box<dyn Write>,
    pub to: Who,
    pub incarnation: u64,
    /// Asked after the commit, or when the write was dropped.
    pub answer: Box<dyn FnOnce() -> Note>,
}

/// The server's answer to a user.
pub(super) enum Ack {
    Submitted { record: BatchRecord },
    Extended { record: BatchRecord, items: u64 },
    Controlled { record: BatchRecord },
    Refused,
}

pub(super) struct Envelope {
    pub to: Who,
    /// Of the receiver, for what ends with it: timers and answers.
    pub incarnation: Option<u64>,
    pub note: Note,
    due: Micros,
}

#[derive(Default)]
pub(super) struct Mail {
    lines: BTreeMap<(Who, Who), VecDeque<Envelope>>,
    timers: u64,
}

impl Mail {
    pub(super) fn post(&mut self, from: Who, to: Who, due: Micros, note: Note) {
        self.line(from, to, Envelope { to, incarnation: None, note, due });
    }

    /// A timer, or the answer to a future.
    pub(super) fn set(&mut self, to: Who, incarnation: u64, due: Micros, note: Note) {
        self.timers += 1;
        self.line(Who::Alone(self.timers), to, Envelope { to, incarnation: Some(incarnation), note, due });
    }

    fn line(&mut self, from: Who, to: Who, envelope: Envelope) {
        let line = self.lines.entry((from, to)).or_default();
        let due = line.back().map_or(envelope.due, |last| envelope.due.max(last.due));
        line.push_back(Envelope { due, ..envelope });
    }

    /// The next of one of the lines that are due and whose receiver `takes` mail; `choose` says which of how many.
    pub(super) fn take(
        &mut self,
        now: Micros,
        takes: impl Fn(&Envelope) -> bool,
        choose: impl FnOnce(usize) -> usize,
    ) -> Option<Envelope> {
        let is_due = |line: &VecDeque<Envelope>| line.front().is_some_and(|next| next.due <= now && takes(next));
        let due: Vec<_> = self.lines.iter().filter(|(_, line)| is_due(line)).map(|(key, _)| *key).collect();
        if due.is_empty() {
            return None;
        }
        let key = due[choose(due.len())];
        let line = self.lines.get_mut(&key)?;
        let next = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&key);
        }
        next
    }

    /// When the next of them is due.
    pub(super) fn next_due(&self, takes: impl Fn(&Envelope) -> bool) -> Option<Micros> {
        let heads = self.lines.values().filter_map(VecDeque::front);
        heads.filter(|next| takes(next)).map(|next| next.due).min()
    }

    /// The address is no more; what waits there is dropped.
    pub(super) fn close(&mut self, to: Who) {
        self.lines.retain(|(_, receiver), _| *receiver != to);
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }
}
