//! Webhook sender: keeps one actor for each enabled webhook, and purges old deliveries.

mod attempt;
mod delivery_queue;
mod endpoint;
mod single_flight;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use self::endpoint::{EndpointActor, ReloadWebhook};
use super::engine::EngineContext;
use super::notifier::CommitNotifier;
use crate::commands::deliveries;
use crate::config;
use crate::webhook::client::{WebhookClient, WebhookClientSettings};
use crate::webhook::resolver::SystemResolver;
use quire_base::clock;
use quire_domain::ids::Micros;
use quire_domain::webhook::schedule::SendPolicy;
use quire_domain::webhook::{DeliveryKey, WebhookKey};
use quire_store::{StoreError, StoreSnapshot};
use quire_supervision::{
    ActorPath, ActorRef, ActorScope, Answer, Behaviour, ChildDown, ChildSpec, DownReason, Message, Receive,
};

/// Anybody → sender: this webhook is new or was changed; the change is committed.
pub struct WebhookCommitted(pub WebhookKey);

impl Message for WebhookCommitted {
    type Reply = ();
    const NAME: &'static str = "WebhookCommitted";
}

/// Shared context of all webhook endpoints.
struct SenderContext {
    engine: Arc<EngineContext>,
    signals: Arc<CommitNotifier>,
    client: WebhookClient,
    policy: SendPolicy,
    settings: config::WebhooksConfig,
    /// Deliveries under way, of all endpoints.
    slots: Semaphore,
    reads: Semaphore,
}

impl SenderContext {
    /// A short read. All endpoints together wait for the disk on few of the threads that everybody shares.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn StoreSnapshot) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // Never closed; without a place the read would only be early.
        let _place = self.reads.acquire().await;
        self.engine.read(read).await
    }
}

pub struct WebhookSupervisor {
    context: Arc<EngineContext>,
    signals: Arc<CommitNotifier>,
    settings: config::WebhooksConfig,
    /// Opened for the first webhook: most servers have none.
    sender: Option<Arc<SenderContext>>,
    endpoints: HashMap<WebhookKey, ActorRef<EndpointActor>>,
    by_actor: HashMap<ActorPath, WebhookKey>,
    is_tidying: bool,
}

/// Finds what a lost message or a fault has left without an actor.
const SCAN_EVERY: Duration = Duration::from_secs(60);
const SCAN_PAGE: u32 = 256;
/// Of all endpoints: the read connections are few, and others need them, too.
const READS_AT_ONCE: usize = 2;
const TIDY_EVERY: Duration = Duration::from_secs(3_600);
/// Rows that one write forgets.
const TIDY_ROWS: u32 = 500;
const MICROS_PER_DAY: Micros = 86_400_000_000;

impl WebhookSupervisor {
    pub fn new(context: Arc<EngineContext>, signals: Arc<CommitNotifier>, settings: config::WebhooksConfig) -> Self {
        Self {
            context,
            signals,
            settings,
            sender: None,
            endpoints: HashMap::new(),
            by_actor: HashMap::new(),
            is_tidying: false,
        }
    }

    fn scan(&self, after: WebhookKey, scope: &mut ActorScope<'_, Self>) {
        let context = Arc::clone(&self.context);
        let read = async move { context.read(move |snapshot| snapshot.active_webhooks(after, SCAN_PAGE)).await };
        scope.run_future(read, |sender, found: Result<Vec<WebhookKey>, StoreError>, scope| match found {
            Ok(found) => sender.scanned(&found, scope),
            Err(error) => tracing::error!(%error, "the webhooks could not be read; the next look tries again"),
        });
    }

    fn scanned(&mut self, found: &[WebhookKey], scope: &mut ActorScope<'_, Self>) {
        found.iter().for_each(|key| self.admit(*key, scope));
        if let Some(last) = found.last().filter(|_| found.len() == SCAN_PAGE as usize) {
            self.scan(*last, scope);
        }
    }

    fn admit(&mut self, key: WebhookKey, scope: &mut ActorScope<'_, Self>) {
        if self.endpoints.contains_key(&key) {
            return;
        }
        let Some(sender) = self.sender() else { return };
        let spec = ChildSpec::transient(format!("webhook-{key}"))
            .mailbox_capacity(64)
            .intensity(5, Duration::from_secs(60))
            .shown_after_escalation();
        let actor = scope.spawn_child(spec, move || EndpointActor::new(Arc::clone(&sender), key));
        self.by_actor.insert(actor.id().clone(), key);
        self.endpoints.insert(key, actor);
    }

