//! After every scenario: is what lies on the disk sound?

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use quire::config::Config;
use quire_base::clock;
use quire_store::{OpenStore, StoreError, StoreOptions, StoreSnapshot};

/// Recounts everything and reads every blob. The server must have ended.
pub(crate) fn assert_sound(data: &Path) {
    if !data.join("quire.db").exists() {
        return;
    }
    let opened = open(data);
    let findings = opened.check_consistency(true).unwrap();
    assert!(findings.is_empty(), "the data directory is not sound: {findings:#?}");
}

/// Reads what no answer shows. The server must have ended.
pub(crate) fn look<T>(data: &Path, read: impl FnOnce(&mut dyn StoreSnapshot) -> Result<T, StoreError>) -> T {
    open(data).reads.run(read).unwrap()
}

/// Runs SQL on the database, past the server; if one is at work, in between its writes.
pub(crate) fn execute_sql(data: &Path, sql: &str) {
    let mut conn = SqliteConnection::establish(data.join("quire.db").to_str().unwrap()).unwrap();
    conn.batch_execute(sql).unwrap();
}

/// The files of all blobs; a server may be at work on them.
pub(crate) fn blobs(data: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(data.join("blobs")).into_iter().filter_map(Result::ok);
    files.filter(|file| file.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// The store itself. The server must have ended.
pub(crate) fn open(data: &Path) -> OpenStore {
    OpenStore::open(options(data, "normal"), clock::now()).unwrap()
}

/// As a small server's.
pub(crate) fn options(data: &Path, synchronous: &str) -> StoreOptions {
    let flags = [
        ("server.data_dir", data.to_string_lossy().into_owned()),
        ("engine.slots", "2".into()),
        ("store.readers", "1".into()),
        ("store.synchronous", synchronous.into()),
    ];
    Config::load(None, &flags).unwrap().store_options()
}
