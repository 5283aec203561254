//! `quire bench fanout`: the time from a commit to every client that has its event, and what that costs the server.
//!
//! This process is the server; the listeners are processes of their own ([`listeners`]), as clients are. A fact is a
//! pause or a resume of a batch: one commit, one event. Its number and the time travel in its correlation id, so that
//! a listener knows how old it is.

mod figures;
pub(super) mod listeners;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use self::figures::{FanoutFigures, cpu_seconds, resident_kib};
use super::batch_of;
use crate::actors::engine::{self, Engine};
use crate::actors::keyring::KeyRequest;
use crate::cli::CommandExit;
use crate::cli::args::FanoutArgs;
use crate::commands::submit::NewBatch;
use crate::config::Config;
use crate::http;
use quire_base::clock;
use quire_domain::access::Role;
use quire_domain::batch::{BatchInput, PauseMode};
use quire_domain::ids::{BatchKey, CorrelationId, Micros, OwnerKey};
use quire_domain::operation::Operation;
use quire_store::api_keys::KeyGrant;
use quire_store::audit::AuditActor;

/// Sockets that are there before anything is measured.
const SETTLE: Duration = Duration::from_secs(2);
/// After the last fact, for those that are on their way.
const LINGER: Duration = Duration::from_secs(2);

/// # Errors
/// When the server or a listener cannot be started.
pub(super) fn measure(args: FanoutArgs) -> anyhow::Result<CommandExit> {
    let scratch = std::env::temp_dir().join(format!("quire-bench-{}", std::process::id()));
    let config = Config::load(None, &flags(&args, &scratch.to_string_lossy()))?;
    let result = engine::run_on_actor_system(config.slots(), run(config, &args));
    std::fs::remove_dir_all(&scratch)?;
    result?;
    Ok(CommandExit::Fine)
}

fn flags(args: &FanoutArgs, data_dir: &str) -> Vec<(&'static str, String)> {
    let room = u64::from(args.sessions) + 100;
    vec![
        ("server.data_dir", data_dir.to_owned()),
        ("server.port", "0".into()),
        ("live.max_connections", room.to_string()),
        ("live.max_connections_per_owner", room.to_string()),
        ("auth.max_keys", 10_000.to_string()),
    ]
}

async fn run(config: Config, args: &FanoutArgs) -> anyhow::Result<()> {
    let engine = Engine::start(config, None)?;
    let running = http::bind(engine.clone()).await?;
    let (url, handle) = (format!("http://{}", running.addr), running.handle.clone());
    let served = actix::spawn(running.serve());
    let measured = match args.catch_up {
        Some(events) => catch_up(&engine, &url, events).await,
        None => fan_out(&engine, &url, args).await,
    };
    handle.stop(false).await;
    let _ = served.await;
    engine.shutdown(Duration::from_secs(5)).await;
    measured
}

async fn fan_out(engine: &Engine, url: &str, args: &FanoutArgs) -> anyhow::Result<()> {
    let owners = owners(engine, args.owners).await?;
    let before = resident_kib()?;
    let listeners = Listeners::start(url, args, &owners).await?;
    tokio::time::sleep(SETTLE).await;
    let (after, cpu, began) = (resident_kib()?, cpu_seconds()?, Instant::now());
    let lags = pump(engine, &owners, args).await?;
    let (took, cpu) = (began.elapsed(), cpu_seconds()? - cpu);
    tokio::time::sleep(LINGER).await;
    let heard = listeners.end().await?;
    let figures = FanoutFigures { lags, heard };
    let session_kib = after.saturating_sub(before) as f64 / f64::from(args.sessions);
    println!("sessions         {} of {} owners, {} of them stalled", args.sessions, owners.len(), args.stalled);
    println!("memory           {:.1} MiB with all connected, {session_kib:.1} KiB a session", after as f64 / 1024.0);
    println!(
        "facts            {} in {:.1} s, {} deliveries",
        figures.lags.len(),
        took.as_secs_f64(),
        figures.heard.len()
    );
    println!("commit → client  {}", figures.since_commit());
    println!("asked → client   {}", figures.since_asked());
    println!("asked → commit   {}", figures.until_commit());
    println!("missing          {}", figures.missing(args, owners.len()));
    println!("server           {:.0} % of a core", cpu / took.as_secs_f64() * 100.0);
    Ok(())
}

/// One whose facts are told, and with which key its listeners come.
struct EventSource {
    batch: BatchKey,
    key: Option<String>,
}

/// The local one without a key, or as many as asked for, each with its own.
async fn owners(engine: &Engine, count: u32) -> anyhow::Result<Vec<EventSource>> {
    let mut owners = Vec::with_capacity(count as usize);
    if count <= 1 {
        return Ok(vec![EventSource { batch: open_batch(engine, OwnerKey::LOCAL).await?, key: None }]);
    }
    for nth in 1..=count {
        let order = KeyRequest { owner: format!("owner-{nth}"), name: None, grant: KeyGrant::of(Role::Operator) };
        let (text, key) = engine.keyring.create_key(order, AuditActor::on_this_machine("bench")).await?;
        owners.push(EventSource { batch: open_batch(engine, key.owner).await?, key: Some(text) });
    }
    Ok(owners)
}

