//! Rates and what is left, from readings.

use crate::ids::Micros;
use crate::progress::{BatchMeter, RateMeter, StagePageRate};

const SECOND: Micros = 1_000_000;

#[test]
fn a_steady_pace_is_read_as_it_is_and_a_new_one_is_taken_up() {
    let mut meter = RateMeter::new(0.0, 0);
    assert_eq!(meter.per_second(), None);
    (1..=20).for_each(|second| meter.observe(f64::from(second) * 5.0, Micros::from(second) * SECOND));
    assert!((meter.per_second().unwrap() - 5.0).abs() < 1e-6);
    (21..=100).for_each(|second| meter.observe(100.0 + f64::from(second - 20) * 50.0, Micros::from(second) * SECOND));
    assert!((meter.per_second().unwrap() - 50.0).abs() < 0.5);
}

#[test]
fn a_total_that_falls_is_no_negative_rate() {
    let mut meter = RateMeter::new(100.0, 0);
    meter.observe(150.0, SECOND);
    let before = meter.per_second().unwrap();
    meter.observe(20.0, 2 * SECOND);
    meter.observe(70.0, 3 * SECOND);
    assert!(meter.per_second().unwrap() >= before * 0.8, "{meter:?}");
}

#[test]
fn what_stands_still_gets_slower_and_has_no_end_in_the_end() {
    let mut meter = BatchMeter::new(0, 0, 0);
    meter.observe(10, 0, SECOND);
    let pace = meter.pace(30);
    assert_eq!((pace.items_per_second, pace.pages_per_second, pace.eta_seconds), (Some(10.0), None, Some(3.0)));
    (2..=600).for_each(|second| meter.observe(10, 0, second * SECOND));
    let pace = meter.pace(30);
    assert!(pace.items_per_second.unwrap() < 0.1 && pace.eta_seconds.is_none_or(|eta| eta > 300.0), "{pace:?}");
}

#[test]
fn nothing_is_said_before_something_was_done() {
    let mut meter = BatchMeter::new(7, 0, 0);
    meter.observe(7, 0, 60 * SECOND);
    assert_eq!(meter.pace(3), Default::default());
    assert_eq!(StagePageRate::new(1, 0).rate_and_eta(1, 10, 5 * SECOND), (None, None));
}

#[test]
fn pages_of_a_stage_are_counted_from_its_first_page() {
    let meter = StagePageRate::new(1, 10 * SECOND);
    assert_eq!(meter.rate_and_eta(5, 10, 12 * SECOND), (Some(2.0), Some(3.0)), "the fifth of ten is at work");
}
