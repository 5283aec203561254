//! One server's life on tape: everything that can be acknowledged, a death without goodbye, a second life, an orderly
//! end.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::clerk::Clerk;
use super::dice::Dice;
use super::facts::Witnessed;
use crate::faultdisk::FaultDisk;
use crate::faultdisk::tape::{self, Entry, Op};
use crate::harness::{Plan, TestApp};

const LATE: &str = "2999-01-01T00:00:00Z";

/// A tape with what was heard while it was written.
pub(super) struct Recording {
    tape: Vec<u8>,
    pub facts: Vec<Witnessed>,
}

impl Recording {
    pub(super) async fn make(plan: Plan) -> Self {
        let disk = FaultDisk::new();
        let clerk = Clerk::new(&disk);
        // Small, so that the log is moved into the database a few times.
        let plan = plan.with("store.checkpoint_wal_mib", 1);
        let mut app = disk.taped(plan).start_at(&disk.data());
        first_life(&mut app, &clerk).await;
        app.restart();
        second_life(&mut app, &clerk).await;
        let recording = Self { tape: fs::read(disk.tape_path()).unwrap(), facts: clerk.facts() };
        recording.assert_complete(&disk);
        recording
    }

    /// From an earlier failure.
    pub(super) fn load(dir: &Path) -> Self {
        let facts = serde_json::from_slice(&fs::read(dir.join("facts.json")).unwrap()).unwrap();
        Self { tape: fs::read(dir.join("tape")).unwrap(), facts }
    }

    /// For a replay.
    pub(super) fn save(&self, dir: &Path) {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join("tape"), &self.tape).unwrap();
        fs::write(dir.join("facts.json"), serde_json::to_vec(&self.facts).unwrap()).unwrap();
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        tape::read(&self.tape)
    }

    /// A tape that missed something would prove nothing: played to its end, it is what lies on the real disk.
    fn assert_complete(&self, disk: &FaultDisk) {
        super::assert_tape_is_the_disk(&self.entries(), &disk.data());
        // Each life moves it when it begins; what counts is that it is moved under load as well.
        let moved = |entry: &&Entry| matches!(&entry.op, Op::Truncate { length, .. } if *length > 0);
        let moved = self.entries().iter().filter(moved).count();
        assert!(moved >= 4, "the log was moved into the database {moved} times");
    }
}

async fn first_life(app: &mut TestApp, clerk: &Clerk) {
    let listening = clerk.listen(app);
    let form = clerk.submit_form(app, &documents(1, 8), json!({ "name": "form" })).await;
    let asleep = clerk.submit(app, 3, json!({ "not_before": LATE })).await;
    clerk.pause(app, &asleep).await;
    let many = clerk.submit(app, 600, json!({ "priority": -1 })).await;
    let named = clerk.upload_and_submit(app, &documents(2, 4)).await;
    clerk.resume(app, &asleep).await;
    let open = clerk.submit_form(app, &documents(3, 2), json!({ "sealed": false })).await;
    clerk.extend(app, &open, 5, 7).await;
    clerk.pause(app, &asleep).await;
    let unwanted = clerk.submit(app, 40, json!({ "not_before": LATE })).await;
    clerk.cancel(app, &unwanted).await;
    clerk.seal(app, &open).await;
    for batch in [&form, &named, &open] {
        app.wait_for(batch, "succeeded").await;
    }
    app.eventually(&many, |seen| seen["counts"]["succeeded"].as_u64() >= Some(50)).await;
    // The documents at work now are lost and found again.
    clerk.submit_form(app, &documents(4, 4), json!({ "name": "under way" })).await;
    app.kill();
    listening.await.unwrap();
}

async fn second_life(app: &mut TestApp, clerk: &Clerk) {
    let listening = clerk.listen(app);
    // The same bytes as before, and new ones.
    let again = [documents(1, 2), documents(5, 3)].concat();
    let again = clerk.submit_form(app, &again, json!({})).await;
    let small = clerk.submit(app, 30, json!({})).await;
    for batch in [&again, &small] {
        app.wait_for(batch, "succeeded").await;
    }
    app.terminate();
    listening.await.unwrap();
}

/// Of different sizes, some larger than what is written at once.
fn documents(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut dice = Dice::new(seed);
    (0..count).map(|nth| dice.garbage(if nth == 1 { 300 << 10 } else { 900 * (nth + 1) })).collect()
}
