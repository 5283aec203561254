//! The frames that parent and child exchange: shapes only. How they become bytes: [`super::codec`].
//!
//! Parent → child: one [`ToWorker::Setup`], answered by [`FromWorker::Ready`]; then any number of
//! [`ToWorker::Run`]. The k-th `Run` with `has_document` owns the k-th file descriptor that came by `SCM_RIGHTS`.
//! Child → parent, for each `Run` in order: progress and artifacts, then exactly one [`FromWorker::Done`].

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault_script::FaultScript;
use super::sandbox::{DisabledLayer, SandboxReport};
use quire_domain::failure::Failure;
use quire_domain::operation::{DocumentLimits, DocumentSummary, Operation, OperationOptions};
use quire_domain::stage::Stage;

/// Rises whenever a frame changes its shape; parent and child must agree.
pub const PROTOCOL_VERSION: u32 = 2;

/// The most bytes of an artifact in one frame.
pub const MAX_CHUNK_BYTES: usize = 64 * 1024;

/// The most bytes of any frame's payload.
pub const MAX_FRAME_BYTES: usize = 128 * 1024;

/// The most descriptors in one write: below the child's limit of 64 and the kernel's of 253.
pub const MAX_DESCRIPTORS: usize = 32;

/// Progress within one stage is told this often at most.
pub const PROGRESS_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker<'a> {
    Setup(WorkerSetup),
    #[serde(borrow)]
    Run(RunJob<'a>),
}

/// Setup of the child, sent before any document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerSetup {
    pub version: u32,
    /// The process that must be the child's parent, else the child ends at once.
    pub parent_pid: u32,
    /// Address space on top of what is mapped when the child starts.
    pub memory_bytes: u64,
    /// The parsing thread's stack.
    pub stack_bytes: u64,
    /// Processor time that one document may use.
    pub cpu_secs: u64,
    /// Processor time that the process may use in its whole life.
    pub cpu_life_secs: u64,
    /// Walls of the sandbox that a test leaves out.
    pub without: DisabledLayer,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunJob<'a> {
    pub ticket: u64,
    pub operations: Cow<'a, [Operation]>,
    #[serde(borrow)]
    pub password: Option<Password<'a>>,
    pub options: OperationOptions,
    pub limits: DocumentLimits,
    pub has_document: bool,
    pub script: Option<FaultScript>,
}

/// A document's password; never shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password<'a>(pub &'a str);

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWorker<'a> {
    /// The doors are closed; jobs may come.
    Ready {
        version: u32,
        report: SandboxReport,
        pid: u32,
    },
    /// Pages count from 1; `pages` is 0 while unknown.
    Progress {
        ticket: u64,
        stage: Stage,
        page: u32,
        pages: u32,
    },
    /// `size` is the sum of the chunks that follow, in bytes.
    ArtifactBegin {
        ticket: u64,
        name: &'a str,
        media_type: &'a str,
        size: u64,
    },
    ArtifactChunk {
        ticket: u64,
        #[serde(borrow, serialize_with = "as_bytes")]
        bytes: &'a [u8],
    },
    ArtifactEnd {
        ticket: u64,
    },
    /// `micros`: wall time of the processing, reading the document not counted.
    /// `peak_memory_bytes`: the highest resident size during this job; of the last document when the job had none.
    Done {
        ticket: u64,
        result: Result<DocumentSummary, Failure>,
        micros: u64,
        peak_memory_bytes: u64,
    },
}

/// serde writes a `&[u8]` byte by byte unless told otherwise; the bytes on the wire are the same.
fn as_bytes<S: serde::Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}
