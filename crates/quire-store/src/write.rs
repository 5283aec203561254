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
        let Self { value, sender, .. } = *self;
        let answer = committed.and_then(|()| value.ok_or_else(|| StoreError::Aborted("it never ran".into())));
        // A sender that went away does not want to know.
        let _ = sender.send(answer);
    }
}
