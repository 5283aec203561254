//! Keeps one actor for each webhook that is enabled, and forgets what is old.

mod endpoint;
mod flight;
mod gate;
mod lane;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use self::endpoint::{EndpointActor, LookAgain};
use super::engine::World;
use super::signals::Signals;
use crate::clock;
use crate::config;
use crate::domain::ids::Micros;
use crate::domain::webhook::WebhookKey;
use crate::domain::webhook::schedule::SendPolicy;
use crate::store::webhooks::{prune, queue};
use crate::store::{SqliteConnection, StoreError};
use crate::supervision::{ActorId, Answer, Behaviour, ChildDown, ChildSpec, DownReason, Message, Receive, Ref, Scope};
use crate::webhook::egress::{Courier, CourierSettings};
use crate::webhook::names::SystemLookup;

/// Anybody → sender: this webhook is new or was changed; the change is committed.
pub struct WebhookChanged(pub WebhookKey);

impl Message for WebhookChanged {
    type Reply = ();
    const NAME: &'static str = "WebhookChanged";
}

/// What every endpoint may reach.
struct Office {
    world: Arc<World>,
    signals: Arc<Signals>,
    courier: Courier,
    policy: SendPolicy,
    settings: config::Webhooks,
    /// Deliveries under way, of all endpoints.
    slots: Semaphore,
    reads: Semaphore,
}

impl Office {
    /// A short read. All endpoints together wait for the disk on few of the threads that everybody shares.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // Never closed; without a place the read would only be early.
        let _place = self.reads.acquire().await;
        self.world.read(read).await
    }
}

pub struct WebhookSender {
    world: Arc<World>,
    signals: Arc<Signals>,
    settings: config::Webhooks,
    /// Opened for the first webhook: most servers have none.
    office: Option<Arc<Office>>,
    endpoints: HashMap<WebhookKey, Ref<EndpointActor>>,
    by_actor: HashMap<ActorId, WebhookKey>,
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

impl WebhookSender {
    pub fn new(world: Arc<World>, signals: Arc<Signals>, settings: config::Webhooks) -> Self {
        Self {
            world,
            signals,
            settings,
            office: None,
            endpoints: HashMap::new(),
            by_actor: HashMap::new(),
            is_tidying: false,
        }
    }

    fn scan(&self, after: WebhookKey, scope: &mut Scope<'_, Self>) {
        let world = Arc::clone(&self.world);
        let read = async move { world.read(move |conn| queue::active(conn, after, SCAN_PAGE)).await };
        scope.run(read, |sender, found: Result<Vec<WebhookKey>, StoreError>, scope| match found {
            Ok(found) => sender.scanned(&found, scope),
            Err(error) => tracing::error!(%error, "the webhooks could not be read; the next look tries again"),
        });
    }

    fn scanned(&mut self, found: &[WebhookKey], scope: &mut Scope<'_, Self>) {
        found.iter().for_each(|key| self.admit(*key, scope));
        if let Some(last) = found.last().filter(|_| found.len() == SCAN_PAGE as usize) {
            self.scan(*last, scope);
        }
    }

    fn admit(&mut self, key: WebhookKey, scope: &mut Scope<'_, Self>) {
        if self.endpoints.contains_key(&key) {
            return;
        }
        let Some(office) = self.office() else { return };
        let spec = ChildSpec::transient(format!("webhook-{key}"))
            .mailbox(64)
            .intensity(5, Duration::from_secs(60))
            .kept_after_giving_up();
        let actor = scope.spawn_child(spec, move || EndpointActor::new(Arc::clone(&office), key));
        self.by_actor.insert(actor.id().clone(), key);
        self.endpoints.insert(key, actor);
    }

    fn office(&mut self) -> Option<Arc<Office>> {
        if self.office.is_none() {
            match open_office(&self.world, &self.signals, &self.settings) {
                Ok(office) => self.office = Some(Arc::new(office)),
                Err(error) => tracing::error!(%error, "no webhook can be delivered; the next look tries again"),
            }
        }
        self.office.clone()
    }

    fn tidy(&mut self, scope: &mut Scope<'_, Self>) {
        if std::mem::replace(&mut self.is_tidying, true) {
            return;
        }
        let (world, days) = (Arc::clone(&self.world), self.settings.retention_days);
        scope.run(async move { tidy(&world, days).await }, |sender, done, _| {
            sender.is_tidying = false;
            if let Err(error) = done {
                tracing::warn!(%error, "old deliveries could not be removed; the next time tries again");
            }
        });
    }
}

fn open_office(
    world: &Arc<World>,
    signals: &Arc<Signals>,
    settings: &config::Webhooks,
) -> Result<Office, crate::webhook::egress::CourierError> {
    let at_once = settings.max_in_flight as usize;
    let courier = CourierSettings {
        allowed: settings.allow_cidrs.0.clone(),
        timeout: Duration::from_secs(settings.timeout_secs),
        max_excerpt_bytes: settings.max_excerpt_bytes as usize,
    };
    Ok(Office {
        world: Arc::clone(world),
        signals: Arc::clone(signals),
        courier: Courier::new(courier, Arc::new(SystemLookup::new(at_once)))?,
        policy: settings.send_policy(),
        settings: settings.clone(),
        slots: Semaphore::new(at_once),
        reads: Semaphore::new(READS_AT_ONCE),
    })
}

/// In small writes: nobody waits behind a long one.
async fn tidy(world: &World, retention_days: u64) -> Result<(), StoreError> {
    while world.db.write("webhook.bury", |txn| prune::bury(txn, TIDY_ROWS)).await? {}
    let ended_before = clock::now() - MICROS_PER_DAY.saturating_mul(retention_days as Micros);
    let mut walked = Some(0);
    while let Some(after) = walked {
        let step = world.db.write("webhook.prune", move |txn| prune::prune(txn, after, ended_before, TIDY_ROWS));
        walked = step.await?;
    }
    Ok(())
}

impl Behaviour for WebhookSender {
    const KIND: &'static str = "webhook-sender";

    fn started(&mut self, scope: &mut Scope<'_, Self>) {
        scope.every(SCAN_EVERY, |sender, scope| sender.scan(WebhookKey(0), scope));
        scope.every(TIDY_EVERY, Self::tidy);
        self.scan(WebhookKey(0), scope);
        self.tidy(scope);
    }

    fn revive(&mut self, _: &ActorId, scope: &mut Scope<'_, Self>) {
        self.scan(WebhookKey(0), scope);
    }

    /// One that left because its webhook was disabled may have been enabled meanwhile; one that gave up is tried again
    /// at the next scan.
    fn child_down(&mut self, down: ChildDown, scope: &mut Scope<'_, Self>) {
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

impl Receive<WebhookChanged> for WebhookSender {
    fn receive(&mut self, WebhookChanged(key): WebhookChanged, scope: &mut Scope<'_, Self>) -> Answer<()> {
        match self.endpoints.get(&key) {
            // One that is just leaving is looked after when it has left.
            Some(actor) => drop(actor.tell_urgent(LookAgain)),
            None => self.admit(key, scope),
        }
        ().into()
    }
}
