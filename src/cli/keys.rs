//! `quire keys`: creates, lists and revokes API keys, in a data directory or through the server that has it open.

mod remote;

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::CommandExit;
use super::args::{KeysArgs, KeysCommand, RemoteServerArgs};
use crate::actors::keyring::{KeyRequest, generate_key_text, generate_unstored_key};
use crate::commands::keys::{self, KeyLimits};
use crate::config::Config;
use quire_base::clock::{self, rfc3339};
use quire_domain::access::{Role, Scope};
use quire_domain::api_key::{self, OWNER_RULE, is_valid_owner_name};
use quire_store::api_keys::{ApiKey, KeyGrant};
use quire_store::audit::AuditActor;
use quire_store::{OpenStore, StoreError, Transaction};

/// A key as it is listed.
#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    owner: String,
    name: Option<String>,
    role: Role,
    expires_at: Option<String>,
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
    let limits = KeyLimits { max_keys: config.auth.max_keys, max_days: config.auth.max_key_days };
    let by = AuditActor::on_this_machine(clock::new_correlation_id().as_str());
    match args.what.clone() {
        KeysCommand::Add { owner, name, admin, role, scopes, expires_in_days } => {
            let role = asked_role(role, admin);
            if let Some(beyond) = scopes.iter().find(|scope| !role.includes(**scope)) {
                bail!("the role `{}` does not include `{}`", role.as_str(), beyond.as_str());
            }
            let most_days = api_key::most_days(limits.max_days);
            if expires_in_days.is_some_and(|days| days > most_days) {
                bail!("a key may last {most_days} days here (auth.max_key_days)");
            }
            let expires_at = api_key::expiry(expires_in_days, limits.max_days, clock::now());
            let grant = KeyGrant { role, scopes: (!scopes.is_empty()).then_some(scopes), expires_at };
            let minted = generate_unstored_key(KeyRequest { owner, name, grant })?;
            let added = change(&opened, move |txn| keys::add_evicting_ended(txn, &minted.new, limits.max_keys, &by))?;
            told(&minted.text, &added.key.into());
            note_when_nobody_is_admin(&opened)?;
        }
        KeysCommand::Rotate { id, overlap_secs } => {
            let ((text, fresh), overlap) = (generate_key_text()?, Duration::from_secs(overlap_secs));
            let rotated = change(&opened, move |txn| keys::rotate(txn, &id, &fresh, overlap, limits, &by))?;
            told(&text, &rotated.new.into());
        }
        KeysCommand::List => {
            list(opened.reads.run(|snapshot| snapshot.api_keys())?.into_iter().map(Listed::from).collect())
        }
        KeysCommand::Revoke { id } => revoked(&change(&opened, move |txn| keys::revoke(txn, &id, &by))?.into()),
    }
    Ok(())
}

fn asked_role(role: Option<Role>, admin: bool) -> Role {
    role.unwrap_or(if admin { Role::Admin } else { Role::Operator })
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
    if !keys.iter().any(|key| key.grant.rights().include(Scope::KeysWrite) && key.revoked_at.is_none()) {
        eprintln!("No key is an administrator's: to change keys or actors of a running server, add one with --admin.");
    }
    Ok(())
}

/// The key alone on standard output, for scripts.
fn told(key: &str, listed: &Listed) {
    println!("{key}");
    eprintln!("The key {} of {} ({}); it is shown this once.", listed.id, listed.owner, listed.role.as_str());
}

fn list(keys: Vec<Listed>) {
    println!(
        "{:<10} {:<20} {:<8} {:<24} {:<24} {:<24} NAME",
        "ID", "OWNER", "ROLE", "LAST USED", "RUNS OUT", "REVOKED"
    );
    for key in keys {
        let times = [key.last_used_at, key.expires_at, key.revoked_at];
        let [used, end, revoked] = times.map(|at| at.unwrap_or_else(|| "-".into()));
        let (role, name) = (key.role.as_str(), key.name.unwrap_or_default());
        println!("{:<10} {:<20} {role:<8} {used:<24} {end:<24} {revoked:<24} {name}", key.id, key.owner);
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
            role: key.grant.role,
            expires_at: key.grant.expires_at.map(rfc3339),
            last_used_at: key.last_used_at.map(rfc3339),
            revoked_at: key.revoked_at.map(rfc3339),
        }
    }
}
