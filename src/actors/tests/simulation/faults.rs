//! Faults: every actor breaks, the whole server does, and its end in order.

use super::mail::{Note, Pending, Who};
use super::world::{SECOND, World};
use quire_domain::ids::Micros;

/// As the supervisor sets it for batches.
const RESTARTS_MAX: usize = 5;
const RESTARTS_WITHIN: Micros = 60 * SECOND;

impl World {
    pub(super) fn fault(&mut self) {
        self.course.faults += 1;
        match self.rng.u32(0..100) {
            0..40 => {
                let chunks: Vec<u64> = self.actors.chunks.keys().copied().collect();
                self.pick(&chunks).into_iter().for_each(|chunk| self.hand_panics(chunk));
            }
            40..70 => {
                let living = self.actors.batches.iter().filter(|(_, batch)| batch.life.is_some());
                let living: Vec<u64> = living.map(|(actor, _)| *actor).collect();
                self.pick(&living).into_iter().for_each(|actor| self.batch_panics(actor));
            }
            70..80 => self.supervisor_panics(),
            80..90 => self.db_panics(),
            90..96 => self.kill_server(),
            _ => {
                self.post(Who::Users, Who::Supervisor, Note::Drain);
                self.course.drain_until = Some(self.now + self.rng.i64(0..3 * SECOND));
            }
        }
    }

    fn pick(&mut self, among: &[u64]) -> Option<u64> {
        if among.is_empty() { None } else { Some(among[self.rng.usize(0..among.len())]) }
    }

    /// Its children end first; the address and what waits there stay.
    pub(super) fn batch_panics(&mut self, actor: u64) {
        let chunks = self.actors.chunks.iter().filter(|(_, chunk)| chunk.batch == actor).map(|(chunk, _)| *chunk);
        chunks.collect::<Vec<_>>().into_iter().for_each(|chunk| self.hand_panics(chunk));
        let now = self.now;
        let Some(batch) = self.actors.batches.get_mut(&actor) else { return };
        (batch.life, batch.incarnation) = (None, batch.incarnation + 1);
        batch.restarts.retain(|at| now - at < RESTARTS_WITHIN);
        batch.restarts.push(now);
        if batch.restarts.len() > RESTARTS_MAX {
            return self.end_batch(actor, true);
        }
        let (incarnation, due) = (batch.incarnation, now + self.backoff());
        self.mail.set(Who::Batch(actor), incarnation, due, Note::Rise);
    }

    /// Batches and chunks end before it is rebuilt; what was sent to it waits.
    fn supervisor_panics(&mut self) {
        if self.actors.supervisor.take().is_none() {
            return;
        }
        self.actors.chunks.clear();
        for actor in std::mem::take(&mut self.actors.batches).into_keys() {
            self.mail.close(Who::Batch(actor));
        }
        // Counted up once more when it rises, so that nothing of this life is taken for the next one's.
        self.actors.incarnation += 1;
        let due = self.now + self.backoff();
        self.mail.set(Who::Supervisor, self.actors.incarnation, due, Note::Rise);
    }

    /// Writes that it had not committed were not done, and their senders hear so.
    fn db_panics(&mut self) {
        (self.db.is_up, self.db.incarnation) = (false, self.db.incarnation + 1);
        for Pending { write, to, incarnation, answer } in std::mem::take(&mut self.db.waiting) {
            drop(write);
            let due = self.soon();
            self.mail.set(to, incarnation, due, answer());
        }
        self.store.restart_writer();
        let due = self.now + self.backoff();
        self.mail.set(Who::Db, self.db.incarnation, due, Note::Rise);
    }

    /// Nothing is left but what is on disk.
    pub(super) fn kill_server(&mut self) {
        self.course.drain_until = None;
        (self.actors.supervisor, self.db.is_up) = (None, true);
        self.db.incarnation += 1;
        self.db.waiting.clear();
        self.actors.batches.clear();
        self.actors.chunks.clear();
        self.mail.clear();
        self.store.now = self.now;
        self.store.reopen();
        self.start_server();
    }

    /// A server that drains ends when nothing is left, or when its patience does.
    pub(super) fn drain_on(&mut self) {
        let Some(until) = self.course.drain_until else { return };
        let drained = |it: &super::supervisor::Supervisor| it.admission.is_draining() && it.actors.is_empty();
        if self.actors.supervisor.as_ref().is_some_and(drained) || self.now > until + 3 * SECOND {
            return self.kill_server();
        }
        if self.now > until {
            self.post(Who::Users, Who::Supervisor, Note::InterruptAllBatches);
            self.course.drain_until = Some(until + SECOND / 2);
        }
    }

    fn backoff(&mut self) -> Micros {
        self.rng.i64(0..SECOND)
    }
}
