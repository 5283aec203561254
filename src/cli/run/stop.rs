//! Ctrl-C: the first one drains, the second one stops what runs, the third one ends the process as it is.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::screen::RunScreen;
use crate::actors::engine::Engine;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StopLevel {
    No,
    Drain,
    AtOnce,
}

/// Requested stop level of a run. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct StopFlag {
    level: watch::Sender<StopLevel>,
    drained: watch::Sender<bool>,
}

impl StopFlag {
    pub(super) fn new() -> Self {
        Self { level: watch::Sender::new(StopLevel::No), drained: watch::Sender::new(false) }
    }

    pub(super) fn level(&self) -> StopLevel {
        *self.level.borrow()
    }

    /// Whether the run was stopped and nothing runs any more.
    pub(super) fn is_drained(&self) -> bool {
        *self.drained.borrow()
    }

    /// Returns once the run is to stop.
    pub(super) async fn asked(&self) {
        // The sender lives in `self`.
        let _ = self.level.subscribe().wait_for(|level| *level > StopLevel::No).await;
    }

    /// Listens for SIGINT, SIGTERM and SIGHUP, for ever.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub(super) async fn listen(&self, engine: &Engine, screen: &RunScreen) -> std::io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
            self.go_further(engine, screen);
        }
    }

    fn go_further(&self, engine: &Engine, screen: &RunScreen) {
        match self.level() {
            StopLevel::No => {
                screen.say("stopping: documents at work are finished first; press Ctrl-C again to stop at once");
                self.level.send_replace(StopLevel::Drain);
                let (engine, drained) = (engine.clone(), self.drained.clone());
                actix::spawn(async move {
                    engine.drain().await;
                    drained.send_replace(true);
                });
            }
            StopLevel::Drain => {
                screen.say("stopping at once; the documents at work start anew when the run goes on");
                self.level.send_replace(StopLevel::AtOnce);
                engine.interrupt();
            }
            // Everything that counts is on disk.
            StopLevel::AtOnce => std::process::exit(130),
        }
    }
}
