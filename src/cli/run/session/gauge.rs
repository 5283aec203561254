//! Speed of a run, measured a few times a second.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::actors::engine::Engine;
use crate::actors::progress_tracker::RunningAttempt;
use crate::cli::run::screen::{RunProgress, RunScreen};
use crate::cli::run::state::RunState;
use quire_domain::counts::ItemCounts;

const EVERY: Duration = Duration::from_millis(200);
/// The speed shown is that of the last seconds.
const WINDOW: Duration = Duration::from_secs(10);

pub(super) struct SpeedGauge<'a> {
    engine: &'a Engine,
    state: &'a RunState,
    began: Instant,
    /// Documents that had ended when this run began.
    done_before: Option<u64>,
    samples: VecDeque<(Instant, u64)>,
}

impl<'a> SpeedGauge<'a> {
    pub(super) fn new(engine: &'a Engine, state: &'a RunState) -> Self {
        Self { engine, state, began: Instant::now(), done_before: None, samples: VecDeque::new() }
    }

    /// For ever.
    pub(super) async fn show_on(mut self, screen: &RunScreen) {
        loop {
            // A store that cannot be read is the follower's matter.
            if let Ok((counts, _)) = self.state.counts(&self.engine.context).await {
                screen.show(&self.progress(counts));
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    fn progress(&mut self, counts: ItemCounts) -> RunProgress {
        let progress_tracker = &self.engine.context.progress_tracker;
        let live = self.state.keys().into_iter().flat_map(|key| progress_tracker.running_attempts_of(key));
        let running: Vec<RunningAttempt> = live.map(|(_, live)| live).collect();
        let under_way: u64 = running.iter().map(|live| u64::from(live.page.saturating_sub(1))).sum();
        let pages = progress_tracker.pages_done();
        RunProgress {
            is_finding: !self.state.is_taken_in.get(),
            pages_per_second: self.speed(pages + under_way),
            seconds_left: self.seconds_left(&counts),
            trouble: self.trouble(&counts),
            counts,
            running,
        }
    }

    fn speed(&mut self, pages: u64) -> f64 {
        let now = Instant::now();
        self.samples.push_back((now, pages));
        while self.samples.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            self.samples.pop_front();
        }
        let (at, before) = self.samples.front().copied().unwrap_or((self.began, 0));
        let (since, before) = if now - self.began < WINDOW { (self.began, 0) } else { (at, before) };
        pages.saturating_sub(before) as f64 / (now - since).as_secs_f64().max(0.1)
    }

    fn seconds_left(&mut self, counts: &ItemCounts) -> Option<f64> {
        let before = *self.done_before.get_or_insert(counts.terminal_items());
        let done = counts.terminal_items().saturating_sub(before);
        (done > 0).then(|| self.began.elapsed().as_secs_f64() / done as f64 * counts.live_items() as f64)
    }

    fn trouble(&self, counts: &ItemCounts) -> Option<String> {
        if let Some(fault) = self.engine.context.db.disk_fault() {
            return Some(format!("waits: the disk does not take writes ({fault})"));
        }
        let view = self.engine.engine_view();
        if let Some((available, wanted)) = view.memory_short {
            return Some(format!("waits: {available} MiB of memory are free, {wanted} wanted"));
        }
        if view.workers_unavailable_until.is_some() {
            let why = self.engine.pool_view().last_launch_error.unwrap_or_default();
            return Some(format!("waits: no worker process can be started ({why})"));
        }
        (counts.retry_wait > 0 && counts.running + counts.queued == 0)
            .then(|| format!("{} wait for another try", counts.retry_wait))
    }
}
