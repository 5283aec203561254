//! Actor of one webhook: follows the log, makes deliveries of its events, sends what is due, records the results.
//!
//! All that counts is in the store: killed at any point, the next incarnation goes on there. What had been sent and
//! was not yet written down is sent again, under the same `webhook-id`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::SenderContext;
use super::attempt::send_attempt;
use super::delivery_queue::DeliveryQueue;
use super::single_flight::SingleFlight;
use crate::commands::deliveries::{self, CursorMove, DeliveryAttemptResult};
use quire_base::clock;
use quire_domain::ids::Micros;
use quire_domain::webhook::{EndpointHealth, WebhookKey};
use quire_store::StoreError;
use quire_store::deliveries::PendingDelivery;
use quire_store::events::LogScanResult;
use quire_store::webhooks::Webhook;
use quire_supervision::{ActorScope, Answer, Behaviour, CancelHandle, Message, Receive};

/// Sender → endpoint: the webhook was changed; the change is committed.
pub(super) struct ReloadWebhook;

impl Message for ReloadWebhook {
    type Reply = ();
    const NAME: &'static str = "ReloadWebhook";
}

pub(super) struct EndpointActor {
    sender: Arc<SenderContext>,
    key: WebhookKey,
    /// None until it is read, and when it is disabled or deleted: then this actor leaves.
    webhook: Option<Arc<Webhook>>,
    is_listening: bool,
    /// Up to where the log was looked at; the store's own cursor is this or behind it.
    seen: i64,
    /// Pages without anything of interest since the store's cursor was moved.
    pages_unsaved: u32,
    is_full: bool,
    loading: SingleFlight,
    following: SingleFlight,
    reading: SingleFlight,
    settling: SingleFlight,
    queue: DeliveryQueue,
    results: Vec<DeliveryAttemptResult>,
    alarm: Option<CancelHandle>,
}

/// Events of the log that are looked at in one go.
const PAGE_EVENTS: u32 = 256;
/// A cursor is written down after so many pages without anything of interest; after a crash they are looked at again.
const PAGES_UNSAVED_MAX: u32 = 16;
/// Between two writes of a kind: what comes meanwhile goes into one.
const PACE: Duration = Duration::from_millis(50);
/// After a fault of the store.
const FAULT_PAUSE: Duration = Duration::from_secs(1);
/// The clock on the wall may be set: nobody sleeps longer than this without a look at it.
const NAP_MAX: Duration = Duration::from_secs(600);

impl EndpointActor {
    pub(super) fn new(sender: Arc<SenderContext>, key: WebhookKey) -> Self {
        let queue = DeliveryQueue::new(sender.settings.max_in_flight_per_endpoint as usize);
        Self {
            sender,
            key,
            webhook: None,
            is_listening: false,
            seen: 0,
            pages_unsaved: 0,
            is_full: false,
            loading: SingleFlight::default(),
            following: SingleFlight::default(),
            reading: SingleFlight::default(),
            settling: SingleFlight::default(),
            queue,
            results: Vec::new(),
            alarm: None,
        }
    }

    fn load(&mut self, scope: &mut ActorScope<'_, Self>) {
        if !self.loading.enter() {
            return;
        }
        let (sender, key) = (Arc::clone(&self.sender), self.key);
        let read = async move { sender.read(move |snapshot| snapshot.active_webhook(key)).await };
        scope.run_future(read, |endpoint, found: Result<Option<Webhook>, StoreError>, scope| {
            let again = endpoint.loading.leave();
            match found {
                Ok(found) => endpoint.put_batch(found, scope),
                Err(error) => endpoint.fault(&error, Self::load, scope),
            }
            if again {
                endpoint.load(scope);
            }
        });
    }

    fn put_batch(&mut self, found: Option<Webhook>, scope: &mut ActorScope<'_, Self>) {
        self.queue.forget_queue();
        self.webhook = found.map(Arc::new);
        if let Some(webhook) = self.webhook.clone() {
            (self.seen, self.pages_unsaved) = (webhook.cursor, 0);
            if !std::mem::replace(&mut self.is_listening, true) {
                self.listen(self.sender.signals.watch_newest_seq(webhook.owner), scope);
            }
            self.follow(scope);
        }
        self.send_due(scope);
        self.leave_if_done(scope);
    }

