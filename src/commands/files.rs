//! Commands on files: add one to those that a batch may name.

use quire_store::files::NewFile;
use quire_store::{StoreError, Transaction};

/// A file that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddedFile {
    /// The owner had the same bytes before.
    pub is_duplicate: bool,
}

/// Adds a file.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn add(txn: &mut dyn Transaction, new: &NewFile) -> Result<AddedFile, StoreError> {
    if !txn.pin_blob(&new.sha256)? {
        return Err(StoreError::Conflict(format!("`{}` is no longer stored; send it again", new.name)));
    }
    let is_duplicate = txn.read()?.has_file(new.owner, &new.sha256)?;
    txn.insert_file(new)?;
    Ok(AddedFile { is_duplicate })
}
