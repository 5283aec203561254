//! Supervision: actors that panic, flood and stall, and a tree that lives on. No business words in this crate.
//!
//! An author writes a [`Behaviour`] with its [`Receive`]d [`Message`]s; a parent spawns it with a [`ChildSpec`] and
//! a factory; everyone else holds an [`ActorRef`] or a [`Recipient`]. The rules:
//!
//! - **A panic never leaves its actor.** Wherever it happens (handler, `started`, factory, timer, future, idle
//!   visit, drop) it is caught and recorded, its asker gets an error, and the behaviour is dropped.
//! - **The address and the mailbox outlive the behaviour.** While a backoff passes, messages wait, and control
//!   orders (stop, restart, a child's end) are carried out.
//! - **All children of a failed or restarted parent end before it is rebuilt**; its new `started` spawns them anew.
//!   Timers, futures and `Answer::from_future` end with their incarnation; their askers get `Dropped`.
//! - **Too many restarts escalate.** A permanent child's escalation fails its parent, unless `child_down` says
//!   otherwise; at the root it resolves [`SupervisionTree::wait_for_escalation`]. A transient child's escalation is only told.
//! - **An orderly stop goes bottom up.** A stopping parent receives messages until its last child has ended and all
//!   that was sent before then is received; then `stopping` runs. What comes later is dropped; askers get `Down`. An
//!   actor that stops itself receives no more than its children's last words; the rest is dropped, or waits if it
//!   is permanent and therefore rebuilt.
//! - **What an operator stops stays in the tree**, refuses what is sent to it, and starts again when it is told to
//!   restart. Its parent knows nothing of it; with its parent it ends. A temporary actor just ends.
//! - **A thread cannot be killed.** A child that blocks past its shutdown timeout is given up, reported, and ends
//!   when it next looks up.
//!
//! Read in this order: `behaviour`, `message`, `spec`, `scope`, `address`, `tree` are the public part; `actor_cell`,
//! `unstarted`, `actor_runner`, `lifecycle`, `children`, `task_set`, `registry` the works; `vitals`, `histogram`,
//! `rate`, `arbiter`, `view` and `actor_outage` the instruments; `backoff`, `panics`, `time`, `system` the tools.

mod actor_cell;
mod actor_outage;
mod actor_runner;
mod address;
mod arbiter;
mod backoff;
mod behaviour;
mod children;
mod histogram;
mod lifecycle;
mod message;
mod panics;
mod rate;
mod registry;
mod scope;
mod spec;
mod system;
mod task_set;
#[cfg(test)]
mod tests;
mod time;
mod tree;
mod unstarted;
mod view;
mod vitals;

pub use actor_outage::ActorOutage;
pub use address::{ActorRef, AskError, Recipient, TellError};
pub use backoff::{Backoff, RestartIntensity};
pub use behaviour::{Behaviour, ChildDown, DownReason, Receive};
pub use message::{Answer, Message, PendingAnswer};
pub use panics::PanicReport;
pub use registry::{ActorPath, RootEscalation};
pub use scope::ActorScope;
pub use spec::{ChildSpec, Placement, RestartPolicy};
pub use system::run_system;
pub use task_set::CancelHandle;
pub use tree::{PingError, StuckDetection, SupervisionTree, UnknownActor};
pub use view::{ActorState, ActorView, ArbiterView, CurrentMessageView, LatencyView, MailboxView, RestartsView};
