//! A folder of made-up documents, the real program, and what it left behind.

mod results;
mod runs;

use std::fs;
use std::path::{Path, PathBuf};

use quire_documents::samples;
use tempfile::TempDir;

pub(crate) use runs::{Ended, quire};

/// An input folder `in` and an output folder `out` beside it.
pub(crate) struct Desk {
    dir: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        Self { dir }
    }

    /// A file below the input folder.
    pub(crate) fn with(self, name: impl AsRef<Path>, bytes: &[u8]) -> Self {
        self.put(Path::new("in").join(name), bytes);
        self
    }

    /// `count` documents of `pages` pages each, `0001.pdf` and so on.
    pub(crate) fn with_many(self, count: u32, pages: u32) -> Self {
        let bytes = samples::pages(pages);
        (1..=count).fold(self, |desk, nth| desk.with(format!("{nth:04}.pdf"), &bytes))
    }

    pub(crate) fn put(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }
}
