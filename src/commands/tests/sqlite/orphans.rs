//! Blobs that nobody names are removed, and nothing else, whatever goes on beside the search.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::commands::files;
use crate::commands::report::AttemptOutcome;
use crate::commands::submit::{self, NewBatch, NewItem};
use crate::commands::tests::harness::{TestStore, batch_of, report};
use quire_base::clock;
use quire_domain::ids::{Micros, OwnerKey};
use quire_domain::item::ItemState;
use quire_store::StoreError;
use quire_store::artifacts::NewArtifact;
use quire_store::blobs::{BlobRef, StagedBlob};
use quire_store::documents::{Document, DocumentSource};
use quire_store::files::{BlobReferenceCursor, NewFile};
use quire_store::orphans::{self, BlobHashSet};

const GRACE_SECS: u64 = 60;

fn document(blob: &NewArtifact) -> NewItem {
    let source = DocumentSource::Blob(blob.sha256.clone());
    Some(Document { name: "a.pdf".into(), size_bytes: blob.size_bytes, source, folder: None, password: None })
}

fn file(blob: &NewArtifact) -> NewFile {
    let (size_bytes, sha256) = (blob.size_bytes, blob.sha256.clone());
    NewFile { public_id: clock::new_file_id(), owner: OwnerKey::LOCAL, name: "upload".into(), size_bytes, sha256 }
}

impl TestStore {
    fn submit_document(&mut self, blob: &NewArtifact) -> Result<(), StoreError> {
        let items = vec![document(blob)];
        let new = NewBatch { items, ..batch_of(0) };
        self.write(move |txn| submit::submit(txn, &new)).map(drop)
    }

    fn is_stored(&self, blob: &NewArtifact) -> bool {
        self.opened().blobs.open_blob(&blob.sha256).is_ok()
    }
}

#[test]
fn what_documents_artifacts_and_uploads_name_stays_and_the_rest_goes() {
    let mut store = TestStore::new();
    let [named, made, uploaded, orphan, young] =
        ["named", "made", "uploaded", "orphan", "young"].map(|text| store.artifact(text, text.as_bytes()));
    let batch = store.submit(NewBatch { items: vec![document(&named)], ..batch_of(0) }).key;
    let claimed = store.claim(batch, 1).remove(0);
    store.tick(
        batch,
        vec![report(&claimed, AttemptOutcome::Succeeded { summary: None, artifacts: vec![made.clone()] })],
        0,
    );
    let new = file(&uploaded);
    store.write(move |txn| files::add(txn, &new)).unwrap();
    for blob in [&named, &made, &uploaded, &orphan] {
        store.age(&blob.sha256, 2 * GRACE_SECS);
    }
    let removed = store.collect(GRACE_SECS);
    assert_eq!((removed.files, removed.bytes), (1, 6));
    let left = [&named, &made, &uploaded, &orphan, &young].map(|blob| store.is_stored(blob));
    assert_eq!(left, [true, true, true, false, true]);
}

#[test]
fn what_a_server_before_left_is_old_at_once_and_what_is_sent_again_is_young() {
    let mut store = TestStore::new();
    let [left, again] = ["left", "again"].map(|text| store.artifact(text, text.as_bytes()));
    for blob in [&left, &again] {
        store.age(&blob.sha256, 5);
    }
    store.reopen();
    store.artifact("again", b"again");
    assert_eq!(store.collect(1_000_000).files, 1);
    assert_eq!([&left, &again].map(|blob| store.is_stored(blob)), [false, true]);
}

#[test]
fn files_with_other_names_are_none_of_ours() {
    let mut store = TestStore::new();
    let root = store.opened().blobs.blob_path("ab");
    for name in ["README", "ABCD", &"0".repeat(61)] {
        std::fs::write(root.join(name), b"a person's own").unwrap();
    }
    store.reopen();
    assert_eq!(store.collect(GRACE_SECS).files, 0);
    assert_eq!(std::fs::read_dir(root).unwrap().count(), 3);
}

#[test]
fn a_temporary_file_goes_when_nobody_writes_it() {
    let mut store = TestStore::new();
    let mut under_way = store.opened().blobs.begin_blob().unwrap();
    std::mem::forget(store.opened().blobs.begin_blob().unwrap());
    under_way.write(b"half").unwrap();
    assert_eq!(store.opened().blobs.remove_abandoned_temp_files().unwrap().files, 0, "both are this process's own");
    under_way.publish().unwrap();
    assert_eq!(store.opened().blobs.abandoned_temp_files().unwrap(), [] as [std::path::PathBuf; 0]);
    store.reopen();
    assert_eq!(
        store.opened().blobs.abandoned_temp_files().unwrap(),
        [] as [std::path::PathBuf; 0],
        "the start has swept it"
    );
    assert_eq!(std::fs::read_dir(store.data_dir().join("incoming")).unwrap().count(), 0);
}

#[test]
fn a_document_that_is_gone_is_not_accepted() {
    let mut store = TestStore::new();
    let blob = store.artifact("a.pdf", b"document");
    std::fs::remove_file(store.opened().blobs.blob_path(&blob.sha256)).unwrap();
    assert!(matches!(store.submit_document(&blob), Err(StoreError::Conflict(_))));
    let new = file(&blob);
    assert!(matches!(store.write(move |txn| files::add(txn, &new)), Err(StoreError::Conflict(_))));
}

