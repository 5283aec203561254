//! The world: what there is, what happens next, and what must be so whatever has happened.

use std::collections::BTreeMap;
use std::time::Duration;

use super::chunks::HandActor;
use super::mail::{Envelope, Mail, Note, Pending, Who};
use super::server::{BatchActor, Db, Supervisor};
use super::users::Users;
use crate::actors::batch::SchedulerSettings;
use crate::commands::tests::harness::TestStore;
use crate::commands::tests::witness;
use quire_domain::batch::BatchControl;
use quire_domain::ids::{BatchKey, Micros, OwnerKey};
use quire_store::artifacts::NewArtifact;
use quire_store::batches::BatchRecord;
use quire_store::write::write_from_closure;
use quire_store::{StoreError, Transaction};

/// A mistake that the simulation has to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// A chunk that panics says nothing.
    NoGuard,
    /// Slots are not given back.
    SlotsKept,
    /// What an earlier incarnation left running is not taken back.
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
    /// Faults have stopped.
    pub is_calm: bool,
    pub steps: u64,
    pub faults: u64,
    /// Of the server; answers to users of an earlier one are lost.
    pub boot: u64,
    pub serial: u64,
    pub tuning: SchedulerSettings,
    pub supervisor: Option<Supervisor>,
    pub supervisor_incarnation: u64,
    pub batches: BTreeMap<u64, BatchActor>,
    pub chunks: BTreeMap<u64, HandActor>,
    pub db: Db,
    pub users: Users,
    /// The server is told to end, and killed then at the latest.
    pub drain_until: Option<Micros>,
    pub artifact: NewArtifact,
}

pub(super) const SECOND: Micros = 1_000_000;
/// Steps with faults.
const SUFFERING: u64 = 900;
/// Steps and virtual time after the last fault within which everything has ended.
const REST: u64 = 20_000;
const REST_TIME: Micros = 600 * SECOND;

impl World {
    pub(super) fn new(seed: u64, bug: Option<Bug>) -> Self {
        // The dice of the backoffs, too, fall as the seed says.
        fastrand::seed(seed);
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut store = TestStore::new();
        let artifact = store.artifact("text.txt", b"text");
        let tuning = SchedulerSettings {
            slots: rng.u32(1..=3),
            claim_items: 5,
            hand_items: 4,
            hand_target: Duration::from_millis(20),
            start_told_after: Duration::ZERO,
        };
        store.slots = tuning.slots;
        store.reopen();
        let db = Db::new(rng.usize(1..=6));
        let mut world = Self {
            rng,
            now: store.now,
            store,
            mail: Mail::default(),
            bug,
            is_calm: false,
            steps: 0,
            faults: 0,
            boot: 0,
            serial: 0,
            tuning,
            supervisor: None,
            supervisor_incarnation: 0,
            batches: BTreeMap::new(),
            chunks: BTreeMap::new(),
            db,
            users: Users::default(),
            drain_until: None,
            artifact,
        };
        world.start_server();
        world
    }

    /// Users want things, and everything breaks.
    pub(super) fn suffer(&mut self) {
        for step in 0..SUFFERING {
            match self.rng.u32(0..1_000) {
                0..50 => self.user_acts(),
                50..70 => self.fault(),
                _ => self.go_on(),
            }
            if step % 20 == 0 {
                self.assert_safe();
            }
        }
        self.assert_log_tells_no_wonders();
    }

    /// Nothing breaks any more, and users wish for nothing but ends.
    pub(super) fn wait_until_idle(&mut self) {
        self.is_calm = true;
        if self.drain_until.is_some() {
            // It was told to end, and will not go on.
            self.kill_server();
        }
        let until = self.now + REST_TIME;
        for step in 0..REST {
            if step % 100 == 0 {
                self.seal_what_is_open();
                if self.restless().is_empty() {
                    break;
                }
                assert!(self.now < until, "{}", self.lament());
            }
            self.go_on();
        }
        assert!(self.restless().is_empty(), "{}", self.lament());
        self.assert_safe();
        self.assert_log_tells_no_wonders();
        self.assert_promises_kept();
    }

    /// The next message, or else the time passes until there is one.
    pub(super) fn go_on(&mut self) {
        self.steps += 1;
        self.drain_on();
        match self.next() {
            Ok(envelope) => self.deliver(envelope),
            Err(then) => self.now = then.max(self.now),
        }
    }

    /// What is delivered now, or else when there will be something.
    fn next(&mut self) -> Result<Envelope, Micros> {
        let takes = takes(&self.supervisor, &self.batches, &self.db);
        let rng = &mut self.rng;
        let next = self.mail.take(self.now, &takes, |count| rng.usize(0..count));
        next.ok_or_else(|| self.mail.next_due(&takes).unwrap_or(self.now + SECOND))
    }

