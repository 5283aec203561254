//! Commands on the audit log: a line of what is no change of the store, such as an order to an actor.

use quire_store::audit::{AuditActor, AuditNote};
use quire_store::{StoreError, Transaction};

/// Notes what is done elsewhere.
///
/// # Errors
/// [`StoreError`]; then nothing was noted.
pub fn note(txn: &mut dyn Transaction, by: &AuditActor, note: &AuditNote) -> Result<(), StoreError> {
    txn.audit(by, note)
}
