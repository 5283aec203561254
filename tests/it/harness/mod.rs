//! A real server on a free port with a data directory of its own, and callers that know its words.

mod api;
mod batches;
mod fsck;
mod keys;
mod launch;
mod lives;
mod page;
mod plan;
mod processes;
mod raw;
mod relay;
mod request;

use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use tempfile::TempDir;

pub(crate) use api::assert_problem;
pub(crate) use fsck::{assert_sound, blobs, execute_sql, look, open, options};
pub(crate) use keys::{Caller, KEYS};
pub(crate) use launch::serve;
pub(crate) use page::{PageSession, SESSION};
pub(crate) use plan::Plan;
pub(crate) use processes::{children_of, is_dead, memory_kib, peak_memory_mib};
pub(crate) use raw::{raw_request, raw_request_cut};
pub(crate) use relay::Relay;
pub(crate) use request::{AnsweredSet, TestRequest};

/// Generous: the tests share few processors with whatever else runs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

/// A server with scripts and planted panics allowed; killed when dropped.
pub(crate) struct TestApp {
    pub http: reqwest::Client,
    pub url: String,
    pub data: PathBuf,
    pub answered: AnsweredSet,
    env: Vec<(String, String)>,
    child: Child,
    _dir: Option<TempDir>,
}

impl TestApp {
    pub(crate) fn start() -> Self {
        Plan::default().start()
    }

    pub(crate) fn with(key: &str, value: impl ToString) -> Plan {
        Plan::default().with(key, value)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            assert_sound(&self.data);
        }
    }
}

/// Without any certificates: tests speak plain HTTP, and a system's own take long to read.
pub(crate) fn client() -> reqwest::Client {
    // The client wants to know whose cryptography it has. An error means that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}
