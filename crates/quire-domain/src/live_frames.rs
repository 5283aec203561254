//! Frames of a live connection: one JSON object each, its kind under `type`.
//!
//! The shapes are the contract: `docs/api/asyncapi.json` is generated from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::batch::{BatchOutcome, BatchStatus};
use super::counts::ItemCounts;
use super::event::EventView;
use super::ids::BatchId;
use super::stage::Stage;

/// The version of this protocol, and the sub-protocol that says so.
pub const VERSION: u32 = 1;
pub const PROTOCOL: &str = "quire.v1";

/// Server → client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    Hello(Hello),
    Events(Events),
    Progress(Progress),
    Snapshot(Snapshot),
    Reset(Reset),
    Heartbeat(Heartbeat),
    Error(ErrorFrame),
}

/// Client → server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// Begins the delivery; once in a connection.
    Resume(Resume),
    /// The first one replaces the wish for everything that a connection begins with; each further one adds to it.
    Subscribe(Subscribe),
    /// Takes a subscription back. After the last one nothing is delivered, and the cursor still goes on.
    Unsubscribe(SubscriptionScope),
    /// Everything up to `seq` has arrived.
    Ack(Ack),
    /// A sign of life, for those that send nothing else.
    Ping,
}

/// The first frame of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// The version of this protocol.
    pub v: u32,
    /// Which log the `seq` numbers belong to; the same over restarts, another one after the data were replaced.
    pub epoch: String,
    /// Names the connection in the server's log.
    pub session: String,
    /// A frame comes at least this often.
    pub heartbeat_ms: u64,
    /// The newest `seq` now.
    pub latest: i64,
}

/// Committed facts in the order of their `seq`, those that the subscriptions ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Events {
    /// How far the delivery has come: nothing up to here is missing. Acknowledge this, resume after this.
    pub upto: i64,
    pub events: Vec<EventView>,
}

/// What a batch is doing now. Never stored; a newer frame of the same batch replaces an older one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    pub batch: BatchId,
    /// The batch's revision that `counts` belong to.
    pub rev: u64,
    pub counts: ItemCounts,
    #[serde(flatten)]
    pub pace: BatchPace,
    /// Documents at work, by position; at most [`RUNNING_ITEMS_SHOWN`].
    pub running: Vec<RunningItem>,
}

/// More documents at work than so many are only counted.
pub const RUNNING_ITEMS_SHOWN: usize = 32;

/// How quickly a batch goes forward.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchPace {
    /// Items that ended, per second, lately; absent until some did.
    pub items_per_second: Option<f64>,
    /// Pages worked on, per second, lately.
    pub pages_per_second: Option<f64>,
    /// Seconds until the last item has ended, if it goes on like this.
    pub eta_seconds: Option<f64>,
}

/// What an item is doing now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunningItem {
    /// The item's position in its batch, from 1.
    pub item: u32,
    pub name: String,
    #[serde(flatten)]
    pub at: AttemptProgress,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ItemProgress")]
pub struct AttemptProgress {
    pub stage: Stage,
    /// From 1; 0 while no page is at work.
    pub page: u32,
    /// 0 while unknown.
    pub pages: u32,
    /// Absent until a page was done.
    pub pages_per_second: Option<f64>,
    /// Seconds until the stage is through, if it goes on like this.
    pub eta_seconds: Option<f64>,
    /// When the attempt began; RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
}

/// Where the client's batches stand. Events with a `seq` up to `as_of_seq` are in it already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    pub as_of_seq: i64,
    /// Those that have not ended first, each kind newest first.
    pub batches: Vec<BatchState>,
    /// Another frame of the same snapshot follows.
    pub more: bool,
    /// False when the owner has further batches, which `GET /api/v1/batches` lists.
    pub complete: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchState {
    pub batch: BatchId,
    pub rev: u64,
    pub status: BatchStatus,
    pub outcome: Option<BatchOutcome>,
    pub generation: u32,
    pub counts: ItemCounts,
}

/// What the client knows is not of this log, or too old: it is to be forgotten. A snapshot follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reset {
    pub reason: ResetReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// The epoch is another log's.
    OtherEpoch,
    /// Events right after `after` are not kept any more.
    TooOld,
    /// `after` is greater than the newest `seq`.
    Ahead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// The newest `seq` of the owner.
    pub latest: i64,
    /// How far the delivery has come; less than `latest` while the client has not acknowledged enough.
    pub upto: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorFrame {
    pub code: ErrorCode,
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No frame of this protocol. The connection is closed.
    BadFrame,
    /// A second `resume`; it is ignored.
    AlreadyResumed,
    /// An `ack` of what was never sent. The connection is closed.
    BadAck,
    /// The connection is closed.
    TooManySubscriptions,
    /// More frames a second than allowed. The connection is closed.
    TooManyFrames,
}

/// Without `epoch`: a snapshot, then what comes after it. With it: everything after `after`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The last `upto` that arrived; 0 for all there is.
    #[serde(default)]
    pub after: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// Whether events of single items are wanted as well; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<bool>,
}

/// Which batches: one, those of a collection, or without either all of the owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionScope {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    pub seq: i64,
}

/// Why the server closes a WebSocket. Below 4500 the client is to come back, from 4500 on it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// Too much was unacknowledged for too long.
    Slow,
    /// The server shuts down.
    Draining,
    /// No sign of life.
    NoPong,
    TicketExpired,
    /// An administrator stopped the part that tells news.
    Silent,
    BadProtocol,
    Unauthorized,
    Forbidden,
    TooManyConnections,
    /// The right that the connection was opened with was taken back.
    Revoked,
}

impl CloseCode {
    pub const ALL: [CloseCode; 10] = [
        CloseCode::Slow,
        CloseCode::Draining,
        CloseCode::NoPong,
        CloseCode::TicketExpired,
        CloseCode::Silent,
        CloseCode::BadProtocol,
        CloseCode::Unauthorized,
        CloseCode::Forbidden,
        CloseCode::TooManyConnections,
        CloseCode::Revoked,
    ];

    pub fn number(self) -> u16 {
        match self {
            CloseCode::Slow => 4000,
            CloseCode::Draining => 4001,
            CloseCode::NoPong => 4002,
            CloseCode::TicketExpired => 4003,
            CloseCode::Silent => 4004,
            CloseCode::BadProtocol => 4500,
            CloseCode::Unauthorized => 4501,
            CloseCode::Forbidden => 4502,
            CloseCode::TooManyConnections => 4503,
            CloseCode::Revoked => 4505,
        }
    }

    pub fn reason(self) -> &'static str {
        match self {
            CloseCode::Slow => "slow",
            CloseCode::Draining => "draining",
            CloseCode::NoPong => "no pong",
            CloseCode::TicketExpired => "ticket expired",
            CloseCode::Silent => "nobody tells news: root/hub is stopped",
            CloseCode::BadProtocol => "bad protocol",
            CloseCode::Unauthorized => "unauthorized",
            CloseCode::Forbidden => "forbidden",
            CloseCode::TooManyConnections => "too many connections",
            CloseCode::Revoked => "revoked",
        }
    }
}
