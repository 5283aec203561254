//! File modes of a data directory: directories are 0700, files 0600, whatever the umask.
//!
//! **Each file is born so**, and SQLite gives its log the mode of its database. What an earlier version left open is
//! narrowed at the start, what lies inside before what it lies in, so that a narrowing that was cut off is done again.
//! Results that a run has not finished yet lie behind a closed folder with the mode that its user's umask gives them.
//! A process runs as the directory's owner or not at all: files of two users in one place serve neither.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::Mode;
use rustix::process::{geteuid, umask};

use super::error::StoreError;
use quire_base::safeguards::{Safeguard, is_disabled};

/// Bits of the group and of everybody.
const OTHERS: u32 = 0o077;
/// Set where everybody may write and each may remove only what is theirs, such as in `/tmp`.
const SHARED: u32 = 0o1000;

/// Folders of a data directory; what is in them is Quire's.
const FOLDERS: [&str; 3] = ["blobs", "incoming", "logs"];
/// Prefixes of its files' names.
const FILES: [&str; 4] = ["quire.db", "secret.key", "lock", "exported-seq"];

/// Number of paths of a data directory that are, or were, open to others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExposedPathCounts {
    pub files: u64,
    pub folders: u64,
}

/// Sets the umask so that all this process makes from now on is its user's alone, also what a library makes. For
/// servers: the results of a run are as open as its user's umask says.
pub fn set_private_umask() {
    if !is_lax() {
        umask(Mode::RWXG | Mode::RWXO);
    }
}

/// Refuses a data directory of somebody else's, and one that everybody shares, before anything is done in it.
///
/// # Errors
/// [`StoreError::Unusable`] that names the owner and what to do.
pub fn refuse_foreign_or_sticky(dir: &Path) -> Result<(), StoreError> {
    // A directory that is not there yet will be this user's.
    let Ok(facts) = fs::metadata(dir) else { return Ok(()) };
    let inside = || FOLDERS.iter().chain(&["quire.db", "quire.db-wal", "quire.db-shm", "secret.key", "lock"]);
    let foreign_inside = || inside().find_map(|name| foreign(&dir.join(name), &fs::metadata(dir.join(name)).ok()?));
    let is_shared = facts.mode() & SHARED != 0 && facts.mode() & OTHERS != 0;
    let shared =
        || is_shared.then(|| format!("{} is shared by all users; choose a directory of its own", dir.display()));
    foreign(dir, &facts).or_else(shared).or_else(foreign_inside).map_or(Ok(()), |why| Err(StoreError::Unusable(why)))
}

fn foreign(path: &Path, facts: &Metadata) -> Option<String> {
    let (owner, user, path) = (facts.uid(), geteuid().as_raw(), path.display());
    (owner != user && !is_disabled(Safeguard::OwnDirectory)).then(|| {
        format!(
            "{path} belongs to the user with uid {owner}, this process to uid {user}; run it as that user, or give the \
             data directory and all in it to this one (chown -R {user})"
        )
    })
}

/// Counts the paths of the directory that others may read or write. Changes nothing.
///
/// # Errors
/// When a folder cannot be read.
pub fn count_exposed_paths(dir: &Path) -> io::Result<ExposedPathCounts> {
    let mut open = ExposedPathCounts::default();
    each_open(dir, &mut |_, facts| {
        open.note(facts);
        Ok(())
    })?;
    Ok(open)
}

/// Takes from others what an earlier version left open.
pub(super) fn narrow(dir: &Path) -> io::Result<ExposedPathCounts> {
    let mut open = ExposedPathCounts::default();
    if is_lax() {
        return Ok(open);
    }
    each_open(dir, &mut |path, facts| {
        let closed = Permissions::from_mode(if facts.is_dir() { 0o700 } else { 0o600 });
        fs::set_permissions(path, closed)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        open.note(facts);
        Ok(())
    })?;
    Ok(open)
}

impl fmt::Display for ExposedPathCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} folders and {} files", self.folders, self.files)
    }
}

impl ExposedPathCounts {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn note(&mut self, facts: &Metadata) {
        match facts.is_dir() {
            true => self.folders += 1,
            false => self.files += 1,
        }
    }
}

type Each<'a> = dyn FnMut(&Path, &Metadata) -> io::Result<()> + 'a;

fn each_open(dir: &Path, each: &mut Each<'_>) -> io::Result<()> {
    let Some(facts) = present(fs::metadata(dir))? else { return Ok(()) };
    let is_open = facts.mode() & OTHERS != 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_file = FILES.iter().any(|begin| name.as_encoded_bytes().starts_with(begin.as_bytes()));
        if FOLDERS.iter().any(|folder| name == *folder) {
            each_below(&entry.path(), is_open, each)?;
        } else if is_file {
            visit(&entry.path(), entry.metadata(), each)?;
        }
    }
    if is_open { each(dir, &facts) } else { Ok(()) }
}

/// A folder may hold a million files: behind a folder that is closed they are not looked at one by one.
fn each_below(folder: &Path, was_open: bool, each: &mut Each<'_>) -> io::Result<()> {
    // The folder may be a link to a larger disk; links within are followed by nobody.
    let Some(facts) = present(fs::metadata(folder))?.filter(Metadata::is_dir) else { return Ok(()) };
    let is_open = was_open || facts.mode() & OTHERS != 0;
    let has_few = folder.parent().and_then(Path::file_name).is_none_or(|above| above != "blobs");
    if is_open || has_few {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => each_below(&entry.path(), is_open, each)?,
                false => visit(&entry.path(), entry.metadata(), each)?,
            }
        }
    }
    if facts.mode() & OTHERS != 0 { each(folder, &facts) } else { Ok(()) }
}

fn visit(path: &Path, facts: io::Result<Metadata>, each: &mut Each<'_>) -> io::Result<()> {
    match present(facts)? {
        Some(facts) if facts.is_file() && facts.mode() & OTHERS != 0 => each(path, &facts),
        _ => Ok(()),
    }
}

/// A server that runs removes files while somebody looks.
fn present<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Makes one directory for its user alone; one that is there stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    let mode = if is_lax() { 0o777 } else { 0o700 };
    match fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Makes a file that is not there yet.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    private_file_options().write(true).create_new(true).open(path)
}

/// Options for opening files; those that are made are their user's alone.
pub fn private_file_options() -> OpenOptions {
    let mut options = File::options();
    options.mode(if is_lax() { 0o666 } else { 0o600 });
    options
}

/// An empty file is a database without tables: made here, it is no more open than the rest.
pub(super) fn make_database(path: &Path) -> io::Result<()> {
    match create_new(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn is_lax() -> bool {
    is_disabled(Safeguard::Private)
}
