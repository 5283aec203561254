//! `quire bench owners`: the cost of worker processes that serve one owner only.
//!
//! The same documents, one a batch, for one owner and for many in turn, each with processes of its owner's own and with
//! processes that all share.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::bare::{hardware, warm};
use super::batch_of;
use super::documents::item;
use crate::actors::engine::{self, Engine};
use crate::cli::CommandExit;
use crate::cli::run::{FoundFile, InputRoots};
use crate::commands::keys;
use crate::commands::submit::NewBatch;
use crate::config::Config;
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_domain::operation::Operation;

/// One way of working, measured.
struct OwnersRun {
    owners: u32,
    is_shared: bool,
    documents: u32,
    took: Duration,
    launched: u64,
}

/// # Errors
/// When nothing is found or an engine cannot be started.
pub(super) fn measure(
    paths: &[PathBuf],
    owners: u32,
    documents: u32,
    jobs: Option<u32>,
) -> anyhow::Result<CommandExit> {
    let scratch = std::env::temp_dir().join(format!("quire-bench-{}", std::process::id()));
    let (files, _) = InputRoots::new(paths).walk_all(&scratch);
    if files.is_empty() {
        bail!("there is no PDF to measure with");
    }
    warm(&files);
    for count in [1, owners] {
        let ways = [true, false].map(|is_shared| {
            let mut flags = vec![
                ("server.data_dir", scratch.to_string_lossy().into_owned()),
                ("worker.shared_by_owners", is_shared.to_string()),
                ("engine.max_active_batches", "200".to_owned()),
            ];
            flags.extend(jobs.map(|jobs| ("engine.slots", jobs.to_string())));
            let config = Config::load(None, &flags)?;
            let way = engine::run_on_actor_system(config.slots(), one_way(config, &files, count, documents, is_shared));
            std::fs::remove_dir_all(&scratch)?;
            way
        });
        let [shared, own] = ways;
        print(&shared?, &own?);
    }
    println!("hardware         {}", hardware());
    Ok(CommandExit::Fine)
}

async fn one_way(
    config: Config,
    files: &[FoundFile],
    owners: u32,
    documents: u32,
    is_shared: bool,
) -> anyhow::Result<OwnersRun> {
    let engine = Engine::start(config, None)?;
    let mut keys = Vec::new();
    for number in 0..owners {
        let name = format!("owner-{number}");
        keys.push(engine.context.db.write("bench.owner", move |txn| keys::find_or_create_owner(txn, &name)).await?);
    }
    let began = Instant::now();
    let mut submitted = Vec::new();
    for (file, owner) in files.iter().cycle().zip(keys.iter().cycle()).take(documents as usize) {
        let new = NewBatch { owner: *owner, ..batch_of(&[Operation::Text], vec![item(file)]) };
        submitted.push(engine.submit(new).await?.record.key);
    }
    for (key, owner) in submitted.into_iter().zip(keys.iter().cycle()) {
        ended(&engine, key, *owner).await?;
    }
    let took = began.elapsed();
    let launched = engine.pool_view().health.map_or(0, |health| health.spawned);
    engine.shutdown(Duration::from_secs(5)).await;
    Ok(OwnersRun { owners, is_shared, documents, took, launched })
}

async fn ended(engine: &Engine, key: BatchKey, owner: OwnerKey) -> anyhow::Result<()> {
    let mut news = engine.signals.watch_newest_seq(owner);
    while !engine.context.read(move |snapshot| snapshot.batch(key)).await?.batch.is_ended() {
        // The last event comes with the last commit; the timeout only guards against a change of that.
        let _ = tokio::time::timeout(Duration::from_secs(1), news.changed()).await;
    }
    Ok(())
}

fn print(shared: &OwnersRun, own: &OwnersRun) {
    for way in [shared, own] {
        let rate = f64::from(way.documents) / way.took.as_secs_f64();
        let kind = if way.is_shared { "shared" } else { "own" };
        println!(
            "{:>4} owners, {kind:<6}  {rate:.1} documents/s   ({:.3} s, {} processes launched)",
            way.owners,
            way.took.as_secs_f64(),
            way.launched
        );
    }
    println!("own / shared     {:.3}", shared.took.as_secs_f64() / own.took.as_secs_f64());
}
