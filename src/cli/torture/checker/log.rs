//! The event log as the client saw it: without a gap, never another story, every end once, no start after a stop.

use std::collections::{BTreeMap, HashMap};

use super::{Findings, Kind};
use crate::cli::torture::history::LogLine;
use crate::domain::batch::Control;
use crate::domain::event::EventType;

#[derive(Debug, Default)]
pub struct Log {
    lines: BTreeMap<i64, LogLine>,
    batches: HashMap<String, BatchStory>,
    items: HashMap<(String, u32), ItemStory>,
}

#[derive(Debug)]
struct BatchStory {
    control: Control,
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

impl Log {
    pub fn last_seq(&self) -> i64 {
        self.lines.last_key_value().map_or(0, |(seq, _)| *seq)
    }

    pub fn has_ended(&self, batch: &str) -> bool {
        self.batches.get(batch).is_some_and(|story| story.has_ended)
    }

    /// The ends of an item in its newest generation.
    pub fn ends(&self, batch: &str, position: u32, generation: u32) -> &[EventType] {
        let story = self.items.get(&(batch.to_owned(), position));
        story.filter(|story| story.generation == generation).map_or(&[], |story| &story.ends)
    }

    /// The next line, or one that was seen before.
    pub fn line(&mut self, line: &LogLine, findings: &mut Findings) {
        if let Some(before) = self.lines.get(&line.seq) {
            if before != line {
                findings.add(Kind::Log, format!("event {} was {before:?} and is {line:?}", line.seq));
            }
            return;
        }
        let last = self.last_seq();
        if line.seq != last + 1 {
            findings.add(Kind::Log, format!("event {} follows event {last}", line.seq));
        }
        self.lines.insert(line.seq, line.clone());
        match line.item {
            Some(position) => self.of_item(line, position, findings),
            None => self.of_batch(line, findings),
        }
    }

    fn of_batch(&mut self, line: &LogLine, findings: &mut Findings) {
        if line.kind == EventType::BatchCreated {
            let new = BatchStory { control: Control::Run, has_ended: false, ended_in: 0 };
            if self.batches.insert(line.batch.clone(), new).is_some() {
                findings.add(Kind::Doubled, format!("batch {} was created twice", line.batch));
            }
            return;
        }
        let Some(story) = self.batches.get_mut(&line.batch) else {
            return findings.add(Kind::Phantom, format!("{:?} of batch {}, never created", line.kind, line.batch));
        };
        match line.kind {
            EventType::BatchPaused => story.control = Control::Paused,
            EventType::BatchResumed => story.control = Control::Run,
            EventType::BatchCancelling => story.control = Control::Cancelled,
            EventType::BatchRetried => {
                story.control = if story.has_ended { Control::Run } else { story.control };
                story.has_ended = false;
            }
            EventType::BatchCompleted | EventType::BatchFailed | EventType::BatchCancelled => {
                let generation = line.data.generation.unwrap_or(0);
                if generation <= story.ended_in {
                    let detail = format!("batch {} ended twice in generation {generation}", line.batch);
                    findings.add(Kind::Doubled, detail);
                }
                (story.has_ended, story.ended_in) = (true, generation);
            }
            _ => {}
        }
    }

    fn of_item(&mut self, line: &LogLine, position: u32, findings: &mut Findings) {
        let story = self.items.entry((line.batch.clone(), position)).or_default();
        let (generation, attempt) = (line.data.generation.unwrap_or(0), line.data.attempt.unwrap_or(0));
        let item = format!("item {position} of batch {} (event {})", line.batch, line.seq);
        if generation > story.generation {
            *story = ItemStory { generation, ..ItemStory::default() };
        } else if generation < story.generation {
            findings.add(Kind::Resurrected, format!("{item}: generation {generation} after {}", story.generation));
        }
        if line.kind == EventType::ItemStarted {
            if attempt <= story.attempt {
                findings.add(Kind::Doubled, format!("{item}: attempt {attempt} after attempt {}", story.attempt));
            }
            if !story.ends.is_empty() {
                findings.add(Kind::Resurrected, format!("{item}: started after its end in one generation"));
            }
            story.attempt = attempt;
            return self.may_start(line, &item, findings);
        }
        if !story.ends.is_empty() {
            findings.add(Kind::Doubled, format!("{item}: {:?} after {:?}", line.kind, story.ends));
        }
        story.ends.push(line.kind);
    }

    fn may_start(&self, line: &LogLine, item: &str, findings: &mut Findings) {
        match self.batches.get(&line.batch) {
            None => findings.add(Kind::Phantom, format!("{item}: started in a batch that was never created")),
            Some(story) if story.has_ended || story.control != Control::Run => {
                let (ended, control) = (story.has_ended, story.control);
                findings.add(Kind::Resurrected, format!("{item}: started while {control:?}, batch ended: {ended}"));
            }
            Some(_) => {}
        }
    }
}
