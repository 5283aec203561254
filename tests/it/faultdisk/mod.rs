//! A server whose disk we are: what it does to its files is on a tape, and its calls fail when we say so.
//!
//! The work is done by `tests/faultdisk/faultdisk.c`, which stands between the real `quire serve` and the C library.
//! [`tape`] reads what it wrote down.

pub(crate) mod tape;

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use self::tape::Entry;
use crate::harness::Plan;

/// A data directory, and beside it what the library needs.
pub(crate) struct FaultDisk {
    dir: TempDir,
}

/// A way in which a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Takes the first half of a larger write, then nothing; what is there can be removed.
    Full,
    ReadOnly,
    WritesFail,
    SyncsFail,
}

/// Which files it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Database,
    /// The database without its log: what is committed is not moved into it.
    Tables,
    /// The database's log, without which nothing can be committed.
    Log,
    /// Documents and results, on their way and at rest.
    Blobs,
    /// The directories in which blobs get their names.
    Shelves,
}

impl Trouble {
    /// The error's number and the letters of the calls that get it.
    fn order(self) -> &'static str {
        match self {
            Trouble::Full => "28 w",
            Trouble::ReadOnly => "30 wtcoru",
            Trouble::WritesFail => "5 w",
            Trouble::SyncsFail => "5 s",
        }
    }
}

impl Place {
    fn parts(self) -> &'static [&'static str] {
        match self {
            Place::Database => &["/quire.db"],
            Place::Tables => &["/quire.db$"],
            Place::Log => &["/quire.db-wal"],
            Place::Blobs => &["/incoming/", "/blobs/"],
            Place::Shelves => &["/blobs/"],
        }
    }
}

impl FaultDisk {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::DirBuilder::new().mode(0o700).create(dir.path().join("data")).unwrap();
        Self { dir }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The server can be made to fail.
    pub(crate) fn under(&self, plan: Plan) -> Plan {
        let plan = plan.env("LD_PRELOAD", library().display());
        plan.env("FAULTDISK_DIR", self.data().display()).env("FAULTDISK_CONTROL", self.path("control").display())
    }

    /// As [`FaultDisk::under`], with everything on tape. No sync is carried out: the tape is the disk.
    pub(crate) fn taped(&self, plan: Plan) -> Plan {
        self.under(plan).env("FAULTDISK_LOG", self.path("tape").display())
    }

    pub(crate) fn fail(&self, trouble: Trouble, place: Place) {
        let orders = place.parts().iter().map(|part| format!("{} {part}\n", trouble.order())).collect::<String>();
        fs::write(self.path("next"), orders).unwrap();
        fs::rename(self.path("next"), self.path("control")).unwrap();
    }

    pub(crate) fn heal(&self) {
        fs::remove_file(self.path("control")).unwrap();
    }

    /// Number of calls that have failed so far.
    pub(crate) fn hits(&self) -> u64 {
        fs::metadata(self.path("control.hits")).map_or(0, |hits| hits.len())
    }

    pub(crate) fn tape_path(&self) -> PathBuf {
        self.path("tape")
    }

    pub(crate) fn tape(&self) -> Vec<Entry> {
        tape::read(&fs::read(self.tape_path()).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// The tape's place now, in bytes: everything that has happened is before it.
pub(crate) fn position(tape: &Path) -> u64 {
    fs::metadata(tape).unwrap().len()
}

/// The library, built once for all tests of this process.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faultdisk/faultdisk.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faultdisk-{}.so", std::process::id()));
        let mut cc = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()));
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&library).arg(source);
        assert!(cc.status().unwrap().success(), "the C compiler did not build the library");
        library
    })
}
