//! `quire bench items`: no-op items through the whole engine.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::batch_of;
use crate::actors::engine::{self, Engine};
use crate::cli::CommandExit;
use crate::commands::submit::NewBatch;
use crate::config::Config;
use quire_base::clock;
use quire_domain::batch::BatchInput;
use quire_domain::ids::OwnerKey;
use quire_domain::operation::Operation;

const CHUNK: u32 = 500;

/// Submits `count` items in chunks while the engine works on them, waits for the end, prints the rates.
///
/// # Errors
/// When the engine cannot be started or a write fails.
pub(super) fn measure(
    count: u32,
    data_dir: Option<PathBuf>,
    jobs: Option<u32>,
    synchronous: &str,
) -> anyhow::Result<CommandExit> {
    let scratch = data_dir.unwrap_or_else(|| std::env::temp_dir().join(format!("quire-bench-{}", std::process::id())));
    let mut flags = vec![
        ("server.data_dir", scratch.to_string_lossy().into_owned()),
        ("store.synchronous", synchronous.to_owned()),
    ];
    flags.extend(jobs.map(|jobs| ("engine.slots", jobs.to_string())));
    let config = Config::load(None, &flags)?;
    let result = engine::run_on_actor_system(config.slots(), run(config, count));
    std::fs::remove_dir_all(&scratch)?;
    result?;
    Ok(CommandExit::Fine)
}

async fn run(config: Config, count: u32) -> anyhow::Result<()> {
    let engine = Engine::start(config, None)?;
    let began = Instant::now();
    let record = engine.submit(no_ops(count.min(CHUNK))).await?.record;
    let mut left = count - count.min(CHUNK);
    while left > 0 {
        let chunk = left.min(CHUNK);
        engine.extend(record.key, vec![None; chunk as usize], None, clock::new_correlation_id()).await?;
        left -= chunk;
    }
    engine.control(record.key, BatchInput::Sealed, clock::new_correlation_id()).await?;
    let submitted = began.elapsed();
    let mut news = engine.signals.watch_newest_seq(OwnerKey::LOCAL);
    let counts = loop {
        let view = engine.context.read(move |snapshot| snapshot.batch_view(record.key)).await?;
        if view.record.batch.is_ended() {
            break view.record.batch.counts;
        }
        // The last event comes with the last commit; the timeout only guards against a change of that.
        let _ = tokio::time::timeout(Duration::from_secs(1), news.changed()).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let took = began.elapsed();
    let seconds = took.as_secs_f64();
    let stats = &engine.opened.stats;
    let (commits, writes) = (stats.commits.load(Ordering::Relaxed), stats.writes.load(Ordering::Relaxed));
    println!("items            {} of {count} succeeded", counts.succeeded);
    println!("items/s          {:.0}   (submit to terminal event, {seconds:.3} s)", f64::from(count) / seconds);
    println!("submit/s         {:.0}   (while the engine worked)", f64::from(count) / submitted.as_secs_f64());
    println!("commits/s        {:.0}", commits as f64 / seconds);
    println!(
        "mean group       {:.1} writes, {:.1} items a commit",
        writes as f64 / commits as f64,
        f64::from(count) / commits as f64
    );
    println!("synchronous      {}", engine.opened.synchronous_pragma());
    println!("slots            {}", engine.config.slots());
    println!("peak memory      {:.1} MiB (server)", clock::peak_memory_kib().unwrap_or(0) as f64 / 1024.0);
    engine.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

fn no_ops(count: u32) -> NewBatch {
    super::open(batch_of(&[Operation::Noop], vec![None; count as usize]))
}
