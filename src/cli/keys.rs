//! `quire keys`: creates, lists and revokes API keys, in a data directory or through the server that has it open.

mod remote;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::CommandExit;
use super::args::{KeysArgs, KeysCommand, RemoteServerArgs};
use crate::actors::keyring::{KeyRequest, generate_unstored_key};
use crate::commands::keys;
use crate::config::Config;
use quire_base::clock::{self, rfc3339};
use quire_domain::api_key::{OWNER_RULE, is_valid_owner_name};
use quire_store::api_keys::ApiKey;
use quire_store::{OpenStore, StoreError, Transaction};

/// A key as it is listed.
#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    owner: String,
    name: Option<String>,
    admin: bool,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

/// # Errors
/// One line that says what has to be done instead.
pub fn keys(args: KeysArgs) -> anyhow::Result<CommandExit> {
    if let KeysCommand::Add { owner, .. } = &args.what
        && !is_valid_owner_name(owner)
    {
        bail!("`{owner}` cannot be an owner's name: {OWNER_RULE}");
    }
    match &args.server {
        Some(url) => remote::keys(&RemoteServerArgs { server: url.clone(), key: args.key.clone() }, args.what)?,
        None => in_directory(&args)?,
    }
    Ok(CommandExit::Fine)
}

fn in_directory(args: &KeysArgs) -> anyhow::Result<()> {
    let data_dir = args.data_dir.as_ref().map(|dir| ("server.data_dir", dir.to_string_lossy().into_owned()));
    let config = Config::load(args.config.as_deref(), &Vec::from_iter(data_dir))?;
    let is_new = !config.server.data_dir.join("quire.db").exists();
    if is_new && !matches!(args.what, KeysCommand::Add { .. }) {
        bail!("{} holds no data of a server", config.server.data_dir.display());
    }
    let opened = open(&config)?;
    match args.what.clone() {
        KeysCommand::Add { owner, name, admin } => {
            let minted = generate_unstored_key(KeyRequest { owner, name, is_admin: admin })?;
            let limit = config.auth.max_keys;
            let added = change(&opened, move |txn| keys::add_evicting_revoked(txn, &minted.new, limit))?;
            told(&minted.text, &added.key.into());
            note_when_nobody_is_admin(&opened)?;
        }
        KeysCommand::List => {
            list(opened.reads.run(|snapshot| snapshot.api_keys())?.into_iter().map(Listed::from).collect())
        }
        KeysCommand::Revoke { id } => revoked(&change(&opened, move |txn| keys::revoke(txn, &id))?.into()),
    }
    Ok(())
}

fn open(config: &Config) -> anyhow::Result<OpenStore> {
    match OpenStore::open(config.store_options(), clock::now()) {
        Err(StoreError::Locked(dir)) => bail!(
            "a server has {dir} open, and only it may write there: give --server URL (such as http://{}), and with it an \
             administrator's key in QUIRE_API_KEY if there are keys already",
            address(config)
        ),
        opened => opened.with_context(|| config.server.data_dir.display().to_string()),
    }
}

fn address(config: &Config) -> std::net::SocketAddr {
    let host: std::net::IpAddr = config.server.host.parse().unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
    (host, config.server.port).into()
}

fn change<T: Send + 'static>(
    opened: &OpenStore,
    change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(opened.open_writer()?.commit_one("keys", clock::now(), change)?)
}

fn note_when_nobody_is_admin(opened: &OpenStore) -> anyhow::Result<()> {
    let keys = opened.reads.run(|snapshot| snapshot.api_keys())?;
    if !keys.iter().any(|key| key.is_admin && key.revoked_at.is_none()) {
        eprintln!("No key is an administrator's: to change keys or actors of a running server, add one with --admin.");
    }
    Ok(())
}

/// The key alone on standard output, for scripts.
fn told(key: &str, listed: &Listed) {
    println!("{key}");
    let role = if listed.admin { "administrator" } else { "owner" };
    eprintln!("The key {} of {role} {}; it is shown this once.", listed.id, listed.owner);
}

fn list(keys: Vec<Listed>) {
    println!("{:<10} {:<20} {:<6} {:<24} {:<24} NAME", "ID", "OWNER", "ADMIN", "LAST USED", "REVOKED");
    for key in keys {
        let [used, revoked] = [key.last_used_at, key.revoked_at].map(|at| at.unwrap_or_else(|| "-".into()));
        let (admin, name) = (if key.admin { "yes" } else { "no" }, key.name.unwrap_or_default());
        println!("{:<10} {:<20} {admin:<6} {used:<24} {revoked:<24} {name}", key.id, key.owner);
    }
}

fn revoked(key: &Listed) {
    println!("The key {} of {} opens nothing any more.", key.id, key.owner);
}

impl From<ApiKey> for Listed {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.prefix,
            owner: key.owner_name,
            name: key.name,
            admin: key.is_admin,
            last_used_at: key.last_used_at.map(rfc3339),
            revoked_at: key.revoked_at.map(rfc3339),
        }
    }
}
