//! Waiting reasons: every batch or item that does not run has one that a person can read.

use serde::{Deserialize, Serialize};

use super::batch::{Batch, BatchControl, PauseMode};
use super::ids::Micros;
use super::item::ItemState;

/// Why a batch or an item that is not running is not running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum WaitingBecause {
    /// Every slot is taken by batches of the same priority.
    Slots {
        in_use: u32,
        total: u32,
    },
    /// Batches of a higher priority take the slots.
    Priority {
        own: i32,
        served: i32,
    },
    Paused {
        mode: PauseMode,
    },
    /// A failed attempt is tried again then (microseconds since 1970, UTC).
    Backoff {
        until: Micros,
    },
    /// The batch was asked to start then.
    NotBefore {
        until: Micros,
    },
    /// The machine has less free memory than the server wants to keep.
    Memory {
        available_mib: u64,
        wanted_mib: u64,
    },
    /// The server's disk does not take writes: it is full, or else read-only or broken.
    Disk {
        full: bool,
    },
    /// More batches are active than the server takes on at once.
    Admission {
        active: u32,
        limit: u32,
    },
    /// No worker process can be started; the next try is then.
    WorkersUnavailable {
        until: Micros,
    },
    /// An actor that this waits for does not do its part.
    ActorDown(ActorDown),
    /// The batch takes more items until it is sealed.
    Open,
    Cancelling,
    /// The server is shutting down.
    Draining,
    /// Its turn is next.
    Starting,
}

/// An actor that is in the tree and does not receive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ActorDown {
    /// Its path in the tree.
    pub actor: String,
    pub state: DownState,
    /// In microseconds since 1970, UTC.
    pub since: Micros,
}

/// The ways in which an actor is down, in the words of the tree of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DownState {
    /// It is about to be stopped.
    Stopping,
    /// It failed and is rebuilt in a moment.
    Backoff,
    /// An administrator stopped it; it starts again when told to restart.
    Stopped,
    /// It failed too often and gave up.
    Escalated,
    /// It is at one message for longer than `engine.stuck_after_ms`.
    Stuck,
}

/// State of the engine as seen from outside; published by the batch supervisor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineView {
    pub slots_total: u32,
    pub slots_in_use: u32,
    /// The highest priority that holds a slot or waits for one.
    pub served_priority: Option<i32>,
    pub active_batches: u32,
    pub active_limit: u32,
    pub draining: bool,
    /// Free and wanted memory in MiB while memory holds starts back.
    pub memory_short: Option<(u64, u64)>,
    pub workers_unavailable_until: Option<Micros>,
    /// Whether it is full, while the disk does not take writes.
    pub disk_fault: Option<bool>,
    /// The one that a batch waits for first.
    pub actor_down: Option<ActorDown>,
    /// Whether that one only keeps chunks from beginning: those that are out go on.
    pub hands_go_on: bool,
}

/// The reason for a batch as a whole; `None` while items of it are worked on or when it has ended. `slots_held` are its
/// own, `None` when it has no actor; `next_backoff` is when its next failed item is tried again.
pub fn batch_waits(
    batch: &Batch,
    priority: i32,
    slots_held: Option<u32>,
    next_backoff: Option<Micros>,
    view: &EngineView,
    now: Micros,
) -> Option<WaitingBecause> {
    // Quick items are worked on without ever being written down as running.
    let runs = batch.counts.running > 0 || batch.claimed > 0 && slots_held > Some(0);
    if batch.is_ended() || runs && batch.control == BatchControl::Run && is_worked_on(slots_held, view) {
        return None;
    }
    let backoff = next_backoff.filter(|until| *until > now && batch.counts.queued == 0 && batch.counts.retry_wait > 0);
    let own = own_reason(batch, view, now).or(backoff.map(|until| WaitingBecause::Backoff { until }));
    Some(own.unwrap_or_else(|| {
        let reason = engine_reason(priority, slots_held, view, now);
        let is_of_slots = matches!(reason, WaitingBecause::Slots { .. } | WaitingBecause::Priority { .. });
        // It has what the others wait for; that it runs is about to be written.
        if is_of_slots && slots_held > Some(0) { WaitingBecause::Starting } else { reason }
    }))
}

/// The reason for one item; `None` while it is worked on or when it has ended.
pub fn item_waits(
    state: ItemState,
    run_at: Micros,
    batch: &Batch,
    priority: i32,
    slots_held: Option<u32>,
    view: &EngineView,
    now: Micros,
) -> Option<WaitingBecause> {
    if state.is_terminal() || state == ItemState::Running && is_worked_on(slots_held, view) {
        return None;
    }
    let held = item_held(batch, view, now);
    if held.is_none() && state == ItemState::RetryWait && run_at > now {
        return Some(WaitingBecause::Backoff { until: run_at });
    }
    Some(held.unwrap_or_else(|| engine_reason(priority, slots_held, view, now)))
}

/// Whether what stands as running in the store is on its way to an end: somebody has it, and its end can be written.
fn is_worked_on(slots_held: Option<u32>, view: &EngineView) -> bool {
    let is_hindered = match &view.actor_down {
        Some(_) => !view.hands_go_on || slots_held == Some(0),
        None => false,
    };
    slots_held.is_some() && view.disk_fault.is_none() && !is_hindered
}

fn own_reason(batch: &Batch, view: &EngineView, now: Micros) -> Option<WaitingBecause> {
    item_held(batch, view, now).or_else(|| (!batch.sealed && batch.counts.live() == 0).then_some(WaitingBecause::Open))
}

fn item_held(batch: &Batch, view: &EngineView, now: Micros) -> Option<WaitingBecause> {
    match batch.control {
        BatchControl::Cancelled => {
            let down = view.actor_down.clone().map(WaitingBecause::ActorDown);
            Some(down.unwrap_or(WaitingBecause::Cancelling))
        }
        BatchControl::Paused => Some(WaitingBecause::Paused { mode: batch.pause_mode }),
        BatchControl::Run => {
            batch.not_before.filter(|until| *until > now).map(|until| WaitingBecause::NotBefore { until })
        }
    }
}

fn engine_reason(priority: i32, slots_held: Option<u32>, view: &EngineView, now: Micros) -> WaitingBecause {
    if view.draining {
        return WaitingBecause::Draining;
    }
    if let Some(down) = &view.actor_down {
        return WaitingBecause::ActorDown(down.clone());
    }
    if let Some(full) = view.disk_fault {
        return WaitingBecause::Disk { full };
    }
    if let Some((available_mib, wanted_mib)) = view.memory_short {
        return WaitingBecause::Memory { available_mib, wanted_mib };
    }
    if let Some(until) = view.workers_unavailable_until.filter(|until| *until > now) {
        return WaitingBecause::WorkersUnavailable { until };
    }
    if let Some(served) = view.served_priority.filter(|served| *served > priority) {
        return WaitingBecause::Priority { own: priority, served };
    }
    if slots_held.is_none() && view.active_batches >= view.active_limit {
        return WaitingBecause::Admission { active: view.active_batches, limit: view.active_limit };
    }
    if view.slots_in_use >= view.slots_total {
        return WaitingBecause::Slots { in_use: view.slots_in_use, total: view.slots_total };
    }
    WaitingBecause::Starting
}
