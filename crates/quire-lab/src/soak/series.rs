//! Samples over time, and the test whether they stay level. Pure.

use std::fmt;

use super::sample::ResourceSample;

/// Growth that still counts as flat, in parts of the beginning …
const MOST_GROWTH: f64 = 0.10;
/// … and in whole numbers, where those are small.
const MOST_MORE: f64 = 2.0;
/// Fewer samples than this tell nothing.
const LEAST: usize = 9;

#[derive(Debug, Default)]
pub(super) struct ResourceSeries(Vec<ResourceSample>);

/// One figure over the judged part of the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeriesRow {
    name: &'static str,
    min: f64,
    mean: f64,
    max: f64,
    /// Means of the first and of the last third.
    first: f64,
    last: f64,
    is_judged: bool,
}

impl ResourceSeries {
    pub(super) fn push(&mut self, sample: ResourceSample) {
        self.0.push(sample);
    }

    /// Without the first part of the samples; none when too few are left.
    pub(super) fn rows(&self, warm_up: f64) -> Vec<SeriesRow> {
        let judged = &self.0[(self.0.len() as f64 * warm_up) as usize..];
        if judged.len() < LEAST {
            return Vec::new();
        }
        let mib = |kib: u64| kib as f64 / 1024.0;
        let row = |name, is_judged, of: &dyn Fn(&ResourceSample) -> f64| {
            SeriesRow::of(name, is_judged, &judged.iter().map(of).collect::<Vec<f64>>())
        };
        vec![
            row("server, resident, MiB", true, &|sample| mib(sample.resident_kib)),
            row("server, anonymous, MiB", true, &|sample| mib(sample.anonymous_kib)),
            row("descriptors", true, &|sample| sample.descriptors as f64),
            row("threads", true, &|sample| sample.threads as f64),
            // A worker process is as large as its document; its own limit holds it.
            row("largest worker, MiB", false, &|sample| mib(sample.largest_worker_kib)),
        ]
    }
}

impl SeriesRow {
    fn of(name: &'static str, is_judged: bool, values: &[f64]) -> Self {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let third = values.len() / 3;
        Self {
            name,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            mean: mean(values),
            max: values.iter().copied().fold(0.0, f64::max),
            first: mean(&values[..third]),
            last: mean(&values[values.len() - third..]),
            is_judged,
        }
    }

    /// In parts of the first third's mean; negative when it shrank.
    fn drift(&self) -> f64 {
        (self.last - self.first) / self.first.max(1e-9)
    }

    pub(super) fn is_flat(&self) -> bool {
        !self.is_judged || self.drift() <= MOST_GROWTH || self.last - self.first <= MOST_MORE
    }
}

impl fmt::Display for SeriesRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_flat() { "" } else { "  grows" };
        let drift = 100.0 * self.drift();
        write!(f, "{:<26}{:>10.1}{:>10.1}{:>10.1}{drift:>8.1}%{verdict}", self.name, self.min, self.mean, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(resident_mib: impl Fn(u64) -> u64) -> Vec<SeriesRow> {
        let sample = |n| ResourceSample {
            resident_kib: resident_mib(n) << 10,
            descriptors: 20 + n % 3,
            ..ResourceSample::default()
        };
        ResourceSeries((0..40).map(sample).collect()).rows(0.25)
    }

    #[test]
    fn what_goes_up_and_down_is_flat_and_a_warm_up_is_not_judged() {
        assert!(rows(|n| 60 + n % 7).iter().all(SeriesRow::is_flat));
        assert!(rows(|n| if n < 10 { n * 6 } else { 60 }).iter().all(SeriesRow::is_flat));
        assert!(rows(|n| 90 - n).iter().all(SeriesRow::is_flat));
    }

    #[test]
    fn a_leak_is_not_flat() {
        let leaking = rows(|n| 60 + n / 2);
        assert!(!leaking[0].is_flat() && leaking[0].to_string().ends_with("grows"), "{}", leaking[0]);
        assert!(leaking[2].is_flat());
    }

    #[test]
    fn a_few_samples_tell_nothing() {
        assert!(ResourceSeries(vec![ResourceSample::default(); 10]).rows(0.25).is_empty());
    }
}
