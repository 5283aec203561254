//! The server: its start, and timers for its actors.

use super::mail::{Note, Who};
use super::world::World;
use crate::commands::recover;
use quire_domain::ids::Micros;

impl World {
    pub(super) fn start_server(&mut self) {
        self.course.boot += 1;
        while self.store.write(recover::recover_running).unwrap() {}
        self.rise_supervisor();
    }

    pub(super) fn set(&mut self, to: Who, delay: Micros, note: Note) {
        let incarnation = match to {
            Who::Supervisor => self.actors.incarnation,
            Who::Batch(actor) => self.actors.batches[&actor].incarnation,
            Who::Db => self.db.incarnation,
            Who::Users | Who::Hand(_) | Who::Alone(_) => 0,
        };
        self.mail.set(to, incarnation, self.now + delay, note);
    }
}
