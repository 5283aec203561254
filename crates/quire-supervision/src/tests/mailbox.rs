//! Property 4: mailboxes are bounded, the sender chooses what that means to it, and all is measured.

use std::time::Duration;

use futures_util::FutureExt;

use super::probe::{Add, Do, LONG, block, eventually, in_tree, quick};
use crate::*;

#[test]
fn a_full_mailbox_gives_the_message_back_or_lets_the_sender_wait() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").mailbox_capacity(3).own_thread(), log.factory());
        let (block, inside, release) = block();
        probe.send(block).await.unwrap();
        inside.await.unwrap();
        for _ in 0..3 {
            probe.tell(Add(1)).unwrap();
        }
        assert!(matches!(probe.tell(Add(1)), Err(TellError::Busy(Add(1)))));
        assert_eq!(probe.try_ask(Add(1)).await, Err(AskError::Busy));
        let mut waiting = Box::pin(probe.ask(Add(10)));
        assert!(waiting.as_mut().now_or_never().is_none());
        probe.tell_beyond_capacity(Add(100)).unwrap();
        let mailbox = tree.actor_view("root/p").unwrap().mailbox;
        assert_eq!((mailbox.depth, mailbox.capacity, mailbox.free), (4, 3, 0));
        release.send(()).unwrap();
        assert_eq!(waiting.await, Ok(113));
    });
}

#[test]
fn a_mailbox_stays_bounded_over_a_restart_and_the_waiting_sender_is_served() {
    in_tree(|tree, log| async move {
        let spec = ChildSpec::permanent("p").mailbox_capacity(2);
        let spec = spec.backoff(Backoff { initial: LONG, max: LONG, ..Backoff::default() });
        let probe = tree.spawn_top_level(spec, log.factory());
        let _ = probe.ask(Do::panic()).await;
        probe.tell(Add(1)).unwrap();
        probe.tell(Add(1)).unwrap();
        assert!(matches!(probe.tell(Add(1)), Err(TellError::Busy(_))));
        let mut waiting = Box::pin(probe.ask(Add(1)));
        assert!(waiting.as_mut().now_or_never().is_none());
        tree.restart_actor("root/p").unwrap();
        assert_eq!(waiting.await, Ok(3));
    });
}

#[test]
fn senders_that_wait_for_room_learn_of_the_end() {
    in_tree(|tree, log| async move {
        let spec = ChildSpec::permanent("p").mailbox_capacity(1);
        let spec = spec.backoff(Backoff { initial: LONG, max: LONG, ..Backoff::default() });
        let probe = tree.spawn_top_level(spec, log.factory());
        let _ = probe.ask(Do::panic()).await;
        let mut queued = Box::pin(probe.ask(Add(1)));
        assert!(queued.as_mut().now_or_never().is_none());
        let mut waiting = Box::pin(probe.send(Add(2)));
        assert!(waiting.as_mut().now_or_never().is_none());
        tree.stop_actor("root/p").unwrap();
        assert!(matches!(waiting.await, Err(TellError::Down(Add(2)))));
        assert_eq!(queued.await, Err(AskError::Down));
    });
}

#[test]
fn a_flooded_actor_starves_neither_its_timers_nor_its_neighbours() {
    in_tree(|tree, log| async move {
        let flooded = tree.spawn_top_level(ChildSpec::permanent("flooded"), log.factory());
        let neighbour = tree.spawn_top_level(ChildSpec::permanent("neighbour"), log.factory());
        // Each message sends the next from inside the arbiter: the mailbox never runs dry until the timer fires.
        fn flood(probe: &ActorRef<super::probe::Probe>) {
            let again = probe.clone();
            let _ = probe.tell_beyond_capacity(Do::new(move |probe, _| {
                if probe.sum == 0 {
                    flood(&again);
                }
            }));
        }
        for _ in 0..2000 {
            flood(&flooded);
        }
        assert_eq!(neighbour.ask(Add(1)).await, Ok(1));
        let fired = log.clone();
        let timer = Do::new(move |_, scope| {
            scope.after(Duration::from_millis(5), move |probe, _| {
                fired.add("timer");
                probe.sum = 1;
            });
        });
        flooded.tell_beyond_capacity(timer).unwrap();
        log.has("timer").await;
    });
}

#[test]
fn an_idle_visit_runs_once_all_waiting_messages_were_received() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p"), log.factory());
        let seen = log.clone();
        probe
            .tell(Do::new(move |_, scope| {
                scope.when_idle(move |probe, scope| {
                    seen.add(format!("group of {}", probe.sum));
                    scope.when_idle(move |_, _| seen.add("and again"));
                });
            }))
            .unwrap();
        for _ in 0..50 {
            probe.tell(Add(1)).unwrap();
        }
        log.has("and again").await;
        assert_eq!(log.lines(), ["root/p started", "group of 50", "and again"]);
    });
}

#[test]
fn a_flood_cannot_put_an_idle_visit_off_for_ever() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").mailbox_capacity(100_000), log.factory());
        let seen = log.clone();
        let idle =
            Do::new(move |_, scope| scope.when_idle(move |probe, _| seen.add(format!("{}", probe.sum < 100_000))));
        probe.tell(idle).unwrap();
        for _ in 0..99_999 {
            probe.tell(Add(1)).unwrap();
        }
        probe.ask(Add(1)).await.unwrap();
        assert_eq!(log.lines(), ["root/p started", "true"]);
    });
}

#[test]
fn rates_and_latencies_are_measured() {
    in_tree(|tree, log| async move {
        let probe = tree.spawn_top_level(quick(ChildSpec::permanent("p")), log.factory());
        for _ in 0..1000 {
            probe.tell(Add(1)).unwrap();
        }
        probe.ask(Add(1)).await.unwrap();
        eventually("a rate", || tree.actor_view("root/p").unwrap().messages_per_second > 0.0).await;
        let view = tree.actor_view("root/p").unwrap();
        assert!(view.wait.p50_ms > 0.0 && view.wait.p50_ms <= view.wait.p99_ms);
        assert!(view.handling.p50_ms > 0.0 && view.handling.p50_ms <= view.handling.p99_ms);
        assert_eq!((view.mailbox.depth, view.mailbox.oldest_waiting_ms), (0, None));
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!((&json["id"], &json["parent"]), (&"root/p".into(), &"root".into()));
        assert_eq!((&json["state"], &json["restart"]), (&"running".into(), &"permanent".into()));
    });
}
