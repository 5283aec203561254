//! The engine: starts and stops all actors. The same under the server and under every command.

mod commands;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::batch::SchedulerSettings;
use super::batch_supervisor::{BatchCommitted, BatchSupervisor, Drain, InterruptAllBatches};
use super::canary::{Canary, CanaryView, CanaryViewSender, RefreshCanary};
use super::db::{DbHandle, DbSettings};
use super::disk_state::SharedDiskState;
use super::hub::LiveHub;
use super::janitor::{Janitor, JanitorSchedule, JanitorStats};
use super::keyring::Keyring;
use super::live::LiveDelivery;
use super::notifier::CommitNotifier;
use super::progress_tracker::ProgressTracker;
use super::stall_reasons::RequiredActors;
use super::status::SnapshotPublisher;
use super::webhook_supervisor::{WebhookCommitted, WebhookSupervisor};
use super::worker_pool::{PoolView, PoolViewSender, WorkerPool};
use crate::commands::recover;
use crate::config::Config;
use quire_base::clock;
use quire_base::failpoints::{Failpoint, failpoint};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::BatchKey;
use quire_domain::operation::DocumentLimits;
use quire_domain::waiting::EngineView;
use quire_domain::webhook::WebhookKey;
use quire_store::batches::BatchRecord;
use quire_store::blobs::BlobStore;
use quire_store::vault::Vault;
use quire_store::{OpenStore, ReadPool, StoreError, StoreSnapshot};
use quire_supervision::{ActorPath, ActorRef, ChildSpec, StuckDetection, SupervisionTree, run_system};
use quire_worker::{JobLimits, LastSilenceByItem, LaunchError, LaunchSpec, WorkerProcess};

/// The engine as one batch sees it.
#[derive(Debug, Clone)]
pub struct BatchEngineView {
    pub engine: EngineView,
    /// None where the batch has no actor.
    pub slots_held: Option<u32>,
}

/// Runs `work`, and the engine it starts, to its end on an actor system of its own. Blocking threads are few: they wait
/// for the disk, and each keeps the memory of the largest thing that it ever held.
pub fn run_on_actor_system<F: Future>(slots: u32, work: F) -> F::Output {
    run_system(slots as usize * 2 + BLOCKING_THREADS_BESIDE_SLOTS, work)
}

const BLOCKING_THREADS_BESIDE_SLOTS: usize = 6;

/// Shared context of all actors. Cheap to clone.
pub struct EngineContext {
    pub db: DbHandle,
    pub pool: ActorRef<WorkerPool>,
    pub blobs: BlobStore,
    pub progress_tracker: ProgressTracker,
    pub janitor_stats: watch::Sender<JanitorStats>,
    pub status: SnapshotPublisher,
    pub tuning: SchedulerSettings,
    pub rules: JobLimits,
    pub last_silence: Mutex<LastSilenceByItem>,
    pub limits: DocumentLimits,
    pub heartbeat: Duration,
    pub max_active_batches: u32,
    pub min_available_memory_mib: u64,
    /// Encrypts and decrypts passwords.
    pub vault: Arc<Vault>,
    reads: ReadPool,
}

impl EngineContext {
    /// Where workers fell silent before, locked.
    pub fn last_silence(&self) -> MutexGuard<'_, LastSilenceByItem> {
        self.last_silence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A short read on a blocking thread.
    ///
    /// # Errors
    /// The read's own.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn StoreSnapshot) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.reads.run_blocking(read).await
    }
}

/// The running engine. Cheap to clone; ends with [`Engine::shutdown`].
#[derive(Clone)]
pub struct Engine {
    pub config: Arc<Config>,
    pub context: Arc<EngineContext>,
    pub tree: SupervisionTree,
    pub signals: Arc<CommitNotifier>,
    pub live: Arc<LiveDelivery>,
    pub opened: Arc<OpenStore>,
    pub keyring: Keyring,
    pool_status: PoolViewSender,
    canary: ActorRef<Canary>,
    canary_status: CanaryViewSender,
    supervisor: ActorRef<BatchSupervisor>,
    webhooks: ActorRef<WebhookSupervisor>,
}

