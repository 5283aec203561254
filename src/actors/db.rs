//! The single writer: every change of the store goes through this actor, on a thread of its own.
//!
//! Writes queue up while a commit is under way; the next commit takes them all. No timer: it adapts itself. When the
//! disk fails, the connection is given up, everybody is refused at once, and the disk is tried at intervals until a
//! new connection has shown that it works (ADR 8).

use std::sync::Arc;
use std::time::Duration;

use super::disk_state::{DiskFault, SharedDiskState};
use super::notifier::CommitNotifier;
use crate::commands::keys;
use quire_base::clock;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::ApiKeyId;
use quire_store::write::{Write, write_from_closure};
use quire_store::{DiskFailure, OpenStore, StoreError, Transaction, Writer};
use quire_supervision::{
    ActorPath, ActorRef, ActorScope, Answer, Behaviour, ChildSpec, Message, Receive, SupervisionTree, TellError,
};

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub struct DbHandle {
    actor: ActorRef<DbActor>,
    pub disk: SharedDiskState,
}

tokio::task_local! {
    static HOLDER: Option<ApiKeyId>;
}

/// Does work for the holder of an API key. What it writes is written only while the key is good, as the write's own
/// transaction finds it: nothing of it is committed behind the key's revocation.
pub async fn as_key_holder<F: Future>(key: Option<ApiKeyId>, work: F) -> F::Output {
    HOLDER.scope(key, work).await
}

/// The key whose holder this work is done for; for callers that pass it on to another task.
pub(super) fn holder() -> Option<ApiKeyId> {
    HOLDER.try_with(|key| *key).ok().flatten()
}

fn while_key_is_valid<T>(
    mut change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static {
    let key = holder();
    move |txn| {
        key.map_or(Ok(()), |key| keys::require_valid_key(txn, key))?;
        change(txn)
    }
}

/// Numbers that do not change while the server runs.
#[derive(Debug, Clone, Copy)]
pub struct DbSettings {
    /// Writes of one commit at most.
    pub group_max: usize,
    /// A disk that failed is tried again this often.
    pub probe_every: Duration,
}

impl DbHandle {
    pub fn start(
        tree: &SupervisionTree,
        opened: Arc<OpenStore>,
        signals: Arc<CommitNotifier>,
        disk: SharedDiskState,
        tuning: DbSettings,
    ) -> Self {
        let seen = disk.clone();
        let spec = ChildSpec::permanent("db").mailbox_capacity(4096).own_thread().intensity(5, Duration::from_secs(30));
        let actor = tree.spawn_top_level(spec, move || DbActor {
            opened: opened.clone(),
            signals: signals.clone(),
            disk: seen.clone(),
            tuning,
            writer: None,
            waiting: Vec::new(),
            is_flush_due: false,
            has_news: false,
        });
        Self { actor, disk }
    }

    /// Runs a change in a transaction; returns once it is on disk. Waits while the queue is full; while the disk does
    /// not take writes, or the writer is stopped, it is refused at once.
    ///
    /// # Errors
    /// The change's own, [`StoreError::Disk`] when the disk does not take it, [`StoreError::WriterStopped`] when an
    /// operator stopped the writer, [`StoreError::Aborted`] when the writer went away before it was done.
    pub async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Some(fault) = self.disk_fault() {
            return Err(StoreError::Disk(fault.trouble));
        }
        let (write, reply) = write_from_closure(name, while_key_is_valid(change));
        self.actor.send(ApplyWrite(write)).await.map_err(|_| self.gone(name))?;
        reply.await.map_err(|_| self.gone(name))?
    }

    /// As [`Self::write`], but refused at once when the queue is full.
    ///
    /// # Errors
    /// Also [`StoreError::Busy`]; then nothing was done.
    pub async fn try_write<T: Send + 'static>(
        &self,
        name: &'static str,
        change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (write, reply) = write_from_closure(name, while_key_is_valid(change));
        self.actor.tell(ApplyWrite(write)).map_err(|refused| match refused {
            TellError::Busy(_) => StoreError::Busy,
            TellError::Down(_) => self.gone(name),
        })?;
        reply.await.map_err(|_| self.gone(name))?
    }

    pub fn id(&self) -> &ActorPath {
        self.actor.id()
    }

    /// Whether an operator stopped the writer.
    pub fn is_stopped_by_operator(&self) -> bool {
        self.actor.refuses_messages()
    }

    fn gone(&self, name: &'static str) -> StoreError {
        match self.is_stopped_by_operator() {
            true => StoreError::WriterStopped,
            false => StoreError::Aborted(format!("the writer went away during `{name}`")),
        }
    }

    /// Why nothing can be written now, if so.
    pub fn disk_fault(&self) -> Option<DiskFault> {
        self.disk.fault()
    }

    /// Returns when writes are taken, at once if they are.
    pub async fn wait_until_fault_cleared(&self) {
        self.disk.wait_until_fault_cleared().await;
    }

    /// For somebody whose own write to the blob store failed: has the disk looked at; what is wrong with it, if so.
    pub async fn confirm_disk_fault(&self) -> Option<DiskFault> {
        // A writer that is gone cannot tell; what it found before still holds.
        self.actor.ask(ConfirmDiskFault).await.unwrap_or_else(|_| self.disk_fault())
    }
}

