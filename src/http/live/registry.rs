//! Registry of the WebSocket sessions of one HTTP thread: wakes those with new events, and those whose heartbeat is
//! due.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;

use super::frames::FrameCache;
use super::session::{WakeUp, WsSession};
use crate::actors::keyring::Keyring;
use crate::actors::live::LiveDelivery;
use crate::actors::live::wakeups::{ThreadWakeups, WakeReasons};
use quire_domain::ids::{ApiKeyId, OwnerKey};

pub(crate) struct SessionRegistry {
    pub frames: FrameCache,
    live: Arc<LiveDelivery>,
    keyring: Keyring,
    wakeups: Arc<ThreadWakeups>,
    is_awake: Cell<bool>,
    members: RefCell<RegisteredSessions>,
}

#[derive(Default)]
struct RegisteredSessions {
    by_id: BTreeMap<u64, RegisteredSession>,
    by_owner: HashMap<OwnerKey, BTreeSet<u64>>,
}

struct RegisteredSession {
    owner: OwnerKey,
    right: Option<ApiKeyId>,
    session: Addr<WsSession>,
    due: Rc<PendingFlags>,
}

/// Why a session was woken. One wake-up waits at most, so a frozen session's mailbox does not grow.
#[derive(Debug, Default)]
pub(crate) struct PendingFlags {
    pub is_nudged: Cell<bool>,
    pub tick: Cell<bool>,
    pub drain: Cell<bool>,
    pub silence: Cell<bool>,
    pub revoke: Cell<bool>,
}

/// A session's place; given back when dropped.
pub(crate) struct Registration {
    station: Rc<SessionRegistry>,
    id: u64,
    pub due: Rc<PendingFlags>,
}

impl SessionRegistry {
    pub(crate) fn new(live: Arc<LiveDelivery>, keyring: Keyring) -> Rc<Self> {
        let wakeups = live.new_wakeups();
        let (frames, is_awake, members) = (FrameCache::default(), Cell::default(), RefCell::default());
        Rc::new(Self { frames, live, keyring, wakeups, is_awake, members })
    }

    /// Whether what came with this right may hear anything more.
    pub(crate) fn admits(&self, right: Option<ApiKeyId>) -> bool {
        self.keyring.still_admits(right)
    }

    pub(crate) fn enter(
        self: &Rc<Self>,
        id: u64,
        asker: (OwnerKey, Option<ApiKeyId>),
        session: Addr<WsSession>,
    ) -> Registration {
        let ((owner, right), due) = (asker, Rc::new(PendingFlags::default()));
        let mut members = self.members.borrow_mut();
        members.by_id.insert(id, RegisteredSession { owner, right, session, due: Rc::clone(&due) });
        members.by_owner.entry(owner).or_default().insert(id);
        drop(members);
        if !self.is_awake.replace(true) {
            actix_web::rt::spawn(Rc::clone(self).deliver());
        }
        Registration { station: Rc::clone(self), id, due }
    }

    async fn deliver(self: Rc<Self>) {
        loop {
            let notes = self.wakeups.take().await;
            self.members.borrow().wake(&notes, self.live.settings.checks_per_heartbeat());
            if notes.rights {
                self.members.borrow().revoke(&self.keyring);
            }
            // Those who were woken go first: what comes meanwhile is one note.
            tokio::task::yield_now().await;
        }
    }
}

impl RegisteredSessions {
    fn wake(&self, notes: &WakeReasons, beats: u64) {
        for owner in &notes.news {
            self.of(*owner).for_each(RegisteredSession::wake);
        }
        if !notes.beats.is_empty() {
            let theirs = |id: &u64| notes.beats.contains(&(id % beats));
            let members = self.by_id.iter().filter(|(id, _)| theirs(id));
            members.for_each(|(_, member)| member.mark(&member.due.tick));
        }
        if notes.drain {
            self.by_id.values().for_each(|member| member.mark(&member.due.drain));
        }
        if notes.silence {
            self.by_id.values().for_each(|member| member.mark(&member.due.silence));
        }
    }

    fn revoke(&self, keyring: &Keyring) {
        let lost = self.by_id.values().filter(|member| !keyring.still_admits(member.right));
        lost.for_each(|member| member.mark(&member.due.revoke));
    }

    fn of(&self, owner: OwnerKey) -> impl Iterator<Item = &RegisteredSession> {
        self.by_owner.get(&owner).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }
}

impl RegisteredSession {
    fn mark(&self, why: &Cell<bool>) {
        why.set(true);
        self.wake();
    }

    fn wake(&self) {
        if !self.due.is_nudged.replace(true) {
            self.session.do_send(WakeUp);
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut members = self.station.members.borrow_mut();
        let Some(member) = members.by_id.remove(&self.id) else { return };
        if let Some(ids) = members.by_owner.get_mut(&member.owner) {
            ids.remove(&self.id);
            if ids.is_empty() {
                members.by_owner.remove(&member.owner);
            }
        }
        drop(members);
    }
}
