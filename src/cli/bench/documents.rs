//! `quire bench documents`: pages per second of the whole engine beside the bare extraction loop on the same files.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::bare::{extract, hardware, warm};
use super::batch_of;
use crate::actors::engine::{self, Engine};
use crate::cli::Exit;
use crate::cli::run::{Found, Roots};
use crate::config::Config;
use crate::domain::ids::{BatchKey, OwnerKey};
use crate::domain::item::ItemState;
use crate::domain::operation::{DocumentLimits, Operation};
use crate::store::batches;
use crate::store::documents::{Document, Source};
use crate::store::items;
use crate::store::submit::{NewBatch, NewItem};

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
}

/// # Errors
/// When nothing is found or the engine cannot be started.
pub fn measure(paths: &[PathBuf], data_dir: Option<PathBuf>, jobs: Option<u32>) -> anyhow::Result<Exit> {
    let scratch = data_dir.unwrap_or_else(|| std::env::temp_dir().join(format!("quire-bench-{}", std::process::id())));
    let mut flags = vec![("server.data_dir", scratch.to_string_lossy().into_owned())];
    flags.extend(jobs.map(|jobs| ("engine.slots", jobs.to_string())));
    let config = Config::load(None, &flags)?;
    let (files, _) = Roots::new(paths).all(&scratch);
    if files.is_empty() {
        bail!("there is no PDF to measure with");
    }
    warm(&files);
    let engined = engine::run(config.slots(), through_the_engine(config, files));
    std::fs::remove_dir_all(&scratch)?;
    let engined = engined?;
    let bare = bare(&engined)?;
    print(&engined, &bare);
    Ok(if engined.succeeded.is_empty() { Exit::None } else { Exit::Fine })
}

async fn through_the_engine(config: Config, files: Vec<Found>) -> anyhow::Result<Engined> {
    let engine = Engine::start(config, None)?;
    let began = Instant::now();
    let key = engine.submit(batch(&files)).await?.held.key;
    let mut news = engine.signals.watch(OwnerKey::LOCAL);
    while !engine.world.read(move |conn| batches::load(conn, key)).await?.batch.is_ended() {
        let _ = tokio::time::timeout(Duration::from_secs(1), news.changed()).await;
    }
    let took = began.elapsed();
    let succeeded = succeeded(&engine, key, &files).await?;
    let (slots, limits, pages) = (engine.config.slots(), engine.world.limits, engine.world.board.pages_done());
    engine.shutdown(Duration::from_secs(5)).await;
    Ok(Engined { failed: files.len() - succeeded.len(), succeeded, pages, took, slots, limits })
}

async fn succeeded(engine: &Engine, key: BatchKey, files: &[Found]) -> anyhow::Result<Vec<PathBuf>> {
    let count = files.len() as u32;
    let states = move |conn: &mut crate::store::SqliteConnection| {
        (1..=count).map(|position| Ok(items::load(conn, key, position)?.item.state)).collect::<Result<Vec<_>, _>>()
    };
    let states = engine.world.read(states).await?;
    let good = files.iter().zip(states).filter(|(_, state)| *state == ItemState::Succeeded);
    Ok(good.map(|(found, _)| found.path.clone()).collect())
}

fn batch(files: &[Found]) -> NewBatch {
    batch_of(&[Operation::Text], files.iter().map(item).collect())
}

fn item(found: &Found) -> NewItem {
    Some(Document {
        name: found.place.to_string_lossy().into_owned(),
        size_bytes: found.size_bytes,
        source: Source::Path(found.path.clone()),
        password: None,
    })
}

/// One thread with the stack of a worker process, no store, no process in between.
fn bare(engined: &Engined) -> anyhow::Result<Bare> {
    let (files, limits) = (engined.succeeded.clone(), engined.limits);
    let work = move || {
        let began = Instant::now();
        let pages: Vec<u32> = files.iter().filter_map(|path| extract(path, limits)).collect();
        Bare { files: pages.len(), pages: pages.iter().map(|pages| u64::from(*pages)).sum(), took: began.elapsed() }
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(work)?;
    thread.join().map_err(|_| anyhow::anyhow!("the bare loop panicked"))
}

fn print(engined: &Engined, bare: &Bare) {
    let rate = |pages: u64, took: Duration| pages as f64 / took.as_secs_f64().max(1e-6);
    let (whole, alone) = (rate(engined.pages, engined.took), rate(bare.pages, bare.took));
    let (files, failed) = (engined.succeeded.len(), engined.failed);
    let seconds = |took: Duration| took.as_secs_f64();
    println!(
        "engine           {whole:.1} pages/s   ({} pages, {files} files, {:.3} s, {} slots; {failed} files failed)",
        engined.pages,
        seconds(engined.took),
        engined.slots
    );
    println!(
        "bare loop        {alone:.1} pages/s   ({} pages, {} files, {:.3} s, 1 thread)",
        bare.pages,
        bare.files,
        seconds(bare.took)
    );
    println!("engine / (slots × bare)   {:.3}", whole / (f64::from(engined.slots) * alone));
    println!("hardware         {}", hardware());
}
