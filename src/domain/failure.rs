//! Failure codes: every way an attempt can fail, each with its class and a remedy for the user.

use serde::{Deserialize, Serialize};

/// Decides what happens next; see [`super::retry::RetryPolicy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The surroundings failed, not the document: worth another try.
    Transient,
    /// The document or the request is at fault: the same bytes fail again.
    Permanent,
    /// A limit was reached: the same bytes reach it again.
    Resource,
    /// A clock ran out.
    Timeout,
    /// The worker process died.
    Crash,
}

macro_rules! failure_codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $class:ident, $remedy:literal;)*) => {
        /// A closed list; the wire name is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum FailureCode { $($(#[$doc])* #[serde(rename = $wire)] $name,)* }

        impl FailureCode {
            pub const ALL: &'static [FailureCode] = &[$(FailureCode::$name,)*];

            /// The stable name in the store, the API and the logs.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $wire,)* } }

            pub fn class(self) -> FailureClass { match self { $(Self::$name => FailureClass::$class,)* } }

            /// One line: what a user can do about it.
            pub fn remedy(self) -> &'static str { match self { $(Self::$name => $remedy,)* } }
        }
    };
}

failure_codes! {
    /// No `%PDF-` header in the first 1,024 bytes and no parser makes sense of the rest.
    NotAPdf = "not_a_pdf", Permanent, "Send a PDF file; this one is of another kind.";
    EmptyFile = "empty_file", Permanent, "The file has no bytes; export or upload it again.";
    Truncated = "truncated", Permanent, "The file ends too early; get a complete copy and submit that.";
    Damaged = "damaged", Permanent, "Open the file in a PDF viewer and save it anew, then submit that copy.";
    NoPages = "no_pages", Permanent, "The document has no page to work on; check how it was made.";
    NeedsPassword = "needs_password", Permanent, "Submit again with the document's password.";
    WrongPassword = "wrong_password", Permanent, "The password does not open this document; submit again with the right one.";
    UnsupportedEncryption = "unsupported_encryption", Permanent, "Remove the document's encryption with the tool that made it, then submit that copy.";
    EngineFailure = "engine_failure", Permanent, "The PDF engine cannot cope with this file; please report it with the document.";
    DocumentMissing = "document_missing", Permanent, "The file is no longer where it was; put it back or submit it again.";
    DocumentForbidden = "document_forbidden", Permanent, "Give the server's user the right to read the file, then retry.";
    DocumentUnreadable = "document_unreadable", Transient, "The file could not be read; check the disk, then retry.";

    FileTooLarge = "file_too_large", Resource, "Raise documents.max_file_mib or split the document.";
    TooManyPages = "too_many_pages", Resource, "Raise documents.max_pages or split the document.";
    OutputTooLarge = "output_too_large", Resource, "Raise worker.max_output_mib or split the document.";
    TooManyArtifacts = "too_many_artifacts", Resource, "Raise worker.max_artifacts or ask for fewer operations.";
    OutOfMemory = "out_of_memory", Resource, "The document needs more than worker.memory_mib; raise it, or treat the file as hostile.";
    DecompressionLimit = "decompression_limit", Resource, "The document unpacks to more than documents.max_decompressed_mib; raise it, or treat the file as hostile.";

    TimedOutTotal = "timed_out_total", Timeout, "The document took longer than worker.attempt_timeout_secs; raise it or split the document.";
    TimedOutSilent = "timed_out_silent", Timeout, "The worker made no progress for worker.silence_timeout_secs; the document may be built to hang.";
    TimedOutCpu = "timed_out_cpu", Timeout, "The document used up worker.cpu_secs of processor time; raise it or split the document.";

    WorkerSignalled = "worker_signalled", Crash, "The worker process was killed by a signal; please report it with the document.";
    WorkerExited = "worker_exited", Crash, "The worker process ended by itself; please report it with the document.";
    StackOverflow = "stack_overflow", Crash, "The document nests too deeply; treat the file as hostile or report it.";
    ProtocolViolation = "protocol_violation", Crash, "The worker process broke its protocol; please report it with the document.";

    WorkerUnavailable = "worker_unavailable", Transient, "No worker process could be started; run `quire doctor` and read the server's log.";
    StorageFailed = "storage_failed", Transient, "A result could not be written; check free disk space, then retry.";
    Interrupted = "interrupted", Transient, "The attempt was stopped from outside; it runs again by itself.";
}

/// One failure: its code, and what was seen, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Failure {
    pub code: FailureCode,
    pub detail: String,
}

impl Failure {
    pub fn new(code: FailureCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}
