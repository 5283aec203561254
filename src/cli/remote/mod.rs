//! Client of a remote Quire server for `submit` and `watch`: its API and its event stream.
//!
//! [`feed`] is the live side: one stream of updates, whatever carries them.

pub mod feed;
mod poll;
mod socket;

pub use socket::{WebSocket, open_socket};

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::args::RemoteServerArgs;
use quire_base::clock;

/// Address and key of a remote server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RemoteServer {
    http: reqwest::Client,
    base: Url,
    key: Option<HeaderValue>,
}

/// An error answer of the server.
#[derive(Debug, Deserialize, thiserror::Error)]
#[error("{title}: {} ({code}){}", told(.detail, .errors), hint(*.status))]
pub struct ServerRefusal {
    pub status: u16,
    code: String,
    title: String,
    detail: String,
    #[serde(default)]
    errors: Vec<Wrong>,
}

/// One field that was not accepted.
#[derive(Debug, Deserialize)]
struct Wrong {
    field: String,
    value: Option<Value>,
    detail: String,
    allowed: Option<String>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, detail, allowed } = self;
        write!(f, "{field}: {detail}")?;
        value.as_ref().map_or(Ok(()), |value| write!(f, ": {value}"))?;
        allowed.as_ref().map_or(Ok(()), |allowed| write!(f, "; allowed: {allowed}"))
    }
}

const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;
const PAUSE_MAX: Duration = Duration::from_secs(10);

impl RemoteServer {
    /// # Errors
    /// When the address or the key cannot be used; nothing is sent yet.
    pub fn new(args: &RemoteServerArgs) -> anyhow::Result<Self> {
        let base = Url::parse(&args.server).with_context(|| format!("`{}` is no address", args.server))?;
        if !matches!(base.scheme(), "http" | "https") {
            bail!("`{}` has to begin with http:// or https://", args.server);
        }
        let key = args.key.as_deref().map(bearer).transpose()?;
        Ok(Self { http: client()?, base, key })
    }

    /// # Errors
    /// A [`ServerRefusal`], or why the server cannot be reached.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.read(self.request(Method::GET, path)?).await
    }

    /// # Errors
    /// A [`ServerRefusal`], or why the server cannot be reached.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> anyhow::Result<T> {
        self.read(self.request(Method::POST, path)?.json(body)).await
    }

    /// POSTs a request that makes something, under an idempotency key: made once however often it is sent.
    ///
    /// # Errors
    /// A [`ServerRefusal`], or why the server cannot be reached.
    pub async fn post_with_key<T: DeserializeOwned>(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<T> {
        self.read(self.request(Method::POST, path)?.header("Idempotency-Key", key).json(body)).await
    }

    /// # Errors
    /// A [`ServerRefusal`], or why the server cannot be reached.
    pub async fn put(&self, path: &str) -> anyhow::Result<Value> {
        self.read(self.request(Method::PUT, path)?).await
    }

    /// # Errors
    /// A [`ServerRefusal`], or why the server cannot be reached.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.read(self.request(Method::DELETE, path)?).await
    }

    /// Uploads a document; answers its id.
    ///
    /// # Errors
    /// When the file cannot be read, a [`ServerRefusal`], or why the server cannot be reached.
    pub async fn post_file(&self, path: &Path, name: &str) -> anyhow::Result<String> {
        let cannot = || format!("{}: cannot be read", path.display());
        // A file that became a pipe meanwhile is not waited for.
        let mut options = tokio::fs::File::options();
        let file = options.read(true).custom_flags(NONBLOCK).open(path).await.with_context(cannot)?;
        let facts = file.metadata().await.with_context(cannot)?;
        if !facts.is_file() {
            bail!("{}: it is not a regular file", path.display());
        }
        let length = facts.len();
        let address = Url::parse_with_params(self.base.join("/api/v1/files")?.as_str(), [("name", name)])?;
        let request = self
            .request(Method::POST, address.as_str())?
            .header("Content-Type", "application/pdf")
            .header(CONTENT_LENGTH, length);
        let answer: Value = self.read(request.body(file)).await.with_context(|| path.display().to_string())?;
        answer["id"].as_str().map(str::to_owned).ok_or_else(|| anyhow!("the server's answer names no file"))
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let request = self.http.request(method, self.base.join(path)?);
        Ok(match &self.key {
            Some(key) => request.header(AUTHORIZATION, key.clone()),
            None => request,
        })
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let answer = request.send().await.with_context(|| format!("no answer from {}", self.base))?;
        if answer.status().is_success() {
            return Ok(answer.json().await?);
        }
        Err(refusal(answer).await.into())
    }
}

/// Errors by field, if they are known; they are all that `detail` would point to.
fn told(detail: &str, errors: &[Wrong]) -> String {
    let wrong: Vec<_> = errors.iter().map(ToString::to_string).collect();
    if wrong.is_empty() { detail.to_owned() } else { wrong.join("; ") }
}

fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => " Put a key into QUIRE_API_KEY.",
        _ => "",
    }
}

async fn refusal(answer: Response) -> ServerRefusal {
    let status = answer.status();
    let told = answer.json().await;
    told.unwrap_or_else(|_| ServerRefusal {
        status: status.as_u16(),
        code: "unknown".into(),
        title: status.canonical_reason().unwrap_or("The server refused").into(),
        detail: "The answer is not one of a Quire server.".into(),
        errors: Vec::new(),
    })
}

fn client() -> reqwest::Result<reqwest::Client> {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || reqwest::Client::builder().connect_timeout(CONNECT_PATIENCE);
    // A system without any root certificates still speaks to http.
    builder().build().or_else(|_| builder().tls_certs_only([]).build())
}

fn bearer(key: &str) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).context("the key has characters no key has")?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether the server refuses for good: it gives the same answer again.
pub fn is_permanent_refusal(error: &anyhow::Error) -> bool {
    let status = error.downcast_ref::<ServerRefusal>().map(|refusal| refusal.status);
    status.is_some_and(|status| (400..500).contains(&status) && status != 408 && status != 429)
}

/// Whether the same may go well another time: the line broke, or the server is busy, starting or ending.
pub fn is_transient(error: &anyhow::Error) -> bool {
    let has_broken = error.downcast_ref::<reqwest::Error>().is_some();
    has_broken || error.downcast_ref::<ServerRefusal>().is_some_and(|_| !is_permanent_refusal(error))
}

/// How long to wait before the next try, after so many failures in a row. Exponential, so that a server that starts is
/// not stormed.
pub fn retry_delay(failures: u32) -> Duration {
    let exponent = failures.min(8).saturating_sub(1);
    let cap = (Duration::from_millis(250) * 2u32.pow(exponent)).min(PAUSE_MAX);
    cap.mul_f64(0.5 + clock::jitter() / 2.0)
}
