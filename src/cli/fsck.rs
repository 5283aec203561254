//! `quire fsck`: checks a data directory, and repairs what can be derived.
//!
//! Exit status: 0 sound, 1 something is wrong (still, after a repair), 2 it could not be looked at.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::CommandExit;
use super::args::FsckArgs;
use quire_base::clock;
use quire_domain::ids::{BatchId, BatchKey};
use quire_store::StoreError;
use quire_store::check::{CheckFinding, CheckReport, CheckedCounts, CleanupBacklog, StoreCheckDepth};
use quire_store::offline::OfflineStore;
use quire_store::repair::{RepairDone, Repairability, repair_remedy};

/// # Errors
/// One line that says why nothing could be looked at.
pub fn fsck(args: &FsckArgs) -> anyhow::Result<CommandExit> {
    let mut offline = open(args)?;
    let depth = match (args.quick, args.deep) {
        (true, _) => StoreCheckDepth::Quick,
        (_, true) => StoreCheckDepth::Deep,
        _ => StoreCheckDepth::Usual,
    };
    let mut report = Report { repaired: Vec::new(), refused: None, before: offline.check(depth)?, after: None };
    if args.repair && !(report.before.findings.is_empty() && report.before.waiting.is_empty()) {
        report.repair(&mut offline, depth)?;
    }
    let ids = offline.batch_ids_of(&report.before.findings);
    match args.json {
        true => println!("{:#}", report.json(args, depth, &ids)),
        false => report.print(args, depth, &ids),
    }
    Ok(if report.now().findings.is_empty() { CommandExit::Fine } else { CommandExit::Unsound })
}

fn open(args: &FsckArgs) -> anyhow::Result<OfflineStore> {
    match OfflineStore::open(&args.dir) {
        Err(error @ StoreError::Locked(_)) => Err(error).context("a server runs on it; end that first"),
        opened => opened.with_context(|| format!("{} cannot be looked at", args.dir.display())),
    }
}

/// Findings, repairs, and findings that are left.
struct Report {
    before: CheckReport,
    repaired: Vec<RepairDone>,
    /// Why nothing was repaired.
    refused: Option<String>,
    after: Option<CheckReport>,
}

impl Report {
    fn repair(&mut self, offline: &mut OfflineStore, depth: StoreCheckDepth) -> anyhow::Result<()> {
        match offline.repair_derivable(clock::now()) {
            Ok(repaired) => self.repaired = repaired,
            Err(StoreError::Unusable(why)) => self.refused = Some(why),
            Err(error) => return Err(error).context("nothing was repaired"),
        }
        self.after = Some(offline.check(depth)?);
        Ok(())
    }

    /// Result that holds now.
    fn now(&self) -> &CheckReport {
        self.after.as_ref().unwrap_or(&self.before)
    }

    fn print(&self, args: &FsckArgs, depth: StoreCheckDepth, ids: &Ids) {
        for finding in &self.before.findings {
            println!("{}", line(finding, ids));
        }
        if self.before.is_cut {
            println!("… and more: only the first {} are listed", self.before.findings.len());
        }
        for repaired in &self.repaired {
            println!("repaired {}{}: {}", repaired.what.as_str(), at(repaired.batch, None, ids), repaired.detail);
        }
        if let Some(why) = &self.refused {
            println!("not repaired: {why}");
        }
        if let Some(after) = self.after.as_ref().filter(|after| !after.findings.is_empty()) {
            println!("left after the repair:");
            after.findings.iter().for_each(|finding| println!("{}", line(finding, ids)));
        }
        println!("{}", looked_at(&self.before.looked_at, depth));
        if !self.now().waiting.is_empty() {
            println!("{}", waiting(self.now().waiting));
        }
        println!("{}: {}", args.dir.display(), self.verdict(args));
    }

