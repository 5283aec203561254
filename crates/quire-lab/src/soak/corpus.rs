//! Corpus of a soak: made once and kept on disk, so that making it does not show in the server's memory.

use std::path::{Path, PathBuf};

use quire::cli::run::InputRoots;
use quire_documents::samples::hostile::CAST;
use quire_documents::samples::{self, demo_set};

/// Of one round.
const GOOD: usize = 24;
const HOSTILE: usize = 12;

#[derive(Debug, Clone)]
pub(super) struct SoakDocument {
    pub path: PathBuf,
    /// Fit to be read, as far as is known.
    pub is_good: bool,
    pub is_ours: bool,
}

pub(super) struct Corpus {
    good: Vec<SoakDocument>,
    /// Broken and hostile ones.
    bad: Vec<SoakDocument>,
}

impl Corpus {
    /// Ours, and what is found at `paths`.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(super) fn lay_in(folder: &Path, paths: &[PathBuf]) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let put = |name: &str, bytes: Vec<u8>, is_good: bool| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map(|()| SoakDocument { path, is_good, is_ours: true })
        };
        let mut good: Vec<SoakDocument> = (1..=8)
            .map(|n| put(&format!("pages-{n}.pdf"), samples::pages(n * n), true))
            .chain([put("a-report.pdf", samples::report(), true), put("columns.pdf", samples::two_columns(), true)])
            .collect::<std::io::Result<_>>()?;
        let (mut chunks, _) = InputRoots::new(paths).walk(folder);
        let found = std::iter::from_fn(|| chunks.blocking_recv()).flatten();
        good.extend(found.map(|found| SoakDocument { path: found.path, is_good: true, is_ours: false }));
        let broken = demo_set().into_iter().map(|(name, bytes)| put(&name, bytes, false));
        let hostile = CAST.iter().map(|part| put(&format!("{}.pdf", part.name), (part.make)(), false));
        Ok(Self { good, bad: broken.chain(hostile).collect::<std::io::Result<_>>()? })
    }

    pub(super) fn len(&self) -> usize {
        self.good.len() + self.bad.len()
    }

    /// Each round goes on where the one before it stopped; two good documents, then a bad one.
    pub(super) fn round(&self, round: u64) -> Vec<SoakDocument> {
        let from = |wares: &[SoakDocument], count: usize| -> Vec<SoakDocument> {
            let start = (round as usize).wrapping_mul(count) % wares.len().max(1);
            wares.iter().cycle().skip(start).take(count).cloned().collect()
        };
        let mut bad = from(&self.bad, HOSTILE).into_iter();
        let good = from(&self.good, GOOD);
        good.chunks(GOOD / HOSTILE).flat_map(|pair| pair.iter().cloned().chain(bad.next())).collect()
    }
}
