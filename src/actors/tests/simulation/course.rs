//! The course of a world: it suffers, then it comes to rest.

use super::db::Db;
use super::mail::{Envelope, Note, Pending, Who};
use super::world::{Actors, SECOND, World};
use quire_domain::ids::Micros;
use quire_store::write::write;
use quire_store::{StoreError, Transaction};

/// Steps with faults.
const SUFFERING: u64 = 900;
/// Steps and virtual time after the last fault within which everything has ended.
const REST: u64 = 20_000;
const REST_TIME: Micros = 600 * SECOND;

impl World {
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
        self.course.is_calm = true;
        if self.course.drain_until.is_some() {
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
        self.course.steps += 1;
        self.drain_on();
        match self.next() {
            Ok(envelope) => self.deliver(envelope),
            Err(then) => self.now = then.max(self.now),
        }
    }

    /// The message that is delivered now, or else when there will be one.
    fn next(&mut self) -> Result<Envelope, Micros> {
        let takes = takes(&self.actors, &self.db);
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
            Who::Users => Some(self.course.boot),
            Who::Supervisor => Some(self.actors.incarnation),
            Who::Batch(actor) => self.actors.batches.get(&actor).map(|batch| batch.incarnation),
            Who::Hand(chunk) => self.actors.chunks.contains_key(&chunk).then_some(0),
            Who::Db => Some(self.db.incarnation),
            Who::Alone(_) => None,
        }
    }

    pub(super) fn new_serial(&mut self) -> u64 {
        self.course.serial += 1;
        self.course.serial
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
        let (write, mut reply) = write("simulated", change);
        let gone = |_| Err(StoreError::Aborted("the writer went away".into()));
        let answer = Box::new(move || answer(reply.try_recv().unwrap_or_else(gone)));
        let incarnation = self.incarnation(from).unwrap_or(0);
        self.post(from, Who::Db, Note::Apply(Pending { write, to: from, incarnation, answer }));
    }
}

/// Mail for what is down waits, but for the word that it may rise.
fn takes<'a>(actors: &'a Actors, db: &'a Db) -> impl Fn(&Envelope) -> bool + use<'a> {
    move |envelope| {
        let is_up = match envelope.to {
            Who::Supervisor => actors.supervisor.is_some(),
            Who::Batch(actor) => actors.batches.get(&actor).is_none_or(|batch| batch.life.is_some()),
            Who::Db => db.is_up,
            Who::Users | Who::Hand(_) | Who::Alone(_) => true,
        };
        is_up || matches!(envelope.note, Note::Rise)
    }
}