    fn listen(&mut self, mut latest: watch::Receiver<i64>, scope: &mut ActorScope<'_, Self>) {
        let news = async move { latest.changed().await.is_ok().then_some(latest) };
        scope.run_future(news, |endpoint, latest, scope| {
            endpoint.follow(scope);
            if let Some(latest) = latest {
                endpoint.listen(latest, scope);
            }
        });
    }

    /// Looks at what the log has behind the place where this webhook is.
    fn follow(&mut self, scope: &mut ActorScope<'_, Self>) {
        let Some(webhook) = self.webhook.clone() else { return };
        if !self.following.enter() {
            return;
        }
        let (sender, seen, limit) = (Arc::clone(&self.sender), self.seen, self.sender.settings.max_backlog);
        let read = async move {
            let look = sender.read(move |snapshot| {
                let ahead = snapshot.scan_log(webhook.owner, seen, &webhook.filter, PAGE_EVENTS)?;
                let backlog = if ahead.matched > 0 { snapshot.delivery_backlog(webhook.key, limit)? } else { 0 };
                Ok((ahead, backlog >= limit))
            });
            look.await
        };
        scope.run_future(read, move |endpoint, log_scanned, scope| match log_scanned {
            Ok((ahead, is_full)) => endpoint.log_scanned(seen, ahead, is_full, scope),
            Err(error) => {
                endpoint.following.leave();
                endpoint.fault(&error, Self::follow, scope);
            }
        });
    }

    fn log_scanned(&mut self, from: i64, ahead: LogScanResult, is_full: bool, scope: &mut ActorScope<'_, Self>) {
        if from != self.seen {
            // The webhook was set back meanwhile: this was another stretch.
            self.following.leave();
            return self.follow(scope);
        }
        self.is_full = is_full;
        let is_end = ahead.scanned_to == self.seen;
        let is_dull = ahead.matched == 0 && self.pages_unsaved < PAGES_UNSAVED_MAX;
        if !is_end && !is_full && !is_dull {
            return self.enqueue(ahead.scanned_to, scope);
        }
        let again = self.following.leave();
        if is_dull && !is_end {
            (self.seen, self.pages_unsaved) = (ahead.scanned_to, self.pages_unsaved + 1);
        }
        if again || is_dull && !is_end {
            self.follow(scope);
        }
    }

    fn enqueue(&mut self, until: i64, scope: &mut ActorScope<'_, Self>) {
        let Some(from) = self.webhook.as_ref().map(|webhook| webhook.cursor) else {
            self.following.leave();
            return;
        };
        let (sender, key) = (Arc::clone(&self.sender), self.key);
        let write = async move {
            sender
                .engine
                .db
                .write("webhook.enqueue", move |txn| deliveries::enqueue_from_cursor(txn, key, from, until))
                .await
        };
        scope.run_future(write, move |endpoint, done: Result<CursorMove, StoreError>, scope| match done {
            Ok(CursorMove::Moved) => endpoint.enqueued(from, until, scope),
            Ok(CursorMove::Stale) => {
                endpoint.following.leave();
                endpoint.load(scope);
            }
            Err(error) => {
                endpoint.following.leave();
                endpoint.fault(&error, Self::follow, scope);
            }
        });
    }

    fn enqueued(&mut self, from: i64, until: i64, scope: &mut ActorScope<'_, Self>) {
        match &mut self.webhook {
            Some(webhook) if webhook.cursor == from => {
                Arc::make_mut(webhook).cursor = until;
                (self.seen, self.pages_unsaved) = (until, 0);
            }
            // It was set back after this write.
            _ => self.load(scope),
        }
        self.read_more(scope);
        scope.after(PACE, |endpoint, scope| {
            endpoint.following.leave();
            endpoint.follow(scope);
        });
    }

    /// Sends what may be sent and reads on when there may be more.
    fn send_due(&mut self, scope: &mut ActorScope<'_, Self>) {
        let Some(webhook) = self.webhook.clone() else { return };
        while let Some(waiting) = self.queue.take() {
            let (sender, webhook) = (Arc::clone(&self.sender), Arc::clone(&webhook));
            scope.run_future(
                async move { send_attempt(&sender, &webhook, waiting).await },
                |endpoint, results, scope| {
                    endpoint.queue.results();
                    endpoint.results.push(results);
                    endpoint.send_due(scope);
                    endpoint.settle(scope);
                },
            );
        }
        if self.queue.wants_read() && self.reading.enter() {
            self.read_on(webhook, scope);
        }
    }

