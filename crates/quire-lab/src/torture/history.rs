//! History: every request of the client, every answer, every event it saw, in order.
//!
//! One entry is one line of the journal. The judgement of it is [`super::checker`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use quire_domain::batch::{BatchControl, BatchOutcome, BatchStatus, FailurePolicy};
use quire_domain::counts::Counts;
use quire_domain::event::{EventData, EventType};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HistoryEntry {
    /// A server listens.
    Up {
        cycle: u32,
    },
    /// It is gone; what was not answered by now may have been done or not, and will not be done later.
    Down {
        cycle: u32,
        how: String,
    },
    /// Answered: the file is there.
    Uploaded {
        id: String,
    },
    /// About to be sent for the first time.
    Ordered(PlannedBatch),
    /// Answered with 202, for the first time or again.
    Accepted {
        key: String,
        seen: ObservedBatch,
    },
    /// About to be sent.
    Asked {
        batch: String,
        verb: Verb,
    },
    /// The answer to the last thing asked of this batch.
    Answered {
        batch: String,
        status: u16,
        seen: Option<ObservedBatch>,
    },
    Looked {
        batch: String,
        status: u16,
        seen: Option<ObservedBatch>,
    },
    Events {
        lines: Vec<LogLine>,
    },
    /// Number of items that ran, of all the batches of one list.
    Listed {
        running: u64,
    },
}

/// A batch to be, under an Idempotency-Key that is also its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PlannedBatch {
    pub key: String,
    /// A request that is sent.
    pub body: Value,
    pub items: u32,
    /// Items that do not just succeed, by position.
    pub ends: BTreeMap<u32, ExpectedEnd>,
    /// Each success leaves the artifacts of a document.
    pub has_documents: bool,
    pub on_failure: FailurePolicy,
    pub has_deadline: bool,
}

/// Expected end of an item when nobody interferes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExpectedEnd {
    Succeeds,
    Fails,
    /// Fails at first and succeeds later, unless the batch gives up in between.
    Either,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verb {
    Pause,
    Resume,
    Cancel,
    Retry,
    Seal,
    /// So many items more.
    Extend(u32),
}

/// A batch as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObservedBatch {
    pub id: String,
    pub name: Option<String>,
    pub status: BatchStatus,
    pub control: BatchControl,
    pub sealed: bool,
    pub rev: u64,
    pub generation: u32,
    pub outcome: Option<BatchOutcome>,
    pub counts: Counts,
}

/// An event as an answer shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct LogLine {
    pub seq: i64,
    #[serde(rename = "type")]
    pub kind: EventType,
    pub at: String,
    pub batch: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    pub correlation_id: String,
    pub data: EventData,
}

impl PlannedBatch {
    pub(super) fn ending(&self, position: u32) -> ExpectedEnd {
        self.ends.get(&position).copied().unwrap_or(ExpectedEnd::Succeeds)
    }
}
