//! `quire-lab torture`: kills a server again and again under a client, and checks that every answer it gave still holds.
//!
//! [`plan`] says how each life of the server ends, [`server`] is that server, [`client`] uses it and writes a
//! [`journal`] of a [`history`], [`world`] is what lies on the disk, [`checker`] judges. All of one round shares a
//! data directory; a round ends with a life without a death, in which everything has to end.

mod checker;
mod client;
mod history;
mod journal;
mod orders;
mod plan;
mod report;
mod server;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use self::checker::RuleBroken;
use self::client::Client;
use self::history::HistoryEntry;
use self::plan::{PATIENCE, PlannedDeath, TortureCycle};
use self::report::TortureReport;
use self::server::{ServerProcess, StartResult, was_killed};
use crate::args::TortureArgs;
use quire::cli::CommandExit;
use quire_base::clock;
use quire_supervision::run_system;

/// Longest time of an orderly end, or of a death on the way there.
const END_PATIENCE: Duration = Duration::from_secs(60);

/// # Errors
/// When the server cannot be started or the journal cannot be written: then there is no verdict.
pub(super) fn torture(args: TortureArgs) -> anyhow::Result<CommandExit> {
    let seed = args.seed.unwrap_or_else(|| u64::from(clock::new_incarnation()));
    let folder = args.data_dir.clone().unwrap_or_else(fresh_folder);
    println!("quire-lab torture --cycles {} --seed {seed} --data-dir {}", args.cycles, folder.display());
    let mut report = TortureReport::new(seed);
    run_system(2, rounds(&args, &folder, &mut report))?;
    println!("{report}");
    if report.is_sound() && !args.keep && args.data_dir.is_none() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(if report.holds() { CommandExit::Fine } else { CommandExit::Unsound })
}

fn fresh_folder() -> PathBuf {
    std::env::temp_dir().join(format!("quire-torture-{}", uuid::Uuid::now_v7().simple()))
}

async fn rounds(args: &TortureArgs, folder: &Path, report: &mut TortureReport) -> anyhow::Result<()> {
    let began = Instant::now();
    let is_over = || args.minutes.is_some_and(|minutes| began.elapsed() >= Duration::from_secs(minutes * 60));
    let mut next = 0;
    while next < args.cycles && report.is_sound() && !is_over() {
        let place = folder.join(format!("round-{}", next / args.round_cycles + 1));
        let round = Round::open(&place, report.seed)?;
        let until = args.cycles.min(next + args.round_cycles);
        while next < until && round.is_sound() && !is_over() {
            let cycle = TortureCycle::planned(report.seed, next);
            round.cycle(cycle, report).await.with_context(|| format!("cycle {next}, {:?}", cycle.death))?;
            next += 1;
            if next % args.check_every == 0 {
                round.recount(report, false, false)?;
                eprintln!("{next} of {} cycles, {:.0} s", args.cycles, began.elapsed().as_secs_f64());
            }
        }
        round.end(report).await.context("the life after the last death")?;
        report.add(&round.client.checker());
        if round.is_sound() && !args.keep {
            std::fs::remove_dir_all(&place)?;
        }
    }
    Ok(())
}

/// One data directory and the client that knows its history.
struct Round {
    data: PathBuf,
    client: Client,
}

impl Round {
    fn open(place: &Path, seed: u64) -> anyhow::Result<Self> {
        std::fs::create_dir_all(place).with_context(|| format!("{} cannot be used", place.display()))?;
        Ok(Self { data: place.join("data"), client: Client::open(&place.join("journal.jsonl"), seed)? })
    }

    fn is_sound(&self) -> bool {
        self.client.checker().findings.all().is_empty()
    }