/// Anybody → db: one change, answered through its own channel after the commit.
pub struct ApplyWrite(Box<dyn Write>);

impl Message for ApplyWrite {
    type Reply = ();
    const NAME: &'static str = "ApplyWrite";
}

/// Anybody → db: a file could not be written; is it the disk?
pub struct ConfirmDiskFault;

impl Message for ConfirmDiskFault {
    type Reply = Option<DiskFault>;
    const NAME: &'static str = "ConfirmDiskFault";
}

pub struct DbActor {
    opened: Arc<OpenStore>,
    signals: Arc<CommitNotifier>,
    disk: SharedDiskState,
    tuning: DbSettings,
    /// None while the disk does not take writes.
    writer: Option<Writer>,
    waiting: Vec<Box<dyn Write>>,
    is_flush_due: bool,
    has_news: bool,
}

const QUIET_CHECK: Duration = Duration::from_secs(20);
const SPACE_CHECK: Duration = Duration::from_secs(1);

impl Behaviour for DbActor {
    const KIND: &'static str = "db";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.check_space();
        scope.every(SPACE_CHECK, |db, _| db.check_space());
        scope.every(QUIET_CHECK, |db, scope| db.checkpoint_when_quiet(scope));
        if self.disk.fault().is_some() {
            // An earlier incarnation's; only a proof ends it.
            return self.verify_later(scope);
        }
        match self.opened.open_writer() {
            Ok(writer) => self.writer = Some(writer),
            Err(error) => self.enter_read_only(&error, scope),
        }
    }

    fn stopping(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.flush(scope);
        self.has_news = false;
        self.checkpoint(Writer::checkpoint_fully, scope);
    }
}

impl Receive<ApplyWrite> for DbActor {
    fn receive(&mut self, ApplyWrite(write): ApplyWrite, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.waiting.push(write);
        if self.waiting.len() >= self.tuning.group_max {
            self.flush(scope);
        } else if !self.is_flush_due {
            self.is_flush_due = true;
            scope.when_idle(|db, scope| db.flush(scope));
        }
        ().into()
    }
}

impl Receive<ConfirmDiskFault> for DbActor {
    fn receive(&mut self, _: ConfirmDiskFault, scope: &mut ActorScope<'_, Self>) -> Answer<Option<DiskFault>> {
        if self.writer.is_some() {
            match self.check_disk() {
                Ok(()) => tracing::warn!("a file could not be written, but the disk takes others"),
                Err(error) => self.enter_read_only(&error, scope),
            }
        }
        self.disk.fault().into()
    }
}

impl DbActor {
    fn flush(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.is_flush_due = false;
        let writes = std::mem::take(&mut self.waiting);
        if writes.is_empty() {
            return;
        }
        if self.writer.is_some()
            && let Err(error) = self.opened.require_dir_in_place()
        {
            self.enter_read_only(&error, scope);
        }
        let Some(writer) = &mut self.writer else { return self.refuse(writes) };
        match writer.commit(writes, clock::now()) {
            Ok(wakes) => {
                self.signals.notify_committed(&wakes);
                self.has_news = true;
                self.checkpoint(Writer::checkpoint_if_large, scope);
            }
            Err(error) if error.is_disk_failure() => self.enter_read_only(&error, scope),
            Err(error) => tracing::error!(%error, "a commit failed; its writes were not done"),
        }
    }

