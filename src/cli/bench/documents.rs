//! `quire bench documents`: pages per second of the whole engine beside the bare extraction loop on the same files,
//! alone and on as many threads as the engine has slots: what two loops lose to each other is the machine's, not the
//! engine's.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};

use super::bare::{extract, hardware, warm};
use super::batch_of;
use crate::actors::engine::{self, Engine};
use crate::cli::CommandExit;
use crate::cli::run::{FoundFile, InputRoots, pluralize};
use crate::commands::submit::{NewBatch, NewItem};
use crate::config::Config;
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_domain::item::ItemState;
use quire_domain::operation::{DocumentLimits, Operation};
use quire_store::StoreSnapshot;
use quire_store::documents::{Document, DocumentSource};

/// The engine's part; `succeeded` are the files that the bare loop repeats.
struct Engined {
    succeeded: Vec<PathBuf>,
    failed: usize,
    pages: u64,
    took: Duration,
    slots: u32,
    limits: DocumentLimits,
}

struct Bare {
    files: usize,
    pages: u64,
    took: Duration,
    threads: u32,
}

/// # Errors
/// When nothing is found or the engine cannot be started.
pub(super) fn measure(paths: &[PathBuf], data_dir: Option<PathBuf>, jobs: Option<u32>) -> anyhow::Result<CommandExit> {
    let scratch = data_dir.unwrap_or_else(|| std::env::temp_dir().join(format!("quire-bench-{}", std::process::id())));
    let mut flags = vec![("server.data_dir", scratch.to_string_lossy().into_owned())];
    flags.extend(jobs.map(|jobs| ("engine.slots", jobs.to_string())));
    let config = Config::load(None, &flags)?;
    let (files, _) = InputRoots::new(paths).walk_all(&scratch);
    if files.is_empty() {
        bail!("there is no PDF to measure with");
    }
    warm(&files);
    let engined = engine::run_on_actor_system(config.slots(), through_the_engine(config, files));
    std::fs::remove_dir_all(&scratch)?;
    let engined = engined?;
    let (alone, together) = (bare(&engined, 1)?, bare(&engined, engined.slots)?);
    print(&engined, &alone, &together);
    Ok(if engined.succeeded.is_empty() { CommandExit::NoneSucceeded } else { CommandExit::Fine })
}

async fn through_the_engine(config: Config, files: Vec<FoundFile>) -> anyhow::Result<Engined> {
    let engine = Engine::start(config, None)?;
    let began = Instant::now();
    let key = engine.submit(batch(&files)).await?.record.key;
    let mut news = engine.signals.watch_newest_seq(OwnerKey::LOCAL);
    while !engine.context.read(move |snapshot| snapshot.batch(key)).await?.batch.is_ended() {
        let _ = tokio::time::timeout(Duration::from_secs(1), news.changed()).await;
    }
    let took = began.elapsed();
    let succeeded = succeeded(&engine, key, &files).await?;
    let (slots, limits, pages) =
        (engine.config.slots(), engine.context.limits, engine.context.progress_tracker.pages_done());
    engine.shutdown(Duration::from_secs(5)).await;
    Ok(Engined { failed: files.len() - succeeded.len(), succeeded, pages, took, slots, limits })
}

async fn succeeded(engine: &Engine, key: BatchKey, files: &[FoundFile]) -> anyhow::Result<Vec<PathBuf>> {
    let count = files.len() as u32;
    let states = move |snapshot: &mut dyn StoreSnapshot| {
        (1..=count).map(|position| Ok(snapshot.item(key, position)?.item.state)).collect::<Result<Vec<_>, _>>()
    };
    let states = engine.context.read(states).await?;
    let good = files.iter().zip(states).filter(|(_, state)| *state == ItemState::Succeeded);
    Ok(good.map(|(found, _)| found.path.clone()).collect())
}

fn batch(files: &[FoundFile]) -> NewBatch {
    batch_of(&[Operation::Text], files.iter().map(item).collect())
}

pub(super) fn item(found: &FoundFile) -> NewItem {
    Some(Document {
        name: found.place.to_string_lossy().into_owned(),
        size_bytes: found.size_bytes,
        source: DocumentSource::Path(found.path.clone()),
        folder: None,
        password: None,
    })
}

/// Threads with the stack of a worker process that take the files in turn; no store, no process in between.
fn bare(engined: &Engined, threads: u32) -> anyhow::Result<Bare> {
    let (files, limits, began) = (Arc::new(engined.succeeded.clone()), engined.limits, Instant::now());
    let next = Arc::new(AtomicUsize::new(0));
    let start = |_| {
        let (files, next) = (Arc::clone(&files), Arc::clone(&next));
        let mine = move || {
            let taken = std::iter::from_fn(|| files.get(next.fetch_add(1, Relaxed)));
            taken.filter_map(|path| extract(path, limits)).map(u64::from).collect::<Vec<_>>()
        };
        std::thread::Builder::new().stack_size(64 << 20).spawn(mine)
    };
    let running = (0..threads).map(start).collect::<Result<Vec<_>, _>>()?;
    let ended = running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("the bare loop panicked")));
    let pages = ended.collect::<anyhow::Result<Vec<_>>>()?.concat();
    Ok(Bare { files: pages.len(), pages: pages.iter().sum(), took: began.elapsed(), threads })
}

fn print(engined: &Engined, alone: &Bare, together: &Bare) {
    let rate = |pages: u64, took: Duration| pages as f64 / took.as_secs_f64().max(1e-6);
    let whole = rate(engined.pages, engined.took);
    let (files, failed) = (engined.succeeded.len(), engined.failed);
    let seconds = |took: Duration| took.as_secs_f64();
    println!(
        "engine           {whole:.1} pages/s   ({} pages, {files} files, {:.3} s, {} slots; {failed} files failed)",
        engined.pages,
        seconds(engined.took),
        engined.slots
    );
    for Bare { files, pages, took, threads } in [alone, together] {
        let bare = rate(*pages, *took);
        let (seconds, threads) = (seconds(*took), pluralize(u64::from(*threads), "thread"));
        println!("bare loop        {bare:.1} pages/s   ({pages} pages, {files} files, {seconds:.3} s, {threads})");
    }
    let (alone, together) = (rate(alone.pages, alone.took), rate(together.pages, together.took));
    println!("engine / (slots × bare)      {:.3}", whole / (f64::from(engined.slots) * alone));
    println!("engine / bare on its slots   {:.3}", whole / together);
    println!("hardware         {}", hardware());
}
