//! Identity of the open data directory: whether its path still leads to it.
//!
//! **What was moved away or replaced is not written to**: whatever is reached by the name from then on, be it a copy
//! that was put back or another server's, is not what this server has read and locked.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::{DiskFailure, StoreError};
use quire_base::safeguards::{Safeguard, is_disabled};

/// The directory and its database as they were opened. Cheap to ask.
#[derive(Debug, Clone)]
pub(super) struct DataDirectoryIdentity {
    places: [(PathBuf, Identity); 2],
}

/// Device and inode.
type Identity = (u64, u64);

impl DataDirectoryIdentity {
    pub(super) fn of(data_dir: &Path, database: &Path) -> io::Result<Self> {
        let known = |path: &Path| Ok::<_, io::Error>((path.to_path_buf(), identity(path)?));
        Ok(Self { places: [known(data_dir)?, known(database)?] })
    }

    /// # Errors
    /// [`StoreError::Disk`] that says what to do, when a name leads elsewhere or nowhere.
    pub(super) fn require(&self) -> Result<(), StoreError> {
        let is_here = |(path, known): &(PathBuf, Identity)| identity(path).is_ok_and(|now| now == *known);
        if self.places.iter().all(is_here) || is_disabled(Safeguard::DirectoryIdentity) {
            return Ok(());
        }
        let why = "the data directory or its database was moved away or replaced while the server runs; put it back, or \
                   start the server anew";
        Err(StoreError::Disk(DiskFailure { full: false, why: why.into() }))
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|facts| (facts.dev(), facts.ino()))
}
