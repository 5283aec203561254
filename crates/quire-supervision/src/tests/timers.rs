//! Timers and futures of a living actor.

use std::time::Duration;

use super::probe::{Add, Do, eventually, in_tree};
use crate::*;

const SOON: Duration = Duration::from_millis(1);

#[test]
fn timers_fire_tick_and_cancel() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let (after, every, never) = (log.clone(), log.clone(), log.clone());
        let plant = Do::new(move |_, scope| {
            let cancelled = scope.after(SOON, move |_, _| never.add("cancelled"));
            cancelled.cancel();
            scope.after(SOON, move |_, _| after.add("after"));
            scope.every(SOON, move |_, _| every.add("tick"));
        });
        probe.ask(plant).await.unwrap();
        eventually("many ticks", || log.count("tick") > 5).await;
        assert_eq!((log.count("after"), log.count("cancelled")), (1, 0));
    });
}

#[test]
fn a_tick_may_cancel_itself() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let ticks = log.clone();
        let plant = Do::new(move |_, scope| {
            let own = std::rc::Rc::new(std::cell::OnceCell::<CancelHandle>::new());
            let handle = own.clone();
            let tick = scope.every(SOON, move |_, scope| {
                ticks.add("tick");
                handle.get().unwrap().cancel();
                let after = ticks.clone();
                scope.after(20 * SOON, move |_, _| after.add("long after"));
            });
            own.set(tick).unwrap();
        });
        probe.ask(plant).await.unwrap();
        log.has("long after").await;
        assert_eq!(log.count("tick"), 1);
    });
}

#[test]
fn a_future_hands_its_value_to_the_behaviour() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let seen = log.clone();
        let plant = Do::new(move |_, scope| {
            scope.run_future(async { 42 }, move |probe, value, _| {
                probe.sum = value;
                seen.add("done");
            });
        });
        probe.ask(plant).await.unwrap();
        log.has("done").await;
        assert_eq!(probe.ask(Add(0)).await, Ok(42));
    });
}
