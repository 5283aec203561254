//! Failpoints for crash tests: named places where a test kills the process with SIGKILL, as if the power had gone.
//!
//! Any module may pass such a place; it costs nothing unless the crate `fail` was built with its `failpoints`, and does
//! nothing unless [`arm`] was told to. Touches nothing but its own process.

use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use quire_domain::closed_list;

closed_list! {
    /// A closed list, so that a test can go through all of them; the wire name is stable.
    pub enum Failpoint {
        /// The boot epoch has risen; nothing runs yet.
        BootEpoch = "boot.epoch",
        /// In the transaction that takes back what an earlier boot left running, half of it taken.
        RecoverHalf = "recover.half",
        /// Items that an earlier boot left running are queued again.
        RecoverDone = "recover.done",
        /// A blob's bytes are synced under their temporary name.
        BlobSynced = "blob.synced",
        /// A blob has its name; its folder is not synced.
        BlobRenamed = "blob.renamed",
        /// A blob is durable; no row names it.
        BlobDurable = "blob.durable",
        /// All writes of a group have run; batches are written, their attempts and events are not.
        CommitHalf = "commit.half",
        /// Everything of a group is written; its commit is not made.
        CommitBefore = "commit.before",
        /// The commit is made; nobody has been answered.
        CommitAfter = "commit.after",
        /// A batch and its items are on disk; its submitter has not been told.
        SubmitReply = "submit.reply",
        /// A user's wish for a batch is on disk; neither the user nor the batch's actor has been told.
        ControlReply = "control.reply",
        /// Items are claimed on disk; no worker has one.
        ClaimDone = "claim.done",
        /// A worker's results are on disk as blobs; its report is not.
        ReportMade = "report.made",
        /// In a tick's transaction: its reports are settled, what follows from them is not done.
        TurnSettled = "turn.settled",
        /// In a tick's transaction: the batch has its outcome; its last event is not written.
        FinalizeHalf = "finalize.half",
        /// The log of the database is about to be moved into it; with a delay, the move is under way.
        CheckpointBegins = "checkpoint.begins",
        CheckpointDone = "checkpoint.done",
        /// Nothing new starts, what runs may finish.
        DrainBegins = "drain.begins",
        /// Nothing runs any more; the actors are about to be ended.
        DrainDone = "drain.done",
    }
}

impl Failpoint {
    /// The text for the environment variable `FAILPOINTS` that kills the process at the `nth` pass of this place, from
    /// 1, or `delay` after it.
    pub fn kill_spec(self, nth: u32, delay: Duration) -> String {
        format!("{}={}*off->return({})", self.as_str(), nth.saturating_sub(1), delay.as_micros())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailpointPlanError {
    #[error("this build knows no planned deaths; it needs the cargo feature `failpoints`")]
    NotBuilt,
    #[error("there is no place `{0}` to die at")]
    NoSuchPoint(String),
    #[error("`{order}` is no order: {why}")]
    NoOrder { order: String, why: String },
}

/// Follows orders such as `commit.before=2*off->return(0)`, with `;` between them: see the crate `fail`.
/// `return(n)` is the death, n microseconds behind the place.
///
/// # Errors
/// [`FailpointPlanError`]: a plan that cannot come true is refused.
pub fn arm(orders: &str) -> Result<(), FailpointPlanError> {
    if !fail::has_failpoints() {
        return Err(FailpointPlanError::NotBuilt);
    }
    for order in orders.split(';').map(str::trim).filter(|order| !order.is_empty()) {
        let (name, actions) = order.split_once('=').unwrap_or((order, ""));
        if !Failpoint::ALL.iter().any(|point| point.as_str() == name) {
            return Err(FailpointPlanError::NoSuchPoint(name.to_owned()));
        }
        fail::cfg(name, actions).map_err(|why| FailpointPlanError::NoOrder { order: order.to_owned(), why })?;
    }
    Ok(())
}

/// Passes the place, or dies there.
pub fn failpoint(point: Failpoint) {
    // Used by builds that know planned deaths only.
    let _name = point.as_str();
    fail::fail_point!(_name, |delay: Option<String>| kill_self_after(
        delay.and_then(|micros| micros.parse().ok()).unwrap_or(0)
    ));
}

/// Sends SIGKILL to this process, now or after a delay.
pub fn kill_self_after(delay_micros: u64) {
    if delay_micros == 0 {
        return kill();
    }
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_micros(delay_micros));
        kill();
    });
}

fn kill() {
    // Cannot fail: a process may always end itself.
    let _ = kill_process(getpid(), Signal::KILL);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_cannot_come_true_is_refused() {
        assert_eq!(arm("commit.never=return"), Err(FailpointPlanError::NoSuchPoint("commit.never".into())));
        assert!(matches!(arm("boot.epoch=explode"), Err(FailpointPlanError::NoOrder { .. })));
        assert!(matches!(arm("boot.epoch"), Err(FailpointPlanError::NoOrder { .. })));
    }

    #[test]
    fn names_are_unique_and_an_order_names_its_place_its_pass_and_its_delay() {
        let names: std::collections::BTreeSet<_> = Failpoint::ALL.iter().map(|point| point.as_str()).collect();
        assert_eq!(names.len(), Failpoint::ALL.len());
        let order = Failpoint::CommitBefore.kill_spec(3, Duration::from_micros(250));
        assert_eq!(order, "commit.before=2*off->return(250)");
        assert_eq!(Failpoint::DrainDone.kill_spec(1, Duration::ZERO), "drain.done=0*off->return(0)");
    }
}
