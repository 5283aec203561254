//! `quire demo --serve`: a server with something to look at. It is seeded over its API, as anybody would.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{LIMITS, write_documents};
use crate::cli::args::RemoteServerArgs;
use crate::cli::remote::RemoteServer;
use crate::cli::{CommandExit, serve};
use crate::config::Config;
use crate::telemetry::Console;

/// Of the long batch, which takes some minutes.
const ITEMS: u32 = 8_000;
/// Time before the first planted panic, and between two.
const PANIC_EVERY: Duration = Duration::from_secs(20);
/// Nothing hangs on this actor: what it does is done by its next life.
const PANICS: &str = "/api/v1/admin/actors/root/janitor/panic";

/// # Errors
/// When the folder cannot be used or the server cannot be started.
pub(super) fn serve(
    folder: &Path,
    documents: &Path,
    port: Option<u16>,
    opens_browser: bool,
) -> anyhow::Result<CommandExit> {
    write_documents(documents).with_context(|| format!("{} cannot be written to", folder.display()))?;
    let mut settings: Vec<_> = LIMITS.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    settings.extend([
        ("server.data_dir", folder.join("data").to_string_lossy().into_owned()),
        ("server.host", "127.0.0.1".to_owned()),
        ("testing.allow_scripts", "true".to_owned()),
        ("testing.allow_planted_panics", "true".to_owned()),
    ]);
    settings.extend(port.map(|port| ("server.port", port.to_string())));
    let documents = documents.to_path_buf();
    serve::serve_while(Config::load(None, &settings)?, Console::Silent, opens_browser, |url| async move {
        if let Err(error) = play(&url, documents).await {
            eprintln!("quire: the demo cannot go on: {error:#}");
        }
    })
}

async fn play(url: &str, documents: PathBuf) -> anyhow::Result<()> {
    let server = RemoteServer::new(&RemoteServerArgs { server: url.to_owned(), key: None })?;
    let batches: Value = server.get("/api/v1/batches?limit=1").await?;
    if batches["batches"].as_array().is_some_and(Vec::is_empty) {
        seed(&server, documents).await?;
    }
    println!(
        "On it: documents good, broken and hostile; a long batch, a paused one, one for later; an actor that panics."
    );
    loop {
        tokio::time::sleep(PANIC_EVERY).await;
        let _: Value = server.post(PANICS, &json!({})).await?;
    }
}

async fn seed(server: &RemoteServer, documents: PathBuf) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(documents)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // An empty one is refused, as it should be.
        if let Ok(id) = server.post_file(&path, &name).await {
            files.push(json!({ "id": id, "name": name }));
        }
    }
    let later = clock_words(Duration::from_secs(3600));
    let paused =
        submit(server, json!({ "name": "scans-2026", "collection": "scans", "operations": ["noop"], "items": 400 }));
    let paused = paused.await?;
    server.put(&format!("/api/v1/batches/{paused}/pause?mode=interrupt")).await?;
    for batch in [
        json!({ "name": "letters", "operations": ["noop"], "items": 60, "not_before": later }),
        json!({ "name": "made-up documents", "collection": "demo", "operations": ["text", "info"], "files": files }),
        json!({ "name": "july-invoices", "collection": "july", "operations": ["noop"], "items": ITEMS, "scripts": scripts() }),
    ] {
        submit(server, batch).await?;
    }
    Ok(())
}

async fn submit(server: &RemoteServer, batch: Value) -> anyhow::Result<String> {
    let made: Value = server.post("/api/v1/batches", &batch).await?;
    made["id"].as_str().map(str::to_owned).context("the server's answer names no batch")
}

fn clock_words(ahead: Duration) -> String {
    quire_base::clock::rfc3339(quire_base::clock::now() + ahead.as_micros() as i64)
}

/// Most take a moment, some fail, in kinds that a list of failures tells apart.
fn scripts() -> Value {
    let script = |item: u32| match item {
        _ if item.is_multiple_of(197) => {
            json!({ "fail": { "code": "damaged", "detail": "the table of objects is broken" } })
        }
        _ if item.is_multiple_of(331) => {
            json!({ "fail": { "code": "needs_password", "detail": "the document is encrypted" } })
        }
        _ => json!({ "sleep": 30 + 5 * u64::from(item % 7) }),
    };
    (1..=ITEMS).map(|item| (item.to_string(), script(item))).collect::<serde_json::Map<_, _>>().into()
}
