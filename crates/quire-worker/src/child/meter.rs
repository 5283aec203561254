//! Memory meter of a job, read from files of `/proc` that were opened before the sandbox was applied.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

/// `5` resets the peak of the resident size, see proc_pid_clear_refs(5).
const RESET_PEAK: &[u8] = b"5";

pub(super) struct StageMeter {
    status: Option<File>,
    reset: Option<File>,
    peak_bytes: u64,
}

impl StageMeter {
    pub(super) fn open() -> Self {
        Self {
            status: File::open("/proc/self/status").ok(),
            reset: OpenOptions::new().write(true).open("/proc/self/clear_refs").ok(),
            peak_bytes: 0,
        }
    }

    /// From here on the peak is this job's.
    pub(super) fn begin(&mut self) {
        if let Some(reset) = &self.reset {
            let _ = reset.write_at(RESET_PEAK, 0);
        }
    }

    pub(super) fn end(&mut self) {
        self.peak_bytes = self.read_peak().unwrap_or(0);
    }

    /// The highest resident size during the last measured job; 0 when the system does not tell.
    pub(super) fn peak_bytes(&self) -> u64 {
        self.peak_bytes
    }

    fn read_peak(&self) -> Option<u64> {
        let mut text = [0; 4096];
        let length = self.status.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(text.get(..length)?).ok()?;
        let queue = text.lines().find_map(|queue| queue.strip_prefix("VmHWM:"))?;
        let kib = queue.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
        Some(kib * 1024)
    }
}
