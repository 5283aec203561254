//! Cache of event frames as text: encoded once for all sessions of a thread that are at the same place with the same
//! subscriptions.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use bytestring::ByteString;

use crate::actors::live::buffer::EncodedEvent;
use quire_domain::delivery::filter::SubscriptionFilter;
use quire_domain::delivery::log_page::{LogPageSlice, SendAllowance, slice_log_page};
use quire_domain::ids::OwnerKey;

/// An encoded frame and the range of the log it covers. Without text when nothing of the range is wanted.
#[derive(Debug, Clone)]
pub(crate) struct EncodedFrame {
    pub cut: LogPageSlice,
    pub text: Option<ByteString>,
}

#[derive(Debug)]
struct CachedFrame {
    owner: OwnerKey,
    filter: Rc<SubscriptionFilter>,
    framed: EncodedFrame,
}

/// The newest few; events never change, so a frame once made stays true.
#[derive(Debug, Default)]
pub(crate) struct FrameCache(RefCell<VecDeque<CachedFrame>>);

const KEPT: usize = 16;

impl FrameCache {
    pub(crate) fn made(
        &self,
        owner: OwnerKey,
        after: i64,
        filter: &Rc<SubscriptionFilter>,
        allowance: SendAllowance,
    ) -> Option<EncodedFrame> {
        let kept = self.0.borrow();
        let fits = |made: &&CachedFrame| {
            made.owner == owner
                && made.framed.cut.after == after
                && allowance.fits(&made.framed.cut)
                && (Rc::ptr_eq(&made.filter, filter) || made.filter == *filter)
        };
        kept.iter().find(fits).map(|made| made.framed.clone())
    }

    /// Cuts as much as a whole window admits, so that others can use it, or less if this session has less left.
    /// `None` when the page does not begin where it should.
    pub(crate) fn make(
        &self,
        owner: OwnerKey,
        after: i64,
        page: &[Arc<EncodedEvent>],
        filter: &Rc<SubscriptionFilter>,
        (full, own): (SendAllowance, SendAllowance),
    ) -> Option<EncodedFrame> {
        let framed = frame(after, page, filter, full)?;
        if !own.fits(&framed.cut) {
            return frame(after, page, filter, own);
        }
        if framed.cut.upto > after {
            let mut kept = self.0.borrow_mut();
            kept.truncate(KEPT - 1);
            kept.push_front(CachedFrame { owner, filter: Rc::clone(filter), framed: framed.clone() });
        }
        Some(framed)
    }
}

fn frame(
    after: i64,
    page: &[Arc<EncodedEvent>],
    filter: &SubscriptionFilter,
    allowance: SendAllowance,
) -> Option<EncodedFrame> {
    let (cut, wanted) = slice_log_page(after, page, filter, allowance).ok()?;
    let text = (!wanted.is_empty()).then(|| events_text(&cut, &wanted));
    Some(EncodedFrame { cut, text: text.map(ByteString::from) })
}

/// An `events` frame. The events are JSON already.
fn events_text(cut: &LogPageSlice, wanted: &[&Arc<EncodedEvent>]) -> String {
    let mut text = String::with_capacity(cut.bytes + wanted.len() + 64);
    text.push_str(&format!(r#"{{"type":"events","upto":{},"events":["#, cut.upto));
    for (nth, event) in wanted.iter().enumerate() {
        text.push_str(if nth > 0 { "," } else { "" });
        text.push_str(&event.json);
    }
    text.push_str("]}");
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::actors::live::buffer::event_view;
    use quire_base::clock;
    use quire_domain::event::{Event, EventData, EventType};
    use quire_domain::live_frames::{Events, ServerFrame};

    const FULL: SendAllowance = SendAllowance { events: 100, bytes: 1 << 20 };

    fn log(count: i64) -> Vec<Event> {
        let one = |seq| Event {
            seq,
            kind: EventType::ItemCompleted,
            at: seq * 1_000_000,
            batch: clock::new_batch_id(),
            item: Some(seq as u32),
            correlation_id: clock::new_correlation_id(),
            data: EventData { rev: 3, attempt: Some(1), ..EventData::default() },
        };
        (1..=count).map(one).collect()
    }

    fn packed(log: &[Event]) -> Vec<Arc<EncodedEvent>> {
        log.iter().map(|event| Arc::new(EncodedEvent::new(event.clone()))).collect()
    }

    #[test]
    fn a_frame_made_of_ready_pieces_is_the_frame_of_the_protocol() {
        let log = log(3);
        let framed = frame(0, &packed(&log), &SubscriptionFilter::Everything, FULL).unwrap();
        let parsed: ServerFrame = serde_json::from_str(&framed.text.unwrap()).unwrap();
        let events = log.into_iter().map(event_view).collect();
        assert_eq!(parsed, ServerFrame::Events(Events { upto: 3, events }));
    }

    #[test]
    fn sessions_at_the_same_place_share_a_frame_and_others_do_not() {
        let (frames, page, everything) = (FrameCache::default(), packed(&log(10)), Rc::<SubscriptionFilter>::default());
        let made = |owner, after, filter, allowance| frames.made(owner, after, filter, allowance).is_some();
        let (own, other) = (quire_domain::ids::OwnerKey(1), quire_domain::ids::OwnerKey(2));
        let first = frames.make(own, 0, &page, &everything, (FULL, FULL)).unwrap();
        assert_eq!(first.cut.upto, 10);
        let (same, nothing) = (Rc::new(SubscriptionFilter::Everything), Rc::new(SubscriptionFilter::Only(Vec::new())));
        assert!(made(own, 0, &everything, FULL) && made(own, 0, &same, FULL));
        assert!(!made(other, 0, &everything, FULL), "never another owner's");
        assert!(!made(own, 1, &everything, FULL) && !made(own, 0, &nothing, FULL));
        let little = SendAllowance { events: 4, ..FULL };
        assert!(!made(own, 0, &everything, little), "more than this session may be sent");
        assert_eq!(frames.make(own, 0, &page, &everything, (FULL, little)).unwrap().cut.upto, 4);
    }
}
