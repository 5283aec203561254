//! Lock of a data directory: one process at a time works on it.
//!
//! **The lock is on the directory itself**, by whatever path it is reached and whatever becomes of the files in it: a
//! file of its own could be moved away. The file `lock` is locked as well, for servers of before look at that alone.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::StoreError;
use super::file_modes;
use super::sqlite::open::unusable;
use quire_base::safeguards::{Safeguard, is_disabled};

/// Held as long as this lives.
pub(super) struct DirectoryLock {
    _directory: File,
    _file: File,
}

/// A server that was killed while it started a process leaves that one with its lock, for a moment.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// # Errors
/// [`StoreError::Locked`] when another process has it, [`StoreError::Unusable`] where nothing can be locked.
pub(super) fn take_lock(dir: &Path) -> Result<DirectoryLock, StoreError> {
    let directory = File::open(dir).map_err(|error| unusable(dir, &error))?;
    if !is_disabled(Safeguard::LockDirectory) {
        hold(&directory, dir, dir)?;
    }
    let path = dir.join("lock");
    let file = file_modes::private_file_options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| unusable(&path, &error))?;
    hold(&file, &path, dir)?;
    Ok(DirectoryLock { _directory: directory, _file: file })
}

fn hold(file: &File, path: &Path, dir: &Path) -> Result<(), StoreError> {
    if is_disabled(Safeguard::Lock) {
        return Ok(());
    }
    for nth in 1..=TRIES {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK | Errno::INTR) if nth < TRIES => std::thread::sleep(PAUSE),
            Err(Errno::WOULDBLOCK | Errno::INTR) => break,
            Err(error) => return Err(cannot(path, error)),
        }
    }
    Err(StoreError::Locked(dir.display().to_string()))
}

fn cannot(path: &Path, error: Errno) -> StoreError {
    let path = path.display();
    StoreError::Unusable(format!("{path} cannot be locked ({error}); choose a directory on a disk of this machine"))
}
