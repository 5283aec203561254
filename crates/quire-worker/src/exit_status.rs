//! Translates the exit status of a process into the failure of the document it worked on. Pure.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use quire_domain::failure::{Failure, FailureCode};

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
const SIGXCPU: i32 = 24;

/// The runtime's words before it aborts.
const NO_MEMORY: &str = "memory allocation of ";
const NO_STACK: &str = "has overflowed its stack";

/// Knowledge about a SIGKILL that the server did not send.
const NOT_OURS: &str = "; not from the server: from the kernel for want of memory, or from somebody's hand";

const MAX_DETAIL_CHARS: usize = 300;

/// Exit of a process: status, signal, last words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessExit {
    /// None when it did not end by itself.
    pub status: Option<ExitStatus>,
    /// The end of its standard error, at most 4 KiB.
    pub stderr: String,
}

/// The failure that follows from how a process ended. Nobody here asked for it: a process that the server kills has
/// another conclusion.
pub fn failure_of_exit(exit: &ProcessExit) -> Failure {
    let Some(status) = exit.status else {
        return Failure::new(FailureCode::ProtocolViolation, "the process closed its channel and lived on");
    };
    let Some(signal) = status.signal() else {
        return Failure::new(FailureCode::WorkerExited, with_words(&status.to_string(), exit, None));
    };
    let (code, words) = match signal {
        SIGXCPU => (FailureCode::TimedOutCpu, None),
        SIGABRT | SIGSEGV if exit.stderr.contains(NO_STACK) => (FailureCode::StackOverflow, Some(NO_STACK)),
        SIGABRT if exit.stderr.contains(NO_MEMORY) => (FailureCode::OutOfMemory, Some(NO_MEMORY)),
        _ => (FailureCode::WorkerSignalled, None),
    };
    let hint = if signal == SIGKILL { NOT_OURS } else { "" };
    Failure::new(code, with_words(&format!("{status}{hint}"), exit, words))
}

/// Adds the last line of standard error, or the last one with `words`.
fn with_words(what: &str, exit: &ProcessExit, words: Option<&str>) -> String {
    let telling = |queue: &&str| match words {
        Some(words) => queue.contains(words),
        None => !queue.is_empty() && !queue.starts_with("note: "),
    };
    match exit.stderr.lines().rev().map(str::trim).find(telling) {
        Some(queue) => format!("{what}: {}", shown(queue)),
        None => what.to_owned(),
    }
}

/// Fit for a log and a screen, whatever the process wrote.
fn shown(queue: &str) -> String {
    queue.chars().filter(|char| !char.is_control()).take(MAX_DETAIL_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signalled(signal: i32, stderr: &str) -> Failure {
        failure_of_exit(&ProcessExit { status: Some(ExitStatus::from_raw(signal)), stderr: stderr.to_owned() })
    }

    #[test]
    fn the_runtimes_last_words_tell_one_abort_from_another() {
        let memory = "memory allocation of 64 bytes failed\nnote: run with a backtrace\n";
        assert_eq!(signalled(6, memory).code, FailureCode::OutOfMemory);
        assert_eq!(signalled(6, "\nthread 'parser' has overflowed its stack\n").code, FailureCode::StackOverflow);
        assert_eq!(signalled(6, "assertion failed").code, FailureCode::WorkerSignalled);
        assert!(signalled(6, memory).detail.ends_with("(SIGABRT): memory allocation of 64 bytes failed"));
    }

    #[test]
    fn words_alone_prove_nothing() {
        let words = "memory allocation of 1 bytes failed\nhas overflowed its stack";
        assert_eq!(signalled(9, words).code, FailureCode::WorkerSignalled);
        let exited = ProcessExit { status: Some(ExitStatus::from_raw(3 << 8)), stderr: words.to_owned() };
        assert_eq!(failure_of_exit(&exited).code, FailureCode::WorkerExited);
    }

    #[test]
    fn the_processor_limit_is_a_timeout_and_a_segfault_is_a_crash() {
        assert_eq!(signalled(24, "").code, FailureCode::TimedOutCpu);
        assert_eq!(signalled(11, "").code, FailureCode::WorkerSignalled);
    }

    #[test]
    fn a_kill_from_outside_is_not_passed_off_as_anything_else() {
        assert!(signalled(9, "").detail.contains("not from the server"));
        assert!(!signalled(11, "").detail.contains("not from the server"));
        assert_eq!(failure_of_exit(&ProcessExit::default()).code, FailureCode::ProtocolViolation);
    }

    #[test]
    fn details_are_short_and_without_control_characters() {
        let failure = signalled(11, &format!("\u{1b}[31m{}", "x".repeat(4_000)));
        assert!(failure.detail.chars().count() < 400 && !failure.detail.contains('\u{1b}'));
    }
}
