//! Requests that are under way: what they take is given back, nobody waits for them for ever, and they end with the
//! right that they came with. Each walk goes along all routes of the server's source, so that a new one is walked by
//! itself.

mod heads;
mod line;
mod refused;
mod revoked;
mod stalled;

use std::time::Duration;

use crate::harness::{DEADLINE, TestApp};
use line::Line;

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

/// Besides those of listeners and clients the server has a few, to its worker processes.
fn sockets(app: &TestApp) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", app.pid())).unwrap().filter_map(Result::ok);
    let names = open.filter_map(|open| std::fs::read_link(open.path()).ok());
    names.filter(|name| name.to_string_lossy().starts_with("socket:")).count()
}

/// Waits until there are no more than there were, and those of workers that were started meanwhile.
async fn sockets_are_given_back(app: &TestApp, before: usize) {
    let until = std::time::Instant::now() + DEADLINE;
    while sockets(app) > before + WORKERS_SOCKETS {
        assert!(std::time::Instant::now() < until, "{} sockets are held, there were {before}", sockets(app));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

const WORKERS_SOCKETS: usize = 10;
