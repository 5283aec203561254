//! The kernel, its limits on this process, and the memory.

use serde_json::json;

use super::{CheckResult, CheckStatus};
use crate::config::Config;
use quire_base::clock;

/// Kernels before this one have no Landlock; the sandbox's own finding says whether this one has it switched on.
pub(super) fn kernel() -> CheckResult {
    let version = std::fs::read_to_string("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned());
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let arch = std::env::consts::ARCH;
    let figures = json!({ "version": version.as_ref().ok(), "arch": arch, "processors": processors });
    match version {
        Ok(version) => CheckResult::ok("kernel", format!("Linux {version}, {arch}, {processors} processors"), figures),
        Err(error) => CheckResult::ok("kernel", format!("/proc is not there: {error}"), figures)
            .but(CheckStatus::Fail, "mount /proc: worker processes are started and measured through it"),
    }
}

/// Open files that a server needs beside its connections: the database's, the logs', and a few for each slot.
const OF_THE_SERVER: u64 = 64;
const OF_A_SLOT: u64 = 32;
/// Room for clients.
const COMFORTABLE: u64 = 1_024;

pub(super) fn descriptors(config: &Config) -> CheckResult {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let Some((soft, hard)) = open_files(&limits) else {
        return CheckResult::ok("descriptors", "the limit is not told", json!({}))
            .but(CheckStatus::Warn, "mount /proc to have it checked");
    };
    let needed = OF_THE_SERVER + OF_A_SLOT * u64::from(config.slots());
    let shown = |limit: Option<u64>| limit.map_or("unlimited".to_owned(), |limit| limit.to_string());
    let says = format!("{} open files ({} at most), {needed} needed beside clients", shown(soft), shown(hard));
    let finding = CheckResult::ok("descriptors", says, json!({ "soft": soft, "hard": hard, "needed": needed }));
    match soft {
        Some(soft) if soft < needed => finding.but(CheckStatus::Fail, format!("raise it: ulimit -n {COMFORTABLE}")),
        Some(soft) if soft < COMFORTABLE => finding
            .but(CheckStatus::Warn, format!("with many clients connections are refused: ulimit -n {COMFORTABLE}")),
        _ => finding,
    }
}

/// Soft and hard; an inner none is no limit.
fn open_files(limits: &str) -> Option<(Option<u64>, Option<u64>)> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let mut numbers = line.split_whitespace().map(|word| word.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// Beside what no item may take.
const SPARE_MIB: u64 = 256;

pub(super) fn memory(config: &Config) -> CheckResult {
    let floor = config.engine.min_available_memory_mib;
    let at_most = u64::from(config.slots()).saturating_mul(config.worker.memory_mib);
    let Some(available) = clock::available_memory_mib() else {
        return CheckResult::ok("memory", "the system does not tell how much is free", json!({}))
            .but(CheckStatus::Warn, "without /proc/meminfo no item waits for memory");
    };
    let says = format!("{available} MiB available; {} processes may ask for {at_most} MiB", config.slots());
    let figures = json!({ "available_mib": available, "workers_at_most_mib": at_most, "no_item_below_mib": floor });
    let finding = CheckResult::ok("memory", says, figures);
    if available < floor {
        return finding.but(CheckStatus::Fail, format!("no item starts below {floor} MiB: free memory"));
    }
    if available < floor + SPARE_MIB {
        return finding.but(CheckStatus::Warn, "items will wait for memory: free some, or set fewer engine.slots");
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_with_and_without_an_end() {
        let limits =
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 unlimited   files\n";
        assert_eq!(open_files(limits), Some((Some(1024), None)));
        assert_eq!(open_files(""), None);
    }
}
