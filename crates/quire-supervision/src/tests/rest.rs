//! Property 8: what an operator stops stays in the tree, refuses messages, and starts again when it is told to.

use super::probe::{Add, Do, LONG, Log, block, eventually, in_tree, quick};
use crate::*;

async fn is(tree: &SupervisionTree, id: &str, state: ActorState) {
    eventually("the state", || tree.actor_view(id).is_ok_and(|view| view.state == state)).await;
}

#[test]
fn what_is_stopped_stays_refuses_and_starts_again_with_its_children() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let factory = log.starting(move |_, scope| {
            scope.spawn_child(ChildSpec::permanent("child"), child.factory());
        });
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").mailbox_capacity(1), factory);
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
        for round in 1..=2 {
            tree.stop_actor("root/p").unwrap();
            is(&tree, "root/p", ActorState::Stopped).await;
            tree.stop_actor("root/p").unwrap();
            assert!(tree.actor_view("root/p/child").is_err(), "its child ended with it");
            assert!(probe.refuses_messages());
            // More than its mailbox holds: a place is never lost to what is refused.
            for _ in 0..3 {
                assert_eq!(probe.ask(Add(1)).await, Err(AskError::Down));
                assert!(matches!(probe.tell(Add(1)), Err(TellError::Down(_))));
                assert!(matches!(probe.tell_beyond_capacity(Add(1)), Err(TellError::Down(_))));
            }
            assert_eq!(tree.ping_actor("root/p", LONG).await, Err(PingError::Down));
            let troubles = tree.unavailable_actors();
            assert_eq!(troubles.len(), 1, "{troubles:?}");
            assert_eq!((troubles[0].id.as_str(), troubles[0].state), ("root/p", ActorState::Stopped));
            let since = troubles[0].since_unix_ms;
            assert_eq!(tree.actor_view("root/p").unwrap().state_since_unix_ms, since);
            assert_eq!(tree.unavailable_actors()[0].since_unix_ms, since, "it is always the same moment");

            tree.restart_actor("root/p").unwrap();
            is(&tree, "root/p", ActorState::Running).await;
            assert_eq!(probe.ask(Add(1)).await, Ok(1), "a new life");
            log_has(&log, "root/p/child started", round + 1).await;
            assert_eq!(tree.unavailable_actors(), []);
            assert_eq!(tree.actor_view("root/p").unwrap().restarts.total, 0, "not counted");
        }
        assert_eq!(tree.shutdown(LONG).await, []);
    });
}

async fn log_has(log: &Log, actor_cell: &str, times: usize) {
    eventually(actor_cell, || log.count(actor_cell) == times).await;
}

#[test]
fn a_parent_hears_nothing_of_a_childs_rest_and_takes_it_along_when_it_ends() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let born = Do::new(move |_, scope| _ = scope.spawn_child(ChildSpec::transient("c"), child.factory()));
        parent.ask(born).await.unwrap();
        tree.stop_actor("root/p/c").unwrap();
        is(&tree, "root/p/c", ActorState::Stopped).await;
        tree.restart_actor("root/p/c").unwrap();
        log_has(&log, "root/p/c started", 2).await;
        tree.stop_actor("root/p/c").unwrap();
        is(&tree, "root/p/c", ActorState::Stopped).await;
        assert_eq!(log.count("root/p/c down: normal"), 0);
        tree.restart_actor("root/p").unwrap();
        log.has("root/p/c down: normal").await;
        eventually("gone", || tree.actor_view("root/p/c").is_err()).await;
        tree.stop_actor("root/p").unwrap();
        is(&tree, "root/p", ActorState::Stopped).await;
        assert_eq!(tree.shutdown(LONG).await, []);
        assert!(tree.actor_views().is_empty());
    });
}

#[test]
fn a_temporary_actor_that_is_stopped_ends() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let born = Do::new(move |_, scope| _ = scope.spawn_child(ChildSpec::temporary("c"), child.factory()));
        parent.ask(born).await.unwrap();
        tree.stop_actor("root/p/c").unwrap();
        log.has("root/p/c down: normal").await;
    });
}

#[test]
fn a_panic_on_the_way_to_rest_is_noted_and_the_rest_comes() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")).own_thread(), log.factory());
        let (block, inside, release) = block();
        probe.tell(block).unwrap();
        inside.await.unwrap();
        let panicking = probe.tell(Do::panic());
        assert!(panicking.is_ok());
        tree.stop_actor("root/p").unwrap();
        drop(release);
        is(&tree, "root/p", ActorState::Stopped).await;
        assert!(tree.actor_view("root/p").unwrap().last_panic.is_some());
        tree.restart_actor("root/p").unwrap();
        is(&tree, "root/p", ActorState::Running).await;
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
    });
}

#[test]
fn whoever_waits_for_a_lost_thread_ends_the_process() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").own_thread(), log.factory());
        probe.tell(Do::new(|_, _| _ = actix::Arbiter::current().stop())).unwrap();
        let escalation = tree.wait_for_escalation().await;
        assert_eq!(escalation.id.as_str(), "root/p");
        assert!(matches!(escalation.reason, DownReason::Vanished));
    });
}

#[test]
fn a_planted_stall_is_seen_and_ends_when_it_is_told_to() {
    actix::System::new().block_on(async {
        let stuck_after = std::time::Duration::from_millis(5);
        let (tree, log) = (SupervisionTree::start(StuckDetection { stuck_after }), Log::default());
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").own_thread(), log.factory());
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
        tree.inject_stall("root/p").unwrap();
        is(&tree, "root/p", ActorState::Stuck).await;
        let troubles = tree.unavailable_actors();
        let stuck = troubles.iter().find(|trouble| trouble.id.as_str() == "root/p").unwrap();
        assert!(!stuck.is_on_roots_thread);
        assert!(tree.end_injected_stall("root/nobody").is_err());
        tree.end_injected_stall("root/p").unwrap();
        assert_eq!(probe.ask(Add(1)).await, Ok(2));
    });
}

#[test]
fn whoever_gave_up_and_is_kept_is_shown_until_its_parent_is_asked_to_start_it() {
    struct Parent {
        child: Log,
    }
    impl Behaviour for Parent {
        const KIND: &'static str = "parent";

        fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
            let spec = quick(ChildSpec::transient("c")).intensity(0, LONG).shown_after_escalation();
            scope.spawn_child(spec, self.child.factory());
        }

        fn revive(&mut self, child: &ActorPath, scope: &mut ActorScope<'_, Self>) {
            assert_eq!(child.as_str(), "root/p/c");
            self.started(scope);
        }
    }
    in_tree(|tree, log| async move {
        let child = log.clone();
        tree.spawn_top_level(ChildSpec::permanent("p"), move || Parent { child: child.clone() });
        log_has(&log, "root/p/c started", 1).await;
        tree.inject_panic("root/p/c").unwrap();
        is(&tree, "root/p/c", ActorState::Escalated).await;
        let troubles = tree.unavailable_actors();
        assert_eq!((troubles[0].id.as_str(), troubles[0].state), ("root/p/c", ActorState::Escalated));
        assert_eq!(tree.ping_actor("root/p/c", LONG).await, Err(PingError::Unknown(UnknownActor("root/p/c".into()))));
        tree.restart_actor("root/p/c").unwrap();
        is(&tree, "root/p/c", ActorState::Running).await;
        assert_eq!(log.count("root/p/c started"), 2);
        assert_eq!(tree.unavailable_actors(), []);
    });
}
