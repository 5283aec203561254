//! The power goes at any moment, and nothing that was acknowledged is lost.
//!
//! [`story`] puts a real server's life on tape while [`clerk`] writes down each answer and event as [`facts`]. Then the
//! power is cut before and after each sync, and between: [`disk`] makes the directory that would be found, with
//! [`dice`] for what was not synced; it is opened and recounted, and each fact is looked up.
//!
//! `QUIRE_POWER_CUTS=all` cuts at every entry of the tape; `QUIRE_POWER_SEED` gives other luck. A failure leaves its
//! tape in a directory that it names; `QUIRE_POWER_TAPE` plays that one.

mod clerk;
mod dice;
mod disk;
mod facts;
mod failed_syncs;
mod story;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::sync::OnceCell;

use self::dice::Dice;
use self::disk::{Disk, Trust};
use self::facts::{Witnessed, losses};
use self::story::Recording;
use crate::faultdisk::tape::Entry;
use crate::harness::Plan;

/// Cuts of one ordinary run.
const CUTS: usize = 280;
const CUTS_OF_A_CONTROL: usize = 60;

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_power_goes() {
    let recording = recording().await;
    let entries = recording.entries();
    let cuts = match std::env::var("QUIRE_POWER_CUTS").as_deref() {
        Ok("all") => (0..=entries.len()).collect(),
        _ => spread(&entries, CUTS),
    };
    let seed = seed();
    let found = first_loss(&entries, &recording.facts, &cuts, Trust::ALL, |cut| Dice::new(seed ^ cut as u64));
    println!(
        "{} cuts on a tape of {} entries, {} facts; seed {seed}",
        cuts.len(),
        entries.len(),
        recording.facts.len()
    );
    if let Some(loss) = found {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("power-loss-{}", std::process::id()));
        recording.save(&kept);
        panic!("{loss}\nreplay with QUIRE_POWER_TAPE={} QUIRE_POWER_SEED={seed}", kept.display());
    }
}

/// The same server goes on from what was found: every batch that can end does.
#[tokio::test]
async fn a_server_goes_on_from_what_the_power_cut_left() {
    let recording = recording().await;
    let entries = recording.entries();
    for part in [2, 3] {
        let at = entries.len() * part / 4;
        let image = Image::of(&entries[..at], Trust::ALL, &mut Dice::new(seed() ^ at as u64));
        let app = Plan::default().start_at(&image.data);
        let batches = app.read("/api/v1/batches").await["batches"].as_array().unwrap().clone();
        assert!(batches.len() >= 2, "the cut comes too early to tell");
        for batch in batches {
            let is_held = batch["not_before"].is_string() || batch["sealed"] == false;
            if !is_held {
                let ended = app.wait_for_end(batch["links"]["self"].as_str().unwrap()).await;
                assert_eq!(ended["outcome"], "succeeded", "{ended:#}");
            }
        }
    }
}

#[tokio::test]
async fn control_a_server_that_syncs_less_is_seen_to_lose() {
    let recording = Recording::make(Plan::default().with("store.synchronous", "normal")).await;
    let entries = recording.entries();
    let cuts = answers(&entries, &recording.facts, CUTS_OF_A_CONTROL);
    let found = first_loss(&entries, &recording.facts, &cuts, Trust::ALL, |_| Dice::unlucky());
    assert!(found.is_some_and(|loss| loss.contains("lost: ")), "the test is blind");
}

#[tokio::test]
async fn control_blobs_that_were_never_synced_are_missed() {
    let found = loss_with(Trust { blob_bytes: false, ..Trust::ALL }).await;
    assert!(found.is_some_and(|loss| loss.contains("blob_size") || loss.contains("blob_hash")), "the test is blind");
}

#[tokio::test]
async fn control_names_of_blobs_that_were_never_synced_are_missed() {
    let found = loss_with(Trust { blob_names: false, ..Trust::ALL }).await;
    assert!(found.is_some_and(|loss| loss.contains("blob_missing")), "the test is blind");
}

