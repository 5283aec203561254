//! `quire submit`: uploads documents to a server and makes one batch of them, once, whatever connection breaks on the
//! way.

use std::cell::Cell;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, TryStreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::CommandExit;
use super::args::SubmitArgs;
use super::remote::{RemoteServer, is_transient, retry_delay};
use super::run::{FoundFile, InputRoots};
use super::watch;
use crate::actors::engine;
use quire_base::clock;
use quire_domain::ids::BatchId;

/// Uploads under way at once.
const AT_ONCE: usize = 4;

/// A server that was there is asked again for about a minute: time enough to start anew.
const MAX_FAILURES: u32 = 12;

/// # Errors
/// When a document cannot be read or the server refuses, in its words.
pub fn submit(args: SubmitArgs) -> anyhow::Result<CommandExit> {
    let remote = RemoteServer::new(&args.server)?;
    let (documents, walked) = InputRoots::new(&args.paths).walk_all(Path::new(""));
    if let Some(trouble) = walked.troubles.first() {
        bail!("{}: {}; nothing was sent", trouble.path.display(), trouble.detail);
    }
    if let Some(found) = documents.iter().find(|found| found.path.metadata().is_ok_and(|facts| !facts.is_file())) {
        bail!("{}: it is not a regular file; nothing was sent", found.path.display());
    }
    if documents.is_empty() {
        bail!("there is no PDF in what was named");
    }
    engine::run_on_actor_system(1, async move {
        let batch = send(&remote, &args, &documents).await?;
        println!("{batch}");
        if args.wait { watch::follow(remote, Some(batch), false).await } else { Ok(CommandExit::Fine) }
    })
}

async fn send(remote: &RemoteServer, args: &SubmitArgs, documents: &[FoundFile]) -> anyhow::Result<BatchId> {
    // A server that is not there, or does not know the key, is said before anything is sent.
    let _: IgnoredAny = remote.get("/api/v1/batches?limit=1").await?;
    let bar = ProgressBar::new(documents.len() as u64).with_style(style());
    let client = RetryingClient { remote, bar, is_held_up: Cell::default() };
    let uploads = documents.iter().map(|found| client.upload(found));
    let files: Vec<_> = futures_util::stream::iter(uploads).buffered(AT_ONCE).try_collect().await?;
    client.bar.finish_and_clear();
    let mut body = json!({ "operations": args.ops, "priority": args.priority, "files": files });
    for (field, value) in [("name", &args.name), ("collection", &args.collection), ("password", &args.password)] {
        if let Some(value) = value {
            body[field] = json!(value);
        }
    }
    // Sent again under the same key, it is the same batch.
    let key = clock::new_correlation_id();
    let answer: Value =
        client.insist(async || remote.post_with_key("/api/v1/batches", key.as_str(), &body).await).await?;
    serde_json::from_value(answer["id"].clone()).context("the server's answer names no batch")
}

/// Brings things to a server that may die and come back meanwhile.
struct RetryingClient<'a> {
    remote: &'a RemoteServer,
    bar: ProgressBar,
    /// The server was there and is not now: said once for all that is under way.
    is_held_up: Cell<bool>,
}

impl RetryingClient<'_> {
    /// Reference by which a batch names the file that the server has now.
    async fn upload(&self, FoundFile { path, place, .. }: &FoundFile) -> anyhow::Result<Value> {
        let name = place.to_string_lossy().into_owned();
        let id = self.insist(async || self.remote.post_file(path, &name).await).await?;
        self.bar.inc(1);
        Ok(json!({ "id": id, "name": name }))
    }

    /// Tries again what may go well another time.
    async fn insist<T>(&self, mut attempt: impl AsyncFnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut failures = 0;
        loop {
            match attempt().await {
                Err(error) if is_transient(&error) && failures < MAX_FAILURES => {
                    if !self.is_held_up.replace(true) {
                        self.say(&format!("held up: {}; trying again for about a minute", error.root_cause()));
                    }
                    failures += 1;
                    tokio::time::sleep(retry_delay(failures)).await;
                }
                done => {
                    if done.is_ok() && self.is_held_up.replace(false) {
                        self.say("going on");
                    }
                    return done;
                }
            }
        }
    }

    /// Above the bar; a line of its own where there is none.
    fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            // Whoever closed standard error does not read it.
            let _ = writeln!(std::io::stderr(), "{text}");
        } else {
            self.bar.println(text);
        }
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("uploading {bar:24} {pos}/{len}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}
