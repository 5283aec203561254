//! Queue of one endpoint's deliveries: which goes out next. Pure: store and time are arguments.

use std::collections::{HashSet, VecDeque};

use quire_domain::ids::Micros;
use quire_domain::webhook::DeliveryKey;
use quire_store::deliveries::PendingDelivery;

pub(super) struct DeliveryQueue {
    max_in_flight: usize,
    queue: VecDeque<PendingDelivery>,
    in_flight: usize,
    /// In flight, or landed and not yet written down: the store still says that they wait.
    busy: HashSet<DeliveryKey>,
    /// Written down since the read that is under way began.
    settled: HashSet<DeliveryKey>,
    may_be_more: bool,
}

/// Read at once.
const QUEUE: usize = 64;

impl DeliveryQueue {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self {
            max_in_flight,
            queue: VecDeque::new(),
            in_flight: 0,
            busy: HashSet::new(),
            settled: HashSet::new(),
            may_be_more: true,
        }
    }

    /// The store has changed.
    pub(super) fn expect_more(&mut self) {
        self.may_be_more = true;
    }

    /// Forgets what was read: it is no longer true.
    pub(super) fn forget_queue(&mut self) {
        self.queue.clear();
        self.may_be_more = true;
    }

    pub(super) fn wants_read(&self) -> bool {
        self.queue.is_empty() && self.may_be_more
    }

    /// Number of deliveries to read, so that some are new among those that are busy.
    pub(super) fn begin_read(&mut self) -> u32 {
        self.settled.clear();
        self.may_be_more = false;
        (QUEUE + self.busy.len()) as u32
    }

    /// Takes what the store says; returns when to read again if nothing else happens.
    pub(super) fn fill(&mut self, found: Vec<PendingDelivery>, asked: u32, now: Micros) -> Option<Micros> {
        let is_due = |waiting: &PendingDelivery| waiting.next_at <= now;
        self.may_be_more |= found.len() == asked as usize && found.last().is_some_and(is_due);
        let first_later = found.iter().find(|waiting| !is_due(waiting)).map(|waiting| waiting.next_at);
        let is_new =
            |waiting: &PendingDelivery| !self.busy.contains(&waiting.key) && !self.settled.contains(&waiting.key);
        let fresh: Vec<PendingDelivery> =
            found.into_iter().filter(|waiting| is_due(waiting) && is_new(waiting)).collect();
        self.queue.extend(fresh);
        first_later
    }

    /// The next to be sent, if another one may be under way.
    pub(super) fn take(&mut self) -> Option<PendingDelivery> {
        if self.in_flight >= self.max_in_flight {
            return None;
        }
        let next = self.queue.pop_front()?;
        self.in_flight += 1;
        self.busy.insert(next.key);
        Some(next)
    }

    /// One of those taken has come back.
    pub(super) fn results(&mut self) {
        self.in_flight -= 1;
    }

    /// The result of this delivery is on disk.
    pub(super) fn settled(&mut self, key: DeliveryKey) {
        self.busy.remove(&key);
        self.settled.insert(key);
    }

    /// Nothing is under way and nothing waits to be written down.
    pub(super) fn is_idle(&self) -> bool {
        self.busy.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quire_domain::webhook::{MessageId, MessageSubject, WebhookId};

    fn waiting(key: i64, next_at: Micros) -> PendingDelivery {
        let id = MessageId { webhook: WebhookId(uuid::Uuid::nil()), what: MessageSubject::Event(key) };
        PendingDelivery { key: DeliveryKey(key), id, next_at, created_at: 0, event: None }
    }

    fn taken(queue: &mut DeliveryQueue) -> Vec<i64> {
        std::iter::from_fn(|| queue.take()).map(|waiting| waiting.key.0).collect()
    }

    #[test]
    fn no_more_are_under_way_than_may_be_and_they_go_in_order() {
        let mut queue = DeliveryQueue::new(2);
        let asked = queue.begin_read();
        queue.fill((1..=5).map(|key| waiting(key, 0)).collect(), asked, 0);
        assert_eq!(taken(&mut queue), [1, 2]);
        queue.results();
        assert_eq!(taken(&mut queue), [3]);
    }

    #[test]
    fn what_is_under_way_or_just_written_down_is_not_sent_again_by_a_read_that_came_too_early() {
        let mut queue = DeliveryQueue::new(9);
        let asked = queue.begin_read();
        queue.fill(vec![waiting(1, 0), waiting(2, 0)], asked, 0);
        assert_eq!(taken(&mut queue), [1, 2]);
        queue.expect_more();
        let asked = queue.begin_read();
        queue.results();
        queue.settled(DeliveryKey(1));
        queue.fill(vec![waiting(1, 0), waiting(2, 0), waiting(3, 0)], asked, 0);
        assert_eq!(taken(&mut queue), [3]);
        // A retry that was written down before the read began is one to be sent.
        let asked = queue.begin_read();
        queue.fill(vec![waiting(1, 0)], asked, 0);
        assert_eq!(taken(&mut queue), [1]);
    }

    #[test]
    fn what_is_not_due_waits_and_is_told_when() {
        let mut queue = DeliveryQueue::new(9);
        let asked = queue.begin_read();
        assert_eq!(queue.fill(vec![waiting(1, 5), waiting(2, 11), waiting(3, 12)], asked, 10), Some(11));
        assert_eq!(taken(&mut queue), [1]);
        assert!(!queue.wants_read(), "before the clock says so, there is nothing to read");
    }

    #[test]
    fn a_full_page_of_what_is_due_is_followed_by_another_read_and_one_of_what_is_later_is_not() {
        let mut queue = DeliveryQueue::new(usize::MAX);
        for (next_at, wants_read) in [(0, true), (99, false)] {
            queue.forget_queue();
            let asked = queue.begin_read();
            queue.fill((0..i64::from(asked)).map(|key| waiting(key, next_at)).collect(), asked, 1);
            taken(&mut queue);
            assert_eq!(queue.wants_read(), wants_read);
        }
    }

    #[test]
    fn what_changes_during_a_read_is_read_afterwards() {
        let mut queue = DeliveryQueue::new(9);
        let asked = queue.begin_read();
        queue.expect_more();
        queue.fill(Vec::new(), asked, 0);
        assert!(queue.wants_read());
    }
}
