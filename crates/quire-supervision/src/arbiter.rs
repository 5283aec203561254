//! Lag of an arbiter's timers. One slow timer per arbiter thread, shared by all actors on it.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::time::{now_ns, ns};

const TICK: Duration = Duration::from_millis(500);

pub(super) struct ArbiterPulse {
    pub name: String,
    last_tick: AtomicU64,
    lag: AtomicU64,
}

thread_local! {
    // Weak, as one thread may run one actix System after another.
    static HERE: RefCell<Weak<ArbiterPulse>> = const { RefCell::new(Weak::new()) };
}

impl ArbiterPulse {
    /// The pulse of the current arbiter; its timer starts with the first actor and ends with the last.
    pub(crate) fn here() -> Arc<Self> {
        HERE.with_borrow_mut(|here| {
            here.upgrade().unwrap_or_else(|| {
                let pulse = Arc::new(Self::new());
                *here = Arc::downgrade(&pulse);
                tokio::task::spawn_local(pulse.clone().beat());
                pulse
            })
        })
    }

    /// The last measured lateness, or the present one when a blocked arbiter is overdue.
    pub(crate) fn lag_ns(&self) -> u64 {
        let overdue = now_ns().saturating_sub(self.last_tick.load(Relaxed)).saturating_sub(ns(TICK));
        self.lag.load(Relaxed).max(overdue)
    }

    fn new() -> Self {
        let name = std::thread::current().name().unwrap_or("main").to_owned();
        Self { name, last_tick: AtomicU64::new(now_ns()), lag: AtomicU64::new(0) }
    }

    async fn beat(self: Arc<Self>) {
        while Arc::strong_count(&self) > 1 {
            tokio::time::sleep(TICK).await;
            let now = now_ns();
            let late = now.saturating_sub(self.last_tick.swap(now, Relaxed)).saturating_sub(ns(TICK));
            self.lag.store(late, Relaxed);
        }
    }
}