    fn sender(&mut self) -> Option<Arc<SenderContext>> {
        if self.sender.is_none() {
            match open_sender(&self.context, &self.signals, &self.settings) {
                Ok(sender) => self.sender = Some(Arc::new(sender)),
                Err(error) => tracing::error!(%error, "no webhook can be delivered; the next look tries again"),
            }
        }
        self.sender.clone()
    }

    fn tidy(&mut self, scope: &mut ActorScope<'_, Self>) {
        if std::mem::replace(&mut self.is_tidying, true) {
            return;
        }
        let (context, days) = (Arc::clone(&self.context), self.settings.retention_days);
        scope.run_future(async move { tidy(&context, days).await }, |sender, done, _| {
            sender.is_tidying = false;
            if let Err(error) = done {
                tracing::warn!(%error, "old deliveries could not be removed; the next time tries again");
            }
        });
    }
}

fn open_sender(
    context: &Arc<EngineContext>,
    signals: &Arc<CommitNotifier>,
    settings: &config::WebhooksConfig,
) -> Result<SenderContext, crate::webhook::client::WebhookClientError> {
    let at_once = settings.max_in_flight as usize;
    let client = WebhookClientSettings {
        allowed: settings.allow_cidrs.0.clone(),
        timeout: Duration::from_secs(settings.timeout_secs),
        max_excerpt_bytes: settings.max_excerpt_bytes as usize,
    };
    Ok(SenderContext {
        engine: Arc::clone(context),
        signals: Arc::clone(signals),
        client: WebhookClient::new(client, Arc::new(SystemResolver::new(at_once)))?,
        policy: settings.send_policy(),
        settings: settings.clone(),
        slots: Semaphore::new(at_once),
        reads: Semaphore::new(READS_AT_ONCE),
    })
}

/// In small writes: nobody waits behind a long one.
async fn tidy(context: &EngineContext, retention_days: u64) -> Result<(), StoreError> {
    while context.db.write("webhook.bury", |txn| deliveries::purge_deleted_webhook_step(txn, TIDY_ROWS)).await? {}
    let ended_before = clock::now() - MICROS_PER_DAY.saturating_mul(retention_days as Micros);
    let mut walked = Some(DeliveryKey(0));
    while let Some(after) = walked {
        let step = context
            .db
            .write("webhook.prune", move |txn| deliveries::prune_ended_step(txn, after, ended_before, TIDY_ROWS));
        walked = step.await?;
    }
    Ok(())
}

impl Behaviour for WebhookSupervisor {
    const KIND: &'static str = "webhook-sender";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        scope.every(SCAN_EVERY, |sender, scope| sender.scan(WebhookKey(0), scope));
        scope.every(TIDY_EVERY, Self::tidy);
        self.scan(WebhookKey(0), scope);
        self.tidy(scope);
    }

    fn revive(&mut self, _: &ActorPath, scope: &mut ActorScope<'_, Self>) {
        self.scan(WebhookKey(0), scope);
    }

    /// One that left because its webhook was disabled may have been enabled meanwhile; one that gave up is tried again
    /// at the next scan.
    fn child_down(&mut self, down: ChildDown, scope: &mut ActorScope<'_, Self>) {
        let Some(key) = self.by_actor.remove(&down.id) else { return };
        self.endpoints.remove(&key);
        if matches!(down.reason, DownReason::Normal) {
            self.scan(WebhookKey(key.0 - 1), scope);
            self.tidy(scope);
        } else {
            tracing::error!(webhook = %key, reason = ?down.reason, "a webhook's actor gave up; its messages wait");
        }
    }
}

impl Receive<WebhookCommitted> for WebhookSupervisor {
    fn receive(&mut self, WebhookCommitted(key): WebhookCommitted, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        match self.endpoints.get(&key) {
            // One that is just leaving is looked after when it has left.
            Some(actor) => drop(actor.tell_beyond_capacity(ReloadWebhook)),
            None => self.admit(key, scope),
        }
        ().into()
    }
}
