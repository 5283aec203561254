//! Settings of this module, each with its unit in its name. The `config` module fills and checks them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::breaker::BreakerSettings;
use super::pool::PoolSettings;
use super::sandbox::DisabledLayer;

const MIB: u64 = 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerSettings {
    /// Worker processes at work at once.
    pub processes: u32,
    /// Unused processes kept ready beside them, once documents of several owners have come.
    pub spare_processes: u32,
    /// Whether one process takes documents of several owners.
    pub shared_by_owners: bool,
    /// Address space one process may add to what it has at its start.
    pub memory_mib: u64,
    /// Stack of the parsing thread.
    pub stack_mib: u64,
    /// Processor time for one document.
    pub cpu_secs: u64,
    /// Wall time for one attempt.
    pub attempt_timeout_secs: u64,
    /// Wall time without any sign of life.
    pub silence_timeout_secs: u64,
    /// The least of that for the next try, where the last one fell silent.
    pub silence_again_min_ms: u64,
    /// Wall time between a cancel and the kill.
    pub grace_ms: u64,
    /// Wall time from launch to readiness.
    pub ready_timeout_secs: u64,
    /// All artifacts of one attempt together.
    pub max_output_mib: u64,
    /// Artifacts of one attempt.
    pub max_artifacts: u32,
    /// Processor time after which a process that has nothing to do is ended.
    pub idle_cpu_ms: u64,
    /// A process ends after this many documents; 1 gives every document its own.
    pub recycle_after_documents: u32,
    /// A process that was ever larger than this ends after its document.
    pub recycle_above_mib: u64,
    /// First wait after a failed launch; doubles up to `launch_backoff_max_ms`.
    pub launch_backoff_ms: u64,
    pub launch_backoff_max_ms: u64,
    /// This many failed launches within `breaker_window_secs` stop launching for `breaker_open_secs`.
    pub breaker_failures: u32,
    pub breaker_window_secs: u64,
    pub breaker_open_secs: u64,
    /// A process whose sandbox is not enforced counts as one that could not be launched.
    pub require_sandbox: bool,
    /// For tests: walls of the sandbox that are left out.
    pub sandbox_without: DisabledLayer,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            processes: std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1)),
            spare_processes: 1,
            shared_by_owners: false,
            memory_mib: 1024,
            stack_mib: 64,
            cpu_secs: 120,
            attempt_timeout_secs: 600,
            silence_timeout_secs: 30,
            silence_again_min_ms: 2_000,
            grace_ms: 2_000,
            ready_timeout_secs: 10,
            max_output_mib: 256,
            max_artifacts: 64,
            idle_cpu_ms: 1_000,
            recycle_after_documents: 200,
            recycle_above_mib: 256,
            launch_backoff_ms: 100,
            launch_backoff_max_ms: 10_000,
            breaker_failures: 5,
            breaker_window_secs: 30,
            breaker_open_secs: 30,
            require_sandbox: false,
            sandbox_without: DisabledLayer::Nothing,
        }
    }
}

/// The clocks and caps that the parent holds over every job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobLimits {
    /// Counted from the moment the job becomes the running one.
    pub attempt_timeout: Duration,
    /// Without any frame.
    pub silence_timeout: Duration,
    /// Between a stop and the kill.
    pub grace: Duration,
    /// Artifacts of one job; their bytes are bounded by the job's own limits.
    pub max_artifacts: u32,
}

impl WorkerSettings {
    pub fn rules(&self) -> JobLimits {
        JobLimits {
            attempt_timeout: Duration::from_secs(self.attempt_timeout_secs),
            silence_timeout: Duration::from_secs(self.silence_timeout_secs),
            grace: Duration::from_millis(self.grace_ms),
            max_artifacts: self.max_artifacts,
        }
    }

    pub fn pool(&self) -> PoolSettings {
        PoolSettings {
            processes: self.processes,
            spares: self.spare_processes,
            is_shared: self.shared_by_owners,
            recycle_after_documents: self.recycle_after_documents,
            idle_cpu: Duration::from_millis(self.idle_cpu_ms),
            recycle_above_bytes: self.recycle_above_mib.saturating_mul(MIB),
            breaker: BreakerSettings {
                first_delay: Duration::from_millis(self.launch_backoff_ms),
                max_delay: Duration::from_millis(self.launch_backoff_max_ms),
                failures: self.breaker_failures,
                window: Duration::from_secs(self.breaker_window_secs),
                open_for: Duration::from_secs(self.breaker_open_secs),
            },
        }
    }

    pub fn silence_again_min(&self) -> Duration {
        Duration::from_millis(self.silence_again_min_ms)
    }

    pub fn memory_bytes(&self) -> u64 {
        self.memory_mib.saturating_mul(MIB)
    }

    /// The processor time of a process's life: that of all its documents, and of one more for what it does without one.
    /// It cannot be raised from within, whatever a document does to the process.
    pub fn cpu_life_secs(&self) -> u64 {
        self.cpu_secs.saturating_mul(u64::from(self.recycle_after_documents).saturating_add(1))
    }

    pub fn stack_bytes(&self) -> u64 {
        self.stack_mib.saturating_mul(MIB)
    }

    /// Value of a job's `DocumentLimits::max_output_bytes`.
    pub fn max_output_bytes(&self) -> u64 {
        self.max_output_mib.saturating_mul(MIB)
    }
}
