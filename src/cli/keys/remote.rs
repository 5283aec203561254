//! `quire keys --server URL`: the same through a server's admin API.

use serde::Deserialize;
use serde_json::json;

use super::{Listed, list, revoked, told};
use crate::cli::args::{KeysCommand, RemoteServerArgs};
use crate::cli::remote::RemoteServer;
use quire_supervision::run_system;

#[derive(Debug, Deserialize)]
struct Made {
    key: String,
    #[serde(flatten)]
    listed: Listed,
}

#[derive(Debug, Deserialize)]
struct All {
    keys: Vec<Listed>,
}

const KEYS: &str = "/api/v1/admin/keys";

/// # Errors
/// The server's answer, or that there was none.
pub(super) fn keys(server: &RemoteServerArgs, what: KeysCommand) -> anyhow::Result<()> {
    let remote = RemoteServer::new(server)?;
    run_system(1, async {
        match what {
            KeysCommand::Add { owner, name, admin } => {
                let made: Made = remote.post(KEYS, &json!({ "owner": owner, "name": name, "admin": admin })).await?;
                told(&made.key, &made.listed);
            }
            KeysCommand::List => list(remote.get::<All>(KEYS).await?.keys),
            KeysCommand::Revoke { id } => revoked(&remote.delete(&format!("{KEYS}/{id}")).await?),
        }
        Ok(())
    })
}
