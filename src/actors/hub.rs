//! Live hub: follows all commits, fills the feeds, wakes the HTTP threads, keeps the heartbeat, and disconnects peers
//! that no longer read.
//!
//! The feeds that it fills outlive it: a restart costs listeners a moment and no event. Stopped by an operator, it
//! sends them away.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::engine::EngineContext;
use super::live::LiveDelivery;
use super::live::feed::ProgressUpdate;
use quire_base::clock;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::OwnerKey;
use quire_store::StoreError;
use quire_supervision::{ActorScope, Behaviour};

/// The actor that wakes live sessions after commits and publishes progress.
pub struct LiveHub {
    live: Arc<LiveDelivery>,
    context: Arc<EngineContext>,
    beats: u64,
}

const STORE_RETRY: Duration = Duration::from_secs(1);

impl LiveHub {
    pub fn new(live: Arc<LiveDelivery>, context: Arc<EngineContext>) -> Self {
        Self { live, context, beats: 0 }
    }

    /// One read for all that was committed meanwhile, then the next.
    fn follow(scope: &mut ActorScope<'_, Self>, live: &Arc<LiveDelivery>) {
        let live = Arc::clone(live);
        scope.run_future(async move { live.round().await }, |hub, done: Result<(), StoreError>, scope| match done {
            Ok(()) => Self::follow(scope, &hub.live),
            Err(error) => {
                tracing::error!(%error, "the event log cannot be read; listeners wait");
                scope.after(STORE_RETRY, |hub, scope| Self::follow(scope, &hub.live));
            }
        });
    }

    fn tell_progress(&self) {
        let mut by_owner: HashMap<OwnerKey, Vec<ProgressUpdate>> = HashMap::new();
        for (owner, collection, now) in self.context.progress_tracker.sample_all(clock::now()) {
            by_owner.entry(owner).or_default().push(ProgressUpdate { collection, now });
        }
        self.live.publish_progress(by_owner);
    }

    fn beat(&mut self) {
        self.live.beat(self.beats);
        self.beats += 1;
        let settings = &self.live.settings;
        let cut =
            self.live.sessions.disconnect_stalled(clock::monotonic_millis(), settings.heartbeat_ms + settings.stall_ms);
        if cut > 0 {
            tracing::info!(connections = cut, "listeners whose peers take nothing were cut off");
        }
    }
}

impl Behaviour for LiveHub {
    const KIND: &'static str = "hub";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        self.live.resume_delivery();
        // An earlier incarnation may have heard of something and not passed it on.
        self.live.wake_again(self.live.followed_owners());
        Self::follow(scope, &self.live);
        scope.every(Duration::from_millis(self.live.settings.progress_ms), |hub, _| hub.tell_progress());
        scope.every(Duration::from_millis(self.live.settings.session_check_ms()), |hub, _| hub.beat());
    }

    /// A listener that was left in silence would take it for quiet.
    fn stopping(&mut self, scope: &mut ActorScope<'_, Self>) {
        if !scope.will_restart_after_stop() && !is_disabled(Safeguard::HubStopping) {
            self.live.stop_delivery();
        }
    }
}
