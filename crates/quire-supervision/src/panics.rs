//! Panics as values: caught, with their message and their place, and kept off the console while supervised.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::pin::pin;
use std::sync::Once;

use serde::Serialize;

use super::time::unix_ms;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PanicReport {
    pub message: String,
    /// `file:line` as the compiler saw it; empty for a failure that was no panic.
    pub place: String,
    pub at_unix_ms: u64,
}

impl PanicReport {
    pub(super) fn failure(message: String) -> Self {
        Self { message, place: String::new(), at_unix_ms: unix_ms() }
    }
}

thread_local! {
    static SUPERVISED: Cell<u32> = const { Cell::new(0) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Wraps the process's panic hook, once: a supervised panic only leaves its place behind for `catch`, which is
/// why the log line is written by whoever caught it and knows the actor; any other panic goes to the old hook.
pub(super) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let earlier = if SUPERVISED.get() > 0 { PLACE.replace(Some(place(info))) } else { None };
            // A second panic before the first was caught may be about to abort the process: then say all there is.
            if SUPERVISED.get() == 0 || earlier.is_some() {
                before(info);
            }
        }));
    });
}

pub(super) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, PanicReport> {
    SUPERVISED.set(SUPERVISED.get() + 1);
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    SUPERVISED.set(SUPERVISED.get() - 1);
    outcome.map_err(|payload| {
        let message = message(payload.as_ref());
        // A payload may itself panic when dropped.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)));
        let place = PLACE.take().unwrap_or_default();
        PanicReport { message, place, at_unix_ms: unix_ms() }
    })
}

pub(super) async fn catch_future<F: Future>(future: F) -> Result<F::Output, PanicReport> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(note) => std::task::Poll::Ready(Err(note)),
    })
    .await
}

fn place(info: &PanicHookInfo<'_>) -> String {
    info.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&'static str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}
