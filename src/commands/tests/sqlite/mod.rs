//! SQLite's own, and the files beside it: damage is found and repaired, a full disk changes nothing, orphans go.

use super::harness::TestStore;

mod corruption;
mod full_disk;
mod library;
mod orphans;
mod repair;
mod status;

const PAGE_BYTES: usize = 4096;

impl TestStore {
    /// Overwrites the pages where the items and the events begin; what a start reads stays as it is.
    fn damage_pages(&mut self) {
        self.is_sound = false;
        self.writer().checkpoint_fully().unwrap();
        let root = |table: &str| {
            self.query_number(&format!("SELECT rootpage AS number FROM sqlite_schema WHERE name = '{table}'"))
        };
        let roots = ["items", "events"].map(root);
        self.close();
        let path = self.data_dir().join("quire.db");
        let mut bytes = std::fs::read(&path).unwrap();
        for root in roots {
            let end = root as usize * PAGE_BYTES;
            bytes[end - PAGE_BYTES..end].fill(0x5a);
        }
        std::fs::write(&path, bytes).unwrap();
        self.reopen();
    }
}
