//! Fault scripts: what a test may tell a worker process to do instead of its work; carried out in `child::perform`.
//!
//! A process follows a script only when its request carries one; the parent lets scripts in only when the
//! setting for tests is on.

use serde::{Deserialize, Serialize};

use super::sandbox::EscapeProbe;
use quire_domain::failure::Failure;

/// Named behaviours, as JSON `"abort"`, `{"exit": 3}`, `{"sleep": 20}` …
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultScript {
    /// The process ends with this status.
    Exit(i32),
    /// The process ends with SIGABRT.
    Abort,
    /// No further frame and no processor time, for ever.
    Hang,
    /// Progress at its usual pace and a busy processor, for ever.
    Spin,
    /// Works as usual, and from then on with a thread that keeps the processor busy.
    SpinOn,
    /// Progress at its usual pace and an idle processor, for ever: alive until somebody outside stops or ends it.
    Linger,
    /// Progress as fast as the channel takes it, for ever.
    Flood,
    /// Takes and fills memory until there is none.
    Allocate,
    /// Recurses until the stack is full.
    Overflow,
    Panic,
    /// A well-framed payload that means nothing.
    Garbage,
    /// These bytes as they are, then silence.
    Raw(Vec<u8>),
    /// Ends a job that nobody gave it.
    WrongTicket,
    /// Artifacts of 1 MiB, for ever, unhindered by the child's own cap.
    EndlessArtifacts,
    /// Writes this many KiB to standard error, then works as usual.
    Chatter(u32),
    /// The document comes back as the artifact `document.bin`.
    Echo,
    /// Does what the sandbox is to deny; what came of it is the artifact `trespass.json`.
    Trespass(EscapeProbe),
    /// This failure, as if the engine had found it.
    Fail(Failure),
    /// Waits this many milliseconds, then works as usual.
    Sleep(u64),
    /// Does `with` in the first `attempts` attempts and works as usual in later ones.
    FailFirst {
        attempts: u32,
        with: Box<FaultScript>,
    },
}

impl FaultScript {
    /// Script of the attempt with this number (from 1); none means its usual work.
    pub fn for_attempt(&self, attempt: u32) -> Option<FaultScript> {
        match self {
            FaultScript::FailFirst { attempts, with } if attempt <= *attempts => with.for_attempt(attempt),
            FaultScript::FailFirst { .. } => None,
            other => Some(other.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_read_as_plain_json() {
        let read = |json: &str| serde_json::from_str::<FaultScript>(json).ok();
        assert_eq!(read(r#""abort""#), Some(FaultScript::Abort));
        assert_eq!(read(r#"{"exit": 3}"#), Some(FaultScript::Exit(3)));
        assert_eq!(read(r#""endless_artifacts""#), Some(FaultScript::EndlessArtifacts));
        assert_eq!(read(r#"{"trespass": "signal_parent"}"#), Some(FaultScript::Trespass(EscapeProbe::SignalParent)));
        assert_eq!(read(r#""unheard_of""#), None);
    }

    #[test]
    fn a_script_for_the_first_attempts_ends_with_them() {
        let twice = FaultScript::FailFirst { attempts: 2, with: Box::new(FaultScript::Abort) };
        let attempts: Vec<_> = (1..=3).map(|attempt| twice.for_attempt(attempt)).collect();
        assert_eq!(attempts, [Some(FaultScript::Abort), Some(FaultScript::Abort), None]);
        assert_eq!(FaultScript::Hang.for_attempt(9), Some(FaultScript::Hang));
    }
}
