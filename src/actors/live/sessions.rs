//! Who is connected: counted, bounded, shown to the operator, and cut off when it does not move any more.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

use crate::clock;
use crate::domain::ids::OwnerKey;
use crate::domain::live::Ticks;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    Websocket,
    EventStream,
    Poll,
}

/// Closes a connection from outside; for one whose own task does not run any more.
pub type Breaker = Box<dyn FnOnce() + Send>;

/// One connection. Its own thread writes, any thread reads.
pub struct Card {
    pub id: u64,
    pub owner: OwnerKey,
    transport: Transport,
    opened_at: Ticks,
    turned_at: AtomicU64,
    behind: AtomicI64,
    unacked: AtomicU32,
    breaker: Mutex<Option<Breaker>>,
}

/// A place among the connections; given back when dropped.
pub struct Seat {
    sessions: Arc<Sessions>,
    card: Arc<Card>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    #[error("this owner has as many connections as allowed (live.max_connections_per_owner)")]
    Owner,
    #[error("the server has as many connections as allowed (live.max_connections)")]
    Server,
    #[error("the server shuts down")]
    Draining,
    #[error("an administrator stopped the part that tells news (root/hub)")]
    Silent,
}

pub struct Sessions {
    max: usize,
    max_per_owner: u32,
    next: AtomicU64,
    table: Mutex<Table>,
    open: watch::Sender<usize>,
}

#[derive(Default)]
struct Table {
    open: HashMap<u64, Arc<Card>>,
    per_owner: HashMap<OwnerKey, u32>,
    is_draining: bool,
    is_silent: bool,
}

/// All connections in a few words, however many there are.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub open: usize,
    pub websockets: usize,
    pub event_streams: usize,
    pub waiting_polls: usize,
    pub owners: usize,
    /// The few that are farthest behind, or have not moved for longest.
    pub slowest: Vec<SessionView>,
}

#[derive(Debug, Serialize)]
pub struct SessionView {
    /// As an actor would be called.
    pub id: String,
    pub transport: Transport,
    pub open_ms: Ticks,
    /// Since its own task last ran; more than a heartbeat when the peer takes nothing.
    pub still_ms: Ticks,
    /// Committed events that it has not come to.
    pub behind: i64,
    pub unacknowledged: u32,
}

const SLOWEST_SHOWN: usize = 5;

impl Sessions {
    pub(super) fn new(max: usize, max_per_owner: u32) -> Arc<Self> {
        let (open, _) = watch::channel(0);
        Arc::new(Self { max, max_per_owner, next: AtomicU64::new(1), table: Mutex::default(), open })
    }

    /// # Errors
    /// [`Full`] when there is no place.
    pub fn admit(
        self: &Arc<Self>,
        owner: OwnerKey,
        transport: Transport,
        breaker: Option<Breaker>,
    ) -> Result<Seat, Full> {
        let mut table = self.lock();
        table.has_place(owner, self.max, self.max_per_owner)?;
        let now = clock::ticks();
        let card = Arc::new(Card {
            id: self.next.fetch_add(1, Relaxed),
            owner,
            transport,
            opened_at: now,
            turned_at: AtomicU64::new(now),
            behind: AtomicI64::new(0),
            unacked: AtomicU32::new(0),
            breaker: breaker.into(),
        });
        *table.per_owner.entry(owner).or_default() += 1;
        table.open.insert(card.id, Arc::clone(&card));
        self.open.send_replace(table.open.len());
        Ok(Seat { sessions: Arc::clone(self), card })
    }

    /// Cuts off those whose own task has not run for `stall_ms`; how many.
    pub fn cut_stalled(&self, now: Ticks, stall_ms: Ticks) -> usize {
        let open = self.lock().open.values().cloned().collect::<Vec<_>>();
        let stalled = open.iter().filter(|card| now.saturating_sub(card.turned_at.load(Relaxed)) > stall_ms);
        stalled.filter(|card| card.cut()).count()
    }

    /// Cuts off whoever is still there.
    pub fn cut_all(&self) {
        let open = self.lock().open.values().cloned().collect::<Vec<_>>();
        open.iter().for_each(|card| _ = card.cut());
    }

    /// From now on nobody is admitted.
    pub(super) fn drain(&self) {
        self.lock().is_draining = true;
    }

    /// Whether nobody is admitted because nobody would tell them anything.
    pub(super) fn be_silent(&self, silent: bool) {
        self.lock().is_silent = silent;
    }

    /// Waits until everybody has left.
    pub async fn empty(&self) {
        // The sender is a field of `self`.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    pub fn summary(&self) -> Summary {
        let open = self.lock().open.values().cloned().collect::<Vec<_>>();
        let of = |transport| open.iter().filter(|card| card.transport == transport).count();
        let now = clock::ticks();
        let mut slowest: Vec<_> = open.iter().map(|card| (card.slowness(now), card)).collect();
        slowest.sort_unstable_by_key(|(slowness, card)| (std::cmp::Reverse(*slowness), card.id));
        Summary {
            open: open.len(),
            websockets: of(Transport::Websocket),
            event_streams: of(Transport::EventStream),
            waiting_polls: of(Transport::Poll),
            owners: open.iter().map(|card| card.owner).collect::<BTreeSet<_>>().len(),
            slowest: slowest.iter().take(SLOWEST_SHOWN).map(|(_, card)| card.view(now)).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn has_place(&self, owner: OwnerKey, max: usize, max_per_owner: u32) -> Result<(), Full> {
        if self.is_draining {
            Err(Full::Draining)
        } else if self.is_silent {
            Err(Full::Silent)
        } else if self.open.len() >= max {
            Err(Full::Server)
        } else if self.per_owner.get(&owner).is_some_and(|open| *open >= max_per_owner) {
            Err(Full::Owner)
        } else {
            Ok(())
        }
    }
}

impl Seat {
    pub fn card(&self) -> &Card {
        &self.card
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.sessions.lock();
        table.open.remove(&self.card.id);
        if let Some(open) = table.per_owner.get_mut(&self.card.owner) {
            *open -= 1;
            if *open == 0 {
                table.per_owner.remove(&self.card.owner);
            }
        }
        self.sessions.open.send_replace(table.open.len());
    }
}

impl Card {
    /// Its own task ran, and this is how it stands.
    pub fn turned(&self, now: Ticks, behind: i64, unacked: u32) {
        self.turned_at.store(now, Relaxed);
        self.behind.store(behind, Relaxed);
        self.unacked.store(unacked, Relaxed);
    }

    /// False when it was cut before, or cannot be.
    fn cut(&self) -> bool {
        let breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner).take();
        breaker.map(|cut| cut()).is_some()
    }

    fn slowness(&self, now: Ticks) -> (i64, Ticks) {
        (self.behind.load(Relaxed), now.saturating_sub(self.turned_at.load(Relaxed)))
    }

    fn view(&self, now: Ticks) -> SessionView {
        let (behind, still_ms) = self.slowness(now);
        SessionView {
            id: format!("root/hub/session-{}", self.id),
            transport: self.transport,
            open_ms: now.saturating_sub(self.opened_at),
            still_ms,
            behind,
            unacknowledged: self.unacked.load(Relaxed),
        }
    }
}
