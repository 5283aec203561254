//! Uploads in pieces: their rows, wherever their bytes are.

use uuid::Uuid;

use super::open;
use crate::commands::tests::harness::{OTHER, TestStore, with_other_owner};
use crate::commands::uploads;
use quire_base::clock;
use quire_domain::ids::{Micros, OwnerKey};
use quire_store::StoreError;
use quire_store::files::NewFile;
use quire_store::uploads::{NewUpload, UploadRow};

const OWNER: OwnerKey = OwnerKey::LOCAL;

fn announce(store: &mut TestStore, owner: OwnerKey, expires_at: Micros) -> Result<Uuid, StoreError> {
    let id = clock::new_file_id();
    let new = NewUpload { id, owner, name: "a.pdf".into(), size_bytes: 6, expires_at };
    store.write(move |txn| uploads::open(txn, &new, 2)).map(|()| id)
}

fn row(store: &TestStore, owner: OwnerKey, id: Uuid) -> Result<UploadRow, StoreError> {
    store.read(|snapshot| snapshot.upload(owner, id))
}

fn advance(store: &mut TestStore, id: Uuid, received: u64) -> Result<(), StoreError> {
    store.write(move |txn| uploads::advance(txn, OWNER, id, received, Micros::MAX))
}

fn file(store: &TestStore) -> NewFile {
    let blob = store.artifact("a.pdf", b"abcdef");
    let (size_bytes, sha256) = (blob.size_bytes, blob.sha256);
    NewFile { public_id: clock::new_file_id(), owner: OWNER, name: "a.pdf".into(), size_bytes, sha256 }
}

fn is_unknown<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::NotFound("upload")))
}

#[test]
fn an_owner_opens_so_many_and_another_owner_as_many() {
    let mut store = with_other_owner(open());
    let first = announce(&mut store, OWNER, 9).unwrap();
    announce(&mut store, OWNER, 9).unwrap();
    assert!(matches!(announce(&mut store, OWNER, 9), Err(StoreError::TooManyUploads { limit: 2 })));
    announce(&mut store, OTHER, 9).unwrap();
    assert!(is_unknown(&row(&store, OTHER, first)), "another's does not exist");
    assert!(is_unknown(&store.write(move |txn| uploads::give_up(txn, OTHER, first))));
    store.write(move |txn| uploads::give_up(txn, OWNER, first)).unwrap();
    assert!(is_unknown(&row(&store, OWNER, first)));
    announce(&mut store, OWNER, 9).unwrap();
}

#[test]
fn a_piece_counts_once_it_is_committed_and_no_piece_counts_beyond_the_end() {
    let mut store = open();
    let id = announce(&mut store, OWNER, 9).unwrap();
    advance(&mut store, id, 4).unwrap();
    store.reopen();
    let seen = row(&store, OWNER, id).unwrap();
    assert_eq!((seen.received, seen.expires_at), (4, Micros::MAX), "each piece puts the end off");
    assert!(advance(&mut store, id, 7).is_err());
    assert_eq!(row(&store, OWNER, id).unwrap().received, 4);
    assert!(is_unknown(&advance(&mut store, clock::new_file_id(), 1)));
}

#[test]
fn one_that_is_done_names_its_file_and_is_open_no_more() {
    let mut store = open();
    let id = announce(&mut store, OWNER, 9).unwrap();
    advance(&mut store, id, 6).unwrap();
    let new = file(&store);
    let public_id = new.public_id;
    assert!(!store.write(move |txn| uploads::complete(txn, id, &new)).unwrap().is_duplicate);
    let seen = row(&store, OWNER, id).unwrap();
    assert_eq!((seen.file.as_deref(), seen.duplicate), (Some(public_id.to_string().as_str()), false));
    assert!(store.read(|snapshot| snapshot.open_uploads(&[id])).unwrap().is_empty());
    assert_eq!(store.read(|snapshot| snapshot.open_upload_count(OWNER)).unwrap(), 0);
    assert_eq!(store.read(|snapshot| snapshot.file(OWNER, public_id)).unwrap().size_bytes, 6);

    let again = announce(&mut store, OWNER, 9).unwrap();
    advance(&mut store, again, 6).unwrap();
    let same = file(&store);
    assert!(
        store.write(move |txn| uploads::complete(txn, again, &same)).unwrap().is_duplicate,
        "the same bytes as before"
    );
    let (gone, other) = (clock::new_file_id(), file(&store));
    let other_id = other.public_id;
    assert!(is_unknown(&store.write(move |txn| uploads::complete(txn, gone, &other))));
    assert!(store.read(|snapshot| snapshot.file(OWNER, other_id)).is_err(), "no file is made of what was given up");
}

#[test]
fn what_is_over_is_forgotten_and_nothing_else() {
    let mut store = with_other_owner(open());
    let (old, young) = (announce(&mut store, OWNER, 9).unwrap(), announce(&mut store, OWNER, Micros::MAX).unwrap());
    let now = store.now;
    let others = announce(&mut store, OTHER, now).unwrap();
    assert!(!store.write(uploads::forget_expired).unwrap(), "one write was enough");
    assert!(is_unknown(&row(&store, OWNER, old)) && is_unknown(&row(&store, OTHER, others)));
    assert_eq!(store.read(|snapshot| snapshot.open_uploads(&[old, young, others])).unwrap(), [young]);
}
