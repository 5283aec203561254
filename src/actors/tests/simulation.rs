//! Many seeded worlds: the real admission of the supervisor ([`Admission`]), the real schedulers of the batches, the
//! real store and writer; made up are the mailboxes between them, the clock, the worker processes, the users, and the
//! faults.
//!
//! Messages between two actors keep their order; between others they overtake each other and are late. While faults
//! happen (**safety**): the store is sound after whatever happened, the log tells of no item that started after its
//! cancel, twice, or ended twice, a scheduler holds a few claims. When they have stopped (**liveness**): every batch
//! that is not paused ends within a bound.
//!
//! `QUIRE_SIM_SEED=7 cargo test --lib simulation` lives through one world again, `QUIRE_SIM_SEEDS=1000` through more.

mod batch;
mod checks;
mod chunks;
mod course;
mod db;
mod faults;
mod mail;
mod server;
mod supervisor;
mod users;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::{Bug, World};

const SEEDS: u64 = 40;

fn seeds() -> Vec<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    match number("QUIRE_SIM_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("QUIRE_SIM_SEEDS").unwrap_or(SEEDS)).collect(),
    }
}

/// Whether the world came to a good end; what went wrong is in the panic.
fn live_through(seed: u64, bug: Option<Bug>) -> Result<World, String> {
    let life = AssertUnwindSafe(|| {
        let mut world = World::new(seed, bug);
        world.suffer();
        world.wait_until_idle();
        world
    });
    catch_unwind(life).map_err(|panic| match panic.downcast::<String>() {
        Ok(words) => *words,
        Err(_) => "a panic without words".into(),
    })
}

#[test]
fn whatever_happens_nothing_breaks_and_when_it_stops_everything_ends() {
    let (mut steps, mut ended, mut faults) = (0, 0, 0);
    for seed in seeds() {
        let world = live_through(seed, None).unwrap_or_else(|why| {
            panic!("seed {seed}: {why}\nagain: QUIRE_SIM_SEED={seed} cargo test --lib simulation");
        });
        (steps, ended, faults) =
            (steps + world.course.steps, ended + world.batches_ended(), faults + world.course.faults);
    }
    println!("{} worlds: {steps} steps, {faults} faults, {ended} batches ended", seeds().len());
    assert!(ended > 0 && faults > 0, "the worlds are empty");
}

#[test]
fn the_same_seed_is_the_same_world() {
    let life = |seed| {
        let world = live_through(seed, None).unwrap();
        (world.course.steps, world.course.faults, world.batches_ended(), world.log_length())
    };
    assert_eq!(life(3), life(3));
    assert_ne!(life(3), life(4));
}

/// A planted bug is caught for the right reason by one of the first worlds at the latest.
fn assert_caught(bug: Bug, why: &str) {
    let caught = (1..=SEEDS).find_map(|seed| live_through(seed, Some(bug)).err());
    assert!(caught.as_ref().is_some_and(|words| words.contains(why)), "{bug:?}: {caught:?}");
}

#[test]
fn without_the_guard_of_a_chunk_a_batch_never_ends_and_it_is_caught() {
    assert_caught(Bug::NoGuard, "never ended");
}

#[test]
fn when_slots_are_not_given_back_a_batch_never_ends_and_it_is_caught() {
    assert_caught(Bug::SlotsKept, "never ended");
}

#[test]
fn without_recovery_a_batch_never_ends_and_it_is_caught() {
    assert_caught(Bug::NoRecovery, "never ended");
}

#[test]
fn a_scheduler_that_claims_without_end_is_caught() {
    assert_caught(Bug::GreedyClaims, "on its desk");
}
