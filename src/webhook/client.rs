//! HTTP client for webhooks: one signed request to a foreign server, and its result.
//!
//! The guard decides in the connector: literals in the URL before each request, names when they are resolved. No
//! redirects, no proxy, no cookies; the answer's body is read up to a few bytes and for a moment only.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, Url};

use super::answer::{self, REFUSED};
use super::names::{GuardedResolver, ResolveError, Resolver};
use super::networks::{ForbiddenNetwork, NetworkGuard};
use super::signature::{ID, SIGNATURE, TIMESTAMP};
use quire_domain::ids::Micros;
use quire_domain::webhook::{DeliveryError, DeliveryOutcome};

#[derive(Debug, Clone)]
pub struct WebhookClientSettings {
    pub allowed: Vec<IpNet>,
    /// One attempt in all.
    pub timeout: Duration,
    pub max_excerpt_bytes: usize,
}

/// A message as it goes out.
#[derive(Debug, Clone)]
pub struct OutgoingMessage {
    pub url: String,
    pub id: String,
    /// When it is sent.
    pub at: Micros,
    pub signatures: String,
    pub correlation_id: Option<String>,
    pub body: String,
}

/// Result of one delivery attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendResult {
    pub reception: DeliveryOutcome,
    pub status: Option<u16>,
    pub trouble: Option<DeliveryError>,
    pub detail: Option<String>,
    pub excerpt: Option<String>,
}

/// Why a URL is not one for a webhook, in words for its owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("this is no URL: {0}")]
    Unreadable(String),
    #[error("the scheme has to be http or https")]
    Scheme,
    #[error("names and passwords do not belong into the URL; messages are signed")]
    Userinfo,
    #[error("{0}")]
    Forbidden(#[from] ForbiddenNetwork),
}

#[derive(Debug, thiserror::Error)]
#[error("requests cannot be made: {0}")]
pub struct WebhookClientError(#[from] reqwest::Error);

/// Delivers. Cheap to share.
pub struct WebhookClient {
    client: Client,
    guard: NetworkGuard,
    max_excerpt_bytes: usize,
}

/// Time to wait for an answer's body; the status has decided already.
const BODY_PATIENCE: Duration = Duration::from_secs(1);
/// Connections that are kept for the next message, and for how long.
const IDLE_PER_HOST: usize = 4;
const IDLE: Duration = Duration::from_secs(30);
const DETAIL_CHARS: usize = 300;

impl WebhookClient {
    /// # Errors
    /// [`WebhookClientError`] when the system gives no client.
    pub fn new(settings: WebhookClientSettings, lookup: Arc<dyn Resolver>) -> Result<Self, WebhookClientError> {
        // For the whole process; another one that is there already serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let WebhookClientSettings { allowed, timeout, max_excerpt_bytes } = settings;
        let guard = NetworkGuard { allowed };
        let names = Arc::new(GuardedResolver { guard: guard.clone(), lookup });
        let careful = |builder: ClientBuilder| {
            builder
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .dns_resolver(Arc::clone(&names))
                .timeout(timeout)
                .pool_max_idle_per_host(IDLE_PER_HOST)
                .pool_idle_timeout(IDLE)
                .user_agent(concat!("Quire/", env!("CARGO_PKG_VERSION"), " (webhooks)"))
                .build()
        };
        let client = careful(Client::builder()).or_else(|error| {
            // A system without any root certificates still sends to http.
            tracing::warn!(%error, "https cannot be verified here: no webhook reaches an https address");
            careful(Client::builder().tls_certs_only([]))
        })?;
        Ok(Self { client, guard, max_excerpt_bytes })
    }

    pub async fn deliver(&self, message: OutgoingMessage) -> SendResult {
        let url = match check_url(&message.url, &self.guard) {
            Ok(url) => url,
            Err(fault) => return SendResult::failed(DeliveryError::ForbiddenAddress, fault.to_string()),
        };
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ID, &message.id)
            .header(TIMESTAMP, message.at.div_euclid(1_000_000))
            .header(SIGNATURE, &message.signatures)
            .body(message.body);
        let request = match &message.correlation_id {
            Some(id) => request.header("x-correlation-id", id),
            None => request,
        };
        match request.send().await {
            Ok(response) => self.read(response, message.at).await,
            Err(error) => unsent(error.without_url()),
        }
    }

    async fn read(&self, response: Response, at: Micros) -> SendResult {
        let status = response.status().as_u16();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let (reception, trouble) = answer::judge(status, wait, at);
        let excerpt = answer::excerpt(&self.beginning(response).await);
        SendResult { reception, status: Some(status), trouble, detail: None, excerpt }
    }

    /// The beginning of the body, as far as it comes within a moment. A connection with more on it is closed.
    async fn beginning(&self, mut response: Response) -> Vec<u8> {
        let mut bytes = Vec::new();
        let reading = async {
            while bytes.len() < self.max_excerpt_bytes
                && let Ok(Some(chunk)) = response.chunk().await
            {
                let missing = self.max_excerpt_bytes - bytes.len();
                bytes.extend_from_slice(&chunk[..chunk.len().min(missing)]);
            }
        };
        // Bytes that did not come in time are not shown.
        let _ = tokio::time::timeout(BODY_PATIENCE, reading).await;
        bytes
    }
}

/// Whether this URL may be that of a webhook. A name is not resolved here but each time it is used.
///
/// # Errors
/// [`UrlError`].
pub fn check_url(url: &str, guard: &NetworkGuard) -> Result<Url, UrlError> {
    let url = Url::parse(url).map_err(|error| UrlError::Unreadable(error.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(UrlError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Userinfo);
    }
    // The parser has brought every spelling of an address, octal and hexadecimal ones too, into the usual one.
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse() {
        guard.check(address)?;
    }
    Ok(url)
}

impl SendResult {
    fn failed(trouble: DeliveryError, detail: String) -> Self {
        let detail = Some(detail.chars().take(DETAIL_CHARS).collect());
        Self { reception: REFUSED, status: None, trouble: Some(trouble), detail, excerpt: None }
    }

    /// There is nothing to send any more.
    pub fn event_gone() -> Self {
        let detail = "the event is no longer in the log".to_owned();
        Self { reception: DeliveryOutcome::Hopeless, ..Self::failed(DeliveryError::EventGone, detail) }
    }

    /// Tried again: the right key may be put back, or the secret rotated.
    pub fn secret_unreadable() -> Self {
        let detail = "the secret cannot be unsealed: secret.key is not the one that sealed it; rotate the secret";
        Self::failed(DeliveryError::SecretUnreadable, detail.to_owned())
    }
}

/// Address that a name leads to, refused if webhooks must not reach it.
const NOWHERE: &str = "the name has no address that webhooks reach; an operator finds the reason in the server's log, and \
                       can allow networks with webhooks.allow_cidrs";

fn unsent(error: reqwest::Error) -> SendResult {
    if let Some(fault) = name_fault(&error) {
        // For the operator alone: to an owner it would tell which names there are inside.
        tracing::info!(%fault, "a webhook's name leads nowhere");
        return SendResult::failed(DeliveryError::ForbiddenAddress, NOWHERE.to_owned());
    }
    let trouble = match () {
        () if error.is_timeout() => DeliveryError::Timeout,
        () if error.is_connect() => DeliveryError::NoConnection,
        () => DeliveryError::BrokenOff,
    };
    SendResult::failed(trouble, causes(&error))
}

fn name_fault(error: &reqwest::Error) -> Option<&ResolveError> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(fault) = cause.downcast_ref() {
            return Some(fault);
        }
        next = cause.source();
    }
    None
}

/// From the general to the particular.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
