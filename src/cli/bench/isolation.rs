//! `quire bench isolation`: the cost of a process of its own for documents, and of its sandbox.
//!
//! The worker module alone: no store, no actors. Each rate three times: in this process, in a process without the
//! sandbox, in a process with it.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::bare::{DiscardingSink, extract, hardware, warm};
use crate::actors::engine;
use crate::cli::CommandExit;
use crate::cli::run::InputRoots;
use crate::config::Config;
use quire_documents::DocumentRequest;
use quire_domain::failure::Failure;
use quire_domain::operation::{DocumentLimits, Operation, OperationOptions};
use quire_domain::stage::Stage;
use quire_worker::{
    DisabledLayer, JobLimits, JobObserver, JobResult, LaunchSpec, SessionStopSignal, WorkerJob, WorkerProcess, run_jobs,
};

/// As many as a batch takes from the store at once.
const HAND: usize = 25;

struct IsolationRates {
    sandboxed: LaunchSpec,
    open: LaunchSpec,
    rules: JobLimits,
    limits: DocumentLimits,
    span: Duration,
}

/// Something per second, each way.
struct Rates {
    bare: f64,
    open: f64,
    sandboxed: f64,
}

/// # Errors
/// When there is nothing to measure with, or no worker process can be started.
pub(super) fn measure(paths: &[PathBuf], seconds: u64, launches: u32) -> anyhow::Result<CommandExit> {
    let config = Config::load(None, &[])?;
    let sandboxed = LaunchSpec::new(&config.worker, config.testing.sandbox_without);
    let ways = IsolationRates {
        open: LaunchSpec { without: DisabledLayer::Both, require_sandbox: false, ..sandboxed.clone() },
        sandboxed,
        rules: config.worker.job_limits(),
        limits: config.document_limits(),
        span: Duration::from_secs(seconds.max(1)),
    };
    let (found, _) = InputRoots::new(paths).walk_all(&std::env::temp_dir().join("quire-bench-none"));
    warm(&found);
    let files: Vec<PathBuf> = found.into_iter().map(|found| found.path).collect();
    let (files, bare) = ways.bare_documents(files)?;
    engine::run_on_actor_system(1, ways.run(&files, bare, launches))?;
    Ok(CommandExit::Fine)
}

impl IsolationRates {
    async fn run(&self, files: &[PathBuf], bare: f64, launches: u32) -> anyhow::Result<()> {
        println!("hardware             {}", hardware());
        let process = WorkerProcess::launch(&self.sandboxed).await?;
        println!("sandbox              {:?}", process.sandbox_status());
        drop(process);
        self.launches(launches.max(1)).await?;
        let bare_noops = self.bare_noops();
        for hand in [1, HAND] {
            let rates = Rates {
                bare: bare_noops,
                open: self.noops(&self.open, hand).await?,
                sandboxed: self.noops(&self.sandboxed, hand).await?,
            };
            rates.print(&format!("no-ops, hands of {hand}"), "items/s");
        }
        let rates = Rates {
            bare,
            open: self.documents(&self.open, files).await?,
            sandboxed: self.documents(&self.sandboxed, files).await?,
        };
        rates.print(&format!("{} documents", files.len()), "documents/s");
        Ok(())
    }