    fn refuse(&self, writes: Vec<Box<dyn Write>>) {
        let refusal = || match self.disk.fault() {
            Some(fault) => StoreError::Disk(fault.trouble),
            None => StoreError::Aborted("the writer has no connection".into()),
        };
        writes.into_iter().for_each(|write| write.answer(Err(refusal())));
    }

    fn checkpoint_when_quiet(&mut self, scope: &mut ActorScope<'_, Self>) {
        if std::mem::take(&mut self.has_news) {
            self.checkpoint(Writer::checkpoint_fully, scope);
        }
    }

    fn checkpoint(&mut self, how: fn(&mut Writer) -> Result<(), StoreError>, scope: &mut ActorScope<'_, Self>) {
        let Some(writer) = &mut self.writer else { return };
        match how(writer) {
            Ok(()) => {}
            Err(error) if error.is_disk_failure() => self.enter_read_only(&error, scope),
            Err(error) => tracing::warn!(%error, "a checkpoint of the database failed; the next one tries again"),
        }
    }

    /// The connection may believe of its file something else than is on the disk: it is not used again.
    fn enter_read_only(&mut self, error: &StoreError, scope: &mut ActorScope<'_, Self>) {
        if is_disabled(Safeguard::DiskFall) {
            return;
        }
        self.writer = None;
        tracing::error!(%error, "the disk does not take writes; until it does the server only reads");
        self.disk.set_fault(Some(DiskFault { trouble: trouble_of(error), since: clock::now() }));
        self.verify_later(scope);
    }

    fn verify_later(&self, scope: &mut ActorScope<'_, Self>) {
        scope.after(self.tuning.probe_every, |db, scope| db.verify(scope));
    }

    fn verify(&mut self, scope: &mut ActorScope<'_, Self>) {
        let Some(fault) = self.disk.fault() else { return };
        match self.verified_writer(&fault) {
            Ok(writer) => {
                self.writer = Some(writer);
                self.disk.set_fault(None);
                tracing::info!(since = clock::rfc3339(fault.since), "the disk takes writes again");
            }
            Err(error) => {
                self.note_change(&fault, &error);
                self.verify_later(scope);
            }
        }
    }

    /// A disk that was full has to have the room that is to be kept, or it would be full again at once.
    fn verified_writer(&mut self, fault: &DiskFault) -> Result<Writer, StoreError> {
        self.opened.require_dir_in_place()?;
        self.check_space();
        match self.disk.shortage().filter(|_| fault.trouble.full) {
            Some(shortage) => return Err(StoreError::Disk(shortage)),
            None => self.opened.probe_blob_write()?,
        }
        self.opened.open_verified_writer(clock::now())
    }

    fn note_change(&self, fault: &DiskFault, error: &StoreError) {
        let trouble = trouble_of(error);
        if trouble.full != fault.trouble.full {
            tracing::error!(%error, "the disk still does not take writes, for another reason");
            self.disk.set_fault(Some(DiskFault { trouble, since: fault.since }));
        }
    }

    fn check_disk(&mut self) -> Result<(), StoreError> {
        self.opened.require_dir_in_place()?;
        self.opened.probe_blob_write()?;
        self.check_space();
        self.disk.shortage().map_or(Ok(()), |shortage| Err(StoreError::Disk(shortage)))
    }

    fn check_space(&mut self) {
        let was_short = self.disk.shortage().is_some();
        self.disk.set_free(self.opened.free_disk_mib().ok());
        match (was_short, self.disk.shortage()) {
            (false, Some(why)) => tracing::warn!(%why, "the disk has little room; no new documents are taken"),
            (true, None) => tracing::info!("the disk has room again; new documents are taken"),
            _ => {}
        }
    }
}

fn trouble_of(error: &StoreError) -> DiskFailure {
    match error {
        StoreError::Disk(trouble) => trouble.clone(),
        // Its words may name paths; the log has them.
        _ => DiskFailure { full: false, why: "the database cannot be opened".into() },
    }
}
