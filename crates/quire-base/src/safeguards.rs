//! Safeguards: the protections that a control experiment can disable, to show that they are needed.
//!
//! In ordinary builds every safeguard is always there: [`is_disabled`] is a constant `false`. In builds with failpoints
//! one of them can be disabled for a thread ([`run_without`]), or some for a process and its worker processes by the
//! environment (`QUIRE_WITHOUT`, names with commas between them).

use std::cell::Cell;
use std::ffi::OsString;
use std::sync::atomic::{AtomicU64, Ordering};

use quire_domain::closed_list;

/// Names the safeguards that a process goes without.
const WITHOUT: &str = "QUIRE_WITHOUT";

closed_list! {
    /// A closed list, so that a test can go through all of them.
    pub enum Safeguard {
        /// A report counts only when its fence is that of the running attempt.
        Fence = "store.fence",
        /// Nothing of a batch is claimed that was paused, cancelled, halted or is over.
        CancelCheck = "store.cancel_check",
        /// No more items run than there are slots.
        RoomToRun = "store.room_to_run",
        /// The batch's counts move with the item, in the same transaction.
        CounterDelta = "store.counter_delta",
        /// A write that fails is undone alone.
        Savepoint = "store.savepoint",
        /// Events are written in the transaction of what they tell.
        OneTransaction = "store.one_transaction",
        /// A batch that changes its status by itself is told of.
        WholeLog = "store.whole_log",
        /// The owner remembers the number of its newest event.
        Numbering = "store.numbering",
        /// The janitor leaves young blobs alone.
        OrphanGrace = "store.orphan_grace",
        /// A row may name a blob only while it is there.
        BlobCheck = "store.blob_check",
        /// Naming a blob in a row makes it young.
        Freshening = "store.freshening",
        /// The log that an earlier server left is written and synced anew before it is trusted.
        DistrustLog = "store.distrust_log",
        /// A directory that was moved away or replaced is not written to by its name.
        DirectoryIdentity = "store.home",
        /// One server at a time works on a data directory.
        Lock = "store.lock",
        /// The lock is on the directory itself, not only on a file in it.
        LockDirectory = "store.lock_directory",
        /// Another user's data directory is refused.
        OwnDirectory = "store.own_directory",
        /// Files and directories are their user's alone.
        Private = "store.private",
        /// The bytes of a blob are compared with its name before the last of them is given out.
        Proof = "store.proof",
        /// The bytes of an open upload are left alone by whoever clears away.
        LiveUploads = "store.live_uploads",
        /// An upload goes on behind what was synced, whatever lies behind that.
        UploadOffset = "store.upload_offset",
        /// One request at a time writes an upload.
        UploadWriteLock = "store.upload_claim",
        /// Tables of a newer version are refused.
        RefuseNewer = "store.refuse_newer",
        /// A disk that failed takes no writes until it has shown that it works.
        DiskFall = "db.fall",
        /// A canary that met a process which was killed while idle takes the next one.
        CanaryAnother = "canary.another",
        /// Actors that do not receive are named by what waits for them.
        Troubles = "engine.troubles",
        /// A hub that ends tells its listeners.
        HubStopping = "hub.stopping",
        /// An item worker that is stopped leaves its item at no fault.
        ItemStopped = "item.stopped",
        /// A request does what its key's scopes allow.
        AccessScope = "access.scope",
        /// A change of the server is told in its audit log.
        AuditWrite = "audit.write",
        /// A line of the audit log that was changed is found.
        AuditChain = "audit.chain",
        /// Answers, log lines and memory do not grow with the size of bad input.
        HttpBounds = "http.bounds",
        /// An act on many batches or items is done on as many as were expected, or not at all.
        HttpExpected = "http.expected",
        /// A HEAD's answer has no body and holds nothing.
        HttpHead = "http.head",
        /// A refused upload leaves nothing behind.
        HttpLeavings = "http.leavings",
        /// A session's cookie opens nothing without the token that the page keeps.
        HttpPageToken = "http.page_token",
        /// A body that comes too slowly is cut.
        HttpPace = "http.pace",
        /// A session serves this server's own pages alone, as their browser says.
        HttpSameOrigin = "http.same_origin",
        /// A revoked key ends what it opened.
        HttpStanding = "http.standing",
        /// Parameters that no route knows are refused.
        HttpStrict = "http.strict",
        /// After some wrong keys at the login an address has to wait.
        HttpWrongKeys = "http.wrong_keys",
        /// An input that changed since its results were made is done anew.
        RunChanged = "run.changed",
        /// A server that is told to end starts nothing new from then on, also while requests under way get their answers.
        RestAtOnce = "serve.rest_at_once",
        /// An idle worker process that uses the processor is ended.
        IdleCpu = "worker.idle_cpu",
        /// A process that had worked before and dies without having taken its job is not the fault of that job.
        InnocentJobs = "worker.innocent_jobs",
        /// A process's last words tell how it died.
        LastWords = "worker.last_words",
        /// A worker process serves one owner only.
        OneOwner = "worker.one_owner",
        /// A worker process dies with its server.
        ParentDeathSignal = "worker.parent_death_signal",
        /// A document's second silence at one place ends sooner.
        SilenceAgain = "worker.silence_again",
        /// While the server stands still, its clocks over worker processes do, too.
        Standstill = "worker.standstill",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SafeguardError {
    #[error("this build cannot go without its safeguards; it needs the cargo feature `failpoints`")]
    NotBuilt,
    #[error("there is no safeguard `{0}`")]
    Unknown(String),
}

/// Bits by place in the list, for the whole process.
static DISABLED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static DISABLED_HERE: Cell<u64> = const { Cell::new(0) };
}

/// Whether a control experiment goes without this safeguard; never, in ordinary builds.
pub fn is_disabled(safeguard: Safeguard) -> bool {
    fail::has_failpoints() && (DISABLED.load(Ordering::Relaxed) | DISABLED_HERE.get()) & bit(safeguard) != 0
}

/// Disables the safeguards that the environment names, for the rest of this process.
///
/// # Errors
/// [`SafeguardError`] where that cannot be done.
pub fn disable_from_env() -> Result<(), SafeguardError> {
    let named = std::env::var(WITHOUT).unwrap_or_default();
    if !named.is_empty() && !fail::has_failpoints() {
        return Err(SafeguardError::NotBuilt);
    }
    named.split_terminator(',').try_for_each(|name| {
        let known = Safeguard::ALL.iter().find(|known| known.as_str() == name);
        let safeguard = known.ok_or_else(|| SafeguardError::Unknown(name.to_owned()))?;
        DISABLED.fetch_or(bit(*safeguard), Ordering::Relaxed);
        Ok(())
    })
}

/// The environment variable that disables the same safeguards in a child process, if any are disabled.
pub fn env_for_child() -> Option<(OsString, OsString)> {
    std::env::var_os(WITHOUT).filter(|_| fail::has_failpoints()).map(|named| (WITHOUT.into(), named))
}

/// Runs an experiment on this thread without one safeguard. In ordinary builds nothing is disabled.
pub fn run_without<T>(safeguard: Safeguard, experiment: impl FnOnce() -> T) -> T {
    let _disabled = disable_on_this_thread(safeguard);
    experiment()
}

/// Disables one safeguard on this thread until the value is dropped. In ordinary builds nothing is disabled.
pub fn disable_on_this_thread(safeguard: Safeguard) -> DisableGuard {
    DisableGuard(DISABLED_HERE.replace(bit(safeguard)))
}

/// Keeps a safeguard disabled on this thread; dropped, it restores what was disabled before, also after a panic.
pub struct DisableGuard(u64);

impl Drop for DisableGuard {
    fn drop(&mut self) {
        DISABLED_HERE.set(self.0);
    }
}

const fn bit(safeguard: Safeguard) -> u64 {
    1 << safeguard as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_safeguard_is_disabled_on_one_thread_and_for_one_experiment() {
        assert!(Safeguard::ALL.len() <= 64, "each has a bit");
        let others = || std::thread::spawn(|| is_disabled(Safeguard::Fence)).join();
        run_without(Safeguard::Fence, || {
            assert!(is_disabled(Safeguard::Fence) && !is_disabled(Safeguard::Lock));
            assert!(others().is_ok_and(|disabled| !disabled));
        });
        assert!(!is_disabled(Safeguard::Fence));
    }
}
