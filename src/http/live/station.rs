//! All WebSockets of one HTTP thread: wakes those for whom there is news, and those whose heartbeat it is.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;

use super::frames::Frames;
use super::session::{Nudge, WsSession};
use crate::actors::keyring::Keyring;
use crate::actors::live::Live;
use crate::actors::live::post::{Notes, Post};
use crate::domain::ids::{ApiKeyId, OwnerKey};

pub struct Station {
    pub frames: Frames,
    live: Arc<Live>,
    keyring: Keyring,
    post: Arc<Post>,
    is_awake: Cell<bool>,
    members: RefCell<Members>,
}

#[derive(Default)]
struct Members {
    by_id: BTreeMap<u64, Member>,
    by_owner: HashMap<OwnerKey, BTreeSet<u64>>,
}

struct Member {
    owner: OwnerKey,
    right: Option<ApiKeyId>,
    session: Addr<WsSession>,
    due: Rc<Due>,
}

/// Why a session was nudged. One nudge waits at most, so a frozen session's mailbox does not grow.
#[derive(Debug, Default)]
pub struct Due {
    pub is_nudged: Cell<bool>,
    pub tick: Cell<bool>,
    pub drain: Cell<bool>,
    pub silence: Cell<bool>,
    pub revoke: Cell<bool>,
}

/// A session's place; given back when dropped.
pub struct Place {
    station: Rc<Station>,
    id: u64,
    pub due: Rc<Due>,
}

impl Station {
    pub fn new(live: Arc<Live>, keyring: Keyring) -> Rc<Self> {
        let post = live.new_post();
        let (frames, is_awake, members) = (Frames::default(), Cell::default(), RefCell::default());
        Rc::new(Self { frames, live, keyring, post, is_awake, members })
    }

    /// Whether what came with this right may hear anything more.
    pub fn admits(&self, right: Option<ApiKeyId>) -> bool {
        self.keyring.still_admits(right)
    }

    pub fn enter(self: &Rc<Self>, id: u64, asker: (OwnerKey, Option<ApiKeyId>), session: Addr<WsSession>) -> Place {
        let ((owner, right), due) = (asker, Rc::new(Due::default()));
        let mut members = self.members.borrow_mut();
        members.by_id.insert(id, Member { owner, right, session, due: Rc::clone(&due) });
        members.by_owner.entry(owner).or_default().insert(id);
        drop(members);
        if !self.is_awake.replace(true) {
            actix_web::rt::spawn(Rc::clone(self).deliver());
        }
        Place { station: Rc::clone(self), id, due }
    }

    async fn deliver(self: Rc<Self>) {
        loop {
            let notes = self.post.taken().await;
            self.members.borrow().nudge(&notes, self.live.settings.beats());
            if notes.rights {
                self.members.borrow().revoke(&self.keyring);
            }
            // Those who were woken go first: what comes meanwhile is one note.
            tokio::task::yield_now().await;
        }
    }
}

impl Members {
    fn nudge(&self, notes: &Notes, beats: u64) {
        for owner in &notes.news {
            self.of(*owner).for_each(Member::nudge);
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

    fn of(&self, owner: OwnerKey) -> impl Iterator<Item = &Member> {
        self.by_owner.get(&owner).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }
}

impl Member {
    fn mark(&self, why: &Cell<bool>) {
        why.set(true);
        self.nudge();
    }

    fn nudge(&self) {
        if !self.due.is_nudged.replace(true) {
            self.session.do_send(Nudge);
        }
    }
}

impl Drop for Place {
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
