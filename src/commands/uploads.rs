//! Commands on uploads that come in pieces: open one, note a piece, make the file, give one up, forget the old ones.

use quire_domain::ids::{Micros, OwnerKey};
use quire_store::files::NewFile;
use quire_store::uploads::NewUpload;
use quire_store::{StoreError, Transaction};
use uuid::Uuid;

use super::files::{self, AddedFile};

/// # Errors
/// [`StoreError::TooManyUploads`] when the owner has `limit` open ones.
pub fn open(txn: &mut dyn Transaction, new: &NewUpload, limit: u64) -> Result<(), StoreError> {
    if txn.read()?.open_upload_count(new.owner)? >= limit {
        return Err(StoreError::TooManyUploads { limit });
    }
    txn.insert_upload(new)
}

/// The first `received` bytes are durable; the time until it is forgotten begins anew.
///
/// # Errors
/// [`StoreError::NotFound`] when it was given up or forgotten meanwhile.
pub fn advance(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    id: Uuid,
    received: u64,
    expires_at: Micros,
) -> Result<(), StoreError> {
    txn.set_upload_received(owner, id, received, expires_at)
}

/// Makes the file of it.
///
/// # Errors
/// As [`advance`], and those of [`files::add`].
pub fn complete(txn: &mut dyn Transaction, id: Uuid, file: &NewFile) -> Result<AddedFile, StoreError> {
    txn.read()?.upload(file.owner, id)?;
    let added = files::add(txn, file)?;
    txn.set_upload_file(file.owner, id, file.public_id, added.is_duplicate)?;
    Ok(added)
}

/// # Errors
/// [`StoreError::NotFound`] when the owner has no such upload.
pub fn give_up(txn: &mut dyn Transaction, owner: OwnerKey, id: Uuid) -> Result<(), StoreError> {
    txn.delete_upload(owner, id)
}

/// Uploads that are forgotten in one write.
const FORGOTTEN_AT_ONCE: u32 = 500;

/// Forgets those whose time is over, some in one write; false when there are no more.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn forget_expired(txn: &mut dyn Transaction) -> Result<bool, StoreError> {
    let now = txn.now();
    Ok(txn.delete_expired_uploads(now, FORGOTTEN_AT_ONCE)? == u64::from(FORGOTTEN_AT_ONCE))
}
