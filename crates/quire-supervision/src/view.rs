//! One actor as an operator sees it.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde::Serialize;

use super::actor_cell::{CellCore, locked};
use super::panics::PanicReport;
use super::registry::ActorPath;
use super::spec::RestartPolicy;
use super::time::{ms, now_ns, ns, unix_ms, unix_ms_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ActorState {
    Starting,
    Running,
    Stopping,
    /// Waits to be rebuilt, and for its children to end.
    Backoff,
    /// By an operator, until it is told to restart.
    Stopped,
    /// Gave up; a permanent actor, or one that is kept, is still shown until its parent restarts or starts it again.
    Escalated,
    /// At one message for longer than allowed.
    Stuck,
}

/// Times of day are in Unix milliseconds, lengths of time in the unit of their name.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ActorView {
    #[schemars(with = "String")]
    pub id: ActorPath,
    #[schemars(with = "Option<String>")]
    pub parent: Option<ActorPath>,
    pub kind: &'static str,
    pub restart: RestartPolicy,
    pub state: ActorState,
    pub state_since_unix_ms: u64,
    /// Of this incarnation.
    pub uptime_ms: u64,
    pub restarts: RestartsView,
    pub last_panic: Option<PanicReport>,
    pub mailbox: MailboxView,
    pub messages_per_second: f64,
    pub wait: LatencyView,
    pub handling: LatencyView,
    pub current: Option<CurrentMessageView>,
    pub arbiter: Option<ArbiterView>,
}

#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RestartsView {
    pub total: u32,
    pub in_window: u32,
    pub max_in_window: u32,
    pub window_ms: u64,
    pub next_at_unix_ms: Option<u64>,
}

#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct MailboxView {
    /// All that wait; more than `capacity` when urgent ones came on top.
    pub depth: u64,
    pub capacity: u64,
    /// Places left for messages that are not urgent.
    pub free: u64,
    pub oldest_waiting_ms: Option<f64>,
}

/// Of the last minute or two, to within a factor of two.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct LatencyView {
    pub p50_ms: f64,
    pub p99_ms: f64,
}

#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "CurrentView")]
pub struct CurrentMessageView {
    pub message: &'static str,
    pub since_unix_ms: u64,
    pub for_ms: f64,
}

#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct ArbiterView {
    pub name: String,
    pub lag_ms: f64,
}

impl ActorState {
    pub(super) fn from_u8(number: u8) -> Self {
        use ActorState::*;
        const ALL: [ActorState; 7] = [Starting, Running, Stopping, Backoff, Stopped, Escalated, Stuck];
        ALL[usize::from(number) % ALL.len()]
    }
}

impl ActorView {
    pub(super) fn of(core: &CellCore) -> Self {
        let vitals = &core.vitals;
        let now = now_ns();
        let current = CurrentMessageView::of(core, now);
        let (state, state_since) = state_of(core, now);
        Self {
            id: core.id.clone(),
            parent: core.parent.as_ref().map(|parent| parent.core().id.clone()),
            kind: core.kind,
            restart: core.spec.restart,
            state,
            state_since_unix_ms: unix_ms_of(state_since),
            uptime_ms: now.saturating_sub(vitals.up_since.load(Relaxed)) / 1_000_000,
            restarts: RestartsView::of(core, now),
            last_panic: locked(&vitals.last_panic).clone(),
            mailbox: MailboxView::of(core, now),
            messages_per_second: vitals.rate.per_second(now),
            wait: LatencyView::of(&vitals.wait),
            handling: LatencyView::of(&vitals.handling),
            current,
            arbiter: vitals
                .arbiter
                .get()
                .map(|pulse| ArbiterView { name: pulse.name.clone(), lag_ms: ms(pulse.lag_ns()) }),
        }
    }
}

impl RestartsView {
    fn of(core: &CellCore, now: u64) -> Self {
        let intensity = core.spec.intensity;
        let history = locked(&core.vitals.restarts);
        let next = core.vitals.next_restart_at.load(Relaxed);
        Self {
            total: history.total,
            in_window: history.in_window(Duration::from_nanos(now), intensity.within),
            max_in_window: intensity.max,
            window_ms: intensity.within.as_millis() as u64,
            next_at_unix_ms: (next > 0).then(|| unix_ms() + next.saturating_sub(now) / 1_000_000),
        }
    }
}

impl MailboxView {
    fn of(core: &CellCore, now: u64) -> Self {
        let oldest = core.vitals.oldest();
        Self {
            depth: core.vitals.waiting(),
            capacity: core.spec.mailbox as u64,
            free: core.permits.available_permits() as u64,
            oldest_waiting_ms: oldest.map(|sent| ms(now.saturating_sub(sent))),
        }
    }
}

impl LatencyView {
    fn of(histogram: &super::histogram::Histogram) -> Self {
        Self { p50_ms: histogram.percentile(50.0) / 1e6, p99_ms: histogram.percentile(99.0) / 1e6 }
    }
}

impl CurrentMessageView {
    fn of(core: &CellCore, now: u64) -> Option<Self> {
        let (message, since) = core.vitals.busy()?;
        let busy = now.saturating_sub(since);
        Some(Self { message, since_unix_ms: unix_ms().saturating_sub(busy / 1_000_000), for_ms: ms(busy) })
    }
}

/// The state and the reading of the clock when it began.
pub(super) fn state_of(core: &CellCore, now: u64) -> (ActorState, u64) {
    let vitals = &core.vitals;
    let stuck = vitals.busy_since().filter(|since| now.saturating_sub(*since) > ns(core.registry.stuck_after));
    stuck.map_or_else(|| (vitals.state(), vitals.state_since()), |since| (ActorState::Stuck, since))
}
