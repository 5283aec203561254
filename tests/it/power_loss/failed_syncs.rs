//! A sync fails, and the system takes what it could not write for written: no later sync brings it to the disk. Then
//! the power goes. What was acknowledged before and after is there.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::clerk::Clerk;
use super::dice::Dice;
use super::disk::Trust;
use super::facts::{Fact, losses};
use super::{Image, seed};
use crate::faultdisk::{FaultDisk, Place, Trouble};
use crate::harness::{Plan, TestApp, assert_problem};

/// In which something is acknowledged, a sync fails, and something else is acknowledged.
struct Scene {
    disk: FaultDisk,
    clerk: Clerk,
    app: TestApp,
}

impl Scene {
    async fn begin(plan: Plan) -> Self {
        let disk = FaultDisk::new();
        let clerk = Clerk::new(&disk);
        let app = disk.taped(plan).start_at(&disk.data());
        let scene = Self { disk, clerk, app };
        scene.submit("before").await;
        scene
    }

    async fn submit(&self, word: &str) {
        self.clerk.submit_form(&self.app, &[word.as_bytes().repeat(400)], later(word)).await;
    }

    /// The same request as [`Scene::submit`], refused.
    async fn is_refused(&self, word: &str) {
        let request = self.app.request(reqwest::Method::POST, "/api/v1/batches").multipart(form(word));
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert_problem(&answer.json().await.unwrap(), status, "disk_fault");
    }

    async fn is_ready(&self) {
        self.app.eventually("/readyz", |ready| ready["status"] == "ready").await;
    }

    /// The power goes with the worst luck, and with several others.
    fn losses(mut self) -> Vec<String> {
        self.app.kill();
        let (entries, facts) = (self.disk.tape(), self.clerk.facts());
        let lucks = (0..8).map(|nth| Dice::new(seed() ^ nth)).chain([Dice::unlucky()]);
        let images = lucks.map(|mut dice| Image::of(&entries, Trust::ALL, &mut dice));
        images.flat_map(|image| losses(&image.data, &facts, u64::MAX)).collect()
    }
}

fn later(name: &str) -> Value {
    json!({ "name": name, "not_before": "2999-01-01T00:00:00Z" })
}

fn form(word: &str) -> Form {
    let mut options = later(word);
    options["operations"] = json!(["noop"]);
    let part = Part::bytes(word.as_bytes().repeat(400)).file_name("a.pdf");
    Form::new().text("options", options.to_string()).part("files", part)
}

fn probing(secs: u32) -> Plan {
    Plan::default().with("store.disk_probe_secs", secs)
}

#[tokio::test]
async fn a_commit_whose_sync_failed_is_gone_and_later_ones_are_durable() {
    let scene = Scene::begin(probing(1)).await;
    scene.disk.fail(Trouble::SyncsFail, Place::Log);
    scene.is_refused("between").await;
    scene.disk.heal();
    scene.is_ready().await;
    let batches = scene.app.read("/api/v1/batches").await;
    let names: Vec<_> = batches["batches"].as_array().unwrap().iter().map(|batch| &batch["name"]).collect();
    assert_eq!(names, ["before"], "what was refused is not there");
    scene.submit("after").await;
    assert_eq!(scene.losses(), Vec::<String>::new());
}

/// Commits are about to be moved from the log into the tables; the log keeps them until that is durable.
#[tokio::test]
async fn tables_that_could_not_be_synced_are_written_anew() {
    let scene = Scene::begin(probing(1).with("store.checkpoint_wal_mib", 1)).await;
    scene.disk.fail(Trouble::SyncsFail, Place::Tables);
    let many = json!({ "not_before": "2999-01-01T00:00:00Z" });
    scene.clerk.submit(&scene.app, 20_000, many).await;
    // Each look is a commit, and after some commits the log is found to be large.
    scene.app.eventually("/readyz", |ready| ready["checks"]["writer"]["since"].is_string()).await;
    scene.disk.heal();
    scene.is_ready().await;
    scene.submit("after").await;
    assert_eq!(scene.losses(), Vec::<String>::new());
}

/// The log a server finds may read well from memory and not be on the disk.
async fn losses_after_a_failed_sync_and_a_death(plan: Plan) -> Vec<String> {
    let mut scene = Scene::begin(plan).await;
    scene.disk.fail(Trouble::SyncsFail, Place::Log);
    scene.is_refused("between").await;
    scene.app.kill();
    scene.disk.heal();
    scene.app.restart();
    scene.submit("after").await;
    scene.losses()
}

#[tokio::test]
async fn a_server_that_dies_after_a_failed_sync_leaves_a_log_that_the_next_one_does_not_trust() {
    assert_eq!(losses_after_a_failed_sync_and_a_death(probing(3600)).await, Vec::<String>::new());
}

#[tokio::test]
async fn control_a_server_that_trusts_such_a_log_loses_what_it_appends_to_it() {
    let lost = losses_after_a_failed_sync_and_a_death(probing(3600).without("store.distrust_log")).await;
    assert!(lost.iter().any(|loss| loss.starts_with("lost: ")), "the test is blind: {lost:#?}");
}

/// The blob has its name, but the name is not on the disk: the same bytes sent again are not taken for stored.
#[tokio::test]
async fn a_blob_whose_name_could_not_be_synced_is_made_anew() {
    let scene = Scene::begin(probing(1)).await;
    scene.disk.fail(Trouble::SyncsFail, Place::Shelves);
    scene.is_refused("twice").await;
    scene.disk.heal();
    scene.is_ready().await;
    scene.submit("twice").await;
    let batches = scene.clerk.facts().iter().filter(|seen| matches!(seen.fact, Fact::Batch { .. })).count();
    assert_eq!(batches, 2);
    assert_eq!(scene.losses(), Vec::<String>::new());
}
