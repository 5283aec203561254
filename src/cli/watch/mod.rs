//! `quire watch`: follows a server live, one batch or all of them, until nothing is left to follow.

mod failures;
mod screen;
mod state;

use anyhow::Context as _;

use self::screen::WatchScreen;
pub use self::state::WatchState;
use super::CommandExit;
use super::args::WatchArgs;
use super::remote::RemoteServer;
use super::remote::feed::RemoteFeed;
use crate::actors::engine;
use quire_domain::batch::BatchOutcome;
use quire_domain::ids::BatchId;
use quire_domain::live_frames::Subscribe;

/// # Errors
/// When the server refuses, in its words.
pub fn watch(args: WatchArgs) -> anyhow::Result<CommandExit> {
    let remote = RemoteServer::new(&args.server)?;
    engine::run_on_actor_system(1, async move {
        tokio::select! {
            done = follow(remote, args.batch, args.json) => done,
            // Nothing of the server's work depends on who watches.
            _ = tokio::signal::ctrl_c() => Ok(CommandExit::Interrupted),
        }
    })
}

/// Shows a batch until it has ended; without one, all of them for as long as it runs.
///
/// # Errors
/// When the server refuses, in its words.
pub async fn follow(remote: RemoteServer, batch: Option<BatchId>, json: bool) -> anyhow::Result<CommandExit> {
    if let Some(batch) = batch {
        // A name that is wrong is said at once.
        let _: serde::de::IgnoredAny = remote.get(&format!("/api/v1/batches/{batch}")).await?;
    }
    let mut feed = RemoteFeed::new(remote.clone(), Subscribe { batch, ..Subscribe::default() });
    let mut state = WatchState::watching(batch);
    let mut screen = WatchScreen::open(json);
    let ended = loop {
        let update = feed.next_update().await.context("the events cannot be followed")?;
        screen.tell(&update);
        state.apply(update);
        screen.show(&state);
        if let Some(ended) = batch.and_then(|batch| state.batch_end(batch)) {
            break ended;
        }
    };
    screen.close(&state);
    if ended.failed > 0 && !json {
        failures::tell(&remote, ended.batch, ended.failed).await?;
    }
    Ok(exit_of(ended.outcome))
}

fn exit_of(outcome: BatchOutcome) -> CommandExit {
    match outcome {
        BatchOutcome::Succeeded => CommandExit::Fine,
        BatchOutcome::Partial => CommandExit::Partial,
        BatchOutcome::Failed | BatchOutcome::Cancelled | BatchOutcome::Expired => CommandExit::NoneSucceeded,
    }
}
