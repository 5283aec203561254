//! A store of its own in a temporary directory. Its `Drop` recounts everything.

use std::path::Path;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use quire_store::testing::{self, SqliteConnection};
use tempfile::TempDir;

use crate::commands::control::{self, ControlResult};
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::submit::{self, NewBatch, NewItem};
use crate::commands::tick::{self, ClaimedItem, ItemStart, TickRequest, TickResult};
use crate::config::Config;
use quire_domain::batch::BatchEvent;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::{BatchKey, CorrelationId, Micros, OwnerKey};
use quire_domain::operation::Operation;
use quire_domain::retry::RetryPolicy;
use quire_store::artifacts::NewArtifact;
use quire_store::batches::{BatchRecord, BatchSpec};
use quire_store::check::CheckFinding;
use quire_store::documents::{Document, DocumentSource};
use quire_store::files::BlobReferenceCursor;
use quire_store::offline::OfflineStore;
use quire_store::orphans::{self, BlobHashSet, RemovedBlobs};
use quire_store::write::{Write, WriteReply, write_from_closure};
use quire_store::{
    OpenStore, StoreError, StoreOptions, StoreSettings, StoreSnapshot, Synchronous, Transaction, Writer,
};

/// How writes are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harness {
    /// As the server does them.
    Sqlite,
    /// Each commit is given up once and done again by a writer that remembers nothing: whatever a change keeps to itself,
    /// or the writer in memory, is missed.
    SqliteAgain,
}

pub(crate) struct TestStore {
    harness: Harness,
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

impl TestStore {
    pub(crate) fn new() -> Self {
        Self::on(Harness::Sqlite)
    }

    pub(crate) fn on(harness: Harness) -> Self {
        // The dice of the backoff fall the same way each time: one in a thousand backoffs would be over at once.
        fastrand::seed(7);
        let retry = RetryPolicy { backoff_base_ms: 1, backoff_cap_ms: 10, ..RetryPolicy::default() };
        // In memory where that is possible: no test here is about the disk being slow.
        let dir = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let mut store =
            Self { harness, now: 1_000_000, retry, slots: 1_000, is_sound: true, writer: None, opened: None, dir };
        store.reopen();
        store
    }

    pub(crate) fn close(&mut self) {
        self.writer = None;
        self.opened = None;
    }

    /// The server dies and starts again: a new boot epoch.
    pub(crate) fn reopen(&mut self) {
        self.close();
        let opened = OpenStore::open(self.options(), self.now).unwrap();
        self.writer = Some(opened.open_writer().unwrap());
        self.opened = Some(opened);
    }

    pub(crate) fn options(&self) -> StoreOptions {
        let defaults = Config::load(None, &[]).unwrap().store;
        let settings = StoreSettings {
            synchronous: Synchronous::Normal,
            readers: 2,
            checkpoint_wal_mib: 1,
            cache_mib: 2,
            ..defaults
        };
        StoreOptions { data_dir: self.dir.path().to_path_buf(), slots: self.slots, retry: self.retry, settings }
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    pub(crate) fn opened(&self) -> &OpenStore {
        self.opened.as_ref().unwrap()
    }

    /// One commit of all these writes.
    pub(crate) fn commit(&mut self, writes: Vec<Box<dyn Write>>) -> Result<Vec<(OwnerKey, i64)>, StoreError> {
        self.now += 1;
        let (mut writes, now) = (writes, self.now);
        if self.harness == Harness::SqliteAgain {
            testing::rehearse(self.writer(), &mut writes, now);
            self.restart_writer();
        }
        self.writer().commit(writes, now)
    }

    /// One write in a commit of its own.
    pub(crate) fn write<T: Send + 'static>(
        &mut self,
        change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (write, reply) = write_from_closure("test", change);
        // The reply says what went wrong.
        let _ = self.commit(vec![write]);
        answer(reply)
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&mut dyn StoreSnapshot) -> T) -> T {
        self.opened().reads.run(|snapshot| Ok(read(snapshot))).unwrap()
    }

    pub(crate) fn submit(&mut self, new: NewBatch) -> BatchRecord {
        self.write(move |txn| submit::submit(txn, &new)).unwrap().record
    }

