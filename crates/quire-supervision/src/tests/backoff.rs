//! The arithmetic of restarts, for all inputs.

use std::time::Duration;

use proptest::prelude::*;

use crate::backoff::{RestartDecision, RestartHistory};
use crate::histogram::Histogram;
use crate::{Backoff, RestartIntensity};

fn backoffs() -> impl Strategy<Value = Backoff> {
    (0u64..10_000, 0u64..100_000, 0.0..10.0, 0.0..1.0, 0u64..100_000).prop_map(
        |(initial, max, multiplier, jitter, reset_after)| Backoff {
            initial: Duration::from_millis(initial),
            max: Duration::from_millis(max),
            multiplier,
            jitter,
            reset_after: Duration::from_millis(reset_after),
        },
    )
}

proptest! {
    #[test]
    fn a_delay_never_exceeds_the_maximum(backoff in backoffs(), streak: u32, rng in 0.0..1.0) {
        prop_assert!(backoff.delay(streak, rng) <= backoff.max);
    }

    #[test]
    fn without_jitter_delays_only_grow(backoff in backoffs(), streak in 0u32..1000, rng in 0.0..1.0) {
        let steady = Backoff { jitter: 0.0, ..backoff };
        prop_assert!(steady.delay(streak, rng) <= steady.delay(streak + 1, rng));
        prop_assert_eq!(steady.delay(0, rng), steady.initial.min(steady.max));
    }

    #[test]
    fn no_window_ever_holds_more_restarts_than_allowed(
        gaps in prop::collection::vec(0u64..2_000, 1..200),
        max in 0u32..10,
        within in 1u64..10_000,
    ) {
        let intensity = RestartIntensity { max, within: Duration::from_millis(within) };
        let (mut history, mut now, mut restarts) = (RestartHistory::default(), Duration::ZERO, Vec::new());
        for gap in gaps {
            now += Duration::from_millis(gap);
            let inside = restarts.iter().filter(|at| now - **at < intensity.within).count() as u32;
            prop_assert_eq!(history.in_window(now, intensity.within), inside);
            match history.failed(now, &Backoff::default(), &intensity, 0.5) {
                RestartDecision::RestartIn(_) => restarts.push(now),
                RestartDecision::Exceeded(count) => prop_assert_eq!((count, inside), (max, max)),
            }
            prop_assert!(history.in_window(now, intensity.within) <= max);
        }
        prop_assert_eq!(history.total as usize, restarts.len());
    }

    #[test]
    fn a_percentile_is_within_a_factor_of_two(values in prop::collection::vec(1u64..1 << 38, 1..100)) {
        let histogram = Histogram::new();
        values.iter().for_each(|value| histogram.record(*value));
        let (least, most) = (*values.iter().min().unwrap() as f64, *values.iter().max().unwrap() as f64);
        let (p50, p99) = (histogram.percentile(50.0), histogram.percentile(99.0));
        prop_assert!(p50 <= p99 && p99 <= 2.0 * most && p50 >= least / 2.0);
    }
}

#[test]
fn a_calm_time_forgets_the_streak() {
    let backoff = Backoff { jitter: 0.0, ..Backoff::default() };
    let intensity = RestartIntensity { max: 100, within: Duration::from_secs(1) };
    let mut history = RestartHistory::default();
    let mut fail = |at: u64| history.failed(Duration::from_secs(at), &backoff, &intensity, 0.0);
    let millis = |ms| RestartDecision::RestartIn(Duration::from_millis(ms));
    assert_eq!([fail(0), fail(1), fail(2)], [millis(50), millis(100), millis(200)]);
    assert_eq!(fail(62), millis(400), "not calm for long enough since it came back");
    assert_eq!(fail(123), millis(50));
}
