//! `quire watch`: follows a server live, one batch or all of them, until there is nothing left to follow.

mod failures;
mod screen;
mod stand;

use anyhow::Context as _;

use self::screen::Screen;
pub use self::stand::Stand;
use super::Exit;
use super::args::WatchArgs;
use super::remote::Remote;
use super::remote::feed::Feed;
use crate::actors::engine;
use crate::domain::batch::Outcome;
use crate::domain::frames::Subscribe;
use crate::domain::ids::BatchId;

/// # Errors
/// When the server refuses, in its words.
pub fn watch(args: WatchArgs) -> anyhow::Result<Exit> {
    let remote = Remote::new(&args.server)?;
    engine::run(1, async move {
        tokio::select! {
            done = follow(remote, args.batch, args.json) => done,
            // Nothing of the server's work depends on who watches.
            _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
        }
    })
}

/// Shows a batch until it has ended; without one, all of them for as long as it runs.
///
/// # Errors
/// When the server refuses, in its words.
pub async fn follow(remote: Remote, batch: Option<BatchId>, json: bool) -> anyhow::Result<Exit> {
    if let Some(batch) = batch {
        // A name that is wrong is said at once.
        let _: serde::de::IgnoredAny = remote.get(&format!("/api/v1/batches/{batch}")).await?;
    }
    let mut feed = Feed::new(remote.clone(), Subscribe { batch, ..Subscribe::default() });
    let mut stand = Stand::of(batch);
    let mut screen = Screen::open(json);
    let ended = loop {
        let update = feed.next().await.context("the events cannot be followed")?;
        screen.tell(&update);
        stand.apply(update);
        screen.show(&stand);
        if let Some(ended) = batch.and_then(|batch| stand.ended(batch)) {
            break ended;
        }
    };
    screen.close(&stand);
    if ended.failed > 0 && !json {
        failures::tell(&remote, ended.batch, ended.failed).await?;
    }
    Ok(exit_of(ended.outcome))
}

fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded => Exit::Fine,
        Outcome::Partial => Exit::Partial,
        Outcome::Failed | Outcome::Cancelled | Outcome::Expired => Exit::None,
    }
}
