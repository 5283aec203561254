//! Live delivery beside the actors: feeds that the hub fills and HTTP threads read.
//!
//! Read in this order: [`buffer`] (events, serialised once), [`feed`] (one owner's log in memory), [`wakeups`] (how
//! HTTP threads are woken), [`sessions`] (who is connected), [`tickets`]. The hub itself is [`super::hub`].

pub mod buffer;
pub mod feed;
pub mod sessions;
pub mod tickets;
pub mod wakeups;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;

use self::buffer::{EncodedEvent, EventBuffer};
use self::feed::{EventFeed, PAGE_EVENTS, ProgressUpdate, ReadLogPage};
use self::sessions::LiveSessions;
use self::tickets::Tickets;
use self::wakeups::ThreadWakeups;
use super::notifier::CommitNotifier;
use crate::config;
use quire_base::clock;
use quire_domain::delivery::filter::SubscriptionFilter;
use quire_domain::delivery::{LogRange, SessionLimits};
use quire_domain::ids::{BatchId, OwnerKey};
use quire_domain::live_frames::{BatchState, Snapshot};
use quire_store::batches::BatchesSnapshot;
use quire_store::{ReadPool, StoreError, StoreSnapshot};

/// What all live sessions share: feeds, sessions, tickets, wake-ups.
pub struct LiveDelivery {
    /// Names the log.
    pub epoch: Arc<str>,
    pub settings: config::LiveConfig,
    pub limits: SessionLimits,
    pub sessions: Arc<LiveSessions>,
    pub tickets: Tickets,
    signals: Arc<CommitNotifier>,
    reads: ReadPool,
    feeds: Mutex<HashMap<OwnerKey, Weak<EventFeed>>>,
    wakeups_by_thread: Mutex<Vec<Weak<ThreadWakeups>>>,
    draining: watch::Sender<bool>,
    silent: watch::Sender<bool>,
}

/// Time a listener waits for the first read of its owner's log.
const FIRST_LOOK: Duration = Duration::from_secs(10);

/// Batches of one frame of a snapshot: about as much as a window holds.
const FRAME_BATCHES: usize = 100;

impl LiveDelivery {
    pub fn new(epoch: &str, settings: config::LiveConfig, signals: Arc<CommitNotifier>, reads: ReadPool) -> Self {
        let ((draining, _), (silent, _)) = (watch::channel(false), watch::channel(false));
        Self {
            epoch: epoch.into(),
            settings,
            limits: settings.per_session_limits(),
            sessions: LiveSessions::new(settings.max_connections as usize, settings.max_connections_per_owner as u32),
            tickets: Tickets::new(settings.ticket_ttl_ms, settings.max_tickets_per_owner as usize),
            signals,
            reads,
            feeds: Mutex::default(),
            wakeups_by_thread: Mutex::default(),
            draining,
            silent,
        }
    }

    /// The owner's log, once it was looked at. Kept in memory as long as somebody holds it.
    ///
    /// # Errors
    /// [`StoreError::Aborted`] when the hub does not look.
    pub async fn feed(&self, owner: OwnerKey) -> Result<Arc<EventFeed>, StoreError> {
        let feed = self.feed_for(owner);
        if feed.published_head().is_none() {
            self.signals.news.add(|news| _ = news.insert(owner));
            let mut published = feed.watch_published_head();
            let looked = tokio::time::timeout(FIRST_LOOK, published.wait_for(Option::is_some)).await;
            looked.map_err(|_| StoreError::Aborted("nobody looked at the log".into()))?.map(drop).ok();
        }
        Ok(feed)
    }

    /// The events right behind `after`, at most [`PAGE_EVENTS`]; from memory, or by a read that is shared.
    ///
    /// # Errors
    /// The store's words.
    pub async fn events_page(&self, feed: &EventFeed, after: i64) -> ReadLogPage {
        if let Some(events_after) = feed.events_after(after) {
            return Ok(events_after.into());
        }
        let (reads, owner) = (self.reads.clone(), feed.owner);
        let read = || {
            let read = move |snapshot: &mut dyn StoreSnapshot| packed_after(snapshot, owner, after, PAGE_EVENTS as u32);
            async move { reads.run_blocking(read).await.map(Into::into).map_err(|error| error.to_string().into()) }
                .boxed()
        };
        let shared = feed.shared_read(after, read);
        shared.await
    }

