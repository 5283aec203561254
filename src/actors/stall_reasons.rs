//! Stall reasons: which of the actors that are down holds up a batch. Never names an actor of another batch.

use quire_domain::ids::Micros;
use quire_domain::waiting::{ActorDown, DownState};
use quire_supervision::{ActorOutage, ActorPath, ActorState};

/// Actors that every batch needs.
pub struct RequiredActors<'a> {
    pub db: &'a ActorPath,
    pub supervisor: &'a ActorPath,
    pub pool: &'a ActorPath,
}

/// The actor that holds a batch up most.
pub struct WorstDownActor {
    pub down: ActorDown,
    /// Chunks that are out go on without it.
    pub running_chunks_continue: bool,
}

/// Impact of an actor that is down on a batch, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Impact {
    /// Nothing that happens in the engine goes on.
    ThreadHeld,
    NothingWritten,
    NothingSupervised,
    /// The batch's own actor.
    NotLedOn,
    NoProcessLent,
}

impl RequiredActors<'_> {
    /// The actor whose absence holds the batch up most. `own` is the batch's actor, where it has one.
    pub fn worst_down_actor(&self, troubles: &[ActorOutage], own: Option<&ActorPath>) -> Option<WorstDownActor> {
        let harmful = troubles.iter().filter_map(|trouble| Some((self.harm(trouble, own)?, trouble)));
        let (harm, trouble) = harmful.min_by_key(|(harm, _)| *harm)?;
        let down = ActorDown { actor: self.public_name(&trouble.id, own), ..to_actor_down(trouble)? };
        Some(WorstDownActor { down, running_chunks_continue: harm == Impact::NoProcessLent })
    }

    fn harm(&self, trouble: &ActorOutage, own: Option<&ActorPath>) -> Option<Impact> {
        let (id, is_stuck) = (&trouble.id, trouble.state == ActorState::Stuck);
        match () {
            () if is_stuck && trouble.is_on_roots_thread => Some(Impact::ThreadHeld),
            () if id == self.db => Some(Impact::NothingWritten),
            () if id == self.supervisor => Some(Impact::NothingSupervised),
            () if Some(id) == own => Some(Impact::NotLedOn),
            () if id == self.pool => Some(Impact::NoProcessLent),
            () => None,
        }
    }

    /// Actors below the supervisor are named to those only whose they are.
    fn public_name(&self, id: &ActorPath, own: Option<&ActorPath>) -> String {
        let below =
            |parent: &ActorPath| id.as_str().strip_prefix(parent.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let is_own = own.is_some_and(|own| id == own || below(own));
        let named = if below(self.supervisor) && !is_own { self.supervisor } else { id };
        named.as_str().to_owned()
    }
}

/// The actor's state in words of the domain; `None` for one that is at work.
pub fn to_actor_down(trouble: &ActorOutage) -> Option<ActorDown> {
    let state = match trouble.state {
        ActorState::Starting | ActorState::Running => return None,
        ActorState::Stopping => DownState::Stopping,
        ActorState::Backoff => DownState::Backoff,
        ActorState::Stopped => DownState::Stopped,
        ActorState::Escalated => DownState::Escalated,
        ActorState::Stuck => DownState::Stuck,
    };
    let since = (trouble.since_unix_ms as Micros).saturating_mul(1_000);
    Some(ActorDown { actor: trouble.id.as_str().to_owned(), state, since })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quire_supervision::RestartPolicy;

    fn trouble(id: &str, state: ActorState) -> ActorOutage {
        let restart = RestartPolicy::Permanent;
        ActorOutage { id: id.into(), restart, state, since_unix_ms: 7, is_on_roots_thread: true }
    }

    /// The actor that a batch of `root/s/batch-1` is told to wait for.
    fn first(troubles: &[ActorOutage]) -> Option<(String, DownState, bool)> {
        let ids: [ActorPath; 4] = ["root/db", "root/s", "root/pool", "root/s/batch-1"].map(Into::into);
        let needed = RequiredActors { db: &ids[0], supervisor: &ids[1], pool: &ids[2] };
        let worst = needed.worst_down_actor(troubles, Some(&ids[3]))?;
        Some((worst.down.actor, worst.down.state, worst.running_chunks_continue))
    }

    #[test]
    fn a_batch_waits_for_the_actors_it_needs_and_for_no_other() {
        use ActorState::{Backoff, Stopped};
        assert_eq!(first(&[trouble("root/hub", Stopped), trouble("root/s/batch-2", Stopped)]), None);
        let pool = trouble("root/pool", Stopped);
        assert_eq!(first(std::slice::from_ref(&pool)), Some(("root/pool".into(), DownState::Stopped, true)));
        let db = trouble("root/db", Backoff);
        assert_eq!(first(&[pool, db]), Some(("root/db".into(), DownState::Backoff, false)));
        let own = trouble("root/s/batch-1", Stopped);
        assert_eq!(first(&[own]), Some(("root/s/batch-1".into(), DownState::Stopped, false)));
    }

    #[test]
    fn whoever_holds_the_thread_of_all_holds_up_everybody_and_a_strangers_batch_is_not_named() {
        let stuck = |id| trouble(id, ActorState::Stuck);
        assert_eq!(first(&[stuck("root/janitor")]), Some(("root/janitor".into(), DownState::Stuck, false)));
        assert_eq!(first(&[stuck("root/s/batch-2/item-9")]), Some(("root/s".into(), DownState::Stuck, false)));
        let own = "root/s/batch-1/item-9";
        assert_eq!(first(&[stuck(own)]), Some((own.into(), DownState::Stuck, false)));
        let elsewhere = ActorOutage { is_on_roots_thread: false, ..stuck("root/webhook-sender") };
        assert_eq!(first(&[elsewhere]), None);
    }
}
