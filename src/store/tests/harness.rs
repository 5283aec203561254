//! A store of its own in a temporary directory. Its `Drop` recounts everything.

use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tempfile::TempDir;

use crate::domain::batch::BatchEvent;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::ids::{BatchKey, CorrelationId, Micros, OwnerKey};
use crate::domain::operation::Operation;
use crate::domain::retry::RetryPolicy;
use crate::store::artifacts::Artifact;
use crate::store::batches;
use crate::store::blobs::Blobs;
use crate::store::check::{self, CheckChunks, CheckDepth, CheckFinding};
use crate::store::control::{self, ControlResult};
use crate::store::documents::{Document, DocumentSource};
use crate::store::offline::OfflineStore;
use crate::store::orphans::{self, OrphanBlobs, OrphanCursor, RemovedBlobs};
use crate::store::schema::items;
use crate::store::submit::{self, BatchSpec, NewBatch, NewItem};
use crate::store::tick::{self, AttemptOutcome, AttemptReport, ClaimedItem, ItemStart, TickRequest, TickResult};
use crate::store::txn::BatchRecord;
use crate::store::writer::{Write, WriteReply, Writer, write};
use crate::store::{OpenStore, StoreError, StoreSettings, Txn};

pub struct TestStore {
    pub now: Micros,
    pub retry: RetryPolicy,
    pub slots: u32,
    /// Whether the end of the test recounts everything.
    pub is_sound: bool,
    // Dropped in this order: the writer, the lock, the directory.
    writer: Option<Writer>,
    opened: Option<OpenStore>,
    dir: TempDir,
}

/// So small that a few rows make several pages and windows.
const TINY: CheckChunks = CheckChunks { page_rows: 3, window_items: 4 };
/// For thousands of rows.
const SMALL: CheckChunks = CheckChunks { page_rows: 171, window_items: 1_013 };

impl TestStore {
    pub fn new() -> Self {
        // The dice of the backoff fall the same way each time: one in a thousand backoffs would be over at once.
        fastrand::seed(7);
        let retry = RetryPolicy { backoff_base_ms: 1, backoff_cap_ms: 10, ..RetryPolicy::default() };
        // In memory where that is possible: no test here is about the disk being slow.
        let dir = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let mut store = Self { now: 1_000_000, retry, slots: 1_000, is_sound: true, writer: None, opened: None, dir };
        store.reopen();
        store
    }

    pub fn close(&mut self) {
        self.writer = None;
        self.opened = None;
    }

    /// The server dies and starts again: a new boot epoch.
    pub fn reopen(&mut self) {
        self.close();
        let opened = OpenStore::open(self.settings(), self.now).unwrap();
        self.writer = Some(opened.writer().unwrap());
        self.opened = Some(opened);
    }

    pub fn settings(&self) -> StoreSettings {
        StoreSettings {
            data_dir: self.dir.path().to_path_buf(),
            sync_full: false,
            readers: 2,
            checkpoint_wal_mib: 1,
            cache_mib: 2,
            retry: self.retry,
            slots: self.slots,
        }
    }

    pub fn opened(&self) -> &OpenStore {
        self.opened.as_ref().unwrap()
    }

    /// One commit of all these writes.
    pub fn commit(&mut self, writes: Vec<Box<dyn Write>>) -> Result<Vec<(OwnerKey, i64)>, StoreError> {
        self.now += 1;
        self.writer.as_mut().unwrap().commit(writes, self.now)
    }

