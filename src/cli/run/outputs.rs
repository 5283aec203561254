//! Files below the output folder. A name appears there only with all its bytes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::names;
use quire_store::file_modes;

#[derive(Debug)]
pub(super) struct Outputs {
    out: PathBuf,
    /// On the same file system; unfinished files lie here and nowhere else.
    outgoing: PathBuf,
    next: AtomicU64,
}

impl Outputs {
    /// Sweeps away what an earlier run left unfinished.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub(super) fn open(out: &Path, data_dir: &Path) -> io::Result<Self> {
        let outgoing = data_dir.join("outgoing");
        file_modes::make_private_dir(&outgoing)?;
        for entry in fs::read_dir(&outgoing)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(Self { out: out.to_path_buf(), outgoing, next: AtomicU64::new(0) })
    }

    pub(super) fn place(&self, stem: &Path, suffix: &str) -> PathBuf {
        names::with_suffix(&self.out.join(stem), suffix)
    }

    /// A name for an unfinished file.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.outgoing.join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// # Errors
    /// When the disk does not take it; then `target` is as it was.
    pub(super) fn write(
        &self,
        target: &Path,
        fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.write_by(&mut File::options(), target, fill)
    }

    /// The same for a file of the engine's own, which is its user's alone.
    ///
    /// # Errors
    /// As for [`Outputs::write`].
    pub(super) fn keep(
        &self,
        target: &Path,
        fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.write_by(&mut file_modes::private_file_options(), target, fill)
    }

    fn write_by(
        &self,
        options: &mut OpenOptions,
        target: &Path,
        fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let unfinished = self.unfinished();
        let mut file = BufWriter::new(options.write(true).create(true).truncate(true).open(&unfinished)?);
        let written = fill(&mut file).and_then(|()| file.flush());
        self.finish(written, &unfinished, target)
    }

    /// # Errors
    /// As for [`Outputs::write`].
    pub(super) fn copy(&self, from: &Path, target: &Path) -> io::Result<()> {
        let unfinished = self.unfinished();
        let copied = File::create(&unfinished).and_then(|mut to| io::copy(&mut File::open(from)?, &mut to));
        self.finish(copied.map(drop), &unfinished, target)
    }

    fn finish(&self, written: io::Result<()>, unfinished: &Path, target: &Path) -> io::Result<()> {
        let named = written.and_then(|()| rename(unfinished, target));
        if named.is_err() {
            // The next run sweeps what stays.
            let _ = fs::remove_file(unfinished);
        }
        named
    }
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match (fs::rename(from, to), to.parent()) {
        (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(parent)?;
            fs::rename(from, to)
        }
        (renamed, _) => renamed,
    }
}

/// Whether everything else would fail the same way.
pub(super) fn is_fatal(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem)
}
