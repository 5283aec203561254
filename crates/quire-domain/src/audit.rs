//! Audit: who changed what of the server. The words of its lines.

use serde::Deserialize;

use crate::closed_list;

closed_list! {
    /// A closed list; the wire name is stable.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum AuditAction {
        KeyCreated = "key.created",
        KeyRotated = "key.rotated",
        KeyRevoked = "key.revoked",
        ActorRestarted = "actor.restarted",
        ActorStopped = "actor.stopped",
        /// A panic was planted, where that is allowed.
        ActorPanicked = "actor.panicked",
        ActorStalled = "actor.stalled",
        ActorReleased = "actor.released",
        /// A request was done for another owner.
        ActedFor = "acted_for",
    }
}
