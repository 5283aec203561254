//! Follows the event log until the run is over. The work itself is the [`Exporter`]'s, on a thread of its own.

use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::{mpsc, oneshot};

use super::exporter::{ExportStep, Exporter};
use super::screen::RunScreen;
use super::state::RunState;
use super::stop::StopFlag;
use crate::actors::engine::Engine;
use quire_domain::ids::OwnerKey;
use quire_store::StoreError;

/// News wakes at once; this only bounds how late a stop is noticed.
const PATIENCE: Duration = Duration::from_millis(200);

pub(super) struct Follower<'a> {
    pub engine: &'a Engine,
    pub state: &'a RunState,
    pub stop: &'a StopFlag,
    pub screen: &'a RunScreen,
}

impl Follower<'_> {
    /// Returns when the run is over and everything it told is written out, or when it was stopped.
    ///
    /// # Errors
    /// When the store fails or the output folder takes no more files.
    pub(super) async fn follow(&self, exporter: Exporter) -> anyhow::Result<()> {
        let steps = on_a_thread(exporter);
        let mut news = self.engine.signals.watch_newest_seq(OwnerKey::LOCAL);
        loop {
            // Asked before the log is read: what was logged before the end is then seen.
            let is_over = self.is_over().await?;
            let step = ask(&steps).await?;
            step.finished.iter().for_each(|finished| self.screen.finished(finished));
            if step.has_news {
                continue;
            }
            if is_over {
                return Ok(());
            }
            let _ = tokio::time::timeout(PATIENCE, news.changed()).await;
        }
    }

    async fn is_over(&self) -> Result<bool, StoreError> {
        if self.stop.is_drained() {
            return Ok(true);
        }
        Ok(self.state.is_taken_in.get() && self.state.counts(&self.engine.context).await?.1)
    }
}

type StopRequest = oneshot::Sender<anyhow::Result<ExportStep>>;

/// One thread for all of it: memory that many threads take and give back in turns would pile up in the allocator.
fn on_a_thread(mut exporter: Exporter) -> mpsc::Sender<StopRequest> {
    let (wishes, mut waiting) = mpsc::channel::<StopRequest>(1);
    std::thread::spawn(move || {
        while let Some(wish) = waiting.blocking_recv() {
            // Whoever went away has ended the run.
            let _ = wish.send(exporter.step());
        }
    });
    wishes
}

async fn ask(steps: &mpsc::Sender<StopRequest>) -> anyhow::Result<ExportStep> {
    let (wish, answer) = oneshot::channel();
    let gone = || anyhow!("the exporting thread ended before its time");
    steps.send(wish).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}
