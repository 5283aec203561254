//! A witness, who only reads the log, and their complaints.

use std::collections::{BTreeMap, BTreeSet};

use super::harness::TestStore;
use quire_domain::event::{Event, EventType};
use quire_domain::ids::{Micros, OwnerKey};
use quire_domain::item::ItemState;

/// An item's generation: its batch, its position, its number.
type Life = (String, u32, u32);

#[derive(Default)]
struct Witness {
    cancelling: BTreeSet<String>,
    /// Started after its cancel: its end has to be the next thing of the same commit.
    late: Option<(Life, Micros)>,
    started: BTreeSet<(Life, u32)>,
    ends: BTreeMap<Life, u32>,
    complaints: Vec<String>,
}

/// Items that started after their batch's cancel and did not end with it, attempts that started twice, generations that
/// ended twice.
pub(crate) fn complaints(store: &TestStore) -> Vec<String> {
    let (mut witness, mut after) = (Witness::default(), 0);
    loop {
        let page = store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, after, 1_000)).unwrap();
        let Some(last) = page.last() else { return witness.end() };
        after = last.seq;
        page.iter().for_each(|event| witness.hear(event));
    }
}

impl Witness {
    fn end(mut self) -> Vec<String> {
        self.complaints.extend(self.late.map(|(life, _)| format!("{life:?} started after its cancel")));
        self.complaints
    }

    fn hear(&mut self, event: &Event) {
        let batch = event.batch.to_string();
        let life = (batch.clone(), event.item.unwrap_or(0), event.data.generation.unwrap_or(0));
        let ends = ItemState::told_by(event.kind).is_some_and(ItemState::is_terminal);
        if let Some((late, at)) = self.late.take()
            && !(ends && late == life && at == event.at)
        {
            self.complaints.push(format!("{late:?} started after its cancel"));
        }
        match event.kind {
            EventType::BatchCancelling => drop(self.cancelling.insert(batch)),
            EventType::BatchRetried => drop(self.cancelling.remove(&batch)),
            EventType::ItemStarted => {
                if self.cancelling.contains(&batch) {
                    self.late = Some((life.clone(), event.at));
                }
                if !self.started.insert((life.clone(), event.data.attempt.unwrap_or(0))) {
                    self.complaints.push(format!("{life:?} started attempt {:?} twice", event.data.attempt));
                }
            }
            _ if ends => {
                let ends = self.ends.entry(life.clone()).or_default();
                *ends += 1;
                if *ends > 1 {
                    self.complaints.push(format!("{life:?} ended twice"));
                }
            }
            _ => {}
        }
    }
}
