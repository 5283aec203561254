//! What somebody who only reads the log would complain of.

use std::collections::{BTreeMap, BTreeSet};

use super::harness::TestStore;
use crate::domain::event::{Event, EventType};
use crate::domain::ids::OwnerKey;
use crate::store::events;

/// An item's generation: its batch, its position, its number.
type Life = (String, u32, u32);

#[derive(Default)]
struct Witness {
    cancelling: BTreeSet<String>,
    started: BTreeSet<(Life, u32)>,
    ends: BTreeMap<Life, u32>,
    complaints: Vec<String>,
}

/// Items that started after their batch's cancel, attempts that started twice, generations that ended twice.
pub fn complaints(store: &TestStore) -> Vec<String> {
    let (mut witness, mut after) = (Witness::default(), 0);
    loop {
        let page = store.read(|conn| events::after(conn, OwnerKey::LOCAL, after, 1_000)).unwrap();
        let Some(last) = page.last() else { return witness.complaints };
        after = last.seq;
        page.iter().for_each(|event| witness.hear(event));
    }
}

impl Witness {
    fn hear(&mut self, event: &Event) {
        let batch = event.batch.to_string();
        let life = (batch.clone(), event.item.unwrap_or(0), event.data.generation.unwrap_or(0));
        match event.kind {
            EventType::BatchCancelling => drop(self.cancelling.insert(batch)),
            EventType::BatchRetried => drop(self.cancelling.remove(&batch)),
            EventType::ItemStarted => {
                if self.cancelling.contains(&batch) {
                    self.complaints.push(format!("{life:?} started after its cancel"));
                }
                if !self.started.insert((life.clone(), event.data.attempt.unwrap_or(0))) {
                    self.complaints.push(format!("{life:?} started attempt {:?} twice", event.data.attempt));
                }
            }
            EventType::ItemCompleted | EventType::ItemFailed => {
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
