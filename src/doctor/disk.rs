//! The disk under the data directory: its free space, and how long it takes until a write has really reached it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{CheckResult, CheckStatus};

pub(super) fn examine(data_dir: &Path) -> Vec<CheckResult> {
    let dir = nearest(data_dir);
    vec![space(&dir), sync(data_dir, &dir)]
}

/// The directory itself, or what it would be made in.
fn nearest(data_dir: &Path) -> PathBuf {
    let absolute = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_path_buf());
    absolute.ancestors().find(|path| path.is_dir()).map_or_else(|| PathBuf::from("/"), Path::to_path_buf)
}

/// Less is soon used up by documents and results.
const COMFORTABLE_MIB: u64 = 1_024;
/// Less does not hold the database's own growth.
const NEEDED_MIB: u64 = 64;

fn space(dir: &Path) -> CheckResult {
    let stat = match rustix::fs::statvfs(dir) {
        Ok(stat) => stat,
        Err(error) => {
            let says = format!("{} cannot be looked at: {error}", dir.display());
            return CheckResult::ok("space", says, json!({})).but(CheckStatus::Fail, "choose another --data-dir");
        }
    };
    let (free, all) = ((stat.f_bavail * stat.f_frsize) >> 20, (stat.f_blocks * stat.f_frsize) >> 20);
    let says = format!("{free} of {all} MiB free in {}", dir.display());
    let finding = CheckResult::ok("space", says, json!({ "free_mib": free, "all_mib": all }));
    match free {
        ..NEEDED_MIB => finding.but(CheckStatus::Fail, "free some: nothing can be taken in"),
        NEEDED_MIB..COMFORTABLE_MIB => finding.but(CheckStatus::Warn, "free some before large batches"),
        _ => finding,
    }
}

const WRITES: usize = 100;
/// A disk that is so slow that this passes is measured with fewer writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Slower than this, acknowledgements and results wait for the disk.
const SLOW: Duration = Duration::from_millis(50);
/// No disk is so quick: memory, or something between that only says it has written.
const TOO_QUICK: Duration = Duration::from_micros(10);

fn sync(data_dir: &Path, dir: &Path) -> CheckResult {
    let mut times = match measure(dir) {
        Ok(times) => times,
        Err(error) => {
            let says = format!("{} does not take a write: {error}", dir.display());
            return CheckResult::ok("sync", says, json!({})).but(CheckStatus::Fail, "make it writable for this user");
        }
    };
    times.sort_unstable();
    let at =
        |share: usize| times.get((times.len() * share).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default();
    let (p50, p99, max) = (at(50), at(99), at(100));
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let place = if dir == data_dir { "" } else { ", measured where the data directory would be made" };
    let says = format!("4 KiB: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms{place}", ms(p50), ms(p99), ms(max));
    let figures = json!({ "writes": times.len(), "p50_ms": ms(p50), "p99_ms": ms(p99), "max_ms": ms(max) });
    let finding = CheckResult::ok("sync", says, figures);
    if p50 < TOO_QUICK {
        return finding.but(
            CheckStatus::Warn,
            "nothing syncs so fast: this is memory, or power loss will take acknowledged data",
        );
    }
    if p99 > SLOW {
        return finding.but(CheckStatus::Warn, "the disk is slow or busy: every acknowledgement waits for it");
    }
    finding
}

/// Each write with its fdatasync. The file has lost its name before the first.
fn measure(dir: &Path) -> io::Result<Vec<Duration>> {
    let path = dir.join(format!(".quire-doctor-{}", std::process::id()));
    let file = File::options().write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    let (block, began) = ([0x51; 4096], Instant::now());
    let mut times = Vec::with_capacity(WRITES);
    while times.len() < WRITES && (times.is_empty() || began.elapsed() < PATIENCE) {
        let started = Instant::now();
        file.write_all_at(&block, 4096 * times.len() as u64)?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    Ok(times)
}