impl Engine {
    /// Opens the data directory and starts the actors. Must be called within an actix `System`.
    ///
    /// # Errors
    /// [`StoreError`] when the data directory cannot be used.
    pub fn start(config: Config, worker_program: Option<PathBuf>) -> Result<Self, StoreError> {
        let opened = Arc::new(OpenStore::open(config.store_options(), clock::now())?);
        if !opened.narrowed.is_empty() {
            let data_dir = config.server.data_dir.display();
            tracing::warn!(%data_dir, "{} were open to other users of this machine; now they are not", opened.narrowed);
        }
        if let Err(error) = requeue_running(&opened) {
            tracing::error!(%error, "what ran before the start could not be taken back at once; each batch does it for its own");
        }
        let tree =
            SupervisionTree::start(StuckDetection { stuck_after: Duration::from_millis(config.engine.stuck_after_ms) });
        let signals = Arc::new(CommitNotifier::default());
        let group_max = config.store.group_max_writes as usize;
        let disk = SharedDiskState::new(config.store.min_free_mib);
        let probe_every = Duration::from_secs(config.store.disk_probe_secs);
        let db = DbHandle::start(
            &tree,
            Arc::clone(&opened),
            Arc::clone(&signals),
            disk,
            DbSettings { group_max, probe_every },
        );
        let keyring = Keyring::new(&opened.reads.run(|snapshot| snapshot.api_keys())?, &config.auth, db.clone());
        let (pool, pool_status) = start_pool(&tree, &config, worker_program);
        let context = Arc::new(EngineContext {
            db,
            pool,
            blobs: opened.blobs.clone(),
            progress_tracker: ProgressTracker::default(),
            janitor_stats: watch::Sender::default(),
            status: SnapshotPublisher::default(),
            tuning: SchedulerSettings {
                slots: config.slots(),
                claim_items: config.engine.claim_items as u32,
                hand_items: (config.engine.claim_items as u32).min(config.worker.recycle_after_documents),
                hand_target: Duration::from_millis(config.engine.hand_target_ms),
                start_told_after: Duration::from_millis(config.engine.start_told_after_ms),
            },
            rules: config.worker.job_limits(),
            last_silence: Mutex::new(LastSilenceByItem::new(config.worker.repeat_silence_min())),
            limits: config.document_limits(),
            heartbeat: Duration::from_secs(config.engine.heartbeat_secs),
            max_active_batches: config.engine.max_active_batches as u32,
            min_available_memory_mib: config.engine.min_available_memory_mib,
            vault: Arc::clone(&opened.vault),
            reads: opened.reads.clone(),
        });
        let spec =
            ChildSpec::permanent("batch-supervisor").mailbox_capacity(4096).shutdown_timeout(Duration::from_secs(10));
        let shared = Arc::clone(&context);
        let supervisor = tree.spawn_top_level(spec, move || BatchSupervisor::new(Arc::clone(&shared)));
        start_janitor(&tree, &config, &context);
        let live = LiveDelivery::new(&opened.log_epoch, config.live, Arc::clone(&signals), opened.reads.clone());
        let live = Arc::new(live);
        let (listened, shared) = (Arc::clone(&live), Arc::clone(&context));
        tree.spawn_top_level(ChildSpec::permanent("hub"), move || {
            LiveHub::new(Arc::clone(&listened), Arc::clone(&shared))
        });
        let (canary, canary_status) = start_canary(&tree, &context, config.worker.canary_secs);
        let webhooks = start_webhooks(&tree, &config, &context, &signals);
        let config = Arc::new(config);
        Ok(Self {
            config,
            context,
            tree,
            signals,
            live,
            opened,
            keyring,
            pool_status,
            canary,
            canary_status,
            supervisor,
            webhooks,
        })
    }

    /// The engine as this batch sees it, to explain why it waits.
    pub fn engine_view_for_batch(&self, batch: BatchKey) -> BatchEngineView {
        let active = self.context.status.active_batch(batch);
        let (db, supervisor, pool) = (self.context.db.id(), self.supervisor.id(), self.context.pool.id());
        let own = active.as_ref().map(|active| &active.actor);
        let troubles = if is_disabled(Safeguard::Troubles) { Vec::new() } else { self.tree.unavailable_actors() };
        let down = RequiredActors { db, supervisor, pool }.worst_down_actor(&troubles, own);
        let (actor_down, hands_go_on) = down.map(|worst| (worst.down, worst.running_chunks_continue)).unzip();
        let engine = EngineView { actor_down, hands_go_on: hands_go_on.unwrap_or_default(), ..self.engine_view() };
        BatchEngineView { engine, slots_held: active.map(|active| active.slots_held) }
    }

    /// The engine as a whole, as its actors left it.
    pub fn engine_view(&self) -> EngineView {
        let workers_unavailable_until = self.pool_view().unavailable_until;
        let disk_fault = self.context.db.disk_fault().map(|fault| fault.trouble.full);
        EngineView { workers_unavailable_until, disk_fault, ..self.context.status.supervisor_view() }
    }

    /// The pool of worker processes as it stands.
    pub fn pool_view(&self) -> PoolView {
        self.pool_status.borrow().clone()
    }

    /// Result of the last canary; sends another when it is due.
    pub fn refresh_canary_view(&self) -> CanaryView {
        // Without its actor, nothing new is heard: the view tells how old it is.
        let _ = self.canary.tell(RefreshCanary);
        self.canary_status.borrow().clone()
    }

    /// Nothing new starts; returns when nothing runs any more. Everything not ended waits in the store.
    pub async fn drain(&self) {
        // A supervisor that is gone runs nothing.
        let _ = self.supervisor.ask(Drain).await;
    }

