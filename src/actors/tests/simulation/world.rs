//! The world: the store, the actors around it, their users, and how far all of it went.

use std::collections::BTreeMap;
use std::time::Duration;

use super::batch::BatchActor;
use super::chunks::HandActor;
use super::db::Db;
use super::mail::Mail;
use super::supervisor::Supervisor;
use super::users::Users;
use crate::actors::batch::SchedulerSettings;
use crate::commands::tests::harness::TestStore;
use quire_domain::ids::Micros;
use quire_store::artifacts::Artifact;

/// A mistake that the simulation has to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// A chunk that panics says nothing.
    NoGuard,
    /// Slots are not given back.
    SlotsKept,
    /// Items that an earlier incarnation left running are not taken back.
    NoRecovery,
    /// A batch claims whatever there is.
    GreedyClaims,
}

pub(super) struct World {
    pub rng: fastrand::Rng,
    pub store: TestStore,
    pub now: Micros,
    pub mail: Mail,
    pub bug: Option<Bug>,
    pub course: Course,
    pub tuning: SchedulerSettings,
    pub actors: Actors,
    pub db: Db,
    pub users: Users,
    pub artifact: Artifact,
}

/// Numbers and turns of one world's life.
#[derive(Default)]
pub(super) struct Course {
    pub steps: u64,
    pub faults: u64,
    /// Faults have stopped.
    pub is_calm: bool,
    /// Of the server; answers to users of an earlier one are lost.
    pub boot: u64,
    pub serial: u64,
    /// The server is told to end, and killed then at the latest.
    pub drain_until: Option<Micros>,
}

/// The supervisor, and everybody below it.
#[derive(Default)]
pub(super) struct Actors {
    pub supervisor: Option<Supervisor>,
    /// Of the supervisor.
    pub incarnation: u64,
    pub batches: BTreeMap<u64, BatchActor>,
    pub chunks: BTreeMap<u64, HandActor>,
}

pub(super) const SECOND: Micros = 1_000_000;

impl World {
    pub(super) fn new(seed: u64, bug: Option<Bug>) -> Self {
        // The dice of the backoffs, too, fall as the seed says.
        fastrand::seed(seed);
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut store = TestStore::new();
        let artifact = store.artifact("text.txt", b"text");
        let tuning = tuning(rng.u32(1..=3));
        store.slots = tuning.slots;
        store.reopen();
        let (now, db) = (store.now, Db::new(rng.usize(1..=6)));
        let (mail, course, actors, users) = (Mail::default(), Course::default(), Actors::default(), Users::default());
        let mut world = Self { rng, store, now, mail, bug, course, tuning, actors, db, users, artifact };
        world.start_server();
        world
    }
}

fn tuning(slots: u32) -> SchedulerSettings {
    SchedulerSettings {
        slots,
        claim_items: 5,
        hand_items: 4,
        hand_target: Duration::from_millis(20),
        start_told_after: Duration::ZERO,
    }
}
