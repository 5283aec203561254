//! Silence history: how far documents had come when their workers fell silent. The next try of such a document waits
//! for less at that place, as nothing will come; past it, it has its full time again. In memory only: after a restart
//! the next try has its full time.

use std::collections::HashMap;
use std::time::Duration;

use crate::protocol::PROGRESS_EVERY;
use quire_domain::ids::ItemAddress;
use quire_domain::stage::Stage;

/// The place gets this many times what a page usually takes.
const USUAL_TIMES: u32 = 3;
/// More places than this are forgotten, all at once.
const MAX_PLACES: usize = 4_096;

/// The last that was heard of a document's work: stage and page. `None` before anything was heard.
pub type WorkPosition = Option<(Stage, u32)>;

/// The shorter silence limit of a document's next attempt, at the place where its worker fell silent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySilenceLimit {
    pub at: WorkPosition,
    /// A worker does not tell of every page: so many before and after may be the same place.
    pub about_pages: u32,
    pub limit: Duration,
}

impl RetrySilenceLimit {
    /// Whether the limit holds at this position.
    pub fn applies_at(&self, reached: WorkPosition) -> bool {
        match (self.at, reached) {
            (Some((stage, page)), Some((reached, now))) => stage == reached && page.abs_diff(now) <= self.about_pages,
            (at, reached) => at == reached,
        }
    }
}

/// Where the worker of each item fell silent before, and how long a page usually takes: gives the next attempt a
/// shorter silence limit at that place.
#[derive(Debug)]
pub struct LastSilenceByItem {
    /// No limit is shorter.
    min: Duration,
    places: HashMap<ItemAddress, WorkPosition>,
    /// Of all documents that succeeded.
    pages: u64,
    micros: u64,
}

impl LastSilenceByItem {
    pub fn new(min: Duration) -> Self {
        Self { min, places: HashMap::new(), pages: 0, micros: 0 }
    }

    /// A document of so many pages took so long.
    pub fn record_page_time(&mut self, pages: u32, micros: u64) {
        self.pages = self.pages.saturating_add(pages.into());
        self.micros = self.micros.saturating_add(micros);
    }

    /// An attempt ended by silence at this place. A second one at the same place is the last word on this document; if
    /// a person has it tried again nevertheless, it has its full time.
    pub fn record_silence(&mut self, item: ItemAddress, at: WorkPosition) {
        if self.places.remove(&item) == Some(at) {
            return;
        }
        if self.places.len() >= MAX_PLACES {
            self.places.clear();
        }
        self.places.insert(item, at);
    }

    /// The shorter limit of the item's next attempt, if its worker fell silent before.
    pub fn tightened_limit(&self, item: ItemAddress) -> Option<RetrySilenceLimit> {
        let at = *self.places.get(&item)?;
        let page_micros = self.micros.checked_div(self.pages).unwrap_or(0);
        let untold = 2 * PROGRESS_EVERY.as_micros() as u64;
        Some(RetrySilenceLimit {
            at,
            about_pages: untold.checked_div(page_micros).unwrap_or(0).try_into().unwrap_or(u32::MAX),
            limit: Duration::from_micros(page_micros).saturating_mul(USUAL_TIMES).max(self.min),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quire_domain::ids::BatchKey;

    const SEC: Duration = Duration::from_secs(1);
    const PAGE_3: WorkPosition = Some((Stage::ExtractingText, 3));

    fn item(position: u32) -> ItemAddress {
        ItemAddress { batch: BatchKey(1), position }
    }

    #[test]
    fn the_next_try_has_three_usual_pages_but_no_less_than_the_least() {
        let mut history = LastSilenceByItem::new(SEC);
        assert_eq!(history.tightened_limit(item(1)), None);
        history.record_silence(item(1), PAGE_3);
        assert_eq!(
            history.tightened_limit(item(1)),
            Some(RetrySilenceLimit { at: PAGE_3, about_pages: 0, limit: SEC })
        );
        history.record_page_time(10, 20_000_000);
        assert_eq!(history.tightened_limit(item(1)).map(|limit| limit.limit), Some(6 * SEC));
        assert_eq!(history.tightened_limit(item(2)), None);
    }

    #[test]
    fn silence_elsewhere_is_remembered_in_its_turn_and_twice_in_one_place_is_over() {
        let mut history = LastSilenceByItem::new(SEC);
        history.record_silence(item(1), None);
        history.record_silence(item(1), PAGE_3);
        assert_eq!(history.tightened_limit(item(1)).map(|limit| limit.at), Some(PAGE_3));
        history.record_silence(item(1), PAGE_3);
        assert_eq!(history.tightened_limit(item(1)), None);
    }

    #[test]
    fn a_place_is_known_to_within_the_pages_that_pass_untold() {
        let mut history = LastSilenceByItem::new(SEC);
        history.record_page_time(100, 10 * PROGRESS_EVERY.as_micros() as u64);
        history.record_silence(item(1), Some((Stage::ExtractingText, 50)));
        let limit = history.tightened_limit(item(1)).unwrap();
        let covers = |page| limit.applies_at(Some((Stage::ExtractingText, page)));
        assert!(covers(30) && covers(50) && covers(70) && !covers(29) && !covers(71));
        assert!(!limit.applies_at(Some((Stage::ExtractingInfo, 50))) && !limit.applies_at(None));
        history.record_silence(item(2), None);
        let limit = history.tightened_limit(item(2)).unwrap();
        assert!(limit.applies_at(None) && !limit.applies_at(PAGE_3));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut history = LastSilenceByItem::new(SEC);
        (0..10 * MAX_PLACES as u32).for_each(|position| history.record_silence(item(position), None));
        assert!(history.places.len() <= MAX_PLACES);
    }
}
