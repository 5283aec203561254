//! How each life of the server ends: by seed and number alone, so that a plan can be replayed.
//!
//! Every other death is at a named place, all of them in turn; the others come at a random moment.

use std::time::Duration;

use crate::clock::{Dice, dice};
use crate::planned::Point;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// SIGKILL out of the blue.
    Kill,
    /// By its own hand, at the n-th pass of a named place or so long behind it.
    At { point: Point, nth: u32, delay: Duration },
    /// SIGTERM, and SIGKILL so long after it.
    InDrain { after: Duration },
    /// SIGTERM; the server has to end by itself, and well.
    Orderly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    pub number: u32,
    /// From the first request to the kill or the SIGTERM.
    pub life: Duration,
    pub death: Death,
}

/// A death at a named place is waited for this long; then the server is killed.
pub const PATIENCE: Duration = Duration::from_millis(1_500);

/// Small numbers of passes come often, so that rare places are reached as well.
const PASSES: [u32; 6] = [1, 2, 1, 4, 1, 9];

impl Cycle {
    /// `has_points`: this build can die at named places.
    pub fn planned(seed: u64, number: u32, has_points: bool) -> Self {
        let mut dice = dice_of(seed, number);
        let life = Duration::from_millis(dice.u64(20..450));
        let death = match number % 2 {
            0 if has_points => at_point(&mut dice, number / 2),
            _ => at_random(&mut dice),
        };
        Self { number, life, death }
    }

    /// Whether the server is told to end.
    pub fn is_told(&self) -> bool {
        match self.death {
            Death::InDrain { .. } | Death::Orderly => true,
            Death::At { point, .. } => point.as_str().starts_with("drain."),
            Death::Kill => false,
        }
    }
}

/// For the client's choices in a cycle.
pub fn dice_of(seed: u64, number: u32) -> Dice {
    dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(number))
}

fn at_point(dice: &mut Dice, visit: u32) -> Death {
    let count = Point::ALL.len() as u32;
    let point = Point::ALL[(visit % count) as usize];
    let round = visit / count;
    let is_behind = round % 3 == 2;
    let delay = Duration::from_micros(if is_behind { dice.u64(1..3_000) } else { 0 });
    let nth = if is_passed_once(point) { 1 } else { PASSES[round as usize % PASSES.len()] };
    Death::At { point, nth, delay }
}

fn is_passed_once(point: Point) -> bool {
    matches!(point, Point::BootEpoch | Point::DrainBegins | Point::DrainDone)
}

fn at_random(dice: &mut Dice) -> Death {
    match dice.u32(0..10) {
        0 => Death::Orderly,
        1 => Death::InDrain { after: Duration::from_millis(dice.u64(0..300)) },
        _ => Death::Kill,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_and_another_differs() {
        let plan = |seed| (0..60).map(|number| Cycle::planned(seed, number, true)).collect::<Vec<_>>();
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn two_hundred_cycles_plan_a_death_at_every_place_and_every_other_kind() {
        let plan: Vec<_> = (0..200).map(|number| Cycle::planned(1, number, true)).collect();
        for point in Point::ALL {
            let visits = plan.iter().filter(|cycle| matches!(cycle.death, Death::At { point: at, .. } if at == *point));
            assert!(visits.count() >= 5, "{}", point.as_str());
        }
        assert!(plan.iter().any(|cycle| cycle.death == Death::Orderly));
        assert!(plan.iter().any(|cycle| matches!(cycle.death, Death::InDrain { .. })));
        assert!(plan.iter().filter(|cycle| cycle.death == Death::Kill).count() >= 50);
    }
}
