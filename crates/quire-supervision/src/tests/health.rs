//! Property 5: a ping through the mailbox, the message an actor is stuck at, the lag of its arbiter.

use std::time::Duration;

use super::probe::{Add, LONG, Log, block, eventually};
use crate::*;

#[test]
fn a_blocked_actor_is_seen_from_another_thread() {
    actix::System::new().block_on(async {
        let (tree, log) =
            (SupervisionTree::start(StuckDetection { stuck_after: Duration::from_millis(5) }), Log::default());
        let probe = tree.spawn_top_level(ChildSpec::permanent("p").own_thread(), log.factory());
        assert!(tree.ping_actor("root/p", LONG).await.unwrap() > Duration::ZERO);
        let (block, inside, release) = block();
        probe.tell(block).unwrap();
        inside.await.unwrap();
        eventually("stuck", || tree.actor_view("root/p").unwrap().state == ActorState::Stuck).await;
        let current = tree.actor_view("root/p").unwrap().current.unwrap();
        assert_eq!(current.message, "do");
        assert!(current.since_unix_ms > 0);
        assert_eq!(tree.ping_actor("root/p", Duration::from_millis(5)).await, Err(PingError::TimedOut));
        let lag = || tree.actor_view("root/p").unwrap().arbiter.unwrap().lag_ms;
        eventually("the arbiter lags", || lag() > 1.0).await;
        release.send(()).unwrap();
        assert_eq!(probe.ask(Add(1)).await, Ok(1));
        eventually("well again", || tree.actor_view("root/p").unwrap().state == ActorState::Running).await;
        assert!(tree.actor_view("root/p").unwrap().current.is_none());
    });
}

#[test]
fn pings_tell_the_absent_from_the_busy() {
    super::probe::in_tree(|tree, log| async move {
        let nobody = tree.ping_actor("root/nobody", LONG).await;
        assert_eq!(nobody, Err(PingError::Unknown(UnknownActor("root/nobody".into()))));
        let spec = ChildSpec::permanent("p").backoff(Backoff { initial: LONG, max: LONG, ..Backoff::default() });
        let probe = tree.spawn_top_level(spec, log.factory());
        let _ = probe.ask(super::probe::Do::panic()).await;
        let backing_off = tree.ping_actor(probe.id(), Duration::from_millis(1)).await;
        assert_eq!(backing_off, Err(PingError::TimedOut));
        let (ping, ()) = futures_util::future::join(tree.ping_actor(probe.id(), LONG), async {
            tree.stop_actor(probe.id()).unwrap();
        })
        .await;
        assert_eq!(ping, Err(PingError::Down));
    });
}

#[test]
fn actors_on_one_arbiter_share_its_pulse() {
    super::probe::in_tree(|tree, log| async move {
        let near = tree.spawn_top_level(ChildSpec::permanent("near"), log.factory());
        let far = tree.spawn_top_level(ChildSpec::permanent("far").own_thread(), log.factory());
        let _ = (near.ask(Add(1)).await, far.ask(Add(1)).await);
        let name = |id: &str| tree.actor_view(id).unwrap().arbiter.unwrap().name;
        assert_eq!(name("root"), name("root/near"));
        assert_ne!(name("root"), name("root/far"));
    });
}
