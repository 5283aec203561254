//! Finds the files of a run: those named, and the PDFs below folders that are named, in a stable order.
//!
//! Runs on a thread of its own and waits while nobody takes what it found. Its memory holds the names of one folder
//! at a time for each level, never all files.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use walkdir::{DirEntry, WalkDir};

use super::names;

/// Inputs that go into the store in one write.
pub(super) const CHUNK: usize = 500;
/// The summary of a run names so many folders that could not be read; the others are counted.
const TROUBLES_MAX: usize = 1_000;

/// A file to work on.
#[derive(Debug, Clone)]
pub struct FoundFile {
    /// Absolute.
    pub path: PathBuf,
    /// Below the output folder, file name included.
    pub place: PathBuf,
    pub size_bytes: u64,
}

/// Something that could not be looked into.
#[derive(Debug, Clone)]
pub struct UnreadablePath {
    pub path: PathBuf,
    pub detail: String,
}

#[derive(Debug, Default)]
pub struct WalkErrors {
    pub troubles: Vec<UnreadablePath>,
    pub troubles_total: u64,
}

#[derive(Debug)]
struct Root {
    path: PathBuf,
    is_folder: bool,
    label: OsString,
}

#[derive(Debug)]
pub struct InputRoots(Vec<Root>);

impl InputRoots {
    /// With several folders, the folder's name comes first in the place of its files; a second folder of the same
    /// name gets `-2`, and so on in the order given.
    pub fn new(paths: &[PathBuf]) -> Self {
        let mut seen = HashSet::new();
        let mut roots: Vec<Root> = paths.iter().map(|path| Root::new(path)).collect();
        roots.retain(|root| seen.insert(root.path.clone()));
        if roots.iter().filter(|root| root.is_folder).count() > 1 {
            label(&mut roots);
        }
        Self(roots)
    }

    /// Starts the walk; it ends early when the receiver is dropped. Nothing below `out` is an input.
    pub fn walk(self, out: &Path) -> (mpsc::Receiver<Vec<FoundFile>>, JoinHandle<WalkErrors>) {
        let (chunks, receiver) = mpsc::channel(2);
        let out = out.to_path_buf();
        let walk = move || {
            let mut walker = Walker { chunks, chunk: Vec::new(), walked: WalkErrors::default(), out };
            // Nobody wants more: the run was stopped.
            let _ = self.0.iter().try_for_each(|root| walker.root(root));
            let _ = walker.flush();
            walker.walked
        };
        (receiver, std::thread::spawn(walk))
    }

    /// Does the whole walk at once, for those that need every name before they begin.
    pub fn walk_all(self, out: &Path) -> (Vec<FoundFile>, WalkErrors) {
        let (mut chunks, walk) = self.walk(out);
        let found = std::iter::from_fn(|| chunks.blocking_recv()).flatten().collect();
        (found, walk.join().unwrap_or_default())
    }
}

impl Root {
    fn new(path: &Path) -> Self {
        let is_folder = path.is_dir();
        // A folder is the same by whatever way; a file keeps its own name, whatever it links to.
        let path = if is_folder { path.canonicalize() } else { absolute_file(path) };
        Self { path: path.unwrap_or_default(), is_folder, label: OsString::new() }
    }
}

fn absolute_file(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    match (absolute.parent().map(Path::canonicalize), absolute.file_name()) {
        (Some(Ok(parent)), Some(name)) => Ok(parent.join(name)),
        _ => Ok(absolute),
    }
}

fn label(roots: &mut [Root]) {
    let mut taken = BTreeMap::<OsString, u32>::new();
    for root in roots.iter_mut().filter(|root| root.is_folder) {
        let name = root.path.file_name().unwrap_or("root".as_ref()).to_owned();
        let mut label = name.clone();
        while taken.contains_key(&label) {
            let nth = taken.get_mut(&name).map_or(2, |nth| {
                *nth += 1;
                *nth
            });
            label = name.clone();
            label.push(format!("-{nth}"));
        }
        taken.insert(label.clone(), 1);
        root.label = label;
    }
}

struct Walker {
    chunks: mpsc::Sender<Vec<FoundFile>>,
    chunk: Vec<FoundFile>,
    walked: WalkErrors,
    out: PathBuf,
}

/// Nobody listens any more.
struct Gone;

impl Walker {
    fn root(&mut self, root: &Root) -> Result<(), Gone> {
        if !root.is_folder {
            return self.found(root.path.clone(), names::place(&root.label, Path::new(&name_of(&root.path))));
        }
        let out = [id(self.out.metadata()), id(self.out.join(super::plan::DATA_DIR).metadata())];
        let walk = WalkDir::new(&root.path).follow_links(true).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(|entry| !is_out(entry, &out)) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() || !names::is_pdf(entry.path()) => {}
                Ok(entry) => self.below(root, entry.path())?,
                Err(error) => self.trouble(root, &error)?,
            }
        }
        Ok(())
    }

    fn below(&mut self, root: &Root, path: &Path) -> Result<(), Gone> {
        let relative = path.strip_prefix(&root.path).unwrap_or(path);
        self.found(path.to_path_buf(), names::place(&root.label, relative))
    }

    /// A link that leads nowhere but is called like a PDF is an input that fails; a link that leads back to a folder
    /// above it is no trouble, its files are found there.
    fn trouble(&mut self, root: &Root, error: &walkdir::Error) -> Result<(), Gone> {
        if error.loop_ancestor().is_some() {
            return Ok(());
        }
        let path = error.path().unwrap_or(&root.path).to_path_buf();
        let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        match (is_link, names::is_pdf(&path)) {
            (true, true) => return self.below(root, &path),
            (true, false) => return Ok(()),
            (false, _) => {}
        }
        self.walked.troubles_total += 1;
        if self.walked.troubles.len() < TROUBLES_MAX {
            let detail = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
            self.walked.troubles.push(UnreadablePath { path, detail });
        }
        Ok(())
    }

    fn found(&mut self, path: PathBuf, place: PathBuf) -> Result<(), Gone> {
        let size_bytes = path.metadata().map_or(0, |metadata| metadata.len());
        self.chunk.push(FoundFile { path, place, size_bytes });
        if self.chunk.len() < CHUNK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Gone> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.is_empty() {
            return Ok(());
        }
        self.chunks.blocking_send(chunk).map_err(|_| Gone)
    }
}

fn name_of(path: &Path) -> OsString {
    path.file_name().unwrap_or("document".as_ref()).to_owned()
}

type Id = Option<(u64, u64)>;

fn id(metadata: std::io::Result<Metadata>) -> Id {
    metadata.ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn is_out(entry: &DirEntry, out: &[Id]) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_dir() {
        return false;
    }
    let own = entry.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
    own.is_some() && out.contains(&own)
}
