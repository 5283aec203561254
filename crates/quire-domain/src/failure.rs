//! Failure codes: every way an attempt can fail, each with its class and a remedy for the user.

use serde::{Deserialize, Serialize};

use crate::closed_list;

closed_list! {
    /// Decides what happens next; see [`super::retry::RetryPolicy`].
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum FailureClass {
        /// The surroundings failed, not the document: worth another try.
        Transient = "transient",
        /// The document or the request is at fault: the same bytes fail again.
        Permanent = "permanent",
        /// A limit was reached: the same bytes reach it again.
        Resource = "resource",
        /// A clock ran out.
        Timeout = "timeout",
        /// The worker process died.
        Crash = "crash",
    }
}

closed_list! {
    /// A closed list; the wire name is stable.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum FailureCode: (FailureClass, &'static str) {
        /// No `%PDF-` header in the first 1,024 bytes and no parser makes sense of the rest.
        NotAPdf = "not_a_pdf" => (FailureClass::Permanent, "Send a PDF file; this one is of another kind."),
        EmptyFile = "empty_file" => (FailureClass::Permanent, "The file has no bytes; export or upload it again."),
        Truncated = "truncated" => (FailureClass::Permanent, "The file ends too early; get a complete copy and submit that."),
        Damaged = "damaged" => (FailureClass::Permanent, "Open the file in a PDF viewer and save it anew, then submit that copy."),
        NoPages = "no_pages" => (FailureClass::Permanent, "The document has no page to work on; check how it was made."),
        NeedsPassword = "needs_password" => (FailureClass::Permanent, "Submit again with the document's password."),
        WrongPassword = "wrong_password" => (FailureClass::Permanent, "The password does not open this document; submit again with the right one."),
        UnsupportedEncryption = "unsupported_encryption" => (FailureClass::Permanent, "Remove the document's encryption with the tool that made it, then submit that copy."),
        EngineFailure = "engine_failure" => (FailureClass::Permanent, "The PDF engine cannot cope with this file; please report it with the document."),
        DocumentMissing = "document_missing" => (FailureClass::Permanent, "The file is no longer where it was; put it back or submit it again."),
        DocumentForbidden = "document_forbidden" => (FailureClass::Permanent, "Give the server's user the right to read the file, then retry."),
        DocumentUnreadable = "document_unreadable" => (FailureClass::Transient, "The file could not be read; check the disk, then retry."),

        FileTooLarge = "file_too_large" => (FailureClass::Resource, "Raise documents.max_file_mib or split the document."),
        TooManyPages = "too_many_pages" => (FailureClass::Resource, "Raise documents.max_pages or split the document."),
        OutputTooLarge = "output_too_large" => (FailureClass::Resource, "Raise worker.max_output_mib or split the document."),
        TooManyArtifacts = "too_many_artifacts" => (FailureClass::Resource, "Raise worker.max_artifacts or ask for fewer operations."),
        OutOfMemory = "out_of_memory" => (FailureClass::Resource, "The document needs more than worker.memory_mib; raise it, or treat the file as hostile."),
        DecompressionLimit = "decompression_limit" => (FailureClass::Resource, "The document unpacks to more than documents.max_decompressed_mib; raise it, or treat the file as hostile."),

        TimedOutTotal = "timed_out_total" => (FailureClass::Timeout, "The document took longer than worker.attempt_timeout_secs; raise it or split the document."),
        TimedOutSilent = "timed_out_silent" => (FailureClass::Timeout, "The worker made no progress for worker.silence_timeout_secs; the document may be built to hang."),
        TimedOutCpu = "timed_out_cpu" => (FailureClass::Timeout, "The document used up worker.cpu_secs of processor time; raise it or split the document."),

        WorkerSignalled = "worker_signalled" => (FailureClass::Crash, "The worker process was killed by a signal; please report it with the document."),
        WorkerExited = "worker_exited" => (FailureClass::Crash, "The worker process ended by itself; please report it with the document."),
        StackOverflow = "stack_overflow" => (FailureClass::Crash, "The document nests too deeply; treat the file as hostile or report it."),
        ProtocolViolation = "protocol_violation" => (FailureClass::Crash, "The worker process broke its protocol; please report it with the document."),

        WorkerUnavailable = "worker_unavailable" => (FailureClass::Transient, "No worker process could be started; run `quire doctor` and read the server's log."),
        StorageFailed = "storage_failed" => (FailureClass::Transient, "A result could not be written; check free disk space, then retry."),
        Interrupted = "interrupted" => (FailureClass::Transient, "The attempt was stopped from outside; it runs again by itself."),
    }
}

impl FailureClass {
    /// Whether the same bytes may fare better at another try, with nothing changed.
    pub fn may_pass(self) -> bool {
        match self {
            FailureClass::Transient | FailureClass::Timeout | FailureClass::Crash => true,
            FailureClass::Permanent | FailureClass::Resource => false,
        }
    }
}

impl FailureCode {
    pub fn class(self) -> FailureClass {
        self.row().0
    }

    /// One line: what a user can do about it.
    pub fn remedy(self) -> &'static str {
        self.row().1
    }
}

/// A set of failure codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FailureCodes(u64);

/// Each has a bit.
const _: () = assert!(FailureCode::ALL.len() <= u64::BITS as usize);

impl FailureCodes {
    pub const fn of(code: FailureCode) -> Self {
        Self(Self::bit(code))
    }

    pub fn contains(self, code: FailureCode) -> bool {
        self.0 & Self::bit(code) != 0
    }

    /// In the order of the list.
    pub fn iter(self) -> impl Iterator<Item = FailureCode> {
        FailureCode::ALL.iter().copied().filter(move |code| self.contains(*code))
    }

    const fn bit(code: FailureCode) -> u64 {
        1 << code as u32
    }
}

impl FromIterator<FailureCode> for FailureCodes {
    fn from_iter<I: IntoIterator<Item = FailureCode>>(codes: I) -> Self {
        Self(codes.into_iter().fold(0, |bits, code| bits | Self::bit(code)))
    }
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
