//! Query parameters of a client that cannot send frames: where to begin, which events, how long to wait.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::config::Config;
use crate::http::lookup::wrong;
use crate::http::problem::Problem;
use quire_domain::delivery::filter::{Subscription, SubscriptionFilter};
use quire_domain::ids::BatchId;
use quire_domain::live_frames::SubscriptionScope;

/// Where to begin, and which events.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StreamQuery {
    /// The last `seq` that is known.
    #[schemars(with = "Option<i64>", range(min = 0))]
    after: Option<String>,
    /// The log that `after` belongs to.
    epoch: Option<String>,
    /// Keeps events of one batch.
    #[schemars(extend("format" = "uuid"))]
    batch: Option<String>,
    /// Keeps events of the batches of one collection.
    collection: Option<String>,
    /// False leaves out events of single items.
    #[schemars(with = "Option<bool>")]
    items: Option<String>,
}

/// As [`StreamQuery`], with how much and how long to wait.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PollQuery {
    #[serde(flatten)]
    pub place: StreamQuery,
    /// At most so many events; 256 when left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000))]
    limit: Option<String>,
    /// Seconds to wait for an event when there is none.
    #[schemars(with = "Option<u32>", range(min = 0, max = 25))]
    wait: Option<String>,
}

impl PollQuery {
    /// # Errors
    /// `validation_failed` for a number out of range.
    pub(crate) fn limit(&self, config: &Config) -> Result<u32, Problem> {
        let most = config.http.max_page_items as u32;
        let Some(text) = &self.limit else { return Ok(most.min(DEFAULT_LIMIT)) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| wrong("limit", text, &format!("1 to {most} (http.max_page_items)")))
    }

    /// # Errors
    /// `validation_failed` for a number out of range.
    pub(crate) fn wait(&self, config: &Config) -> Result<Duration, Problem> {
        let most = config.live.max_wait_secs;
        let Some(text) = &self.wait else { return Ok(Duration::ZERO) };
        let wait = text.parse().ok().filter(|secs| *secs <= most).map(Duration::from_secs);
        wait.ok_or_else(|| wrong("wait", text, &format!("0 to {most} seconds (live.max_wait_secs)")))
    }
}

impl StreamQuery {
    /// The last `seq` that is known; `None` when the client does not say.
    ///
    /// # Errors
    /// `validation_failed`.
    pub(crate) fn after(&self) -> Result<Option<i64>, Problem> {
        self.after.as_deref().map(seq).transpose()
    }

    pub(crate) fn epoch(&self) -> Option<&str> {
        self.epoch.as_deref()
    }

    /// # Errors
    /// `validation_failed` for what is no id or no yes or no.
    pub(crate) fn filter(&self) -> Result<SubscriptionFilter, Problem> {
        let parse = |text: &String| Uuid::try_parse(text).map_err(|_| wrong("batch", text, "the id of a batch"));
        let batch = self.batch.as_ref().map(parse).transpose()?.map(BatchId);
        let items = match self.items.as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(other) => return Err(wrong("items", other, "true, false")),
        };
        let collection = self.collection.clone();
        if batch.is_none() && collection.is_none() && items {
            return Ok(SubscriptionFilter::Everything);
        }
        Ok(SubscriptionFilter::Only(vec![Subscription { scope: SubscriptionScope { batch, collection }, items }]))
    }
}

pub(super) const DEFAULT_LIMIT: u32 = 256;

/// # Errors
/// `validation_failed` for what is no `seq`.
pub(super) fn seq(text: &str) -> Result<i64, Problem> {
    text.parse().ok().filter(|seq| *seq >= 0).ok_or_else(|| wrong("after", text, "0 or a seq"))
}
