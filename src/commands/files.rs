//! Commands on files: add one to those that a batch may name.

use quire_store::files::NewFile;
use quire_store::{StoreError, Transaction};

/// Adds a file; true when the owner had the same bytes before.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn add(txn: &mut dyn Transaction, new: &NewFile) -> Result<bool, StoreError> {
    if !txn.pin_blob(&new.sha256)? {
        return Err(StoreError::Conflict(format!("`{}` is no longer stored; send it again", new.name)));
    }
    let known = txn.read()?.has_file(new.owner, &new.sha256)?;
    txn.insert_file(new)?;
    Ok(known)
}
