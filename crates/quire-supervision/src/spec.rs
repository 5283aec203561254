//! Child specification: how a child is to be kept, written where the child is spawned.

use std::time::Duration;

use serde::Serialize;

use super::backoff::{Backoff, RestartIntensity};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Restart")]
pub enum RestartPolicy {
    /// Rebuilt after a panic and after it stopped itself.
    Permanent,
    /// Rebuilt after a panic; a stop is its end.
    Transient,
    /// Never rebuilt.
    Temporary,
}

/// The thread that an actor runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// On the parent's arbiter.
    Same,
    /// On an arbiter thread of its own, for a behaviour that blocks.
    OwnThread,
}

/// How a child is supervised: policy, backoff, intensity, mailbox, thread.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    /// The last part of the child's path; a taken name gets `~2`, `~3` … appended.
    pub id: String,
    pub restart: RestartPolicy,
    pub backoff: Backoff,
    pub intensity: RestartIntensity,
    /// From being told to stop until it is killed; its children's stops have to fit in.
    pub shutdown_timeout: Duration,
    /// Messages that may wait; at least 1.
    pub mailbox: usize,
    pub placement: Placement,
    /// Also one that is not permanent is still shown after it gave up, until its parent ends or uses the name again.
    pub is_kept: bool,
}

impl ChildSpec {
    pub fn permanent(id: impl Into<String>) -> Self {
        Self::new(id, RestartPolicy::Permanent)
    }

    pub fn transient(id: impl Into<String>) -> Self {
        Self::new(id, RestartPolicy::Transient)
    }

    pub fn temporary(id: impl Into<String>) -> Self {
        Self::new(id, RestartPolicy::Temporary)
    }

    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// At most `max` restarts within any `within`; one more escalates.
    pub fn intensity(self, max: u32, within: Duration) -> Self {
        Self { intensity: RestartIntensity { max, within }, ..self }
    }

    pub fn shutdown_timeout(self, shutdown_timeout: Duration) -> Self {
        Self { shutdown_timeout, ..self }
    }

    /// How many messages wait at most; more are refused or wait at the sender.
    pub fn mailbox_capacity(self, messages: usize) -> Self {
        Self { mailbox: messages.max(1), ..self }
    }

    /// Keeps the actor visible in the tree after it gave up.
    pub fn shown_after_escalation(self) -> Self {
        Self { is_kept: true, ..self }
    }

    pub fn own_thread(self) -> Self {
        Self { placement: Placement::OwnThread, ..self }
    }

    fn new(id: impl Into<String>, restart: RestartPolicy) -> Self {
        Self {
            id: id.into(),
            restart,
            backoff: Backoff::default(),
            intensity: RestartIntensity { max: 5, within: Duration::from_secs(30) },
            shutdown_timeout: Duration::from_secs(5),
            mailbox: 1024,
            placement: Placement::Same,
            is_kept: false,
        }
    }
}
