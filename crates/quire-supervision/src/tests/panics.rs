//! Property 1: a panic anywhere is caught, recorded, and becomes a restart or a `ChildDown`; senders get an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use super::probe::{Add, Do, DoLater, OnStart, Owe, Probe, in_tree, quick};
use crate::*;

/// Panics, and hangs a second panic on its own drop.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("from a drop");
    }
}

#[test]
fn a_panicking_handler_answers_its_asker_and_is_recorded_with_its_place() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        let answer = probe.ask(Do::panic()).await;
        assert_eq!(answer, Err(AskError::Panicked { message: "on purpose".into() }));
        assert_eq!(probe.ask(Add(1)).await, Ok(1), "a fresh value");
        let view = tree.actor_view("root/p").unwrap();
        let note = view.last_panic.unwrap();
        assert_eq!(note.message, "on purpose");
        assert!(note.place.contains("probe.rs:"), "{}", note.place);
        assert!(note.at_unix_ms > 1_600_000_000_000);
        assert_eq!((view.restarts.total, view.restarts.in_window), (1, 1));
    });
}

#[test]
fn a_panicking_async_answer_restarts_and_tells_its_asker() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        let answer = probe.ask(DoLater(Box::new(|| panic!("later")))).await;
        assert_eq!(answer, Err(AskError::Panicked { message: "later".into() }));
        super::probe::eventually("the restart", || log.count("root/p started") == 2).await;
        assert_eq!(tree.actor_view("root/p").unwrap().last_panic.unwrap().message, "later");
    });
}

#[test]
fn panics_in_futures_their_continuations_timers_and_idle_visits_restart() {
    let now = Duration::from_millis(1);
    let planted = [
        Do::new(|_, scope| drop(scope.run_future(async { panic!("future") }, |_, (), _| {}))),
        Do::new(|_, scope| drop(scope.run_future(async {}, |_, (), _| panic!("then")))),
        Do::new(move |_, scope| drop(scope.after(now, |_, _| panic!("after")))),
        Do::new(move |_, scope| drop(scope.every(now, |_, _| panic!("every")))),
        Do::new(|_, scope| scope.when_idle(|_, _| panic!("idle"))),
        Do::new(|_, scope| scope.fail("failed")),
    ];
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        for (restarts, plant) in planted.into_iter().enumerate() {
            probe.send(plant).await.unwrap();
            super::probe::eventually("a restart", || log.count("root/p started") == restarts + 2).await;
        }
        assert_eq!(tree.actor_view("root/p").unwrap().last_panic.unwrap().message, "failed");
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
    });
}

#[test]
fn panics_in_the_factory_and_in_started_are_tried_again() {
    in_tree(|tree, log| async move {
        let builds = Arc::new(AtomicU32::new(0));
        let (count, seen) = (builds.clone(), log.clone());
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), move || {
            let build = count.fetch_add(1, SeqCst);
            assert!(build > 0, "no factory yet");
            let broken: OnStart = Arc::new(|_, _| panic!("no start"));
            Probe { on_start: (build == 1).then_some(broken), ..seen.probe() }
        });
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
        assert_eq!(builds.load(SeqCst), 3);
    });
}

#[test]
fn a_panic_while_the_broken_behaviour_is_dropped_is_survived() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        let plant = Do::new(|_, scope| {
            let bomb = PanicsWhenDropped;
            scope.when_idle(move |_, _| drop(bomb));
            panic!("first");
        });
        assert_eq!(probe.ask(plant).await, Err(AskError::Panicked { message: "first".into() }));
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
    });
}

#[test]
fn a_temporary_child_that_panics_is_reported_once_and_forgotten() {
    in_tree(|tree, log| async move {
        let seen = log.clone();
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let born = Do::new(move |_, scope| {
            let child = scope.spawn_child(ChildSpec::temporary("c"), seen.factory());
            child.tell(Do::panic()).unwrap();
        });
        parent.ask(born).await.unwrap();
        log.has("root/p/c down: panicked: on purpose").await;
        assert!(tree.actor_view("root/p/c").is_err(), "it left the registry");
        assert_eq!(parent.ask(Add(1)).await, Ok(1), "the parent is unharmed");
        assert_eq!(log.count("root/p/c down: panicked: on purpose"), 1);
    });
}

#[test]
fn a_promise_that_dies_with_its_behaviour_tells_its_asker() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        let panic = Err(AskError::Panicked { message: "on purpose".into() });
        let answers = futures_util::future::join(probe.ask(Owe), probe.ask(Do::panic())).await;
        assert_eq!(answers, (Err(AskError::Dropped), panic));
    });
}

#[test]
fn a_planted_panic_is_a_panic_like_any_other() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        log.has("root/p started").await;
        tree.inject_panic("root/p").unwrap();
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
        assert_eq!(log.count("root/p started"), 2);
        assert_eq!(tree.actor_view("root/p").unwrap().last_panic.unwrap().message, "planted panic");
        assert!(tree.inject_panic("root/nobody").is_err());
    });
}