#[test]
fn a_result_that_is_gone_is_made_again() {
    let mut store = TestStore::new();
    let batch = store.submit(batch_of(1)).key;
    let claimed = store.claim(batch, 1).remove(0);
    let made = store.artifact("text.txt", b"result");
    std::fs::remove_file(store.opened().blobs.blob_path(&made.sha256)).unwrap();
    store.tick(batch, vec![report(&claimed, AttemptOutcome::Succeeded { summary: None, artifacts: vec![made] })], 0);
    let item = store.read(|snapshot| snapshot.item(batch, 1)).unwrap().item;
    assert_eq!((item.state, item.failure.map(|code| code.as_str())), (ItemState::RetryWait, Some("storage_failed")));
}

/// One step of somebody; contents are few, so that the same bytes come again and again.
#[derive(Debug, Clone, Copy)]
enum Act {
    Receive(u8),
    /// A row names what was received.
    Name(u8),
    /// All that is stored grows older by so many seconds.
    Pass(u64),
    Begin,
    List,
    StrikeOut,
    Remove,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..4u8).prop_map(Act::Receive),
        3 => (0..4u8).prop_map(Act::Name),
        2 => (1..2 * GRACE_SECS).prop_map(Act::Pass),
        2 => Just(Act::Begin),
        2 => Just(Act::List),
        4 => Just(Act::StrikeOut),
        2 => Just(Act::Remove),
    ]
}

/// A search under way, one step at a time.
#[derive(Default)]
struct Search {
    before: Option<Micros>,
    found: BlobHashSet,
    place: Option<BlobReferenceCursor>,
}

impl Search {
    fn act(&mut self, act: Act, store: &mut TestStore) {
        let blobs = store.opened().blobs.clone();
        match (act, self.before) {
            (Act::Begin, _) => {
                let began = store.write(|_| Ok(clock::now())).unwrap();
                // Without what the restart of a server would add: here, time passes by ageing files.
                *self = Self {
                    before: Some(began - Duration::from_secs(GRACE_SECS).as_micros() as Micros),
                    ..Self::default()
                };
            }
            (Act::List, Some(before)) if self.place.is_none() => {
                self.found = (0..=u8::MAX).flat_map(|prefix| blobs.blobs_older_than(prefix, before).unwrap()).collect();
                self.place = Some(BlobReferenceCursor::default());
            }
            (Act::StrikeOut, _) => {
                let Some(at) = self.place.take() else { return };
                self.place =
                    store.read(|snapshot| orphans::exclude_referenced_page(snapshot, &mut self.found, &at, 1)).unwrap();
            }
            (Act::Remove, Some(before)) if self.place.is_none() => {
                blobs.remove_blobs_older_than(&Vec::from_iter(std::mem::take(&mut self.found)), before).unwrap();
                self.before = None;
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_row_ever_names_what_a_search_removed(acts in vec(act(), 1..60)) {
        let (mut store, mut search) = (TestStore::new(), Search::default());
        let mut received: [Option<(NewArtifact, u64)>; 4] = Default::default();
        for act in acts {
            match act {
                Act::Receive(which) => {
                    let blob = store.artifact("a.pdf", &[which]);
                    received[which as usize] = Some((blob, 0));
                }
                Act::Name(which) => {
                    if let Some((blob, waited)) = received[which as usize].take() {
                        let named = store.submit_document(&blob);
                        prop_assert!(named.is_ok() || waited > GRACE_SECS - 30, "refused after {waited} s: {named:?}");
                    }
                }
                Act::Pass(secs) => {
                    for which in 0..4 {
                        let blobs = &store.opened().blobs;
                        let sha256 = quire_store::blobs::to_hex(&<sha2::Sha256 as sha2::Digest>::digest([which]));
                        if blobs.open_blob(&sha256).is_ok() {
                            store.age(&sha256, secs);
                        }
                    }
                    received.iter_mut().flatten().for_each(|(_, waited)| *waited += secs);
                    search.before = search.before.map(|before| before - secs as Micros * 1_000_000);
                }
                act => search.act(act, &mut store),
            }
            store.assert_sound();
        }
    }
}

impl TestStore {
    fn sealed(&self, bytes: &[u8]) -> StagedBlob {
        let mut writer = self.opened().blobs.begin_blob().unwrap();
        writer.write(bytes).unwrap();
        writer.sync().unwrap()
    }

    fn holds(&self, blob: &BlobRef) -> bool {
        self.opened().blobs.open_blob(&blob.sha256).is_ok()
    }
}

#[test]
fn what_was_new_is_taken_back_each_content_once_and_what_is_only_sealed_has_no_name() {
    let store = TestStore::new();
    let blobs = &store.opened().blobs;
    let sealed = vec![store.sealed(b"one"), store.sealed(b"two"), store.sealed(b"one")];
    let refs: Vec<BlobRef> = sealed.iter().map(|sealed| sealed.blob.clone()).collect();
    assert!(!refs.iter().any(|blob| store.holds(blob)));
    let named = blobs.publish_all(sealed).unwrap();
    assert!(named.len() == 2 && refs.iter().all(|blob| store.holds(blob)));
    blobs.unpublish_new(&named).unwrap();
    assert!(!refs.iter().any(|blob| store.holds(blob)));
    drop(store.sealed(b"three"));
    assert_eq!(std::fs::read_dir(store.data_dir().join("incoming")).unwrap().count(), 0);
}

#[test]
fn what_somebody_else_has_finished_before_or_since_is_not_taken_back() {
    let store = TestStore::new();
    let blobs = &store.opened().blobs;
    let name = || blobs.publish_all(vec![store.sealed(b"the same")]).unwrap();
    let (first, second) = (name(), name());
    let blob = first[0].blob.clone();
    blobs.unpublish_new(&first).unwrap();
    assert!(store.holds(&blob), "the second one may be about to name it in a row");
    blobs.unpublish_new(&second).unwrap();
    assert!(store.holds(&blob), "the first one may have named it in a row");
}
