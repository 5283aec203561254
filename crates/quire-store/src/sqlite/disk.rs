//! Probes of the disk: its free space, and whether it takes a blob and a commit.

use super::open::OpenStore;
use super::writer::Writer;
use crate::error::StoreError;
use quire_domain::ids::Micros;

impl OpenStore {
    /// Free space for this process where the data lies, in MiB.
    ///
    /// # Errors
    /// [`StoreError::Disk`] when the data directory cannot be looked at.
    pub fn free_disk_mib(&self) -> Result<u64, StoreError> {
        Ok(self.blobs.free_disk_mib()?)
    }

    /// Tries whether the disk takes a blob: makes one durable and removes it.
    ///
    /// # Errors
    /// [`StoreError::Disk`] when the disk does not take it.
    pub fn probe_blob_write(&self) -> Result<(), StoreError> {
        Ok(self.blobs.probe_write()?)
    }

    /// Opens a writer that has shown that it works: the log renewed, one commit made durable.
    ///
    /// # Errors
    /// [`StoreError`] when the disk does not take it, or when somebody holds the log.
    pub fn open_verified_writer(&self, now: Micros) -> Result<Writer, StoreError> {
        let mut writer = self.open_writer()?;
        writer.renew_log()?;
        writer.commit_one("disk.prove", now, |txn| txn.probe())?;
        Ok(writer)
    }
}