    /// One write in a commit of its own.
    pub fn write<T: Send + 'static>(
        &mut self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (write, reply) = write("test", change);
        // The reply says what went wrong.
        let _ = self.commit(vec![write]);
        answer(reply)
    }

    pub fn read<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> T) -> T {
        self.opened().reads.run(|conn| Ok(read(conn))).unwrap()
    }

    pub fn submit(&mut self, new: NewBatch) -> BatchRecord {
        self.write(|txn| submit::submit(txn, new)).unwrap().record
    }

    pub fn control(&mut self, batch: BatchKey, event: BatchEvent) -> Result<ControlResult, StoreError> {
        self.write(move |txn| control::apply(txn, batch, &event, &by()))
    }

    pub fn tick(&mut self, batch: BatchKey, reports: Vec<AttemptReport>, claim: u32) -> TickResult {
        self.write(move |txn| tick::take(txn, &TickRequest { reports, claim, ..turn_of(batch) })).unwrap()
    }

    pub fn claim(&mut self, batch: BatchKey, limit: u32) -> Vec<ClaimedItem> {
        self.tick(batch, Vec::new(), limit).claimed
    }

    /// A worker process takes each of the items; those for which there was no room come back.
    pub fn start(&mut self, batch: BatchKey, claimed: &[ClaimedItem]) -> Vec<ItemStart> {
        let starts = claimed.iter().map(|item| start(item, self.now)).collect();
        let request = TickRequest { starts, ..turn_of(batch) };
        self.write(move |txn| tick::take(txn, &request)).unwrap().held_back
    }

    /// Items that run.
    pub fn running(&mut self, batch: BatchKey, limit: u32) -> Vec<ClaimedItem> {
        let claimed = self.claim(batch, limit);
        assert_eq!(self.start(batch, &claimed), []);
        claimed
    }

    /// Turns with nothing to report until no sweep is left; how many it took.
    pub fn sweep_through(&mut self, batch: BatchKey) -> u32 {
        (1..).find(|_| !self.tick(batch, Vec::new(), 0).more_to_sweep).unwrap()
    }

    pub fn record(&self, batch: BatchKey) -> BatchRecord {
        self.read(|conn| batches::load(conn, batch)).unwrap()
    }

    /// The writer's actor panicked: another writer on the same data, in the same boot.
    pub fn restart_writer(&mut self) {
        self.writer = None;
        self.writer = Some(self.opened().writer().unwrap());
    }

    /// What `quire fsck` does while no server runs; the server starts again after it.
    pub fn offline<T>(&mut self, look: impl FnOnce(&mut OfflineStore) -> T) -> T {
        (self.writer, self.opened) = (None, None);
        let looked = look(&mut OfflineStore::open(self.dir.path()).unwrap());
        self.reopen();
        looked
    }

    /// One round of the janitor's, at once.
    pub fn collect(&mut self, grace_secs: u64) -> RemovedBlobs {
        let (orphans, before) = self.search_orphans(grace_secs);
        self.opened().blobs.remove_old(&orphans, before).unwrap()
    }

    /// The janitor's round up to the point where it removes what it found.
    pub fn search_orphans(&mut self, grace_secs: u64) -> (Vec<[u8; 32]>, Micros) {
        let began = self.write(|_| Ok(crate::clock::now())).unwrap();
        let blobs = self.opened().blobs.clone();
        let before = blobs.old_before(began, Duration::from_secs(grace_secs));
        let mut found: OrphanBlobs = (0..=u8::MAX).flat_map(|prefix| blobs.old(prefix, before).unwrap()).collect();
        let mut place = OrphanCursor::start();
        while let Some(at) = place {
            place = self.read(|conn| orphans::remove_rows(conn, &mut found, &at, 2)).unwrap();
        }
        (Vec::from_iter(found), before)
    }

    /// The blob was held last so long ago, before this server started.
    pub fn age(&self, sha256: &str, secs: u64) {
        let file = self.opened().blobs.read(sha256).unwrap();
        let held_at = file.metadata().unwrap().modified().unwrap();
        file.set_modified(held_at - Duration::from_secs(secs)).unwrap();
    }

    /// A connection that may write anything, past every reference.
    pub fn vandal(&self) -> SqliteConnection {
        let path = self.dir.path().join("quire.db");
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
        conn
    }

    /// Overwrites the pages where the items and the events begin; what a start reads stays as it is.
    pub fn damage_pages(&mut self) {
        self.is_sound = false;
        self.writer.as_mut().unwrap().checkpoint_fully().unwrap();
        let sql = "SELECT rootpage AS page FROM sqlite_schema WHERE type = 'table' AND name IN ('items', 'events')";
        let roots: Vec<Root> = self.read(|conn| diesel::sql_query(sql).load(conn)).unwrap();
        assert_eq!(roots.len(), 2);
        (self.writer, self.opened) = (None, None);
        let path = self.dir.path().join("quire.db");
        let mut bytes = std::fs::read(&path).unwrap();
        for root in roots {
            let end = root.page as usize * PAGE_BYTES;
            bytes[end - PAGE_BYTES..end].fill(0x5a);
        }
        std::fs::write(&path, bytes).unwrap();
        self.reopen();
    }

    /// A blob of these bytes, as an artifact of this name.
    pub fn artifact(&self, name: &str, bytes: &[u8]) -> Artifact {
        let mut spool = self.opened().blobs.begin().unwrap();
        spool.write(bytes).unwrap();
        let blob = spool.finish().unwrap();
        let (name, media_type) = (name.to_owned(), "text/plain".to_owned());
        Artifact { name, media_type, size_bytes: blob.size_bytes, sha256: blob.sha256 }
    }

    /// An item that works on a blob of these bytes.
    pub fn document(&self, bytes: &[u8]) -> NewItem {
        let blob = self.artifact("a.pdf", bytes);
        let source = DocumentSource::Blob(blob.sha256);
        Some(Document { name: blob.name, size_bytes: blob.size_bytes, source, password: None })
    }

    /// What the recount finds, blob bytes included.
    pub fn findings(&self) -> Vec<CheckFinding> {
        self.read(|conn| findings(conn, &self.opened().blobs))
    }

    pub fn assert_sound(&self) {
        let findings: Vec<_> = self.findings().iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

#[derive(QueryableByName)]
struct Root {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    page: i64,
}

const PAGE_BYTES: usize = 4096;

impl Drop for TestStore {
    fn drop(&mut self) {
        if self.is_sound && !thread::panicking() {
            self.assert_sound();
        }
    }
}

/// What the recount finds, blob bytes included, however much is looked at in one go.
pub fn findings(conn: &mut SqliteConnection, blobs: &Blobs) -> Vec<CheckFinding> {
    let items: i64 = items::table.count().get_result(conn).unwrap_or(0);
    let sizes = if items > 100 { SMALL } else { TINY };
    let whole = check::check(conn, blobs, true).unwrap();
    let pieces = check::check_in(conn, blobs, CheckDepth::Deep, sizes).unwrap().findings;
    assert_eq!(sorted(&whole), sorted(&pieces), "the findings depend on the size of the pages");
    whole
}

pub fn answer<T>(mut reply: WriteReply<T>) -> Result<T, StoreError> {
    reply.try_recv().expect("every write is answered when its commit returns")
}

pub fn by() -> CorrelationId {
    CorrelationId::parse("test").unwrap()
}

/// A sealed batch of bare items.
pub fn batch_of(items: usize) -> NewBatch {
    NewBatch {
        id: crate::clock::new_batch_id(),
        owner: OwnerKey::LOCAL,
        spec: BatchSpec::of(&[Operation::Text]),
        correlation: by(),
        idempotency: None,
        items: vec![None; items],
    }
}

/// A batch that is described otherwise.
pub fn described(items: usize, describe: impl FnOnce(&mut BatchSpec)) -> NewBatch {
    let mut new = batch_of(items);
    describe(&mut new.spec);
    new
}

/// A tick that does nothing by itself.
pub fn turn_of(batch: BatchKey) -> TickRequest {
    TickRequest { batch, reports: Vec::new(), starts: Vec::new(), claim: 0, claim_items: 25, heartbeat: false }
}

pub fn start(claimed: &ClaimedItem, at: Micros) -> ItemStart {
    ItemStart { position: claimed.position, fence: claimed.fence, at }
}

pub fn report(claimed: &ClaimedItem, outcome: AttemptOutcome) -> AttemptReport {
    AttemptReport {
        position: claimed.position,
        fence: claimed.fence,
        outcome,
        started_at: Some(1),
        worker_pid: Some(7),
        work_micros: Some(1),
        peak_memory_bytes: None,
    }
}

pub fn success(claimed: &ClaimedItem) -> AttemptReport {
    report(claimed, AttemptOutcome::Succeeded { summary: None, artifacts: Vec::new() })
}

pub fn failure(claimed: &ClaimedItem, code: FailureCode) -> AttemptReport {
    report(claimed, AttemptOutcome::Failed(Failure::new(code, "seen in a test")))
}

fn sorted(findings: &[CheckFinding]) -> Vec<String> {
    let mut lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}
