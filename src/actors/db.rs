//! The single writer: every change of the store goes through this actor, on a thread of its own.
//!
//! Writes queue up while a commit is under way; the next commit takes them all. No timer: it adapts itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::signals::Signals;
use crate::clock;
use crate::store::writer::{Write, Writer, write};
use crate::store::{Opened, StoreError, Txn};
use crate::supervision::{Answer, Behaviour, ChildSpec, Message, Receive, Ref, Scope, TellError, Tree};

/// Why the disk does not take writes, while it does not.
pub type DiskFault = Arc<Mutex<Option<String>>>;

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    actor: Ref<DbActor>,
    fault: DiskFault,
}

impl Db {
    pub fn start(tree: &Tree, opened: Arc<Opened>, signals: Arc<Signals>, group_max: usize) -> Self {
        let fault = DiskFault::default();
        let seen = fault.clone();
        let spec = ChildSpec::permanent("db").mailbox(4096).own_thread().intensity(5, Duration::from_secs(30));
        let actor = tree.spawn(spec, move || DbActor {
            opened: opened.clone(),
            signals: signals.clone(),
            fault: seen.clone(),
            group_max,
            writer: None,
            waiting: Vec::new(),
            is_flush_due: false,
            has_news: false,
        });
        Self { actor, fault }
    }

    /// Runs a change in a transaction; returns once it is on disk. Waits while the queue is full.
    ///
    /// # Errors
    /// The change's own, [`StoreError::Disk`] when the disk does not take it, [`StoreError::Aborted`] when the
    /// writer went away before it was done.
    pub async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (write, reply) = write(name, change);
        let gone = || StoreError::Aborted(format!("the writer went away during `{name}`"));
        self.actor.send(Apply(write)).await.map_err(|_| gone())?;
        reply.await.map_err(|_| gone())?
    }

    /// As [`Self::write`], for those who rather hear at once that the queue is full.
    ///
    /// # Errors
    /// Also [`StoreError::Busy`]; then nothing was done.
    pub async fn offer<T: Send + 'static>(
        &self,
        name: &'static str,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (write, reply) = write(name, change);
        let gone = || StoreError::Aborted(format!("the writer went away during `{name}`"));
        self.actor.tell(Apply(write)).map_err(|refused| match refused {
            TellError::Busy(_) => StoreError::Busy,
            TellError::Down(_) => gone(),
        })?;
        reply.await.map_err(|_| gone())?
    }

    /// Why nothing can be written now, if so.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Anybody → db: one change, answered through its own channel after the commit.
pub struct Apply(Box<dyn Write>);

impl Message for Apply {
    type Reply = ();
    const NAME: &'static str = "Apply";
}

pub struct DbActor {
    opened: Arc<Opened>,
    signals: Arc<Signals>,
    fault: DiskFault,
    group_max: usize,
    writer: Option<Writer>,
    waiting: Vec<Box<dyn Write>>,
    is_flush_due: bool,
    has_news: bool,
}

const QUIET_CHECK: Duration = Duration::from_secs(20);

impl Behaviour for DbActor {
    const KIND: &'static str = "db";

    fn started(&mut self, scope: &mut Scope<'_, Self>) {
        match self.opened.writer() {
            Ok(writer) => self.writer = Some(writer),
            Err(error) => return scope.fail(error.to_string()),
        }
        scope.every(QUIET_CHECK, |db, _| db.checkpoint_when_quiet());
    }

    fn stopping(&mut self, _: &mut Scope<'_, Self>) {
        self.flush();
        self.has_news = false;
        self.checkpoint(Writer::checkpoint_fully);
    }
}

impl Receive<Apply> for DbActor {
    fn receive(&mut self, Apply(write): Apply, scope: &mut Scope<'_, Self>) -> Answer<()> {
        self.waiting.push(write);
        if self.waiting.len() >= self.group_max {
            self.flush();
        } else if !self.is_flush_due {
            self.is_flush_due = true;
            scope.when_idle(|db, _| db.flush());
        }
        ().into()
    }
}

impl DbActor {
    fn flush(&mut self) {
        self.is_flush_due = false;
        let writes = std::mem::take(&mut self.waiting);
        let Some(writer) = self.writer.as_mut().filter(|_| !writes.is_empty()) else { return };
        match writer.commit(writes, clock::now()) {
            Ok(wakes) => {
                self.signals.wake(&wakes);
                self.has_news = true;
                self.set_fault(None);
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed; its writes were not done");
                self.set_fault(error.is_disk().then(|| error.to_string()));
            }
        }
        self.checkpoint(Writer::checkpoint_if_large);
    }

    fn checkpoint_when_quiet(&mut self) {
        if !std::mem::take(&mut self.has_news) {
            return;
        }
        self.checkpoint(Writer::checkpoint_fully);
    }

    fn checkpoint(&mut self, how: fn(&mut Writer) -> Result<(), StoreError>) {
        let Some(writer) = &mut self.writer else { return };
        if let Err(error) = how(writer) {
            tracing::warn!(%error, "a checkpoint of the database failed; the next one tries again");
        }
    }

    fn set_fault(&self, fault: Option<String>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}
