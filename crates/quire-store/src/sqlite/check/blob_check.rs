//! Check that every blob a row names is there.

use std::collections::HashMap;
use std::io::{self, Read};

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use sha2::{Digest, Sha256};

use super::{Findings, StoreCheckDepth, Violation};
use crate::blobs::{BlobStore, to_hex};
use crate::error::StoreError;
use crate::schema::files;
use quire_domain::ids::BatchKey;

pub(super) struct BlobCheck<'a> {
    blobs: &'a BlobStore,
    depth: StoreCheckDepth,
    /// Blobs found whole, so that one which many rows name is not looked at for each; forgotten when there are many.
    whole: HashMap<String, u64>,
}

const WHOLE_MAX: usize = 65_536;

/// The row that names a blob.
pub(super) struct BlobReference<'a> {
    pub batch: Option<BatchKey>,
    pub item: Option<u32>,
    /// Such as `artifact pages.json`.
    pub what: String,
    pub sha256: &'a str,
    pub size_bytes: u64,
}

impl<'a> BlobCheck<'a> {
    pub(super) fn new(blobs: &'a BlobStore, depth: StoreCheckDepth) -> Self {
        Self { blobs, depth, whole: HashMap::new() }
    }

    pub(super) fn check(&mut self, named: &BlobReference<'_>, findings: &mut Findings) {
        if self.depth == StoreCheckDepth::Quick {
            return;
        }
        if let Err((what, seen)) = self.look(named.sha256, named.size_bytes, findings) {
            findings.add(what, named.batch, named.item, format!("{}: blob {} {seen}", named.what, named.sha256));
        }
    }

    /// Uploaded files, whether or not a batch uses them.
    pub(super) fn check_files(
        &mut self,
        conn: &mut SqliteConnection,
        page_rows: u32,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let page: Vec<(i64, String, String, i64)> = files::table
                .filter(files::id.gt(after))
                .order(files::id)
                .limit(i64::from(page_rows))
                .select((files::id, files::public_id, files::sha256, files::size_bytes))
                .load(conn)?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after = *last;
            findings.looked_at.files += page.len() as u64;
            for (_, id, sha256, size) in &page {
                let what = format!("file {id}");
                self.check(
                    &BlobReference { batch: None, item: None, what, sha256, size_bytes: *size as u64 },
                    findings,
                );
            }
        }
    }

    fn look(&mut self, sha256: &str, size_bytes: u64, findings: &mut Findings) -> Result<(), (Violation, String)> {
        let gone = |error: io::Error| (Violation::BlobMissing, format!("cannot be read: {error}"));
        let size = match self.whole.get(sha256) {
            Some(size) => *size,
            None => {
                let size = std::fs::metadata(self.blobs.blob_path(sha256)).map_err(gone)?.len();
                findings.looked_at.blobs += 1;
                findings.looked_at.blob_bytes += size;
                size
            }
        };
        if size != size_bytes {
            return Err((Violation::BlobSize, format!("has {size} bytes, not {size_bytes}")));
        }
        if self.whole.contains_key(sha256) {
            return Ok(());
        }
        if self.depth == StoreCheckDepth::Deep {
            let digest = self.digest(sha256).map_err(gone)?;
            if digest != sha256 {
                return Err((Violation::BlobHash, format!("holds other bytes: their sha256 is {digest}")));
            }
        }
        if self.whole.len() >= WHOLE_MAX {
            self.whole.clear();
        }
        self.whole.insert(sha256.to_owned(), size);
        Ok(())
    }

    fn digest(&self, sha256: &str) -> io::Result<String> {
        let mut file = self.blobs.open_blob(sha256)?;
        let (mut digest, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(to_hex(&digest.finalize())),
                count => digest.update(&buffer[..count]),
            }
        }
    }
}