    /// Stops what runs; its attempts are not charged.
    pub fn interrupt(&self) {
        let _ = self.supervisor.tell_beyond_capacity(InterruptAllBatches);
    }

    /// Drains for at most `patience`, interrupts the rest, ends all actors. Returns those that did not make it.
    pub async fn shutdown(&self, patience: Duration) -> Vec<ActorPath> {
        self.drain_then_interrupt(patience).await;
        self.stop_actors().await
    }

    /// Drains for at most `patience`, then interrupts the rest. Requests are still answered.
    pub async fn drain_then_interrupt(&self, patience: Duration) {
        if tokio::time::timeout(patience, self.drain()).await.is_err() {
            self.interrupt();
            let grace = self.context.rules.grace + Duration::from_secs(2);
            // Items still out after this are recovered at the next start.
            let _ = tokio::time::timeout(grace, self.drain()).await;
        }
        failpoint(Failpoint::DrainDone);
    }

    /// Ends all actors. Returns those that did not make it.
    pub async fn stop_actors(&self) -> Vec<ActorPath> {
        self.tree.shutdown(Duration::from_secs(15)).await
    }

    /// Tells the actors of a batch that was changed, after the commit.
    fn attend(&self, record: BatchRecord) {
        // A supervisor that restarts finds the batch in the store.
        let _ = self.supervisor.tell_beyond_capacity(BatchCommitted(record));
    }

    /// Tells the actor of a webhook that was added or changed, after the commit.
    fn webhook_changed(&self, key: WebhookKey) {
        // A sender that restarts finds the webhook in the store.
        let _ = self.webhooks.tell_beyond_capacity(WebhookCommitted(key));
    }
}

/// Queues again what ran when an earlier boot ended, before anybody can see it run. There are no more of these than
/// there were slots.
fn requeue_running(opened: &OpenStore) -> Result<(), StoreError> {
    let mut writer = opened.open_writer()?;
    while writer.commit_one("items.recover_running", clock::now(), recover::requeue_running_step)? {}
    Ok(())
}

fn start_webhooks(
    tree: &SupervisionTree,
    config: &Config,
    context: &Arc<EngineContext>,
    signals: &Arc<CommitNotifier>,
) -> ActorRef<WebhookSupervisor> {
    let (context, signals, settings) = (Arc::clone(context), Arc::clone(signals), config.webhooks.clone());
    // Encryption and signatures take no time from batches.
    let spec = ChildSpec::permanent("webhook-sender").own_thread();
    tree.spawn_top_level(spec, move || {
        WebhookSupervisor::new(Arc::clone(&context), Arc::clone(&signals), settings.clone())
    })
}

fn start_janitor(tree: &SupervisionTree, config: &Config, context: &Arc<EngineContext>) {
    let (grace, every) = (config.store.orphan_grace_secs, config.store.orphan_sweep_secs);
    let rounds = JanitorSchedule { grace: Duration::from_secs(grace), every: Duration::from_secs(every) };
    let context = Arc::clone(context);
    tree.spawn_top_level(ChildSpec::permanent("janitor").mailbox_capacity(16), move || {
        Janitor::new(Arc::clone(&context), rounds)
    });
}

fn start_pool(
    tree: &SupervisionTree,
    config: &Config,
    program: Option<PathBuf>,
) -> (ActorRef<WorkerPool>, PoolViewSender) {
    let settings = config.worker.pool_settings(config.slots());
    let spec = LaunchSpec::new(&config.worker, config.testing.sandbox_without);
    let spec = match program {
        Some(program) => spec.with_program(program),
        None => spec,
    };
    let status = PoolViewSender::default();
    let seen = status.clone();
    let child = ChildSpec::permanent("worker-pool").mailbox_capacity(4096);
    let pool = tree.spawn_top_level(child, move || WorkerPool::new(spec.clone(), settings, seen.clone()));
    (pool, status)
}

fn start_canary(
    tree: &SupervisionTree,
    context: &Arc<EngineContext>,
    every_secs: u64,
) -> (ActorRef<Canary>, CanaryViewSender) {
    let status = CanaryViewSender::default();
    let (shared, seen) = (Arc::clone(context), status.clone());
    let every = Duration::from_secs(every_secs);
    let child = ChildSpec::permanent("canary").mailbox_capacity(16);
    (tree.spawn_top_level(child, move || Canary::new(Arc::clone(&shared), every, seen.clone())), status)
}

/// Starts one worker process to see whether its sandbox is enforced; nothing without `worker.require_sandbox`.
///
/// # Errors
/// [`LaunchError::Exposed`] when it is not, any other when no process can be started.
pub async fn require_sandbox(config: &Config) -> Result<(), LaunchError> {
    if config.worker.require_sandbox {
        WorkerProcess::launch(&LaunchSpec::new(&config.worker, config.testing.sandbox_without)).await?;
    }
    Ok(())
}