    /// One life of the server and its death.
    async fn cycle(&self, cycle: TortureCycle, report: &mut TortureReport) -> anyhow::Result<()> {
        report.cycles += 1;
        let orders = match cycle.death {
            PlannedDeath::At { point, nth, delay } => Some(point.order(nth, delay)),
            PlannedDeath::Kill | PlannedDeath::InDrain { .. } | PlannedDeath::Orderly => None,
        };
        let (how, own) = match ServerProcess::start(&self.data, orders.as_deref())? {
            StartResult::Died(status) if was_killed(status) && orders.is_some() => (status, true),
            StartResult::Died(status) => bail!("the server did not start: {status}; {}", self.log()),
            StartResult::Up(mut server) => {
                self.client.record(&HistoryEntry::Up { cycle: cycle.number })?;
                let url = server.url.clone();
                tokio::select! {
                    never = self.client.live(&url, cycle.number) => match never? {},
                    ended = end(&mut server, cycle) => ended?,
                }
            }
        };
        self.client.record(&HistoryEntry::Down { cycle: cycle.number, how: format!("{:?}: {how}", cycle.death) })?;
        self.judge(cycle, how, own, report);
        Ok(())
    }

    /// `own`: it ended without a SIGKILL of ours.
    fn judge(&self, cycle: TortureCycle, how: ExitStatus, own: bool, report: &mut TortureReport) {
        let wrong = |detail: String| self.client.checker().findings.add(RuleBroken::Unsound, detail);
        match cycle.death {
            PlannedDeath::At { point, .. } => report.at(point, own && was_killed(how)),
            PlannedDeath::Kill => report.killed += 1,
            PlannedDeath::InDrain { .. } => report.killed_in_drain += 1,
            PlannedDeath::Orderly => report.ended += 1,
        }
        let is_as_planned = match cycle.death {
            PlannedDeath::At { point, .. } => was_killed(how) || point.as_str().starts_with("drain.") && how.success(),
            PlannedDeath::Kill => was_killed(how),
            PlannedDeath::InDrain { .. } => was_killed(how) || how.success(),
            PlannedDeath::Orderly => how.success(),
        };
        if !is_as_planned {
            wrong(format!("cycle {}, {:?}: the server ended by itself with {how}", cycle.number, cycle.death));
        }
    }

    /// The life without a death: what was promised has to come.
    async fn end(&self, report: &mut TortureReport) -> anyhow::Result<()> {
        let mut server = match ServerProcess::start(&self.data, None)? {
            StartResult::Up(server) => server,
            StartResult::Died(status) => bail!("the server did not start: {status}; {}", self.log()),
        };
        self.client.settle(&server.url).await?;
        server.terminate()?;
        let (how, own) = end_within(&mut server, END_PATIENCE).await?;
        if !own || !how.success() {
            self.client.checker().findings.add(RuleBroken::Unsound, format!("the last life ended with {how}"));
        }
        self.client.record(&HistoryEntry::Down { cycle: report.cycles, how: how.to_string() })?;
        self.recount(report, true, true)
    }

    /// While no server runs.
    fn recount(&self, report: &mut TortureReport, is_over: bool, deep: bool) -> anyhow::Result<()> {
        report.checks += 1;
        let files = self.client.checker().files().clone();
        let (world, unsound) = world::look(&self.data, &files, deep)?;
        let mut checker = self.client.checker();
        unsound.into_iter().for_each(|finding| checker.findings.add(finding.kind, finding.detail));
        checker.close(&checker::ObservedState { is_over, ..world });
        Ok(())
    }

    fn log(&self) -> String {
        format!("its log: {}", self.data.with_extension("log").display())
    }
}

/// Brings the death about; how the server ended, and whether by itself.
async fn end(server: &mut ServerProcess, cycle: TortureCycle) -> anyhow::Result<(ExitStatus, bool)> {
    if let (PlannedDeath::At { .. }, false) = (cycle.death, cycle.is_told()) {
        return end_within(server, cycle.life + PATIENCE).await;
    }
    if let Some(status) = server.end(cycle.life).await? {
        return Ok((status, true));
    }
    if !cycle.is_told() {
        return Ok((server.kill()?, false));
    }
    server.terminate()?;
    match cycle.death {
        PlannedDeath::InDrain { after } => end_within(server, after).await,
        PlannedDeath::At { .. } | PlannedDeath::Orderly | PlannedDeath::Kill => end_within(server, END_PATIENCE).await,
    }
}

async fn end_within(server: &mut ServerProcess, patience: Duration) -> anyhow::Result<(ExitStatus, bool)> {
    match server.end(patience).await? {
        Some(status) => Ok((status, true)),
        None => Ok((server.kill()?, false)),
    }
}