    pub(crate) fn control(&mut self, batch: BatchKey, event: BatchEvent) -> Result<ControlResult, StoreError> {
        self.write(move |txn| control::apply_batch_event(txn, batch, &event, &by()))
    }

    pub(crate) fn tick(&mut self, batch: BatchKey, reports: Vec<AttemptReport>, claim: u32) -> TickResult {
        let request = TickRequest { reports, claim, ..turn_of(batch) };
        self.write(move |txn| tick::write_tick(txn, &request)).unwrap()
    }

    pub(crate) fn claim(&mut self, batch: BatchKey, limit: u32) -> Vec<ClaimedItem> {
        self.tick(batch, Vec::new(), limit).claimed
    }

    /// A worker process takes each of the items; those for which there was no room come back.
    pub(crate) fn start(&mut self, batch: BatchKey, claimed: &[ClaimedItem]) -> Vec<ItemStart> {
        let starts = claimed.iter().map(|item| start(item, self.now)).collect();
        let request = TickRequest { starts, ..turn_of(batch) };
        self.write(move |txn| tick::write_tick(txn, &request)).unwrap().held_back
    }

    /// Items that run.
    pub(crate) fn running(&mut self, batch: BatchKey, limit: u32) -> Vec<ClaimedItem> {
        let claimed = self.claim(batch, limit);
        assert_eq!(self.start(batch, &claimed), []);
        claimed
    }

    /// Turns with nothing to report until no sweep is left; how many it took.
    pub(crate) fn sweep_through(&mut self, batch: BatchKey) -> u32 {
        (1..).find(|_| !self.tick(batch, Vec::new(), 0).more_to_sweep).unwrap()
    }

    pub(crate) fn record(&self, batch: BatchKey) -> BatchRecord {
        self.read(|snapshot| snapshot.batch(batch)).unwrap()
    }

    /// The writer's actor panicked: another writer on the same data, in the same boot.
    pub(crate) fn restart_writer(&mut self) {
        self.writer = None;
        self.writer = Some(self.opened().open_writer().unwrap());
    }

    /// What `quire fsck` does while no server runs; the server starts again after it.
    pub(crate) fn offline<T>(&mut self, look: impl FnOnce(&mut OfflineStore) -> T) -> T {
        (self.writer, self.opened) = (None, None);
        let looked = look(&mut OfflineStore::open(self.dir.path()).unwrap());
        self.reopen();
        looked
    }

    /// One round of the janitor's, at once.
    pub(crate) fn collect(&mut self, grace_secs: u64) -> RemovedBlobs {
        let (orphans, before) = self.search_orphans(grace_secs);
        self.opened().blobs.remove_blobs_older_than(&orphans, before).unwrap()
    }

    /// The janitor's round up to the point where it removes what it found.
    pub(crate) fn search_orphans(&mut self, grace_secs: u64) -> (Vec<[u8; 32]>, Micros) {
        let began = self.write(|_| Ok(quire_base::clock::now())).unwrap();
        let blobs = self.opened().blobs.clone();
        let before = blobs.orphan_cutoff(began, Duration::from_secs(grace_secs));
        let mut found: BlobHashSet =
            (0..=u8::MAX).flat_map(|prefix| blobs.blobs_older_than(prefix, before).unwrap()).collect();
        let mut place = Some(BlobReferenceCursor::default());
        while let Some(at) = place {
            place = self.read(|snapshot| orphans::exclude_referenced_page(snapshot, &mut found, &at, 2)).unwrap();
        }
        (Vec::from_iter(found), before)
    }

    /// The blob was held last so long ago, before this server started.
    pub(crate) fn age(&self, sha256: &str, secs: u64) {
        let file = self.opened().blobs.open_blob(sha256).unwrap();
        let held_at = file.metadata().unwrap().modified().unwrap();
        file.set_modified(held_at - Duration::from_secs(secs)).unwrap();
    }

    /// Runs SQL past the store, and past every reference.
    pub(crate) fn execute_sql(&self, sql: &str) {
        testing::vandal(self.data_dir()).batch_execute(sql).unwrap();
    }

