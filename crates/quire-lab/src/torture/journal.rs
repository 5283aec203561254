//! Journal of the client: one line for every history entry, on disk before the client goes on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use anyhow::Context;

use super::history::HistoryEntry;

pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Goes on with the journal of an earlier torture, if there is one; returns what it holds.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, Vec<HistoryEntry>)> {
        let earlier = read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let file = File::options().create(true).append(true).open(path)?;
        Ok((Self { file }, earlier))
    }

    /// # Errors
    /// When the disk fails.
    pub(super) fn write(&mut self, entry: &HistoryEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<HistoryEntry>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?,
    };
    BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}
