//! Requests of the client. `None` means that no answer came, whether or not the request was carried out.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::torture::history::{LogLine, ObservedBatch, PlannedBatch, Verb};

pub(super) struct ApiClient {
    http: reqwest::Client,
}

/// Answer of a batch's URL.
pub(super) struct BatchAnswer {
    pub status: u16,
    /// Of a success.
    pub seen: Option<ObservedBatch>,
    /// Of anything else.
    pub text: String,
}

#[derive(Deserialize)]
struct File {
    id: String,
}

#[derive(Deserialize)]
struct EventPage {
    events: Vec<LogLine>,
}

#[derive(Deserialize)]
struct BatchPage {
    batches: Vec<ObservedBatch>,
    next_cursor: Option<String>,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl ApiClient {
    /// # Errors
    /// When no client can be made.
    pub(super) fn new() -> anyhow::Result<Self> {
        // Another part of the process may have done so; nothing here is encrypted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { http: reqwest::Client::builder().timeout(PATIENCE).build()? })
    }

    pub(super) async fn submit(&self, url: &str, order: &PlannedBatch) -> Option<BatchAnswer> {
        let request = self.http.post(format!("{url}/api/v1/batches")).header("idempotency-key", &order.key);
        answer(request.json(&order.body)).await
    }

    /// The id of the file.
    pub(super) async fn upload(&self, url: &str, bytes: Vec<u8>) -> Option<String> {
        let request = self.http.post(format!("{url}/api/v1/files?name=document.pdf")).body(bytes);
        let file: File = read(request.send().await.ok()?).await?;
        Some(file.id)
    }

    pub(super) async fn verb(&self, url: &str, batch: &str, verb: Verb) -> Option<BatchAnswer> {
        let own = format!("{url}/api/v1/batches/{batch}");
        let call = |method: Method, end: &str| self.http.request(method, format!("{own}{end}"));
        let request = match verb {
            Verb::Pause => call(Method::PUT, "/pause"),
            Verb::Resume => call(Method::PUT, "/resume"),
            Verb::Seal => call(Method::PUT, "/seal"),
            Verb::Cancel => call(Method::DELETE, ""),
            Verb::Retry => call(Method::POST, "/retry").json(&json!({ "cancelled": true })),
            Verb::Extend(items) => call(Method::POST, "/items").json(&json!({ "items": items })),
        };
        answer(request).await
    }

    pub(super) async fn look(&self, url: &str, batch: &str) -> Option<BatchAnswer> {
        answer(self.http.get(format!("{url}/api/v1/batches/{batch}"))).await
    }

    /// The next events after this one.
    pub(super) async fn events(&self, url: &str, after: i64) -> Option<Vec<LogLine>> {
        let request = self.http.get(format!("{url}/api/v1/events?after={after}&limit=1000"));
        let page: EventPage = read(request.send().await.ok()?).await?;
        Some(page.events)
    }

    /// Number of items of the newest batches that run, as one answer shows them.
    pub(super) async fn running(&self, url: &str) -> Option<u64> {
        let request = self.http.get(format!("{url}/api/v1/batches?limit=100"));
        let page: BatchPage = read(request.send().await.ok()?).await?;
        Some(page.batches.iter().map(|seen| seen.counts.running).sum())
    }

    /// Every batch there is.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(super) async fn all(&self, url: &str) -> anyhow::Result<Vec<ObservedBatch>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let request = self.http.get(format!("{url}/api/v1/batches?limit=1000{cursor}"));
            let page: BatchPage = request.send().await?.error_for_status()?.json().await?;
            all.extend(page.batches);
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }
}

async fn answer(request: RequestBuilder) -> Option<BatchAnswer> {
    let response = request.send().await.ok()?;
    let status = response.status();
    let text = response.text().await.ok()?;
    let seen = if status.is_success() { Some(serde_json::from_str(&text).ok()?) } else { None };
    Some(BatchAnswer { status: status.as_u16(), seen, text })
}

async fn read<T: DeserializeOwned>(response: Response) -> Option<T> {
    response.error_for_status().ok()?.json().await.ok()
}
