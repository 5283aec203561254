//! Rates and remaining time. Pure: the time is an argument.

use super::ids::Micros;
use super::live_frames::BatchPace;

/// A rate of the recent past, from readings of a total that rises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateMeter {
    total: f64,
    at: Micros,
    per_second: Option<f64>,
}

/// After so many seconds a change of the rate shows by two thirds.
const MEMORY_SECS: f64 = 10.0;

impl RateMeter {
    pub fn new(total: f64, now: Micros) -> Self {
        Self { total, at: now, per_second: None }
    }

    /// Takes a reading. A total that fell, because work is done anew, begins a new reading and leaves the rate as it
    /// was.
    pub fn observe(&mut self, total: f64, now: Micros) {
        let seconds = (now - self.at) as f64 / 1e6;
        if total < self.total {
            (self.total, self.at) = (total, now);
        }
        if seconds <= 0.0 || (self.per_second.is_none() && total <= self.total) {
            return;
        }
        let lately = (total - self.total) / seconds;
        let weight = 1.0 - (-seconds / MEMORY_SECS).exp();
        self.per_second = Some(self.per_second.map_or(lately, |rate| rate + weight * (lately - rate)));
        (self.total, self.at) = (total, now);
    }

    /// Absent until the total has risen.
    pub fn per_second(&self) -> Option<f64> {
        self.per_second
    }
}

/// The meters of one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchMeter {
    items: RateMeter,
    pages: RateMeter,
}

impl BatchMeter {
    pub fn new(ended_items: u64, pages: u64, now: Micros) -> Self {
        Self { items: RateMeter::new(ended_items as f64, now), pages: RateMeter::new(pages as f64, now) }
    }

    /// Takes a reading of both totals.
    pub fn observe(&mut self, ended_items: u64, pages: u64, now: Micros) {
        self.items.observe(ended_items as f64, now);
        self.pages.observe(pages as f64, now);
    }

    pub fn pace(&self, live_items: u64) -> BatchPace {
        let items = self.items.per_second();
        BatchPace {
            items_per_second: items.map(rounded),
            pages_per_second: self.pages.per_second().map(rounded),
            eta_seconds: eta_seconds(live_items as f64, items).map(rounded),
        }
    }
}

/// Mean rate of pages in the present stage of one document, from the stage's first page on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StagePageRate {
    began_at: Micros,
    first_page: u32,
}

impl StagePageRate {
    pub fn new(page: u32, now: Micros) -> Self {
        Self { began_at: now, first_page: page }
    }

    /// Pages a second, and seconds until the last of `pages` is done; absent until a page was done.
    pub fn rate_and_eta(&self, page: u32, pages: u32, now: Micros) -> (Option<f64>, Option<f64>) {
        let (done, seconds) = (page.saturating_sub(self.first_page), (now - self.began_at) as f64 / 1e6);
        let rate = (done > 0 && seconds > 0.0).then(|| f64::from(done) / seconds);
        let left = (pages + 1).saturating_sub(page);
        (rate.map(rounded), eta_seconds(f64::from(left), rate).map(rounded))
    }
}

/// Nothing to say about what stands still.
fn eta_seconds(left: f64, per_second: Option<f64>) -> Option<f64> {
    per_second.filter(|rate| *rate > 1e-6).map(|rate| left / rate)
}

/// Three digits behind the point are more than anybody reads.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
