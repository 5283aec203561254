//! Measurements of one actor. Senders count what they send; all else is written by the actor's own thread with plain
//! loads and stores; any thread may read. Numbers may be a message apart from each other.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};

use super::actor_cell::locked;
use super::arbiter::ArbiterPulse;
use super::backoff::RestartHistory;
use super::histogram::Histogram;
use super::panics::PanicReport;
use super::rate::MessageRate;
use super::time::now_ns;
use super::view::ActorState;

const MINUTE_NS: u64 = 60_000_000_000;
const MOST_STAMPS: usize = 256;

pub(super) struct ActorVitals {
    state: AtomicU8,
    state_since: AtomicU64,
    pub up_since: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    /// Send times of the waiting messages, by sequence number modulo length. Where more wait than fit, the head
    /// shows an earlier time than its own, never a later one.
    stamps: Box<[AtomicU64]>,
    /// 0 while idle.
    busy_since: AtomicU64,
    busy_with: Mutex<&'static str>,
    pub handling: Histogram,
    pub wait: Histogram,
    pub rate: MessageRate,
    faded_at: AtomicU64,
    pub restarts: Mutex<RestartHistory>,
    /// 0 when none is planned.
    pub next_restart_at: AtomicU64,
    pub last_panic: Mutex<Option<PanicReport>>,
    pub arbiter: OnceLock<Arc<ArbiterPulse>>,
}

impl ActorVitals {
    pub(crate) fn new(mailbox: usize) -> Self {
        let stamps = mailbox.min(MOST_STAMPS).next_power_of_two();
        Self {
            state: AtomicU8::new(ActorState::Starting as u8),
            state_since: AtomicU64::new(now_ns()),
            up_since: AtomicU64::new(now_ns()),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            stamps: (0..stamps).map(|_| AtomicU64::new(0)).collect(),
            busy_since: AtomicU64::new(0),
            busy_with: Mutex::new(""),
            handling: Histogram::new(),
            wait: Histogram::new(),
            rate: MessageRate::new(now_ns()),
            faded_at: AtomicU64::new(now_ns()),
            restarts: Mutex::default(),
            next_restart_at: AtomicU64::new(0),
            last_panic: Mutex::new(None),
            arbiter: OnceLock::new(),
        }
    }

    pub(crate) fn sent(&self, now: u64) {
        let number = self.sent.fetch_add(1, Relaxed);
        if number.saturating_sub(self.received.load(Relaxed)) < self.stamps.len() as u64 {
            self.stamp(number).store(now, Relaxed);
        }
    }

    /// A message leaves the mailbox. Returns the time.
    pub(crate) fn received(&self, sent_at: u64) -> u64 {
        let now = now_ns();
        bump(&self.received);
        self.wait.record(now.saturating_sub(sent_at));
        self.rate.count(now);
        if now.saturating_sub(self.faded_at.load(Relaxed)) > MINUTE_NS {
            self.faded_at.store(now, Relaxed);
            self.wait.fade();
            self.handling.fade();
        }
        now
    }

    pub(crate) fn begin(&self, what: &'static str, now: u64) {
        let mut with = locked(&self.busy_with);
        *with = what;
        self.busy_since.store(now, Relaxed);
    }

    /// Returns the time.
    pub(crate) fn end(&self) -> u64 {
        let now = now_ns();
        self.handling.record(now.saturating_sub(self.busy_since.load(Relaxed)));
        self.busy_since.store(0, Relaxed);
        now
    }

    pub(crate) fn sent_count(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    pub(crate) fn received_count(&self) -> u64 {
        self.received.load(Relaxed)
    }

    pub(crate) fn waiting(&self) -> u64 {
        let received = self.received.load(Relaxed);
        self.sent.load(Relaxed).saturating_sub(received)
    }

    /// Send time of the message at the head of the mailbox.
    pub(crate) fn oldest(&self) -> Option<u64> {
        let stamp = self.stamp(self.received.load(Relaxed)).load(Relaxed);
        (self.waiting() > 0 && stamp > 0).then_some(stamp)
    }

    /// Since when something is being handled; cheaper than [`Self::busy`].
    pub(crate) fn busy_since(&self) -> Option<u64> {
        Some(self.busy_since.load(Relaxed)).filter(|since| *since > 0)
    }

    /// Message being handled, and since when.
    pub(crate) fn busy(&self) -> Option<(&'static str, u64)> {
        let with = locked(&self.busy_with);
        let since = self.busy_since.load(Relaxed);
        (since > 0).then_some((*with, since))
    }

    pub(crate) fn set_state(&self, state: ActorState) {
        if self.state.swap(state as u8, Relaxed) != state as u8 {
            self.state_since.store(now_ns(), Relaxed);
        }
    }

    pub(crate) fn state_since(&self) -> u64 {
        self.state_since.load(Relaxed)
    }

    pub(crate) fn state(&self) -> ActorState {
        ActorState::from_u8(self.state.load(Relaxed))
    }

    fn stamp(&self, number: u64) -> &AtomicU64 {
        &self.stamps[number as usize & (self.stamps.len() - 1)]
    }
}

/// For counters with a single writer.
pub(super) fn bump(counter: &AtomicU64) {
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}
