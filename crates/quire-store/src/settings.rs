//! Settings of the store, each with its unit in its name, and the options of its opening.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use quire_domain::retry::RetryPolicy;
use quire_domain::settings;

/// Sync of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    /// Every commit survives power loss.
    Full,
    /// Every commit survives crashes of the server.
    Normal,
}

settings! {
    /// Section `[store]`.
    pub struct StoreSettings in "store" {
        pub synchronous: Synchronous,
        /// Connections that only read.
        pub readers: u64 => 1..=64,
        /// Writes of one commit at most.
        pub group_max_writes: u64 => 1..=10_000,
        /// Size of the write-ahead log at which it is emptied into the database.
        pub checkpoint_wal_mib: u64 => 1..=4_096,
        /// Page cache of the writer.
        pub cache_mib: u64 => 1..=4_096,
        /// With less free space no new documents are taken.
        pub min_free_mib: u64 => 0..=1_048_576,
        /// A disk that failed is tried again this often.
        pub disk_probe_secs: u64 => 1..=3_600,
        /// Age below which a blob that no row names is left alone.
        pub orphan_grace_secs: u64 => 60..=2_592_000,
        /// Time between two searches for such blobs.
        pub orphan_sweep_secs: u64 => 1..=604_800,
    }
}

/// Options of one opening.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    pub data_dir: PathBuf,
    /// Items that may run at once.
    pub slots: u32,
    pub retry: RetryPolicy,
    pub settings: StoreSettings,
}

impl StoreSettings {
    /// Whether every commit survives power loss.
    pub fn syncs_fully(&self) -> bool {
        self.synchronous == Synchronous::Full
    }
}
