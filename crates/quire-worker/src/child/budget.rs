//! Processor time: every document gets the same allowance on top of what the process has used before.
//!
//! The soft limit of RLIMIT_CPU is raised for each document; the kernel ends the process with SIGXCPU at it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit};

use crate::cpu_time;

pub(super) struct CpuBudget {
    stat: Option<File>,
    cpu_secs: u64,
    renewed: Option<Instant>,
}

impl CpuBudget {
    pub(super) fn open(cpu_secs: u64) -> Self {
        Self { stat: File::open("/proc/self/stat").ok(), cpu_secs: cpu_secs.max(1), renewed: None }
    }

    /// Gives the full allowance from now on. Without `/proc` the allowance is for the whole process.
    pub(super) fn renew(&mut self) {
        let used_secs = self.used().map_or(0, |used| used.as_millis().div_ceil(1_000) as u64);
        let maximum = rustix::process::getrlimit(Resource::Cpu).maximum;
        let current = used_secs + self.cpu_secs;
        let current = maximum.map_or(current, |hard| hard.min(current));
        let _ = rustix::process::setrlimit(Resource::Cpu, Rlimit { current: Some(current), maximum });
        self.renewed = Some(Instant::now());
    }

    /// For requests without a document: cheap, and often enough that small change never adds up to the limit.
    pub(super) fn renew_if_old(&mut self) {
        let old = Duration::from_secs(self.cpu_secs) / 4;
        if self.renewed.is_none_or(|renewed| renewed.elapsed() >= old) {
            self.renew();
        }
    }

    fn used(&self) -> Option<Duration> {
        let mut text = [0; 1024];
        let length = self.stat.as_ref()?.read_at(&mut text, 0).ok()?;
        cpu_time::parse_proc_stat(std::str::from_utf8(text.get(..length)?).ok()?)
    }
}