    fn verdict(&self, args: &FsckArgs) -> String {
        let (now, before) = (self.now(), &self.before);
        let count = now.findings.len();
        let derivable =
            now.findings.iter().filter(|finding| repair_remedy(finding.what).0 != Repairability::Not).count();
        match (count, self.after.is_some()) {
            (0, false) => "sound".into(),
            (0, true) if before.findings.is_empty() => "sound".into(),
            (0, true) => format!("sound after the repair of {} findings", before.findings.len()),
            (_, true) => format!("{count} findings are left"),
            (_, false) if derivable == 0 => format!("{count} findings; none of them can be repaired"),
            (..) => {
                let again = format!("quire fsck {} --repair", args.dir.display());
                format!("{count} findings; {derivable} of them a repair may put right: {again}")
            }
        }
    }

    fn json(&self, args: &FsckArgs, depth: StoreCheckDepth, ids: &Ids) -> Value {
        let list = |report: &CheckReport| report.findings.iter().map(|finding| entry(finding, ids)).collect::<Vec<_>>();
        json!({
            "data_dir": args.dir,
            "depth": depth,
            "sound": self.now().findings.is_empty(),
            "looked_at": self.before.looked_at,
            "waiting": self.now().waiting,
            "findings": list(&self.before),
            "findings_cut": self.before.is_cut,
            "repaired": self.repaired,
            "not_repaired_because": self.refused,
            "left": self.after.as_ref().map(list),
        })
    }
}

type Ids = BTreeMap<BatchKey, BatchId>;

/// Kind, where, what is and what should be, what a repair does.
fn line(finding: &CheckFinding, ids: &Ids) -> String {
    let CheckFinding { what, batch, item, detail } = finding;
    let remedy = match repair_remedy(*what) {
        (Repairability::Repair | Repairability::RepairInPart, words) => format!("a repair {words}"),
        (Repairability::Not, why) => format!("it cannot be repaired: {why}"),
    };
    format!("{}{}: {detail}; {remedy}", what.as_str(), at(*batch, *item, ids))
}

fn at(batch: Option<BatchKey>, item: Option<u32>, ids: &Ids) -> String {
    let batch = batch.map(|key| match ids.get(&key) {
        Some(id) => format!(" batch {id}"),
        None => format!(" batch number {key}"),
    });
    let item = item.map(|position| format!(" item {position}"));
    batch.into_iter().chain(item).collect()
}

fn entry(finding: &CheckFinding, ids: &Ids) -> Value {
    let (can, words) = repair_remedy(finding.what);
    let batch_id = finding.batch.and_then(|key| ids.get(&key));
    json!({
        "kind": finding.what,
        "batch_id": batch_id,
        "batch_key": finding.batch,
        "item": finding.item,
        "detail": finding.detail,
        "repair": { "can": can, "words": words },
    })
}

/// Leftovers of attempts and uploads that were cut off. No damage: they go by themselves.
fn waiting(CleanupBacklog { blobs, blob_bytes, temp_files, oldest_secs }: CleanupBacklog) -> String {
    format!(
        "{blobs} stored files ({blob_bytes} bytes) that no row names and {temp_files} unfinished uploads wait to be removed, \
         the oldest for {oldest_secs} s: the next server does it within a minute of its start, --repair at once"
    )
}

fn looked_at(looked_at: &CheckedCounts, depth: StoreCheckDepth) -> String {
    let CheckedCounts { batches, items, attempts, events, documents, artifacts, files, blobs, blob_bytes } = looked_at;
    let mib = *blob_bytes as f64 / f64::from(1 << 20);
    let bytes = match depth {
        StoreCheckDepth::Quick => "stored files not looked at".into(),
        StoreCheckDepth::Usual => {
            format!("{blobs} stored files ({mib:.1} MiB), their bytes not read (--deep reads them)")
        }
        StoreCheckDepth::Deep => format!("{blobs} stored files ({mib:.1} MiB), every byte read"),
    };
    format!(
        "looked at {batches} batches, {items} items, {attempts} attempts, {events} events, {documents} documents, \
         {artifacts} artifacts, {files} uploads; {bytes}"
    )
}
