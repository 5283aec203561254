//! Plan of the server's deaths: by seed and number alone, so that it can be replayed.
//!
//! Every other death is at a named place, all of them in turn; the others come at a random moment.

use std::time::Duration;

use quire_base::clock::{SeededRng, seeded_rng};
use quire_base::failpoints::Failpoint;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlannedDeath {
    /// SIGKILL out of the blue.
    Kill,
    /// By its own hand, at the n-th pass of a named place or so long behind it.
    At { point: Failpoint, nth: u32, delay: Duration },
    /// SIGTERM, and SIGKILL so long after it.
    InDrain { after: Duration },
    /// SIGTERM; the server has to end by itself, and well.
    Orderly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TortureCycle {
    pub number: u32,
    /// From the first request to the kill or the SIGTERM.
    pub life: Duration,
    pub death: PlannedDeath,
}

/// A death at a named place is waited for this long; then the server is killed.
pub(super) const PATIENCE: Duration = Duration::from_millis(1_500);

/// Small numbers of passes come often, so that rare places are reached as well.
const PASSES: [u32; 6] = [1, 2, 1, 4, 1, 9];

impl TortureCycle {
    pub(super) fn planned(seed: u64, number: u32) -> Self {
        let mut rng = rng_of(seed, number);
        let life = Duration::from_millis(rng.u64(20..450));
        let death = match number % 2 {
            0 => at_point(&mut rng, number / 2),
            _ => at_random(&mut rng),
        };
        Self { number, life, death }
    }

    /// Whether the server is told to end.
    pub(super) fn is_told(&self) -> bool {
        match self.death {
            PlannedDeath::InDrain { .. } | PlannedDeath::Orderly => true,
            PlannedDeath::At { point, .. } => point.as_str().starts_with("drain."),
            PlannedDeath::Kill => false,
        }
    }
}

/// For the client's choices in a cycle.
pub(super) fn rng_of(seed: u64, number: u32) -> SeededRng {
    seeded_rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(number))
}

fn at_point(rng: &mut SeededRng, visit: u32) -> PlannedDeath {
    let count = Failpoint::ALL.len() as u32;
    let point = Failpoint::ALL[(visit % count) as usize];
    let round = visit / count;
    let is_behind = round % 3 == 2;
    let delay = Duration::from_micros(if is_behind { rng.u64(1..3_000) } else { 0 });
    let nth = if is_passed_once(point) { 1 } else { PASSES[round as usize % PASSES.len()] };
    PlannedDeath::At { point, nth, delay }
}

fn is_passed_once(point: Failpoint) -> bool {
    matches!(point, Failpoint::BootEpoch | Failpoint::DrainBegins | Failpoint::DrainDone)
}

fn at_random(rng: &mut SeededRng) -> PlannedDeath {
    match rng.u32(0..10) {
        0 => PlannedDeath::Orderly,
        1 => PlannedDeath::InDrain { after: Duration::from_millis(rng.u64(0..300)) },
        _ => PlannedDeath::Kill,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_and_another_differs() {
        let plan = |seed| (0..60).map(|number| TortureCycle::planned(seed, number)).collect::<Vec<_>>();
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn two_hundred_cycles_plan_a_death_at_every_place_and_every_other_kind() {
        let plan: Vec<_> = (0..200).map(|number| TortureCycle::planned(1, number)).collect();
        for point in Failpoint::ALL {
            let visits =
                plan.iter().filter(|cycle| matches!(cycle.death, PlannedDeath::At { point: at, .. } if at == *point));
            assert!(visits.count() >= 5, "{}", point.as_str());
        }
        assert!(plan.iter().any(|cycle| cycle.death == PlannedDeath::Orderly));
        assert!(plan.iter().any(|cycle| matches!(cycle.death, PlannedDeath::InDrain { .. })));
        assert!(plan.iter().filter(|cycle| cycle.death == PlannedDeath::Kill).count() >= 50);
    }
}
