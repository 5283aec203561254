//! Rules of the event log: no gap, never rewritten, every end once, no start after a stop.
//!
//! An item that a worker process has at a pause may start and end until the batch is seen at rest. After a cancel only
//! what has ended by itself is told: its start and its end in one commit.

use std::collections::{BTreeMap, HashMap};

use super::{RuleBroken, TortureFindings};
use crate::torture::history::LogLine;
use crate::torture::server::SLOTS;
use quire_domain::batch::BatchControl;
use quire_domain::event::EventType;
use quire_domain::item::ItemState;

#[derive(Debug, Default)]
pub(super) struct LogHistory {
    lines: BTreeMap<i64, LogLine>,
    batches: HashMap<String, BatchStory>,
    items: HashMap<(String, u32), ItemStory>,
    /// An item that started after its batch's cancel: its end has to be the next line, of the same commit.
    owed: Option<Owed>,
    /// Revisions at which batches were shown as paused, with nothing in hand.
    at_rest: HashMap<String, u64>,
}

#[derive(Debug, PartialEq, Eq)]
struct Owed {
    batch: String,
    item: Option<u32>,
    rev: u64,
}

#[derive(Debug)]
struct BatchStory {
    control: BatchControl,
    /// The revision of the newest pause.
    paused_at: u64,
    has_ended: bool,
    /// The newest generation that ended.
    ended_in: u32,
}

#[derive(Debug, Default)]
struct ItemStory {
    generation: u32,
    attempt: u32,
    /// In this generation.
    ends: Vec<EventType>,
}

impl LogHistory {
    pub(super) fn last_seq(&self) -> i64 {
        self.lines.last_key_value().map_or(0, |(seq, _)| *seq)
    }

    pub(super) fn has_ended(&self, batch: &str) -> bool {
        self.batches.get(batch).is_some_and(|story| story.has_ended)
    }

    /// The ends of an item in its newest generation.
    pub(super) fn ends(&self, batch: &str, position: u32, generation: u32) -> &[EventType] {
        let story = self.items.get(&(batch.to_owned(), position));
        story.filter(|story| story.generation == generation).map_or(&[], |story| &story.ends)
    }

    /// The batch was shown as paused at this revision: nothing of it starts until it is resumed.
    pub(super) fn rests(&mut self, batch: &str, rev: u64) {
        self.at_rest.insert(batch.to_owned(), rev);
    }

    /// The next line, or one that was seen before.
    pub(super) fn line(&mut self, line: &LogLine, findings: &mut TortureFindings) {
        if let Some(before) = self.lines.get(&line.seq) {
            if before != line {
                findings.add(RuleBroken::Log, format!("event {} was {before:?} and is {line:?}", line.seq));
            }
            return;
        }
        let last = self.last_seq();
        if line.seq != last + 1 {
            findings.add(RuleBroken::Log, format!("event {} follows event {last}", line.seq));
        }
        self.settle_debt(line, findings);
        self.running(line, findings);
        self.lines.insert(line.seq, line.clone());
        match line.item {
            Some(position) => self.of_item(line, position, findings),
            None => self.of_batch(line, findings),
        }
    }

    fn of_batch(&mut self, line: &LogLine, findings: &mut TortureFindings) {
        if line.kind == EventType::BatchCreated {
            let new = BatchStory { control: BatchControl::Run, paused_at: 0, has_ended: false, ended_in: 0 };
            if self.batches.insert(line.batch.clone(), new).is_some() {
                findings.add(RuleBroken::Doubled, format!("batch {} was created twice", line.batch));
            }
            return;
        }
        let Some(story) = self.batches.get_mut(&line.batch) else {
            return findings
                .add(RuleBroken::Phantom, format!("{:?} of batch {}, never created", line.kind, line.batch));
        };
        match line.kind {
            EventType::BatchPaused => (story.control, story.paused_at) = (BatchControl::Paused, line.data.rev),
            EventType::BatchResumed => story.control = BatchControl::Run,
            EventType::BatchCancelling => story.control = BatchControl::Cancelled,
            EventType::BatchRetried => {
                story.control = if story.has_ended { BatchControl::Run } else { story.control };
                story.has_ended = false;
            }
            EventType::BatchCompleted | EventType::BatchFailed | EventType::BatchCancelled => {
                let generation = line.data.generation.unwrap_or(0);
                if generation <= story.ended_in {
                    let detail = format!("batch {} ended twice in generation {generation}", line.batch);
                    findings.add(RuleBroken::Doubled, detail);
                }
                (story.has_ended, story.ended_in) = (true, generation);
            }
            _ => {}
        }
    }

    fn of_item(&mut self, line: &LogLine, position: u32, findings: &mut TortureFindings) {
        let story = self.items.entry((line.batch.clone(), position)).or_default();
        let (generation, attempt) = (line.data.generation.unwrap_or(0), line.data.attempt.unwrap_or(0));
        let item = format!("item {position} of batch {} (event {})", line.batch, line.seq);
        if generation > story.generation {
            *story = ItemStory { generation, ..ItemStory::default() };
        } else if generation < story.generation {
            findings
                .add(RuleBroken::Resurrected, format!("{item}: generation {generation} after {}", story.generation));
        }
        if line.kind == EventType::ItemStarted {
            if attempt <= story.attempt {
                findings.add(RuleBroken::Doubled, format!("{item}: attempt {attempt} after attempt {}", story.attempt));
            }
            if !story.ends.is_empty() {
                findings.add(RuleBroken::Resurrected, format!("{item}: started after its end in one generation"));
            }
            story.attempt = attempt;
            return self.may_start(line, &item, findings);
        }
        if !ItemState::told_by(line.kind).is_some_and(ItemState::is_terminal) {
            return;
        }
        if !story.ends.is_empty() {
            findings.add(RuleBroken::Doubled, format!("{item}: {:?} after {:?}", line.kind, story.ends));
        }
        story.ends.push(line.kind);
    }

    fn may_start(&mut self, line: &LogLine, item: &str, findings: &mut TortureFindings) {
        let Some(story) = self.batches.get(&line.batch) else {
            return findings.add(RuleBroken::Phantom, format!("{item}: started in a batch that was never created"));
        };
        let rested = self.at_rest.get(&line.batch).filter(|rev| **rev >= story.paused_at && line.data.rev > **rev);
        if story.has_ended {
            findings.add(RuleBroken::Resurrected, format!("{item}: started after the end of its batch"));
        } else if let Some(rev) = rested.filter(|_| story.control == BatchControl::Paused) {
            findings
                .add(RuleBroken::Resurrected, format!("{item}: started while paused, at rest since revision {rev}"));
        } else if story.control == BatchControl::Cancelled {
            self.owed = Some(Owed::of(line));
        }
    }

    fn settle_debt(&mut self, line: &LogLine, findings: &mut TortureFindings) {
        let ends = ItemState::told_by(line.kind).is_some_and(ItemState::is_terminal);
        if let Some(owed) = self.owed.take().filter(|owed| !ends || *owed != Owed::of(line)) {
            findings
                .add(RuleBroken::Resurrected, format!("{owed:?}: started while cancelled, and its end is not with it"));
        }
    }

    fn running(&self, line: &LogLine, findings: &mut TortureFindings) {
        if let Some(counts) = line.data.counts.filter(|counts| counts.running > SLOTS) {
            let detail = format!("event {}: {} items run in {SLOTS} slots", line.seq, counts.running);
            findings.add(RuleBroken::Unsound, detail);
        }
    }
}

impl Owed {
    fn of(line: &LogLine) -> Self {
        Self { batch: line.batch.clone(), item: line.item, rev: line.data.rev }
    }
}
