//! `quire submit`: uploads documents to a server and makes a batch of them.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::Exit;
use super::args::SubmitArgs;
use super::remote::{Remote, batch_of};
use super::run::{Found, Roots};
use super::watch;
use crate::actors::engine;
use crate::domain::ids::BatchId;

/// # Errors
/// When a document cannot be read or the server refuses, in its words.
pub fn submit(args: SubmitArgs) -> anyhow::Result<Exit> {
    let remote = Remote::new(&args.server)?;
    let (documents, walked) = Roots::new(&args.paths).all(Path::new(""));
    if let Some(trouble) = walked.troubles.first() {
        bail!("{}: {}; nothing was sent", trouble.path.display(), trouble.detail);
    }
    if documents.is_empty() {
        bail!("there is no PDF in what was named");
    }
    engine::run(1, async move {
        let batch = send(&remote, &args, &documents).await?;
        println!("{batch}");
        if args.wait { watch::follow(remote, Some(batch), false).await } else { Ok(Exit::Fine) }
    })
}

async fn send(remote: &Remote, args: &SubmitArgs, documents: &[Found]) -> anyhow::Result<BatchId> {
    let mut files = Vec::with_capacity(documents.len());
    for Found { path, place, .. } in documents {
        let name = place.to_string_lossy().into_owned();
        files.push((remote.upload(path, &name).await?, name));
    }
    let mut options = json!({ "operations": args.ops, "priority": args.priority });
    for (field, value) in [("name", &args.name), ("collection", &args.collection), ("password", &args.password)] {
        if let Some(value) = value {
            options[field] = json!(value);
        }
    }
    let answer: Value = remote.post("/api/v1/batches", &batch_of(&files, options)).await?;
    serde_json::from_value(answer["id"].clone()).context("the server's answer names no batch")
}