    /// The one number that a query named `number` answers.
    pub(crate) fn query_number(&self, sql: &str) -> i64 {
        testing::query_number(&mut testing::vandal(self.data_dir()), sql)
    }

    /// Rows that the writer's connection has changed so far.
    pub(crate) fn total_changes(&mut self) -> i64 {
        testing::query_number(testing::connection_of(self.writer()), "SELECT total_changes() AS number")
    }

    /// A blob of these bytes, as an artifact of this name.
    pub(crate) fn artifact(&self, name: &str, bytes: &[u8]) -> NewArtifact {
        let mut writer = self.opened().blobs.begin_blob().unwrap();
        writer.write(bytes).unwrap();
        let blob = writer.publish().unwrap();
        let (name, media_type) = (name.to_owned(), "text/plain".to_owned());
        NewArtifact { name, media_type, size_bytes: blob.size_bytes, sha256: blob.sha256 }
    }

    /// An item that works on a blob of these bytes.
    pub(crate) fn document(&self, bytes: &[u8]) -> NewItem {
        let blob = self.artifact("a.pdf", bytes);
        let source = DocumentSource::Blob(blob.sha256);
        Some(Document { name: blob.name, size_bytes: blob.size_bytes, source, password: None })
    }

    /// A read with one of the store's own connections.
    pub(crate) fn read_sqlite<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> T) -> T {
        testing::read_sqlite(self.opened(), read)
    }

    /// What the recount finds, blob bytes included.
    pub(crate) fn findings(&self) -> Vec<CheckFinding> {
        self.read_sqlite(|conn| testing::findings(conn, &self.opened().blobs)).unwrap()
    }

    pub(crate) fn assert_sound(&self) {
        let findings: Vec<_> = self.findings().iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if self.is_sound && !thread::panicking() {
            self.assert_sound();
        }
    }
}

pub(crate) fn answer<T>(mut reply: WriteReply<T>) -> Result<T, StoreError> {
    reply.try_recv().expect("every write is answered when its commit returns")
}

pub(crate) fn by() -> CorrelationId {
    CorrelationId::parse("test").unwrap()
}

/// A sealed batch of bare items.
pub(crate) fn batch_of(items: usize) -> NewBatch {
    NewBatch {
        id: quire_base::clock::new_batch_id(),
        owner: OwnerKey::LOCAL,
        spec: BatchSpec::for_operations(&[Operation::Text]),
        correlation: by(),
        idempotency: None,
        items: vec![None; items],
    }
}

/// A batch that is described otherwise.
pub(crate) fn described(items: usize, describe: impl FnOnce(&mut BatchSpec)) -> NewBatch {
    let mut new = batch_of(items);
    describe(&mut new.spec);
    new
}

/// A tick that does nothing by itself.
pub(crate) fn turn_of(batch: BatchKey) -> TickRequest {
    TickRequest { batch, reports: Vec::new(), starts: Vec::new(), claim: 0, claim_items: 25, heartbeat: false }
}

pub(crate) fn start(claimed: &ClaimedItem, at: Micros) -> ItemStart {
    ItemStart { position: claimed.position, fence: claimed.fence, at }
}

pub(crate) fn report(claimed: &ClaimedItem, outcome: AttemptOutcome) -> AttemptReport {
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

pub(crate) fn success(claimed: &ClaimedItem) -> AttemptReport {
    report(claimed, AttemptOutcome::Succeeded { summary: None, artifacts: Vec::new() })
}

pub(crate) fn failure(claimed: &ClaimedItem, code: FailureCode) -> AttemptReport {
    report(claimed, AttemptOutcome::Failed(Failure::new(code, "seen in a test")))
}

/// The second owner of [`with_other_owner`].
pub(crate) const OTHER: OwnerKey = OwnerKey(2);

/// One that has another owner beside the local one.
pub(crate) fn with_other_owner(store: TestStore) -> TestStore {
    let mut store = store;
    assert_eq!(store.write(|txn| txn.owner_named("other")).unwrap(), OTHER);
    store
}