async fn open_batch(engine: &Engine, owner: OwnerKey) -> anyhow::Result<BatchKey> {
    Ok(engine.submit(new_batch(owner, false, 0)).await?.record.key)
}

fn new_batch(owner: OwnerKey, sealed: bool, items: usize) -> NewBatch {
    let mut new = NewBatch { owner, ..batch_of(&[Operation::Noop], vec![None; items]) };
    new.spec.sealed = sealed;
    new
}

/// Facts at the rate asked for, to the owners in turn; for each, microseconds from the call to the answer, which comes
/// right after the commit.
async fn pump(engine: &Engine, owners: &[EventSource], args: &FanoutArgs) -> anyhow::Result<Vec<u32>> {
    let mut lags = Vec::new();
    if args.rate == 0 {
        tokio::time::sleep(Duration::from_secs(args.seconds)).await;
        return Ok(lags);
    }
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / args.rate);
    let count = u64::from(args.rate) * args.seconds;
    for nth in 0..count {
        ticks.tick().await;
        let (round, turn) = (nth / owners.len() as u64, nth as usize % owners.len());
        let event =
            if round % 2 == 0 { BatchInput::PauseAsked { mode: PauseMode::Drain } } else { BatchInput::ResumeAsked };
        let asked = clock::now();
        engine.control(owners[turn].batch, event, stamp(nth, asked)?).await?;
        lags.push(u32::try_from(clock::now() - asked).unwrap_or(u32::MAX));
    }
    Ok(lags)
}

fn stamp(nth: u64, asked: Micros) -> anyhow::Result<CorrelationId> {
    CorrelationId::parse(&format!("fact-{nth}-{asked}")).context("a stamp is no correlation id")
}

/// Reading of a long log by a client that knows nothing yet, window by window.
async fn catch_up(engine: &Engine, url: &str, events: u64) -> anyhow::Result<()> {
    // Each item gives two.
    let record = engine.submit(new_batch(OwnerKey::LOCAL, true, (events / 2) as usize)).await?.record;
    while !engine.context.read(move |snapshot| snapshot.batch(record.key)).await?.batch.is_ended() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (cpu, mut child) = (cpu_seconds()?, listen(url, 1, 0, Some(events))?);
    drop(child.stdin.take());
    let heard = tokio::task::spawn_blocking(move || -> anyhow::Result<String> {
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        child.wait()?;
        Ok(line)
    });
    let seconds: f64 = heard.await??.trim().parse().context("the listener gave up")?;
    println!("catch-up         {events} events in {seconds:.2} s: {:.0} events/s", events as f64 / seconds);
    println!("server           {:.0} % of a core", (cpu_seconds()? - cpu) / seconds * 100.0);
    Ok(())
}

struct Listeners(Vec<(Child, ChildStdin, BufReader<ChildStdout>)>);

impl Listeners {
    /// Returns when every session has its place in the log.
    async fn start(url: &str, args: &FanoutArgs, owners: &[EventSource]) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        let processes = args.client_processes.min(args.sessions);
        for nth in 0..processes {
            let sessions = args.sessions / processes + u32::from(nth < args.sessions % processes);
            let stalled = if nth == 0 { args.stalled.min(sessions) } else { 0 };
            let mut child = listen(url, sessions, stalled, None)?;
            let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else { bail!("no pipes") };
            let keys: Vec<_> = owners.iter().filter_map(|owner| owner.key.as_deref()).collect();
            writeln!(stdin, "{}", keys.join(" "))?;
            all.push((child, stdin, BufReader::new(stdout)));
        }
        let ready = tokio::task::spawn_blocking(move || {
            for (_, _, stdout) in &mut all {
                let mut line = String::new();
                stdout.read_line(&mut line)?;
                if line.trim() != "ready" {
                    bail!("a listener gave up");
                }
            }
            Ok(all)
        });
        Ok(Self(ready.await??))
    }

    /// All deliveries: the number of the fact, and microseconds since it was asked for.
    async fn end(self) -> anyhow::Result<Vec<(u32, u32)>> {
        let collect = tokio::task::spawn_blocking(move || {
            let mut heard = Vec::new();
            for (mut child, stdin, mut stdout) in self.0 {
                drop(stdin);
                let mut bytes = Vec::new();
                stdout.read_to_end(&mut bytes)?;
                heard.extend(listeners::read(&bytes));
                child.wait()?;
            }
            anyhow::Ok(heard)
        });
        collect.await?
    }
}

fn listen(url: &str, sessions: u32, stalled: u32, catch_up: Option<u64>) -> anyhow::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "listen", "--url", url, "--sessions", &sessions.to_string()]);
    command.args(["--stalled", &stalled.to_string()]);
    if let Some(events) = catch_up {
        command.args(["--catch-up", &events.to_string()]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("a listener cannot be started")
}
