//! Property 3: too many restarts end the actor and its children, and the news climbs up to the process.

use std::sync::Arc;

use super::probe::{Add, Do, LONG, Probe, eventually, in_tree, quick};
use crate::*;

fn twice(id: &str) -> ChildSpec {
    quick(ChildSpec::permanent(id)).intensity(2, LONG)
}

async fn panic_times(probe: &ActorRef<Probe>, times: u32) {
    for _ in 0..times {
        let _ = probe.ask(Do::panic()).await;
    }
}

#[test]
fn a_top_level_actor_that_gives_up_ends_the_process() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let factory = log.starting(move |_, scope| {
            scope.spawn_child(ChildSpec::permanent("child"), child.factory());
        });
        let probe = tree.spawn_top_level(twice("p"), factory);
        panic_times(&probe, 3).await;
        let escalation = tree.wait_for_escalation().await;
        assert_eq!(escalation.id.as_str(), "root/p");
        let DownReason::Escalated { restarts: 2, last: Some(note) } = escalation.reason else {
            panic!("{:?}", escalation.reason)
        };
        assert_eq!(note.message, "on purpose");
        assert_eq!(probe.ask(Add(1)).await, Err(AskError::Down));
        assert_eq!(log.count("root/p/child started"), log.count("root/p/child stopping"));
        let states: Vec<_> = tree.actor_views().into_iter().map(|view| (view.id.to_string(), view.state)).collect();
        assert_eq!(states, [("root".into(), ActorState::Running), ("root/p".into(), ActorState::Escalated)]);
    });
}

#[test]
fn a_root_that_panics_ends_the_process() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        probe.ask(Add(1)).await.unwrap();
        tree.inject_panic("root").unwrap();
        assert_eq!(tree.wait_for_escalation().await.id.as_str(), "root");
    });
}

#[test]
fn a_permanent_child_that_gives_up_takes_its_parent_through_a_restart() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let factory = log.starting(move |_, scope| {
            let child = scope.spawn_child(twice("child"), child.factory());
            for _ in 0..3 {
                let _ = child.tell(Do::panic());
            }
        });
        let _parent = tree.spawn_top_level(twice("p"), factory);
        let escalation = tree.wait_for_escalation().await;
        assert_eq!(escalation.id.as_str(), "root/p");
        assert_eq!(log.count("root/p started"), 3);
        assert_eq!(log.count("root/p/child started"), 9);
        assert_eq!(log.count("root/p/child down: escalated after 2"), 3);
    });
}

#[test]
fn a_parent_that_handles_the_escalation_lives_on() {
    in_tree(|tree, log| async move {
        let (child, seen) = (log.clone(), log.clone());
        let parent = tree.spawn_top_level(twice("p"), move || {
            let mut probe = seen.probe();
            probe.on_down = Some(Arc::new(|probe, _, _| probe.sum += 100));
            probe
        });
        let born = Do::new(move |_, scope| {
            let child = scope.spawn_child(twice("child"), child.factory());
            for _ in 0..3 {
                child.tell(Do::panic()).unwrap();
            }
        });
        parent.ask(born).await.unwrap();
        log.has("root/p/child down: escalated after 2").await;
        assert_eq!(parent.ask(Add(1)).await, Ok(101));
        assert_eq!(tree.actor_view("root/p").unwrap().restarts.total, 0);
    });
}

#[test]
fn a_transient_child_that_gives_up_is_only_reported() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let parent = tree.spawn_top_level(twice("p"), log.factory());
        let born = Do::new(move |_, scope| {
            let spec = quick(ChildSpec::transient("child")).intensity(0, LONG);
            let child = scope.spawn_child(spec, child.factory());
            child.tell(Do::panic()).unwrap();
        });
        parent.ask(born).await.unwrap();
        log.has("root/p/child down: escalated after 0").await;
        assert_eq!(parent.ask(Add(1)).await, Ok(1));
        assert_eq!(log.count("root/p started"), 1);
        assert_eq!(tree.actor_views().len(), 2);
    });
}

#[test]
fn an_actor_whose_arbiter_goes_away_is_reported_by_the_backstop() {
    in_tree(|tree, log| async move {
        let child = log.clone();
        let parent = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let born = Do::new(move |_, scope| {
            let child = scope.spawn_child(ChildSpec::permanent("child").own_thread(), child.factory());
            child.tell(Do::new(|_, _| _ = actix::Arbiter::current().stop())).unwrap();
        });
        parent.ask(born).await.unwrap();
        log.has("root/p/child down: vanished").await;
        eventually("gone", || tree.actor_view("root/p/child").is_err()).await;
    });
}
