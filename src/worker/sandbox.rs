//! The doors that close before the first byte of a document is read, and the report of which did.
//!
//! Runs in the child, on its first thread, before the parsing thread exists, so that both are bound.

use serde::{Deserialize, Serialize};

/// How far a worker process is shut in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Posture {
    Enforced,
    /// Some doors stand open; `missing` names them.
    Partial {
        missing: Vec<String>,
    },
    /// This system has none of the means.
    Unsupported,
}

/// Closes what this system can close, and says what it could not.
pub fn close_doors() -> Posture {
    let mut missing = Vec::new();
    if rustix::thread::set_no_new_privs(true).is_err() {
        missing.push("no_new_privs".to_owned());
    }
    // PLACE FOR LANDLOCK: a rule set without any rule, so that no path can be opened.
    missing.push("landlock".to_owned());
    // PLACE FOR SECCOMP: last, because it forbids what the steps above need.
    missing.push("seccomp".to_owned());
    if missing.is_empty() { Posture::Enforced } else { Posture::Partial { missing } }
}
