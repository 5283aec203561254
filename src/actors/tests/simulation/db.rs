//! The writer: commits many writes at once, and answers each.

use super::mail::{Note, Pending, Who};
use super::world::World;
use quire_store::write::Write;

pub(super) struct Db {
    pub is_up: bool,
    pub incarnation: u64,
    group_max: usize,
    pub waiting: Vec<Pending>,
}

impl Db {
    pub(super) fn new(group_max: usize) -> Self {
        Self { is_up: true, incarnation: 0, group_max, waiting: Vec::new() }
    }
}

impl World {
    pub(super) fn tell_db(&mut self, note: Note) {
        match note {
            Note::Apply(pending) => {
                self.db.waiting.push(pending);
                if self.db.waiting.len() >= self.db.group_max {
                    self.flush();
                } else if self.db.waiting.len() == 1 {
                    let delay = self.soon() - self.now;
                    self.set(Who::Db, delay, Note::Flush);
                }
            }
            Note::Flush => self.flush(),
            Note::Rise => self.db.is_up = true,
            _ => {}
        }
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.db.waiting);
        if pending.is_empty() {
            return;
        }
        let split = |Pending { write, to, incarnation, answer }| (write, (to, incarnation, answer));
        let (writes, senders): (Vec<Box<dyn Write>>, Vec<_>) = pending.into_iter().map(split).unzip();
        self.store.now = self.now;
        self.store.commit(writes).unwrap();
        self.now = self.store.now;
        for (to, incarnation, answer) in senders {
            let due = self.soon();
            self.mail.set(to, incarnation, due, answer());
        }
    }
}
