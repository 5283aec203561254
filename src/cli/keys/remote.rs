//! `quire keys --server URL`: the same through a server's admin interface.

use anyhow::{Context as _, bail};
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Listed, list, revoked, told};
use crate::cli::args::Keys;
use crate::supervision::run_system;

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

/// # Errors
/// What the server answered, or that it did not.
pub fn keys(url: &str, key: Option<&str>, what: Keys) -> anyhow::Result<()> {
    let server = Server { client: client()?, url: url.trim_end_matches('/'), key };
    run_system(1, async {
        match what {
            Keys::Add { owner, name, admin } => {
                let body = json!({ "owner": owner, "name": name, "admin": admin });
                let made: Made = server.ask(Method::POST, "", Some(body)).await?;
                told(&made.key, &made.listed);
            }
            Keys::List => list(server.ask::<All>(Method::GET, "", None).await?.keys),
            Keys::Revoke { id } => revoked(&server.ask(Method::DELETE, &format!("/{id}"), None).await?),
        }
        Ok(())
    })
}

struct Server<'a> {
    client: Client,
    url: &'a str,
    key: Option<&'a str>,
}

impl Server<'_> {
    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<T> {
        let mut request = self.client.request(method, format!("{}/api/v1/admin/keys{path}", self.url));
        if let Some(key) = self.key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.with_context(|| format!("{} does not answer", self.url))?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        if !status.is_success() {
            bail!("{}{}", body["detail"].as_str().unwrap_or(status.as_str()), hint(status));
        }
        serde_json::from_value(body).with_context(|| format!("{} answered in another form than expected", self.url))
    }
}

fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => " Put an administrator's key into QUIRE_API_KEY.",
        _ => "",
    }
}

fn client() -> anyhow::Result<Client> {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder().build()?)
}
