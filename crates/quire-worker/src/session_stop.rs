//! Stop signal: ends a session with a process early.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Stops a session from elsewhere; may be cloned and sent to other threads.
#[derive(Clone, Debug)]
pub struct SessionStopHandle(Arc<Shared>);

/// What a session listens to for stops. One listener at a time; a stop stays given, so a later session with the same
/// signal ends at once.
#[derive(Debug)]
pub struct SessionStopSignal(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Rises with every word; lets a listener look without the lock.
    version: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    interrupted: bool,
    cancelled: Vec<u64>,
    listener: Option<Waker>,
}

impl SessionStopHandle {
    pub fn new() -> (SessionStopHandle, SessionStopSignal) {
        let shared = Arc::new(Shared::default());
        (SessionStopHandle(Arc::clone(&shared)), SessionStopSignal(shared))
    }

    /// Ends the session: the running job has the grace to end; then, or after it, the rest is not started.
    pub fn interrupt(&self) {
        self.say(|state| state.interrupted = true);
    }

    /// Cancels one job: it has the grace to end from now, or from its start; then its process is killed.
    pub fn cancel_job(&self, ticket: u64) {
        self.say(|state| state.cancelled.push(ticket));
    }

    fn say(&self, word: impl FnOnce(&mut State)) {
        let listener = {
            let mut state = self.0.state();
            word(&mut state);
            self.0.version.fetch_add(1, Ordering::Release);
            state.listener.take()
        };
        if let Some(listener) = listener {
            listener.wake();
        }
    }
}

impl SessionStopSignal {
    /// One that never comes.
    pub fn never() -> Self {
        SessionStopHandle::new().1
    }

    /// Waits for an interrupt, wherever else the listener is; a cancel of single jobs does not count.
    pub async fn wait_for_interrupt(&self) {
        let mut seen = 0;
        while !self.is_interrupted() {
            poll_fn(|context| self.poll_news(seen, context)).await;
            seen = self.version();
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.version() > 0 && self.0.state().interrupted
    }

    pub(super) fn is_cancelled(&self, ticket: u64) -> bool {
        self.version() > 0 && self.0.state().cancelled.contains(&ticket)
    }

    /// Ready once there is a word beyond the version `seen`.
    pub(super) fn poll_news(&self, seen: u64, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.state();
        if self.version() != seen {
            return Poll::Ready(());
        }
        if !state.listener.as_ref().is_some_and(|listener| listener.will_wake(context.waker())) {
            state.listener = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn every_word_wakes_the_listener_once_and_stays_given() {
        let (stop, signal) = SessionStopHandle::new();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);

        assert!(signal.poll_news(0, &mut context).is_pending());
        stop.cancel_job(7);
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert!(signal.poll_news(0, &mut context).is_ready());
        assert!(signal.poll_news(signal.version(), &mut context).is_pending());
        assert!(signal.is_cancelled(7) && !signal.is_cancelled(8) && !signal.is_interrupted());

        stop.clone().interrupt();
        assert_eq!(woken.0.load(Ordering::SeqCst), 2);
        assert!(signal.is_interrupted());
    }

    #[test]
    fn only_an_interrupt_is_heard() {
        let (stop, signal) = SessionStopHandle::new();
        let mut context = Context::from_waker(Waker::noop());
        let mut heard = Box::pin(signal.wait_for_interrupt());
        assert!(heard.as_mut().poll(&mut context).is_pending());
        stop.cancel_job(1);
        assert!(heard.as_mut().poll(&mut context).is_pending());
        stop.interrupt();
        assert!(heard.as_mut().poll(&mut context).is_ready());
    }
}
