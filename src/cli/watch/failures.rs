//! Failures of a batch, by name, each with its remedy.

use std::io::{self, Write as _};

use serde::Deserialize;

use crate::cli::remote::RemoteServer;
use crate::cli::run::{display_text, failure_lines};
use quire_domain::ids::BatchId;

#[derive(Deserialize)]
struct Page {
    items: Vec<Failed>,
}

#[derive(Deserialize)]
struct Failed {
    position: u32,
    name: Option<String>,
    failure: Option<Why>,
}

#[derive(Deserialize)]
struct Why {
    code: String,
    detail: Option<String>,
    remedy: String,
}

const SHOWN: u64 = 20;

/// On standard error, the first few of so many.
///
/// # Errors
/// When the server does not tell.
pub(super) async fn tell(remote: &RemoteServer, batch: BatchId, failed: u64) -> anyhow::Result<()> {
    let address = format!("/api/v1/batches/{batch}/items?state=failed");
    let page: Page = remote.get(&format!("{address}&limit={SHOWN}")).await?;
    let mut text: String = page.items.iter().map(lines).collect();
    let rest = failed.saturating_sub(page.items.len() as u64);
    if rest > 0 {
        text.push_str(&format!("  … and {rest} more: {address}\n"));
    }
    // Whoever closed standard error does not read it.
    let _ = io::stderr().write_all(text.as_bytes());
    Ok(())
}

fn lines(item: &Failed) -> String {
    let name = item.name.as_deref().map_or_else(|| format!("item {}", item.position), display_text);
    let Some(Why { code, detail, remedy }) = &item.failure else { return format!("  {name}\n") };
    failure_lines(&name, code, detail.as_deref().unwrap_or_default(), remedy)
}
