//! Ctrl-C: the first one drains, the second one stops what runs, the third one ends the process as it is.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::screen::Screen;
use crate::actors::engine::Engine;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    No,
    Drain,
    AtOnce,
}

/// How far the run is to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop {
    level: watch::Sender<Level>,
    drained: watch::Sender<bool>,
}

impl Stop {
    pub fn new() -> Self {
        Self { level: watch::Sender::new(Level::No), drained: watch::Sender::new(false) }
    }

    pub fn level(&self) -> Level {
        *self.level.borrow()
    }

    /// Whether the run was stopped and nothing runs any more.
    pub fn is_drained(&self) -> bool {
        *self.drained.borrow()
    }

    /// Returns once the run is to stop.
    pub async fn asked(&self) {
        // The sender lives in `self`.
        let _ = self.level.subscribe().wait_for(|level| *level > Level::No).await;
    }

    /// Listens for SIGINT, SIGTERM and SIGHUP, for ever.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub async fn listen(&self, engine: &Engine, screen: &Screen) -> std::io::Result<()> {
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

    fn go_further(&self, engine: &Engine, screen: &Screen) {
        match self.level() {
            Level::No => {
                screen.say("stopping: documents at work are finished first; press Ctrl-C again to stop at once");
                self.level.send_replace(Level::Drain);
                let (engine, drained) = (engine.clone(), self.drained.clone());
                actix::spawn(async move {
                    engine.drain().await;
                    drained.send_replace(true);
                });
            }
            Level::Drain => {
                screen.say("stopping at once; the documents at work start anew when the run goes on");
                self.level.send_replace(Level::AtOnce);
                engine.interrupt();
            }
            // Everything that counts is on disk.
            Level::AtOnce => std::process::exit(130),
        }
    }
}