    fn deliver(&mut self, envelope: Envelope) {
        let Envelope { to, incarnation, note, .. } = envelope;
        if incarnation.is_some_and(|of| Some(of) != self.incarnation(to)) {
            return;
        }
        match to {
            Who::Users => self.tell_users(note),
            Who::Supervisor => self.tell_supervisor(note),
            Who::Batch(actor) => self.tell_batch(actor, note),
            Who::Hand(chunk) => self.hand_goes_on(chunk),
            Who::Db => self.tell_db(note),
            Who::Alone(_) => {}
        }
    }

    fn incarnation(&self, of: Who) -> Option<u64> {
        match of {
            Who::Users => Some(self.boot),
            Who::Supervisor => Some(self.supervisor_incarnation),
            Who::Batch(actor) => self.batches.get(&actor).map(|batch| batch.incarnation),
            Who::Hand(chunk) => self.chunks.contains_key(&chunk).then_some(0),
            Who::Db => Some(self.db.incarnation),
            Who::Alone(_) => None,
        }
    }

    pub(super) fn new_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Mostly at once, sometimes late, rarely very late.
    pub(super) fn soon(&mut self) -> Micros {
        self.now
            + match self.rng.u32(0..100) {
                0..70 => 0,
                70..97 => self.rng.i64(0..5_000),
                _ => self.rng.i64(0..SECOND),
            }
    }

    pub(super) fn post(&mut self, from: Who, to: Who, note: Note) {
        let due = self.soon();
        self.mail.post(from, to, due, note);
    }

    /// A write for the writer; the answer comes to its sender.
    pub(super) fn apply<T: Send + 'static>(
        &mut self,
        from: Who,
        change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
        answer: impl FnOnce(Result<T, StoreError>) -> Note + 'static,
    ) {
        let (write, mut reply) = write_from_closure("simulated", change);
        let gone = |_| Err(StoreError::Aborted("the writer went away".into()));
        let answer = Box::new(move || answer(reply.try_recv().unwrap_or_else(gone)));
        let incarnation = self.incarnation(from).unwrap_or(0);
        self.post(from, Who::Db, Note::Apply(Pending { write, to: from, incarnation, answer }));
    }

    /// Batches that are neither ended nor paused with nothing in hand.
    fn restless(&self) -> Vec<BatchRecord> {
        let live = self.store.read(|snapshot| snapshot.live_batches(None, 10_000)).unwrap();
        let is_paused = |record: &BatchRecord| {
            record.batch.control == BatchControl::Paused && record.batch.claimed_or_running_items() == 0
        };
        live.into_iter().filter(|record| !is_paused(record)).collect()
    }

    /// What a person needs to see why nothing ends.
    fn lament(&self) -> String {
        let line = |record: &BatchRecord| format!("{}: priority {}, {:?}", record.key, record.priority, record.batch);
        let waiting: Vec<String> = self.restless().iter().map(line).collect();
        let actors: Vec<String> = self
            .batches
            .iter()
            .map(|(actor, batch)| format!("{actor} {batch:?}, {:?}", self.record(batch.key).batch))
            .collect();
        format!(
            "never ended, at {} s, step {}:\n{}\nsupervisor: {:?}\nactors:\n{}\n{} hands, writer up: {}",
            self.now / SECOND,
            self.steps,
            waiting.join("\n"),
            self.supervisor,
            actors.join("\n"),
            self.chunks.len(),
            self.db.is_up,
        )
    }

    pub(super) fn record(&self, batch: BatchKey) -> BatchRecord {
        self.store.record(batch)
    }

    pub(super) fn batches_ended(&self) -> u64 {
        let ended =
            |key: i64| self.store.read(|snapshot| snapshot.batch(BatchKey(key))).ok().map(|it| it.ended_at.is_some());
        (1..).map_while(ended).filter(|ended| *ended).count() as u64
    }

    pub(super) fn log_length(&self) -> usize {
        self.store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, 0, 1_000_000)).unwrap().len()
    }

    pub(super) fn assert_safe(&self) {
        let findings = self.store.opened().check_consistency(false).unwrap();
        assert!(findings.is_empty(), "the store is not sound: {findings:#?}");
        let live = self.store.read(|snapshot| snapshot.live_batches(None, 10_000)).unwrap();
        let running: u64 = live.iter().map(|record| record.batch.counts.running).sum();
        assert!(running <= self.tuning.slots.into(), "{running} items run in {} slots", self.tuning.slots);
    }

    fn assert_log_tells_no_wonders(&self) {
        let complaints = witness::complaints(&self.store);
        assert!(complaints.is_empty(), "the log tells {complaints:#?}");
    }
}

/// Mail for what is down waits, but for the word that it may rise.
fn takes<'a>(
    supervisor: &'a Option<Supervisor>,
    batches: &'a BTreeMap<u64, BatchActor>,
    db: &'a Db,
) -> impl Fn(&Envelope) -> bool + use<'a> {
    move |envelope| {
        let is_up = match envelope.to {
            Who::Supervisor => supervisor.is_some(),
            Who::Batch(actor) => batches.get(&actor).is_none_or(|batch| batch.life.is_some()),
            Who::Db => db.is_up,
            Who::Users | Who::Hand(_) | Who::Alone(_) => true,
        };
        is_up || matches!(envelope.note, Note::Rise)
    }
}