    /// In turns, so that both meet the same machine.
    async fn launches(&self, count: u32) -> anyhow::Result<()> {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..count {
            for (spec, times) in [(&self.sandboxed, &mut with), (&self.open, &mut without)] {
                let began = Instant::now();
                let mut process = WorkerProcess::launch(spec).await?;
                times.push(began.elapsed());
                process.kill().await;
            }
        }
        let (with, without) = (median(with), median(without));
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "launch to ready      {:.2} ms with the sandbox, {:.2} ms without: {:+.2} ms   (median of {count} each)",
            ms(with),
            ms(without),
            ms(with) - ms(without)
        );
        Ok(())
    }

    fn bare_noops(&self) -> f64 {
        let operations = [Operation::Noop];
        let options = OperationOptions::default();
        let (began, mut count) = (Instant::now(), 0_u64);
        while began.elapsed() < self.span {
            for _ in 0..1_000 {
                let request = DocumentRequest { operations: &operations, password: None, options, limits: self.limits };
                let done = quire_documents::process(Vec::new(), &request, &mut DiscardingSink);
                count += u64::from(std::hint::black_box(done).is_ok());
            }
        }
        count as f64 / began.elapsed().as_secs_f64()
    }

    async fn noops(&self, spec: &LaunchSpec, hand: usize) -> anyhow::Result<f64> {
        let mut process = WorkerProcess::launch(spec).await?;
        let operations: Arc<[Operation]> = Arc::new([Operation::Noop]);
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < self.span {
            let jobs = (0..hand).map(|ticket| self.job(ticket, &operations, None)).collect();
            count += self.take(&mut process, jobs).await?;
        }
        Ok(count as f64 / began.elapsed().as_secs_f64())
    }

    /// The files that can be processed, and how many of them a second: one thread with the stack of a worker process.
    fn bare_documents(&self, files: Vec<PathBuf>) -> anyhow::Result<(Vec<PathBuf>, f64)> {
        let (limits, span) = (self.limits, self.span);
        let work = move || {
            let good: Vec<PathBuf> = files.into_iter().filter(|path| extract(path, limits).is_some()).collect();
            let (began, mut count) = (Instant::now(), 0_usize);
            while !good.is_empty() && began.elapsed() < span {
                count += good.iter().filter_map(|path| extract(path, limits)).count();
            }
            let rate = count as f64 / began.elapsed().as_secs_f64();
            (good, rate)
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work)?;
        let (good, rate) = thread.join().map_err(|_| anyhow::anyhow!("the bare loop panicked"))?;
        if good.is_empty() {
            bail!("there is no PDF to measure with");
        }
        Ok((good, rate))
    }

    async fn documents(&self, spec: &LaunchSpec, files: &[PathBuf]) -> anyhow::Result<f64> {
        let mut process = WorkerProcess::launch(spec).await?;
        let operations: Arc<[Operation]> = Arc::new([Operation::Text]);
        let (began, mut count) = (Instant::now(), 0);
        while began.elapsed() < self.span {
            for hand in files.chunks(HAND) {
                let opened = hand.iter().map(File::open).collect::<Result<Vec<_>, _>>()?;
                let jobs = opened.into_iter().enumerate();
                let jobs = jobs.map(|(ticket, file)| self.job(ticket, &operations, Some(file))).collect();
                count += self.take(&mut process, jobs).await?;
            }
        }
        Ok(count as f64 / began.elapsed().as_secs_f64())
    }

    fn job(&self, ticket: usize, operations: &Arc<[Operation]>, document: Option<File>) -> WorkerJob {
        WorkerJob {
            ticket: ticket as u64,
            operations: Arc::clone(operations),
            password: None,
            options: OperationOptions::default(),
            limits: self.limits,
            document: document.map(Into::into),
            silence: None,
            script: None,
        }
    }

    /// Number of them that were done.
    async fn take(&self, process: &mut WorkerProcess, jobs: Vec<WorkerJob>) -> anyhow::Result<u64> {
        let mut tally = CountingSink::default();
        run_jobs(process, jobs, &self.rules, &SessionStopSignal::never(), &mut tally).await;
        match tally.failure {
            Some(failure) => Err(failure).context("what is processed here fails in a worker process"),
            None => Ok(tally.done),
        }
    }
}

impl Rates {
    fn print(&self, what: &str, unit: &str) {
        let Self { bare, open, sandboxed } = *self;
        println!("{what}");
        println!("  in this process    {bare:>12.0} {unit}");
        println!("  a process, open    {open:>12.0} {unit}   {:.3} of it", open / bare);
        println!(
            "  a process, shut in {sandboxed:>12.0} {unit}   {:.3} of it, {:.3} of the open one, {:.1} µs each",
            sandboxed / bare,
            sandboxed / open,
            1e6 / sandboxed
        );
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Counts; what comes out is thrown away.
#[derive(Default)]
struct CountingSink {
    done: u64,
    failure: Option<Failure>,
}

impl JobObserver for CountingSink {
    fn progress(&mut self, _: u64, _: Stage, _: u32, _: u32) {}

    async fn artifact_begin(&mut self, _: u64, _: &str, _: &str, _: u64) -> Result<(), Failure> {
        Ok(())
    }

    async fn artifact_chunk(&mut self, _: u64, _: &[u8]) -> Result<(), Failure> {
        Ok(())
    }

    async fn artifact_end(&mut self, _: u64) -> Result<(), Failure> {
        Ok(())
    }

    fn ended(&mut self, _: u64, conclusion: JobResult) {
        match conclusion {
            Ok(_) => self.done += 1,
            Err(failure) => self.failure = Some(failure),
        }
    }
}