    /// Range of the owner's log in the store, of which the hub may not have heard yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn log_range(&self, owner: OwnerKey) -> Result<LogRange, StoreError> {
        self.reads.run_blocking(move |snapshot| snapshot.log_range(owner)).await
    }

    /// Snapshot frames of the owner's batches that the filter covers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn snapshot(&self, owner: OwnerKey, filter: &SubscriptionFilter) -> Result<Vec<Snapshot>, StoreError> {
        let limit = self.settings.snapshot_batches as u32;
        let only = named_batches(filter);
        let found =
            self.reads.run_blocking(move |snapshot| snapshot.batches_snapshot(owner, only.as_deref(), limit)).await?;
        Ok(snapshot_frames(found, filter))
    }

    /// An HTTP thread that wants to be woken; forgotten when it drops the wake-ups.
    pub fn new_wakeups(&self) -> Arc<ThreadWakeups> {
        let wakeups = Arc::new(ThreadWakeups::default());
        self.lock_wakeups().push(Arc::downgrade(&wakeups));
        if *self.draining.borrow() {
            wakeups.add(|notes| notes.drain = true);
        }
        wakeups
    }

    /// Everybody is told to go, and nobody comes in any more. Returns when the last one has left, or after `patience`:
    /// whoever is still there is then cut off.
    pub async fn drain(&self, patience: Duration) {
        self.sessions.drain();
        self.draining.send_replace(true);
        self.tell(|notes| notes.drain = true);
        if tokio::time::timeout(patience, self.sessions.wait_until_empty()).await.is_err() {
            tracing::warn!("listeners that did not go in time are cut off");
            self.sessions.disconnect_all();
        }
    }

    /// Follows whether the server shuts down.
    pub fn watch_draining(&self) -> watch::Receiver<bool> {
        self.draining.subscribe()
    }

    /// Follows whether an operator keeps the hub stopped: nobody hears of anything then.
    pub fn watch_hub_stopped(&self) -> watch::Receiver<bool> {
        self.silent.subscribe()
    }

    /// Nobody hears of anything from now on: those who listen are told to go and to come back later.
    pub(super) fn stop_delivery(&self) {
        self.sessions.be_silent(true);
        self.silent.send_replace(true);
        self.tell(|notes| notes.silence = true);
    }

    pub(super) fn resume_delivery(&self) {
        self.silent.send_replace(false);
        self.sessions.be_silent(false);
    }

    /// Has every WebSocket closed whose right is gone.
    pub fn recheck_access(&self) {
        self.tell(|notes| notes.rights = true);
    }

    /// Owners that somebody listens to.
    pub(super) fn followed_owners(&self) -> Vec<OwnerKey> {
        let mut feeds = self.lock_feeds();
        feeds.retain(|_, feed| feed.strong_count() > 0);
        feeds.keys().copied().collect()
    }

    /// Waits for news of anybody, then brings the feeds of those who are listened to up to date.
    ///
    /// # Errors
    /// When the store fails; nobody's news is lost by that.
    pub(super) async fn round(&self) -> Result<(), StoreError> {
        let owners = self.signals.news.take().await;
        let filled = self.fill(&owners).await;
        match filled {
            Ok(()) => self.tell(|notes| notes.news.extend(&owners)),
            Err(_) => self.wake_again(owners),
        }
        filled
    }

    /// Makes the next round look at these logs though nothing was committed.
    pub(super) fn wake_again(&self, owners: impl IntoIterator<Item = OwnerKey>) {
        self.signals.news.add(|news| news.extend(owners));
    }

    /// The progress of all batches at work, by owner.
    pub(super) fn publish_progress(&self, mut now: HashMap<OwnerKey, Vec<ProgressUpdate>>) {
        let mut changed = Vec::new();
        for owner in self.followed_owners() {
            let Some(feed) = self.known(owner) else { continue };
            if feed.set_progress(now.remove(&owner).unwrap_or_default()) {
                changed.push(owner);
            }
        }
        if !changed.is_empty() {
            self.tell(|notes| notes.news.extend(&changed));
        }
    }

    pub(super) fn beat(&self, beat: u64) {
        self.tell(|notes| _ = notes.beats.insert(beat % self.settings.checks_per_heartbeat()));
    }

    fn feed_for(&self, owner: OwnerKey) -> Arc<EventFeed> {
        let mut feeds = self.lock_feeds();
        if let Some(feed) = feeds.get(&owner).and_then(Weak::upgrade) {
            return feed;
        }
        let feed = Arc::new(EventFeed::new(owner, self.buffer(0)));
        feeds.insert(owner, Arc::downgrade(&feed));
        feed
    }

    fn buffer(&self, last: i64) -> EventBuffer {
        EventBuffer::new(last, self.settings.ring_events as usize, (self.settings.ring_kib << 10) as usize)
    }

    fn known(&self, owner: OwnerKey) -> Option<Arc<EventFeed>> {
        self.lock_feeds().get(&owner).and_then(Weak::upgrade)
    }

    async fn fill(&self, owners: &BTreeSet<OwnerKey>) -> Result<(), StoreError> {
        let feeds: Vec<_> = owners.iter().filter_map(|owner| self.known(*owner)).collect();
        if feeds.is_empty() {
            return Ok(());
        }
        let ring_events = self.settings.ring_events as i64;
        let read = move |snapshot: &mut dyn StoreSnapshot| {
            for feed in feeds {
                let (reach, events) = news(snapshot, &feed, ring_events)?;
                feed.fill(reach, events);
            }
            Ok(())
        };
        self.reads.run_blocking(read).await
    }

    fn tell(&self, note: impl Fn(&mut wakeups::WakeReasons)) {
        self.lock_wakeups().retain(|wakeups| wakeups.upgrade().inspect(|wakeups| wakeups.add(&note)).is_some());
    }

    fn lock_feeds(&self) -> MutexGuard<'_, HashMap<OwnerKey, Weak<EventFeed>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_wakeups(&self) -> MutexGuard<'_, Vec<Weak<ThreadWakeups>>> {
        self.wakeups_by_thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events since the feed was filled last; no more than a buffer holds.
fn news(
    snapshot: &mut dyn StoreSnapshot,
    feed: &EventFeed,
    ring_events: i64,
) -> Result<(LogRange, Vec<Arc<EncodedEvent>>), StoreError> {
    let reach = snapshot.log_range(feed.owner)?;
    // At the first look, a page for those who were away for a moment only.
    let known = feed.filled_to().unwrap_or((reach.latest - PAGE_EVENTS as i64).max(reach.oldest - 1));
    let mut after = known.max(reach.latest - ring_events);
    let mut found = Vec::new();
    while after < reach.latest {
        let page = packed_after(snapshot, feed.owner, after, PAGE_EVENTS as u32)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        found.extend(page);
    }
    Ok((reach, found))
}

fn packed_after(
    snapshot: &mut dyn StoreSnapshot,
    owner: OwnerKey,
    after: i64,
    limit: u32,
) -> Result<Vec<Arc<EncodedEvent>>, StoreError> {
    let found = snapshot.events_after(owner, after, limit)?;
    Ok(found.into_iter().map(|event| Arc::new(EncodedEvent::new(event))).collect())
}

/// The batches that a filter names, when it names nothing else.
fn named_batches(filter: &SubscriptionFilter) -> Option<Vec<BatchId>> {
    match filter {
        SubscriptionFilter::Everything => None,
        SubscriptionFilter::Only(list) => list.iter().map(|one| one.scope.batch).collect(),
    }
}

fn snapshot_frames(found: BatchesSnapshot, filter: &SubscriptionFilter) -> Vec<Snapshot> {
    let now = clock::now();
    let covered =
        found.batches.iter().filter(|(record, collection)| filter.covers_batch(record.id, collection.as_deref()));
    let states: Vec<_> = covered
        .map(|(record, _)| BatchState {
            batch: record.id,
            rev: record.rev,
            status: record.batch.status(now),
            outcome: record.batch.outcome,
            generation: record.batch.generation,
            counts: record.batch.counts,
        })
        .collect();
    let (as_of_seq, complete) = (found.as_of_seq, found.complete);
    let mut frames: Vec<_> = states
        .chunks(FRAME_BATCHES)
        .map(|part| Snapshot { as_of_seq, batches: part.to_vec(), more: true, complete })
        .collect();
    match frames.last_mut() {
        Some(last) => last.more = false,
        None => frames.push(Snapshot { as_of_seq, batches: Vec::new(), more: false, complete }),
    }
    frames
}