    fn read_on(&mut self, webhook: Arc<Webhook>, scope: &mut ActorScope<'_, Self>) {
        let (sender, asked) = (Arc::clone(&self.sender), self.queue.begin_read());
        let read = async move { sender.read(move |snapshot| snapshot.pending_deliveries(&webhook, asked)).await };
        scope.run_future(read, move |endpoint, found: Result<Vec<PendingDelivery>, StoreError>, scope| {
            endpoint.reading.leave();
            match found {
                Ok(found) => {
                    let now = clock::now();
                    let later = endpoint.queue.fill(found, asked, now);
                    endpoint.set_alarm(later.map(|at| at - now), scope);
                    endpoint.send_due(scope);
                }
                Err(error) => endpoint.fault(&error, Self::read_more, scope),
            }
        });
    }

    fn read_more(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.queue.expect_more();
        self.send_due(scope);
    }

    fn set_alarm(&mut self, within: Option<Micros>, scope: &mut ActorScope<'_, Self>) {
        if let Some(alarm) = self.alarm.take() {
            alarm.cancel();
        }
        let nap = within.map(|micros| Duration::from_micros(micros.unsigned_abs()).min(NAP_MAX));
        self.alarm = nap.map(|nap| scope.after(nap, Self::read_more));
    }

    /// One write for all that has landed since the last one.
    fn settle(&mut self, scope: &mut ActorScope<'_, Self>) {
        if self.results.is_empty() || !self.settling.enter() {
            return;
        }
        let (sender, key, results) = (Arc::clone(&self.sender), self.key, std::mem::take(&mut self.results));
        let (policy, written) = (sender.policy.clone(), results.clone());
        let write = async move {
            sender
                .engine
                .db
                .write("webhook.settle", move |txn| deliveries::record_attempts(txn, key, &written, &policy))
                .await
        };
        scope.run_future(write, move |endpoint, done: Result<Option<EndpointHealth>, StoreError>, scope| match done {
            Ok(after) => endpoint.settled(&results, after, scope),
            Err(error) => {
                endpoint.settling.leave();
                endpoint.results.splice(0..0, results);
                endpoint.fault(&error, Self::settle, scope);
            }
        });
    }

    fn settled(
        &mut self,
        results: &[DeliveryAttemptResult],
        after: Option<EndpointHealth>,
        scope: &mut ActorScope<'_, Self>,
    ) {
        results.iter().for_each(|result| self.queue.settled(result.delivery));
        let disabled = after.and_then(|endpoint| endpoint.disabled);
        if let (Some(webhook), Some(reason)) = (&self.webhook, disabled) {
            tracing::warn!(webhook = %webhook.id, owner = webhook.owner.0, reason = reason.as_str(),
                "a webhook is disabled; its messages wait until its owner enables it");
        }
        if after.is_none() || disabled.is_some() {
            self.webhook = None;
        }
        self.read_more(scope);
        scope.after(PACE, |endpoint, scope| {
            endpoint.settling.leave();
            endpoint.settle(scope);
        });
        if self.is_full {
            self.follow(scope);
        }
        self.leave_if_done(scope);
    }

    /// Requests under way finish first: their results are worth a write.
    fn leave_if_done(&mut self, scope: &mut ActorScope<'_, Self>) {
        if self.webhook.is_none() && self.queue.is_idle() && !self.loading.is_taken() {
            scope.stop();
        }
    }

    fn fault(
        &mut self,
        error: &StoreError,
        again: fn(&mut Self, &mut ActorScope<'_, Self>),
        scope: &mut ActorScope<'_, Self>,
    ) {
        if !matches!(error, StoreError::WriterStopped) {
            tracing::error!(webhook = %self.key, %error, "a webhook waits for the store");
        }
        scope.after(FAULT_PAUSE, again);
    }
}

impl Behaviour for EndpointActor {
    const KIND: &'static str = "webhook";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.load(scope);
    }
}

impl Receive<ReloadWebhook> for EndpointActor {
    fn receive(&mut self, _: ReloadWebhook, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.load(scope);
        ().into()
    }
}
