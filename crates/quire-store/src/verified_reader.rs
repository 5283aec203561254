//! Verified reads of a blob: the reader gets the bytes that its name promises, or an error.
//!
//! **The last piece is given only when all bytes are those of the name**: a file may have been altered since it was
//! stored, by a disk or by a person. Whole, it is digested on the way out; of a part, or of a small file, the digest is
//! looked at before the first byte. A large file whose parts are asked for again and again is digested once, as long as
//! the system says that it has not changed: the time of its last change is nobody's to set back.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::blobs::{BlobStore, to_hex};
use quire_base::safeguards::{Safeguard, is_disabled};

const PIECE_BYTES: u64 = 128 << 10;
/// So much is read twice without anybody noticing; the answer to a request can still say what is wrong.
const SMALL_BYTES: u64 = 1 << 20;
const KNOWN_MAX: usize = 4_096;

/// Record of blobs whose digest was verified. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct VerifiedBlobs {
    /// Large files that were digested, as they were then.
    known: Arc<Mutex<HashMap<String, Stamp>>>,
    altered: Arc<AtomicU64>,
}

/// Another one after every change of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A span of a blob on its way out. Its calls block on the disk.
pub struct VerifiedReader {
    file: File,
    sha256: String,
    left: u64,
    /// None when the file was digested before.
    digest: Option<Sha256>,
    stamp: Stamp,
    proofs: VerifiedBlobs,
}

impl BlobStore {
    /// Opens a span of a blob whose bytes are checked against its sha256.
    ///
    /// # Errors
    /// When the blob is not there, has another size than the row that names it says, or holds other bytes.
    pub fn open_verified(&self, sha256: &str, size_bytes: u64, from: u64, length: u64) -> io::Result<VerifiedReader> {
        let (mut file, proofs) = (self.open_blob(sha256)?, self.proofs.clone());
        let facts = file.metadata()?;
        if facts.len() != size_bytes && !is_blind() {
            return Err(proofs.altered(sha256, &format!("it has {} bytes, not {size_bytes}", facts.len())));
        }
        let (stamp, is_whole) = (Stamp::of(&facts), length == size_bytes);
        let mut digest = None;
        if is_whole && size_bytes > SMALL_BYTES {
            digest = Some(Sha256::new());
        } else if size_bytes <= SMALL_BYTES || !proofs.knows(sha256, stamp) {
            proofs.require(&mut file, sha256)?;
            proofs.remember(sha256, stamp);
        }
        file.seek(SeekFrom::Start(from))?;
        Ok(VerifiedReader { file, sha256: sha256.to_owned(), left: length, digest, stamp, proofs })
    }

    /// The whole, for somebody who may not read it to its end: its digest is looked at before the first byte.
    ///
    /// # Errors
    /// As [`Self::open_proven`].
    pub fn open_preverified(&self, sha256: &str, size_bytes: u64) -> io::Result<VerifiedReader> {
        // A reader of a part gets bytes whose digest was looked at; this part is empty, and then the whole.
        let part = self.open_verified(sha256, size_bytes, 0, 0)?;
        Ok(VerifiedReader { left: size_bytes, digest: None, ..part })
    }

    /// Times that altered bytes were found.
    pub fn altered_blobs_seen(&self) -> u64 {
        self.proofs.altered.load(Ordering::Relaxed)
    }
}

impl VerifiedReader {
    /// The next bytes; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read, is too short, or turns out to hold other bytes. The last piece is not given then.
    pub fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut bytes = vec![0; self.left.min(PIECE_BYTES) as usize];
        self.file.read_exact(&mut bytes)?;
        self.left -= bytes.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(&bytes);
        }
        if self.left == 0 {
            self.prove()?;
        }
        Ok(Some(bytes))
    }

    fn prove(&mut self) -> io::Result<()> {
        match self.digest.take() {
            Some(digest) => self.proofs.compare(digest, &self.sha256),
            None if Stamp::of(&self.file.metadata()?) == self.stamp => Ok(()),
            // Held again, or written to.
            None => self.proofs.require(&mut self.file, &self.sha256),
        }
    }
}

impl VerifiedBlobs {
    fn require(&self, file: &mut File, sha256: &str) -> io::Result<()> {
        let (mut digest, mut buffer) = (Sha256::new(), vec![0; PIECE_BYTES as usize]);
        file.seek(SeekFrom::Start(0))?;
        loop {
            match file.read(&mut buffer)? {
                0 => return self.compare(digest, sha256),
                count => digest.update(&buffer[..count]),
            }
        }
    }

    fn compare(&self, digest: Sha256, sha256: &str) -> io::Result<()> {
        let seen = to_hex(&digest.finalize());
        if seen == sha256 || is_blind() {
            Ok(())
        } else {
            Err(self.altered(sha256, &format!("their sha256 is {seen}")))
        }
    }

    fn altered(&self, sha256: &str, how: &str) -> io::Error {
        self.altered.fetch_add(1, Ordering::Relaxed);
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the bytes of blob {sha256} are not those that were stored: {how}"),
        )
    }

    fn knows(&self, sha256: &str, stamp: Stamp) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(sha256) == Some(&stamp)
    }

    fn remember(&self, sha256: &str, stamp: Stamp) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(sha256.to_owned(), stamp);
    }
}

impl Stamp {
    fn of(facts: &Metadata) -> Self {
        Self {
            device: facts.dev(),
            inode: facts.ino(),
            size_bytes: facts.len(),
            modified: (facts.mtime(), facts.mtime_nsec()),
            changed: (facts.ctime(), facts.ctime_nsec()),
        }
    }
}

fn is_blind() -> bool {
    is_disabled(Safeguard::Proof)
}
