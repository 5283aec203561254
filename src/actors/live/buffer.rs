//! Buffer of one owner's newest events, each serialised once for all sessions. Pure.

use std::collections::VecDeque;
use std::sync::Arc;

use quire_base::clock::rfc3339;
use quire_domain::delivery::filter::EventMeta;
use quire_domain::delivery::log_page::LogEntry;
use quire_domain::event::{Event, EventView};
use quire_domain::ids::BatchId;

/// An event as it goes over the wire, and what decides who wants it.
#[derive(Debug, PartialEq, Eq)]
pub struct EncodedEvent {
    pub seq: i64,
    pub batch: BatchId,
    pub collection: Option<Box<str>>,
    pub is_item: bool,
    pub json: Box<str>,
}

/// An event as every reader of the log gets it.
pub fn event_view(event: Event) -> EventView {
    let at = rfc3339(event.at);
    EventView::new(event, at)
}

impl EncodedEvent {
    pub fn new(event: Event) -> Self {
        let (seq, batch, is_item) = (event.seq, event.batch, event.item.is_some());
        let collection = event.data.collection.as_deref().map(Box::from);
        let json = serde_json::to_string(&event_view(event)).unwrap_or_default().into();
        Self { seq, batch, collection, is_item, json }
    }
}

impl LogEntry for EncodedEvent {
    fn seq(&self) -> i64 {
        self.seq
    }

    fn size(&self) -> usize {
        self.json.len()
    }

    fn head(&self) -> EventMeta<'_> {
        EventMeta { batch: self.batch, collection: self.collection.as_deref(), is_item: self.is_item }
    }
}

/// The newest events of one owner in memory. Without a gap, up to `last`. Bounded by count and by bytes.
#[derive(Debug)]
pub struct EventBuffer {
    events: VecDeque<Arc<EncodedEvent>>,
    bytes: usize,
    last: i64,
    max_events: usize,
    max_bytes: usize,
}

impl EventBuffer {
    /// Holds nothing, and is told of what comes after `last`.
    pub fn new(last: i64, max_events: usize, max_bytes: usize) -> Self {
        Self { events: VecDeque::new(), bytes: 0, last, max_events, max_bytes }
    }

    /// The newest `seq` that the buffer knows of.
    pub fn last_seq(&self) -> i64 {
        self.last
    }

    /// Takes what follows; what does not follow right away begins a new buffer, what is known already is left out.
    pub fn push(&mut self, event: Arc<EncodedEvent>) {
        if event.seq <= self.last {
            return;
        }
        if event.seq != self.last + 1 {
            self.events.clear();
            self.bytes = 0;
        }
        self.last = event.seq;
        self.bytes += event.json.len();
        self.events.push_back(event);
        while self.events.len() > self.max_events || self.bytes > self.max_bytes {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.json.len();
        }
    }

    /// The events after `after`, at most `limit`; `None` when it does not reach there.
    pub fn events_after(&self, after: i64, limit: usize) -> Option<Vec<Arc<EncodedEvent>>> {
        let before_first = self.last - self.events.len() as i64;
        let skipped = usize::try_from(after - before_first).ok().filter(|skipped| *skipped <= self.events.len())?;
        Some(self.events.iter().skip(skipped).take(limit).cloned().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(seq: i64, size: usize) -> Arc<EncodedEvent> {
        let batch = BatchId(uuid::Uuid::nil());
        Arc::new(EncodedEvent { seq, batch, collection: None, is_item: false, json: "x".repeat(size).into() })
    }

    fn seqs(buffer: &EventBuffer, after: i64) -> Option<Vec<i64>> {
        Some(buffer.events_after(after, 256)?.iter().map(|event| event.seq).collect())
    }

    #[test]
    fn the_oldest_make_room_for_the_newest_by_count_and_by_bytes() {
        let mut buffer = EventBuffer::new(0, 4, 100);
        (1..=6).for_each(|seq| buffer.push(event(seq, 10)));
        assert_eq!(seqs(&buffer, 2), Some(vec![3, 4, 5, 6]));
        buffer.push(event(7, 80));
        assert_eq!(seqs(&buffer, 4), Some(vec![5, 6, 7]));
        buffer.push(event(8, 1000));
        assert_eq!((seqs(&buffer, 8), seqs(&buffer, 7)), (Some(vec![]), None));
    }

    #[test]
    fn nobody_is_given_a_stretch_that_does_not_begin_where_it_should() {
        let mut buffer = EventBuffer::new(10, 4, 100);
        assert_eq!((seqs(&buffer, 10), seqs(&buffer, 9)), (Some(vec![]), None));
        buffer.push(event(11, 1));
        buffer.push(event(20, 1));
        buffer.push(event(19, 1));
        assert_eq!((seqs(&buffer, 10), seqs(&buffer, 19), seqs(&buffer, 20)), (None, Some(vec![20]), Some(vec![])));
        assert_eq!(seqs(&buffer, 21), None);
    }

    #[test]
    fn a_page_is_no_longer_than_asked_for() {
        let mut buffer = EventBuffer::new(0, 100, 10_000);
        (1..=10).for_each(|seq| buffer.push(event(seq, 1)));
        assert_eq!(buffer.events_after(3, 2).unwrap().iter().map(|event| event.seq).collect::<Vec<_>>(), [4, 5]);
    }
}
