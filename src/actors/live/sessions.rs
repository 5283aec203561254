//! Table of live sessions: counted, bounded, shown to operators, and disconnected when they no longer read.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

use quire_base::clock;
use quire_domain::delivery::MonotonicMillis;
use quire_domain::ids::OwnerKey;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    Websocket,
    EventStream,
    Poll,
}

/// Closes a connection from outside; for one whose own task does not run any more.
pub type ForceClose = Box<dyn FnOnce() + Send>;

/// One live session: its connection and how far it is. Its own thread writes, any thread reads.
pub struct LiveSession {
    pub id: u64,
    pub owner: OwnerKey,
    transport: Transport,
    opened_at: MonotonicMillis,
    turned_at: AtomicU64,
    behind: AtomicI64,
    unacked: AtomicU32,
    breaker: Mutex<Option<ForceClose>>,
}

/// The right to one live session; given back when dropped.
pub struct SessionPermit {
    sessions: Arc<LiveSessions>,
    info: Arc<LiveSession>,
}

/// Why no live session is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionRefusal {
    #[error("this owner has as many connections as allowed (live.max_connections_per_owner)")]
    Owner,
    #[error("the server has as many connections as allowed (live.max_connections)")]
    Server,
    #[error("the server shuts down")]
    Draining,
    #[error("an administrator stopped the part that tells news (root/hub)")]
    Silent,
}

/// The table of all live sessions.
pub struct LiveSessions {
    max: usize,
    max_per_owner: u32,
    next: AtomicU64,
    table: Mutex<SessionTable>,
    open: watch::Sender<usize>,
}

#[derive(Default)]
struct SessionTable {
    open: HashMap<u64, Arc<LiveSession>>,
    per_owner: HashMap<OwnerKey, u32>,
    is_draining: bool,
    is_silent: bool,
}

/// All connections in a few words, however many there are.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SessionsSummary")]
pub struct LiveSessionsSummary {
    pub open: usize,
    pub websockets: usize,
    pub event_streams: usize,
    pub waiting_polls: usize,
    pub owners: usize,
    /// The few that are farthest behind, or have not moved for longest.
    pub slowest: Vec<LiveSessionView>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SessionView")]
pub struct LiveSessionView {
    /// As an actor would be called.
    pub id: String,
    pub transport: Transport,
    pub open_ms: MonotonicMillis,
    /// Since its own task last ran; more than a heartbeat when the peer takes nothing.
    pub still_ms: MonotonicMillis,
    /// Committed events that it has not come to.
    pub behind: i64,
    pub unacknowledged: u32,
}

const SLOWEST_SHOWN: usize = 5;

impl LiveSessions {
    pub(super) fn new(max: usize, max_per_owner: u32) -> Arc<Self> {
        let (open, _) = watch::channel(0);
        Arc::new(Self { max, max_per_owner, next: AtomicU64::new(1), table: Mutex::default(), open })
    }

    /// Enters a session, if there is room.
    ///
    /// # Errors
    /// [`SessionRefusal`] when there is no place.
    pub fn admit(
        self: &Arc<Self>,
        owner: OwnerKey,
        transport: Transport,
        breaker: Option<ForceClose>,
    ) -> Result<SessionPermit, SessionRefusal> {
        let mut table = self.lock();
        table.has_place(owner, self.max, self.max_per_owner)?;
        let now = clock::monotonic_millis();
        let info = Arc::new(LiveSession {
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
        table.open.insert(info.id, Arc::clone(&info));
        self.open.send_replace(table.open.len());
        Ok(SessionPermit { sessions: Arc::clone(self), info })
    }

    /// Disconnects those whose own task has not run for `stall_ms`; returns how many.
    pub fn disconnect_stalled(&self, now: MonotonicMillis, stall_ms: MonotonicMillis) -> usize {
        let open = self.lock().open.values().cloned().collect::<Vec<_>>();
        let stalled = open.iter().filter(|info| now.saturating_sub(info.turned_at.load(Relaxed)) > stall_ms);
        stalled.filter(|info| info.cut()).count()
    }

    /// Disconnects whoever is still there.
    pub fn disconnect_all(&self) {
        let open = self.lock().open.values().cloned().collect::<Vec<_>>();
        open.iter().for_each(|info| _ = info.cut());
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
    pub async fn wait_until_empty(&self) {
        // The sender is a field of `self`.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    pub fn summary(&self) -> LiveSessionsSummary {
        let open = self.lock().open.values().cloned().collect::<Vec<_>>();
        let of = |transport| open.iter().filter(|info| info.transport == transport).count();
        let now = clock::monotonic_millis();
        let mut slowest: Vec<_> = open.iter().map(|info| (info.slowness(now), info)).collect();
        slowest.sort_unstable_by_key(|(slowness, info)| (std::cmp::Reverse(*slowness), info.id));
        LiveSessionsSummary {
            open: open.len(),
            websockets: of(Transport::Websocket),
            event_streams: of(Transport::EventStream),
            waiting_polls: of(Transport::Poll),
            owners: open.iter().map(|info| info.owner).collect::<BTreeSet<_>>().len(),
            slowest: slowest.iter().take(SLOWEST_SHOWN).map(|(_, info)| info.view(now)).collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, SessionTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionTable {
    fn has_place(&self, owner: OwnerKey, max: usize, max_per_owner: u32) -> Result<(), SessionRefusal> {
        if self.is_draining {
            Err(SessionRefusal::Draining)
        } else if self.is_silent {
            Err(SessionRefusal::Silent)
        } else if self.open.len() >= max {
            Err(SessionRefusal::Server)
        } else if self.per_owner.get(&owner).is_some_and(|open| *open >= max_per_owner) {
            Err(SessionRefusal::Owner)
        } else {
            Ok(())
        }
    }
}

impl SessionPermit {
    /// The session that was admitted.
    pub fn session(&self) -> &LiveSession {
        &self.info
    }
}

impl Drop for SessionPermit {
    fn drop(&mut self) {
        let mut table = self.sessions.lock();
        table.open.remove(&self.info.id);
        if let Some(open) = table.per_owner.get_mut(&self.info.owner) {
            *open -= 1;
            if *open == 0 {
                table.per_owner.remove(&self.info.owner);
            }
        }
        self.sessions.open.send_replace(table.open.len());
    }
}

impl LiveSession {
    /// Its own task ran, and this is how it stands.
    pub fn report_position(&self, now: MonotonicMillis, behind: i64, unacked: u32) {
        self.turned_at.store(now, Relaxed);
        self.behind.store(behind, Relaxed);
        self.unacked.store(unacked, Relaxed);
    }

    /// False when it was cut before, or cannot be.
    fn cut(&self) -> bool {
        let breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner).take();
        breaker.map(|cut| cut()).is_some()
    }

    fn slowness(&self, now: MonotonicMillis) -> (i64, MonotonicMillis) {
        (self.behind.load(Relaxed), now.saturating_sub(self.turned_at.load(Relaxed)))
    }

    fn view(&self, now: MonotonicMillis) -> LiveSessionView {
        let (behind, still_ms) = self.slowness(now);
        LiveSessionView {
            id: format!("root/hub/session-{}", self.id),
            transport: self.transport,
            open_ms: now.saturating_sub(self.opened_at),
            still_ms,
            behind,
            unacknowledged: self.unacked.load(Relaxed),
        }
    }
}
