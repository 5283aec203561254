//! Write: a named change of the store, answered after its commit.

use tokio::sync::oneshot;

use super::error::StoreError;
use super::transaction::Transaction;

/// A named change of the store; runs inside a transaction, is answered after its commit.
///
/// **It may be run again**: when a transaction is undone, its changes are run once more in another. So all that it does,
/// it does through the transaction, and what it was given it keeps.
pub trait Write: Send {
    fn name(&self) -> &'static str;

    /// # Errors
    /// [`StoreError`]; then nothing of it is committed.
    fn run(&mut self, txn: &mut dyn Transaction) -> Result<(), StoreError>;

    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// Receives the value of a write after its commit.
pub type WriteReply<T> = oneshot::Receiver<Result<T, StoreError>>;

/// Makes a [`Write`] of a closure; its value comes through the receiver once it is on disk.
pub fn write_from_closure<T, F>(name: &'static str, change: F) -> (Box<dyn Write>, WriteReply<T>)
where
    T: Send + 'static,
    F: FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    (Box::new(Closure { name, change, value: None, sender }), receiver)
}

struct Closure<T, F> {
    name: &'static str,
    change: F,
    /// Of the last run.
    value: Option<T>,
    sender: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Write for Closure<T, F>
where
    T: Send,
    F: FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, txn: &mut dyn Transaction) -> Result<(), StoreError> {
        self.value = Some((self.change)(txn)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { change, value, sender, .. } = *self;
        // What the change holds, such as the lock of an upload, is free when its answer is there.
        drop(change);
        let answer = committed.and_then(|()| value.ok_or_else(|| StoreError::Aborted("it never ran".into())));
        // A sender that went away does not want to know.
        let _ = sender.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Looks, when it is dropped, whether the answer has come.
    struct Held(Arc<Mutex<Option<WriteReply<()>>>>, Arc<Mutex<Option<bool>>>);

    impl Drop for Held {
        fn drop(&mut self) {
            let is_answered = self.0.lock().unwrap().as_mut().unwrap().try_recv().is_ok();
            *self.1.lock().unwrap() = Some(is_answered);
        }
    }

    #[test]
    fn what_a_change_holds_is_free_when_its_answer_comes() {
        let (reply, was_answered) = (Arc::default(), Arc::default());
        let held = Held(Arc::clone(&reply), Arc::clone(&was_answered));
        let (write, receiver) = write_from_closure("test", move |_| {
            let _held = &held;
            Ok(())
        });
        *reply.lock().unwrap() = Some(receiver);
        write.answer(Ok(()));
        assert_eq!(*was_answered.lock().unwrap(), Some(false));
    }
}
