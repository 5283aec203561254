//! Property 2: a permanent actor keeps its address and its waiting messages; its behaviour is built anew.

use std::time::Duration;

use super::probe::{Add, Do, LONG, eventually, in_tree, quick};
use crate::*;

fn slow(spec: ChildSpec) -> ChildSpec {
    spec.backoff(Backoff { initial: LONG, max: LONG, jitter: 0.0, ..Backoff::default() })
}

#[test]
fn waiting_messages_survive_the_restart_in_their_order() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        probe.tell(Do::panic()).unwrap();
        for number in 0..100 {
            let log = log.clone();
            probe.tell(Do::new(move |_, _| log.add(format!("message {number}")))).unwrap();
        }
        assert_eq!(probe.ask(Add(7)).await, Ok(7));
        let mut expected = vec!["root/p started".to_owned(); 2];
        expected.extend((0..100).map(|number| format!("message {number}")));
        assert_eq!(log.lines(), expected);
    });
}

#[test]
fn an_actor_in_backoff_shows_it_and_obeys_orders() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(slow(ChildSpec::permanent("p")), log.factory());
        probe.tell(Do::panic()).unwrap();
        eventually("backoff", || tree.actor_view("root/p").unwrap().state == ActorState::Backoff).await;
        probe.tell(Add(1)).unwrap();
        let view = tree.actor_view("root/p").unwrap();
        assert_eq!(view.mailbox.depth, 1);
        assert!(view.mailbox.oldest_waiting_ms.is_some());
        let next = view.restarts.next_at_unix_ms.unwrap();
        assert!(next > view.last_panic.unwrap().at_unix_ms);
        tree.restart_actor("root/p").unwrap();
        assert_eq!(probe.ask(Add(1)).await, Ok(2), "the waiting one came first");
        assert!(tree.actor_view("root/p").unwrap().restarts.next_at_unix_ms.is_none());

        probe.tell(Do::panic()).unwrap();
        tree.stop_actor("root/p").unwrap();
        assert_eq!(probe.ask(Add(1)).await, Err(AskError::Down));
        eventually("stopped", || tree.actor_view("root/p").unwrap().state == ActorState::Stopped).await;
    });
}

#[test]
fn nothing_of_the_old_incarnation_touches_the_new_one() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        let (old, gate) = (log.clone(), tokio::sync::oneshot::channel::<()>());
        let (release, released) = gate;
        let plant = Do::new(move |_, scope| {
            let (after, every, idle) = (old.clone(), old.clone(), old.clone());
            scope.run_future(released, move |_, _, _| old.add("old future"));
            scope.after(Duration::from_millis(1), move |_, _| after.add("old timer"));
            scope.every(Duration::from_millis(1), move |_, _| every.add("old tick"));
            scope.when_idle(move |_, _| idle.add("old idle"));
            panic!("now");
        });
        let _ = probe.ask(plant).await;
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
        assert!(release.send(()).is_err(), "the old future was dropped");
        let (tick, ticked) = tokio::sync::oneshot::channel();
        let wait = Do::new(move |_, scope| drop(scope.after(Duration::from_millis(20), move |_, _| _ = tick.send(()))));
        probe.ask(wait).await.unwrap();
        ticked.await.unwrap();
        assert_eq!(log.lines(), ["root/p started"; 2]);
    });
}

#[test]
fn an_asked_for_restart_is_orderly_and_not_counted() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").intensity(0, LONG), log.factory());
        probe.ask(Add(5)).await.unwrap();
        tree.restart_actor("root/p").unwrap();
        eventually("rebuilt", || log.count("root/p started") == 2).await;
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
        assert_eq!(log.lines(), ["root/p started", "root/p stopping", "root/p started"]);
        assert_eq!(tree.actor_view("root/p").unwrap().restarts.total, 0);
    });
}

#[test]
fn the_restart_rule_decides_what_a_stop_means() {
    in_tree(|tree, log| async move {
        let permanent = tree.spawn_top_level(quick(ChildSpec::permanent("permanent")), log.factory());
        let transient = tree.spawn_top_level(quick(ChildSpec::transient("transient")), log.factory());
        let _ = transient.ask(Do::panic()).await;
        assert_eq!(transient.ask(Add(1)).await, Ok(1), "transient is rebuilt after a panic");
        for probe in [&permanent, &transient] {
            probe.ask(Do::new(|_, scope| scope.stop())).await.unwrap();
        }
        assert_eq!(permanent.ask(Add(1)).await, Ok(1), "permanent is rebuilt after a stop");
        assert_eq!(transient.ask(Add(1)).await, Err(AskError::Down));
        assert!(matches!(transient.tell(Add(1)), Err(TellError::Down(Add(1)))));
        assert!(matches!(transient.tell_beyond_capacity(Add(1)), Err(TellError::Down(Add(1)))));
        assert_eq!(log.count("root/permanent started"), 2);
        assert_eq!(log.count("root/transient stopping"), 1);
    });
}

#[test]
fn a_failed_parent_is_rebuilt_after_its_children_have_ended_and_spawns_them_anew() {
    in_tree(|tree, log| async move {
        let children = log.clone();
        let factory = log.starting(move |_, scope| {
            scope.spawn_child(ChildSpec::permanent("elder"), children.factory());
            scope.spawn_child(ChildSpec::permanent("younger"), children.factory());
            scope.spawn_child(ChildSpec::temporary("passing"), children.factory());
        });
        let parent = tree.spawn_top_level(quick(ChildSpec::permanent("p")), factory);
        log.has("root/p/passing started").await;
        let _ = parent.ask(Do::panic()).await;
        eventually("all anew", || log.count("root/p/passing started") == 2).await;
        let births = ["root/p started", "root/p/elder started", "root/p/younger started", "root/p/passing started"];
        let ends = ["root/p/passing stopping", "root/p/younger stopping", "root/p/elder stopping"];
        assert_eq!(log.lines(), [&births[..], &ends, &births].concat());
        assert_eq!(tree.actor_views().len(), 5);
    });
}

#[test]
fn a_taken_name_gets_a_number() {
    in_tree(|tree, log| async move {
        let ids = [(); 3].map(|()| tree.spawn_top_level(ChildSpec::permanent("p"), log.factory()).id().to_string());
        assert_eq!(ids, ["root/p", "root/p~2", "root/p~3"]);
    });
}
