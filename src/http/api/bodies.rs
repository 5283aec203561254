//! Shapes of request bodies, for the document. Handlers read bodies with [`JsonForm`](crate::http::form::JsonForm),
//! which finds every mistake at once; a test compares the names that they know with the fields here.
//!
//! In every body a field that is null is as if it were left out.
#![allow(dead_code, reason = "their fields are read by the schema alone")]

use schemars::JsonSchema;
use serde::Deserialize;

use crate::http::bulk::BulkVerb;
use crate::http::names;
use quire_domain::access::{Role, Scope};
use quire_domain::batch::{BatchStatus, FailurePolicy, PauseMode};
use quire_domain::event::EventType;
use quire_domain::failure::FailureCode;
use quire_domain::operation::{Operation, TextOptions};

/// A batch to be made. Documents come as parts of the same form, or are named here. A batch that is sealed has at least
/// one item.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SubmitBatchBody {
    /// Each once; `text` and `info` when left out.
    #[schemars(length(min = 1))]
    operations: Option<Vec<Operation>>,
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^[^\u0000]*$"))]
    name: Option<String>,
    /// A word of your own that batches are listed and followed by: visible characters, no spaces.
    #[schemars(length(min = 1, max = 200), regex(pattern = names::VISIBLE_PATTERN))]
    collection: Option<String>,
    /// Higher ones go first; 0 when left out.
    #[schemars(range(min = -100, max = 100))]
    priority: Option<i32>,
    on_failure: Option<FailurePolicy>,
    /// False keeps the batch open for more items; true when left out.
    sealed: Option<bool>,
    /// Nothing of it begins before.
    #[schemars(extend("format" = "date-time"))]
    not_before: Option<String>,
    /// What has not ended by then expires; later than `not_before`.
    #[schemars(extend("format" = "date-time"))]
    deadline: Option<String>,
    /// Options of the operation `text`.
    text: Option<TextOptions>,
    /// Tried on documents that need one and have none of their own. Kept sealed, never shown.
    #[schemars(length(min = 1, max = 1024))]
    password: Option<String>,
    /// Files that were uploaded before: ids, or objects that name them anew.
    files: Option<Vec<FileRefBody>>,
    /// A number of items without documents, for operations that read none.
    #[schemars(range(min = 0, max = 1_000_000))]
    items: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "FileRef")]
pub(in crate::http) enum FileRefBody {
    Id(#[schemars(extend("format" = "uuid"))] String),
    Named(NamedFileBody),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NamedFile")]
pub(in crate::http) struct NamedFileBody {
    #[schemars(extend("format" = "uuid"))]
    id: String,
    name: Option<String>,
    /// Where it lay, for people and for searches: parts of a path, told apart by `/`. What cannot be seen, and parts that
    /// lead elsewhere, fall out.
    #[schemars(length(min = 1, max = 1000), regex(pattern = r"^[^\u0000]*$"))]
    folder: Option<String>,
    #[schemars(length(min = 1, max = 1024))]
    password: Option<String>,
}

/// More items for an open batch.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct AddItemsBody {
    files: Option<Vec<FileRefBody>>,
    #[schemars(range(min = 0, max = 1_000_000))]
    items: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PauseBody {
    /// `drain` when left out.
    mode: Option<PauseMode>,
}

/// Which items are tried again: failed, expired and skipped ones when nothing else is said. With `codes` or `positions`
/// only failed ones, with both those that fit both.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RetryBody {
    /// Cancelled ones as well; not with `codes` or `positions`.
    cancelled: Option<bool>,
    /// Items that failed of one of these, up to now.
    #[schemars(length(min = 1))]
    codes: Option<Vec<FailureCode>>,
    /// Failed items at these positions; `http.max_retry_positions` at most.
    #[schemars(length(min = 1), inner(range(min = 1, max = 2_147_483_647)))]
    positions: Option<Vec<u32>>,
    /// How many items it has to be; if it would be another number, nothing is done, and the problem says `matched`.
    expected: Option<u64>,
}

/// A document that will come in pieces.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewUploadBody {
    /// For people.
    name: Option<String>,
    /// At most `http.max_file_mib`.
    size_bytes: u64,
}

/// What is done to all batches that a filter keeps.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct BulkBody {
    verb: BulkVerb,
    filter: BulkFilterBody,
    /// The number of batches that are meant: with any other nothing is done. Needed unless `dry_run`.
    expected: Option<u64>,
    /// Counts, and does nothing; false when left out.
    dry_run: Option<bool>,
}

/// All of the caller's batches, but for those that a field leaves out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BulkFilter")]
pub(in crate::http) struct BulkFilterBody {
    /// In one of these.
    #[schemars(length(min = 1))]
    status: Option<Vec<BatchStatus>>,
    #[schemars(length(min = 1, max = 200), regex(pattern = names::VISIBLE_PATTERN))]
    collection: Option<String>,
    /// In the name or the collection; large and small ASCII letters are the same.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^[^\u0000]*$"))]
    q: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewWebhookBody {
    /// Where messages are sent: http or https.
    #[schemars(length(min = 1, max = 2000), extend("format" = "uri"))]
    url: String,
    #[schemars(length(max = 500))]
    description: Option<String>,
    /// All when left out.
    event_types: Option<EventTypesBody>,
}

/// What changes; fields that are left out stay.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct WebhookChangeBody {
    #[schemars(length(min = 1, max = 2000), extend("format" = "uri"))]
    url: Option<String>,
    #[schemars(length(max = 500))]
    description: Option<String>,
    event_types: Option<EventTypesBody>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "EventTypes")]
pub(in crate::http) enum EventTypesBody {
    All(AllEventTypes),
    Some(#[schemars(length(min = 1))] Vec<EventType>),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum AllEventTypes {
    All,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RotateSecretBody {
    /// How long the secret before signs as well; `webhooks.rotation_overlap_hours` when left out.
    #[schemars(range(min = 0, max = 720))]
    overlap_hours: Option<u64>,
}

/// What a page logs in with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewSessionBody {
    /// An API key, `qk_…`.
    #[schemars(length(min = 1, max = 200))]
    key: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewKeyBody {
    /// Whose data the key opens.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9._@-]+$"))]
    owner: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = names::VISIBLE_WORDS_PATTERN))]
    name: Option<String>,
    /// `operator` when left out.
    role: Option<Role>,
    /// Narrows the role to these.
    #[schemars(length(min = 1))]
    scopes: Option<Vec<Scope>>,
    /// Whole days after which it opens nothing; never when left out, unless `auth.max_key_days` says otherwise.
    #[schemars(range(min = 1, max = 36_500))]
    expires_in_days: Option<u64>,
    /// As `role`: `admin`. Whether it may operate the server; false when left out. The first key has to.
    admin: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RotateKeyBody {
    /// How long the key that is replaced opens as well; a day when left out.
    #[schemars(range(min = 0, max = 2_678_400))]
    overlap_secs: Option<u64>,
}
