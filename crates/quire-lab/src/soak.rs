//! `quire-lab soak`: good, broken and hostile documents through the whole engine for minutes, and what that does to
//! the server's memory. Flat is what a server that runs for months has to be.

mod corpus;
mod sample;
mod series;

use std::path::Path;
use std::time::{Duration, Instant};

use corpus::{Corpus, SoakDocument};
use sample::ResourceSample;
use series::ResourceSeries;

use crate::args::SoakArgs;
use quire::actors::engine::{self, Engine};
use quire::cli::CommandExit;
use quire::commands::submit::{NewBatch, NewItem};
use quire::config::Config;
use quire_base::clock;
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_domain::item::ItemState;
use quire_domain::operation::Operation;
use quire_store::batches::BatchSpec;
use quire_store::documents::{Document, DocumentSource};

/// Short clocks and little memory, so that hostile documents come and go quickly.
const LIMITS: [(&str, &str); 6] = [
    ("worker.silence_timeout_secs", "3"),
    ("worker.attempt_timeout_secs", "20"),
    ("worker.cpu_secs", "20"),
    ("worker.memory_mib", "384"),
    ("retry.max_timeouts", "1"),
    ("documents.max_decompressed_mib", "64"),
];
const EVERY: Duration = Duration::from_secs(5);
/// The part of the time that is not judged: threads start, and each of them keeps what it once needed.
const WARM_UP: f64 = 0.5;

/// Outcomes of the documents.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    rounds: u64,
    succeeded: u64,
    failed: u64,
    /// Good documents of our own making that did not succeed.
    harmed: u64,
}

/// # Errors
/// When the engine cannot be started or a write fails.
pub(super) fn soak(args: SoakArgs) -> anyhow::Result<CommandExit> {
    let SoakArgs { minutes, paths, data_dir, jobs } = args;
    let scratch = data_dir.unwrap_or_else(|| std::env::temp_dir().join(format!("quire-soak-{}", std::process::id())));
    let mut flags = vec![("server.data_dir", scratch.join("data").to_string_lossy().into_owned())];
    flags.extend(LIMITS.map(|(key, value)| (key, value.to_owned())));
    flags.extend(jobs.map(|jobs| ("engine.slots", jobs.to_string())));
    let config = Config::load(None, &flags)?;
    let corpus = Corpus::lay_in(&scratch.join("stock"), &paths)?;
    println!(
        "{} documents in turn, for {minutes} minutes; the first {:.0} % are not judged",
        corpus.len(),
        WARM_UP * 100.0
    );
    let time = Duration::from_secs_f64(minutes * 60.0);
    let soaked = engine::run_on_actor_system(config.slots(), rounds(config, &corpus, time));
    std::fs::remove_dir_all(&scratch)?;
    let (series, tally) = soaked?;
    Ok(judge(&series, tally))
}

async fn rounds(config: Config, corpus: &Corpus, time: Duration) -> anyhow::Result<(ResourceSeries, Tally)> {
    let engine = Engine::start(config, None)?;
    let began = Instant::now();
    let mut watch = Watch { began, next: began, series: ResourceSeries::default() };
    let mut tally = Tally::default();
    while began.elapsed() < time {
        let wares = corpus.round(tally.rounds);
        let items = taken_in(&engine, &wares, tally.rounds).await?;
        let key = engine.submit(batch_of(items)).await?.record.key;
        let mut news = engine.signals.watch_newest_seq(OwnerKey::LOCAL);
        while !engine.context.read(move |snapshot| snapshot.batch(key)).await?.batch.is_ended() {
            let _ = tokio::time::timeout(Duration::from_millis(500), news.changed()).await;
            watch.look(tally);
        }
        count(&engine, key, &wares, &mut tally).await?;
    }
    engine.shutdown(Duration::from_secs(5)).await;
    Ok((watch.series, tally))
}

fn batch_of(items: Vec<NewItem>) -> NewBatch {
    NewBatch {
        id: clock::new_batch_id(),
        owner: OwnerKey::LOCAL,
        spec: BatchSpec { name: Some("soak".into()), ..BatchSpec::for_operations(&[Operation::Text, Operation::Info]) },
        correlation: clock::new_correlation_id(),
        idempotency: None,
        items,
    }
}

/// Looks at the processes every few seconds and tells what it sees.
struct Watch {
    began: Instant,
    next: Instant,
    series: ResourceSeries,
}

impl Watch {
    fn look(&mut self, tally: Tally) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + EVERY;
        let sample = ResourceSample::take();
        let Tally { rounds, succeeded, failed, .. } = tally;
        println!(
            "{:>6.0} s  round {rounds:>4}  {succeeded:>6} succeeded {failed:>6} failed  {sample}",
            self.began.elapsed().as_secs_f64()
        );
        self.series.push(sample);
    }
}

/// Through the blob store, as uploads are. A comment at the end makes every round's documents new ones.
async fn taken_in(engine: &Engine, wares: &[SoakDocument], round: u64) -> anyhow::Result<Vec<NewItem>> {
    let (blobs, wares) = (engine.context.blobs.clone(), wares.to_vec());
    let work =
        move || wares.iter().map(|document| take_in(&blobs, document, round)).collect::<std::io::Result<Vec<_>>>();
    Ok(tokio::task::spawn_blocking(work).await??)
}

fn take_in(blobs: &quire_store::blobs::BlobStore, document: &SoakDocument, round: u64) -> std::io::Result<NewItem> {
    let mut spool = blobs.begin_blob()?;
    spool.write(&std::fs::read(&document.path)?)?;
    if document.is_good {
        spool.write(format!("% {round}\n").as_bytes())?;
    }
    let blob = spool.publish()?;
    Ok(Some(Document {
        name: name_of(&document.path),
        size_bytes: blob.size_bytes,
        source: DocumentSource::Blob(blob.sha256),
        folder: None,
        password: None,
    }))
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

async fn count(engine: &Engine, key: BatchKey, wares: &[SoakDocument], tally: &mut Tally) -> anyhow::Result<()> {
    let items = wares.len() as u32;
    let states = engine.context.read(move |snapshot| {
        (1..=items).map(|position| Ok(snapshot.item(key, position)?.item.state)).collect::<Result<Vec<_>, _>>()
    });
    for (document, state) in wares.iter().zip(states.await?) {
        let is_fine = state == ItemState::Succeeded;
        tally.succeeded += u64::from(is_fine);
        tally.failed += u64::from(!is_fine);
        tally.harmed += u64::from(!is_fine && document.is_ours && document.is_good);
    }
    tally.rounds += 1;
    Ok(())
}

fn judge(series: &ResourceSeries, tally: Tally) -> CommandExit {
    let rows = series.rows(WARM_UP);
    println!("\n{:<26}{:>10}{:>10}{:>10}{:>9}", "after warm-up", "min", "mean", "max", "drift");
    for row in &rows {
        println!("{row}");
    }
    println!(
        "{} rounds, {} succeeded, {} failed as they should",
        tally.rounds,
        tally.succeeded,
        tally.failed - tally.harmed
    );
    if tally.harmed > 0 {
        println!("{} good documents came to harm", tally.harmed);
    }
    let is_flat = !rows.is_empty() && rows.iter().all(series::SeriesRow::is_flat);
    println!("{}", if is_flat { "flat" } else { "not flat, or too short to tell" });
    if is_flat && tally.harmed == 0 { CommandExit::Fine } else { CommandExit::Unsound }
}