async fn loss_with(trust: Trust) -> Option<String> {
    let recording = recording().await;
    let entries = recording.entries();
    let cuts = answers(&entries, &recording.facts, CUTS_OF_A_CONTROL);
    first_loss(&entries, &recording.facts, &cuts, trust, |_| Dice::unlucky())
}

/// One life on tape for all tests of this process.
async fn recording() -> &'static Recording {
    static RECORDING: OnceCell<Recording> = OnceCell::const_new();
    let make = async || match std::env::var_os("QUIRE_POWER_TAPE") {
        Some(kept) => Recording::load(Path::new(&kept)),
        None => Recording::make(Plan::default()).await,
    };
    RECORDING.get_or_init(make).await
}

fn seed() -> u64 {
    std::env::var("QUIRE_POWER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// Plays the tape and cuts the power before these entries; what the first bad cut lost.
fn first_loss(
    entries: &[Entry],
    facts: &[Witnessed],
    cuts: &BTreeSet<usize>,
    trust: Trust,
    luck: impl Fn(usize) -> Dice,
) -> Option<String> {
    let mut disk = Disk::new(trust);
    for at in 0..=entries.len() {
        if cuts.contains(&at) {
            let image = Image::cut(&disk, &mut luck(at));
            let position = if at == 0 { 0 } else { entries[at - 1].end };
            let lost = losses(&image.data, facts, position);
            if !lost.is_empty() {
                return Some(format!("the power went before entry {at}: {lost:#?}"));
            }
        }
        entries.get(at).into_iter().for_each(|entry| disk.apply(&entry.op));
    }
    None
}

/// Before and after syncs, and as many places between, evenly over the tape.
fn spread(entries: &[Entry], count: usize) -> BTreeSet<usize> {
    let syncs: Vec<usize> = (0..entries.len()).filter(|at| entries[*at].op.is_sync()).collect();
    let some = |count: usize, of: usize| (0..count).map(move |nth| nth * of / count);
    let around = some(count / 3, syncs.len()).flat_map(|nth| [syncs[nth], syncs[nth] + 1]);
    around.chain(some(count / 3, entries.len() + 1)).chain([entries.len()]).collect()
}

/// Places of the tape at which an answer came: the worst moments for what was promised.
fn answers(entries: &[Entry], facts: &[Witnessed], count: usize) -> BTreeSet<usize> {
    let mut places: Vec<u64> = facts.iter().map(|witnessed| witnessed.from).collect();
    places.sort_unstable();
    places.dedup();
    let step = places.len().div_ceil(count).max(1);
    places.iter().step_by(step).map(|place| entries.partition_point(|entry| entry.end <= *place)).collect()
}

/// The disk as it is found when the power is back.
struct Image {
    data: PathBuf,
    _dir: TempDir,
}

impl Image {
    fn of(entries: &[Entry], trust: Trust, dice: &mut Dice) -> Self {
        let mut disk = Disk::new(trust);
        entries.iter().for_each(|entry| disk.apply(&entry.op));
        Self::cut(&disk, dice)
    }

    fn cut(disk: &Disk, dice: &mut Dice) -> Self {
        // In memory where that is possible: this disk is ours.
        let dir = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let data = dir.path().join("data");
        disk.cut(dice, &data);
        Self { data, _dir: dir }
    }
}

/// Everything that happened to the directory is on the tape.
fn assert_tape_is_the_disk(entries: &[Entry], data: &Path) {
    let mut disk = Disk::new(Trust::ALL);
    entries.iter().for_each(|entry| disk.apply(&entry.op));
    let live = disk.live();
    let files = walkdir::WalkDir::new(data).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let names: Vec<_> =
        files.map(|entry| entry.path().strip_prefix(data).unwrap().to_str().unwrap().to_owned()).collect();
    let names = names.into_iter().filter(|name| !name.ends_with("-shm")).collect::<BTreeSet<_>>();
    assert_eq!(live.keys().cloned().collect::<BTreeSet<_>>(), names);
    for (name, bytes) in live {
        assert!(std::fs::read(data.join(&name)).unwrap() == bytes, "{name} is not what the tape says");
    }
}
