//! `quire keys --server URL`: the same through a server's admin API.

use serde::Deserialize;
use serde_json::json;

use super::{Listed, asked_role, list, revoked, told};
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
            KeysCommand::Add { owner, name, admin, role, scopes, expires_in_days } => {
                let role = asked_role(role, admin);
                let scopes = (!scopes.is_empty()).then_some(scopes);
                let body = json!({
                    "owner": owner, "name": name, "role": role, "scopes": scopes, "expires_in_days": expires_in_days
                });
                let made: Made = remote.post(KEYS, &body).await?;
                told(&made.key, &made.listed);
            }
            KeysCommand::Rotate { id, overlap_secs } => {
                let path = format!("{KEYS}/{id}/rotate");
                let made: Made = remote.post(&path, &json!({ "overlap_secs": overlap_secs })).await?;
                told(&made.key, &made.listed);
            }
            KeysCommand::List => list(remote.get::<All>(KEYS).await?.keys),
            KeysCommand::Revoke { id } => revoked(&remote.delete(&format!("{KEYS}/{id}")).await?),
        }
        Ok(())
    })
}
