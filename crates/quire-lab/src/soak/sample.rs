//! Resources that the server and its worker processes hold at one moment.

use std::fmt;

use quire_base::clock;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ResourceSample {
    pub resident_kib: u64,
    /// Memory that is no file's: the heap and the stacks.
    pub anonymous_kib: u64,
    pub descriptors: u64,
    pub threads: u64,
    pub workers: u64,
    /// Resident, of the largest one.
    pub largest_worker_kib: u64,
}

impl ResourceSample {
    pub(super) fn take() -> Self {
        let workers = children();
        Self {
            resident_kib: clock::resident_kib("self").unwrap_or(0),
            anonymous_kib: clock::anonymous_kib("self").unwrap_or(0),
            descriptors: entries("/proc/self/fd"),
            threads: entries("/proc/self/task"),
            workers: workers.len() as u64,
            largest_worker_kib: workers.iter().filter_map(|pid| clock::resident_kib(pid)).max().unwrap_or(0),
        }
    }
}

fn entries(folder: &str) -> u64 {
    std::fs::read_dir(folder).map_or(0, |entries| entries.count() as u64)
}

/// The worker processes: any thread may have started them.
fn children() -> Vec<String> {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

impl fmt::Display for ResourceSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(
            f,
            "server {:.1} MiB ({:.1} anonymous), {} descriptors, {} threads; {} workers, the largest {:.1} MiB",
            mib(self.resident_kib),
            mib(self.anonymous_kib),
            self.descriptors,
            self.threads,
            self.workers,
            mib(self.largest_worker_kib)
        )
    }
}
