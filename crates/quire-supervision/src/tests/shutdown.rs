//! Property 6: children first, each with a deadline; then the parent.

use std::time::Duration;

use super::probe::{Add, Do, LONG, block, eventually, in_tree};
use crate::*;

#[test]
fn the_tree_ends_bottom_up_and_youngest_first() {
    in_tree(|tree, log| async move {
        let children = log.clone();
        let factory = log.starting(move |_, scope| {
            scope.spawn_child(ChildSpec::temporary("item"), children.factory());
            scope.spawn_child(ChildSpec::permanent("keeper").own_thread(), children.factory());
        });
        tree.spawn_top_level(ChildSpec::permanent("first"), log.factory());
        let second = tree.spawn_top_level(ChildSpec::permanent("second"), factory);
        log.has("root/second/keeper started").await;
        log.has("root/second/item started").await;
        log.has("root/first started").await;
        assert_eq!(tree.shutdown(LONG).await, []);
        let ends: Vec<_> = log.lines().into_iter().filter(|actor_cell| !actor_cell.ends_with("started")).collect();
        let expected = [
            "root/second/item stopping",
            "root/second/item down: normal",
            "root/second/keeper stopping",
            "root/second/keeper down: normal",
            "root/second stopping",
            "root/first stopping",
        ];
        assert_eq!(ends, expected);
        assert_eq!(tree.actor_views().len(), 0);
        assert_eq!(second.ask(Add(1)).await, Err(AskError::Down));
    });
}

#[test]
fn a_stopping_parent_hears_the_last_words_of_its_children() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let (block, inside, release) = block();
        let born = Do::new(move |_, scope| {
            let parent = scope.me();
            let child = scope.spawn_child(ChildSpec::temporary("c").own_thread(), child.factory());
            child.tell(block).unwrap();
            child
                .tell(Do::new(move |probe, _| {
                    let log = probe.log.clone();
                    let words = Do::new(move |_, scope| log.add(format!("last words, {}", scope.is_stopping())));
                    parent.tell(words).unwrap();
                }))
                .unwrap();
        });
        parent.ask(born).await.unwrap();
        inside.await.unwrap();
        let (late, ()) = futures_util::future::join(tree.shutdown(LONG), async {
            eventually("it is stopping", || tree.actor_view("root/p").unwrap().state == ActorState::Stopping).await;
            release.send(()).unwrap();
        })
        .await;
        assert_eq!(late, []);
        log.has("last words, true").await;
        assert_eq!(log.lines().last().unwrap(), "root/p stopping");
    });
}

#[test]
fn what_was_sent_before_the_stop_is_received_before_the_end() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        for number in 0..3 {
            let log = log.clone();
            let message = Do::new(move |_, scope| {
                scope.when_idle(move |_, _| log.add(format!("idle {number}")));
            });
            probe.tell(message).unwrap();
        }
        tree.stop_actor("root/p").unwrap();
        assert_eq!(tree.shutdown(LONG).await, []);
        assert_eq!(log.lines(), ["root/p started", "idle 0", "idle 1", "idle 2", "root/p stopping"]);
    });
}

#[test]
fn a_child_that_blocks_is_given_up_and_reported_and_the_rest_ends() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let (block, inside, release) = block();
        let born = Do::new(move |_, scope| {
            let spec = ChildSpec::permanent("c").own_thread().shutdown_timeout(Duration::from_millis(5));
            scope.spawn_child(spec, child.factory()).tell(block).unwrap();
        });
        parent.ask(born).await.unwrap();
        inside.await.unwrap();
        let late = tree.shutdown(LONG).await;
        assert_eq!(late, ["root/p/c".into()]);
        log.has("root/p stopping").await;
        release.send(()).unwrap();
        eventually("it ends when it can", || tree.actor_views().is_empty()).await;
        assert_eq!(log.count("root/p/c stopping"), 0, "killed, not stopped");
    });
}

#[test]
fn a_shutdown_that_runs_out_of_time_names_all_that_are_left() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").own_thread().shutdown_timeout(LONG), log.factory());
        let (block, inside, release) = block();
        probe.tell(block).unwrap();
        inside.await.unwrap();
        assert_eq!(tree.shutdown(Duration::from_millis(5)).await, ["root".into(), "root/p".into()]);
        release.send(()).unwrap();
        eventually("it ends when it can", || tree.actor_views().is_empty()).await;
    });
}

#[test]
fn a_panic_in_stopping_does_not_hold_up_the_end() {
    struct Grumpy;
    impl Behaviour for Grumpy {
        const KIND: &'static str = "grumpy";

        fn stopping(&mut self, _: &mut ActorScope<'_, Self>) {
            panic!("not now");
        }
    }
    in_tree(|tree, _| async move {
        tree.spawn_top_level(ChildSpec::permanent("grumpy"), || Grumpy);
        assert_eq!(tree.shutdown(LONG).await, []);
        assert!(tree.actor_views().is_empty());
    });
}

#[test]
fn a_stopped_child_is_told_to_its_parent_and_not_rebuilt() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let born = Do::new(move |_, scope| {
            let child = scope.spawn_child(ChildSpec::permanent("c"), child.factory());
            assert!(scope.stop_child(child.id()));
            assert!(!scope.stop_child(&"root/p/nobody".into()));
        });
        parent.ask(born).await.unwrap();
        log.has("root/p/c down: normal").await;
        assert_eq!(log.count("root/p/c started"), 1);
        assert_eq!(tree.actor_views().len(), 2);
    });
}

#[test]
fn thousands_of_short_lives_leave_nothing_behind() {
    in_tree(|tree, log| async move {
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let born = Do::new(move |probe, scope| {
            let quiet = super::probe::Log::default();
            probe.log = quiet.clone();
            for number in 0..2000 {
                let factory = quiet.starting(|_, scope| scope.stop());
                scope.spawn_child(ChildSpec::temporary(format!("item-{number}")), factory);
            }
        });
        parent.ask(born).await.unwrap();
        eventually("all gone", || tree.actor_views().len() == 2).await;
        let childless = Do::new(|_, scope| assert_eq!(scope.children().count(), 0));
        eventually("told", || log.lines().len() == 1).await;
        parent.ask(childless).await.unwrap();
    });
}

#[test]
fn an_actor_with_its_own_thread_takes_it_along() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").own_thread(), log.factory());
        let (tell, told) = tokio::sync::oneshot::channel();
        probe.ask(Do::new(move |_, _| _ = tell.send(actix::Arbiter::current()))).await.unwrap();
        let arbiter = told.await.unwrap();
        assert!(arbiter.alive());
        assert_eq!(tree.shutdown(LONG).await, []);
        eventually("the thread has ended", || !arbiter.alive()).await;
    });
}
