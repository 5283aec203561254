//! One run from its first file to its report.

use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use tokio::sync::mpsc;

use super::earlier;
use super::exporter::Exporter;
use super::follow::Follower;
use super::intake::InputSubmitter;
use super::outcome::{FinalEngineStats, RunOutcome};
use super::outputs::Outputs;
use super::plan::{RunPlan, list};
use super::report;
use super::screen::RunScreen;
use super::state::{RunState, retry_all};
use super::stop::{StopFlag, StopLevel};
use super::totals::{ReportBuilder, RunTotals};
use super::walk::{FoundFile, InputRoots, WalkErrors};
use crate::actors::engine::{self, Engine};
use crate::cli::sandbox;
use crate::telemetry::{self, Console};
use quire_base::clock;
use quire_domain::ids::Micros;
use quire_store::batches::BatchView;
use quire_supervision::ActorState;

mod gauge;

use gauge::SpeedGauge;

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// Marks an error that came after the work had begun.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the run broke off; what is done is kept, go on with --resume")]
pub struct ErrorAfterStart;

/// Does everything the plan asks for; blocks until the report is written.
///
/// # Errors
/// When nothing can be found or started, or when the engine or the disk fails for good.
pub fn run_to_completion(plan: &RunPlan) -> anyhow::Result<RunOutcome> {
    let clock = (Instant::now(), clock::now());
    engine::run_on_actor_system(1, sandbox::require(&plan.config))?;
    plan.prepare_out()?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(plan.data_dir())?;
    let earlier = earlier::take_over(plan)?;
    let (mut chunks, walk) = InputRoots::new(&plan.paths).walk(&plan.out);
    let first = chunks.blocking_recv().unwrap_or_default();
    if first.is_empty() && earlier.is_empty() {
        drop(chunks);
        return Err(nothing_found(plan, &walk.join().unwrap_or_default()));
    }
    let _logs = telemetry::start_logging(&plan.config.log, plan.data_dir(), Console::Silent)?;
    let session = RunSession {
        plan,
        earlier,
        clock,
        state: RunState::default(),
        stop: StopFlag::new(),
        screen: RunScreen::open(plan.config.slots()),
    };
    engine::run_on_actor_system(plan.config.slots(), session.run(first, chunks, walk)).context(ErrorAfterStart)
}

/// Leaves no trace of a run that never was.
fn nothing_found(plan: &RunPlan, walked: &WalkErrors) -> anyhow::Error {
    // Only what is empty goes away; what stays says that it was there before.
    let _ = std::fs::remove_dir(plan.data_dir());
    let _ = std::fs::remove_dir(&plan.out);
    let unread: Vec<_> =
        walked.troubles.iter().map(|trouble| format!("{}: {}", trouble.path.display(), trouble.detail)).collect();
    let unread = if unread.is_empty() { String::new() } else { format!(" ({})", unread.join("; ")) };
    anyhow!("there is no PDF in {}{unread}", list(&plan.paths))
}

struct RunSession<'a> {
    plan: &'a RunPlan,
    earlier: Vec<BatchView>,
    clock: (Instant, Micros),
    state: RunState,
    stop: StopFlag,
    screen: RunScreen,
}

type WalkHandle = std::thread::JoinHandle<WalkErrors>;

impl RunSession<'_> {
    async fn run(
        self,
        first: Vec<FoundFile>,
        more: mpsc::Receiver<Vec<FoundFile>>,
        walk: WalkHandle,
    ) -> anyhow::Result<RunOutcome> {
        let outputs = Arc::new(Outputs::open(&self.plan.out, self.plan.data_dir())?);
        let engine = Engine::start(self.plan.config.clone(), None)?;
        let worked = self.work(&engine, &outputs, first, more).await;
        self.screen.close();
        let outcome = match worked {
            Ok(()) => self.settle(&engine, outputs, walk).await,
            Err(error) => Err(error),
        };
        let patience = if self.stop.level() == StopLevel::AtOnce { Duration::ZERO } else { SHUTDOWN_PATIENCE };
        let _ = engine.shutdown(patience).await;
        outcome
    }

    /// Everything that goes on at once, until the log is followed to its end.
    async fn work(
        &self,
        engine: &Engine,
        outputs: &Arc<Outputs>,
        first: Vec<FoundFile>,
        more: mpsc::Receiver<Vec<FoundFile>>,
    ) -> anyhow::Result<()> {
        self.earlier.iter().for_each(|batch| self.state.add(&batch.record));
        retry_all(engine, &self.earlier).await?;
        let open = self.earlier.iter().find(|batch| !batch.record.batch.sealed).map(|batch| batch.record.key);
        let intake = InputSubmitter {
            engine,
            plan: self.plan,
            state: &self.state,
            stop: &self.stop,
            open,
            correlation: clock::new_correlation_id(),
        };
        let follower = Follower { engine, state: &self.state, stop: &self.stop, screen: &self.screen };
        let exporter = Exporter::new(
            engine.opened.reads.clone(),
            engine.context.blobs.clone(),
            Arc::clone(outputs),
            self.plan.data_dir().join("exported-seq"),
            self.plan.json,
        );
        let both = async {
            let taken_in = async { intake.take_in(first, more).await.context("the documents could not be taken in") };
            tokio::try_join!(taken_in, follower.follow(exporter)).map(drop)
        };
        tokio::select! {
            done = both => done,
            heard = self.stop.listen(engine, &self.screen) => heard.context("signals cannot be heard"),
            () = SpeedGauge::new(engine, &self.state).show_on(&self.screen) => Ok(()),
            gave_up = engine.tree.wait_for_escalation() => {
                bail!("the engine gave up: {} ({:?})", gave_up.id, gave_up.reason)
            }
        }
    }

    /// Every input is looked at once more, then the report is written.
    async fn settle(&self, engine: &Engine, outputs: Arc<Outputs>, walk: WalkHandle) -> anyhow::Result<RunOutcome> {
        let builder = ReportBuilder {
            reads: engine.opened.reads.clone(),
            blobs: engine.context.blobs.clone(),
            outputs: Arc::clone(&outputs),
        };
        let mut totals = tokio::task::spawn_blocking(move || builder.settle()).await??;
        let walked = tokio::task::spawn_blocking(move || walk.join().unwrap_or_default()).await?;
        totals.tally.folders_failed = walked.troubles_total;
        let outcome = self.outcome(engine, &totals, walked);
        report::write(self.plan, &outputs, &outcome, &totals, self.clock.1)?;
        Ok(outcome)
    }

    fn outcome(&self, engine: &Engine, totals: &RunTotals, walked: WalkErrors) -> RunOutcome {
        RunOutcome {
            tally: totals.tally,
            pages: totals.pages,
            pages_now: engine.context.progress_tracker.pages_done(),
            seconds: self.clock.0.elapsed().as_secs_f64(),
            failures: totals.failures.clone(),
            troubles: walked.troubles,
            is_interrupted: self.stop.level() > StopLevel::No,
            report: self.plan.out.join(report::NAME),
            vitals: vitals(engine),
        }
    }
}

fn vitals(engine: &Engine) -> FinalEngineStats {
    let actors = engine.tree.actor_views();
    let health = engine.pool_view().health;
    FinalEngineStats {
        pid: std::process::id(),
        actors: actors.len(),
        actors_running: actors.iter().filter(|actor| actor.state == ActorState::Running).count(),
        actor_restarts: actors.iter().map(|actor| actor.restarts.total).sum(),
        workers_started: health.map_or(0, |health| health.spawned),
        workers_killed: health.map_or(0, |health| health.killed),
    }
}
