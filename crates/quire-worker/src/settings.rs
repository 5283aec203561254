//! Settings of worker processes, each with its unit in its name. The `config` module fills and checks them.

use std::time::Duration;

use super::breaker::BreakerSettings;
use super::pool::PoolSettings;
use quire_domain::settings;

const MIB: u64 = 1024 * 1024;

settings! {
    /// Section `[worker]`.
    pub struct WorkerSettings in "worker" {
        /// Address space one process may add to what it has at its start.
        pub memory_mib: u64 => 128..=1_048_576,
        /// Processor time for one document.
        pub cpu_secs: u64 => 1..=86_400,
        /// Stack of the parsing thread.
        pub stack_mib: u64 => 8..=1_024,
        /// Wall time for one attempt.
        pub attempt_timeout_secs: u64 => 1..=86_400,
        /// Wall time without any sign of life.
        pub silence_timeout_secs: u64 => 1..=86_400,
        /// The least of that for the next try, where the last one fell silent.
        pub silence_again_min_ms: u64 => 1..=86_400_000,
        /// Wall time from launch to readiness.
        pub ready_timeout_secs: u64 => 1..=600,
        /// Wall time between a cancel and the kill.
        pub grace_ms: u64 => 0..=600_000,
        /// Whether one process takes documents of several owners.
        pub shared_by_owners: bool,
        /// Unused processes kept ready beside them, once documents of several owners have come.
        pub spare_processes: u32 => 0..=64,
        /// Processor time after which a process that has nothing to do is ended.
        pub idle_cpu_ms: u64 => 10..=86_400_000,
        /// A process ends after this many documents; 1 gives every document its own.
        pub recycle_after_documents: u32 => 1..=1_000_000,
        /// A process that was ever larger than this ends after its document.
        pub recycle_growth_mib: u64 => 16..=1_048_576,
        /// All artifacts of one attempt together.
        pub max_output_mib: u64 => 1..=65_536,
        /// Artifacts of one job; their bytes are bounded by the job's own limits.
        pub max_artifacts: u32 => 1..=10_000,
        /// First wait after a failed launch; doubles up to `launch_backoff_max_ms`.
        pub launch_backoff_ms: u64 => 1..=60_000,
        pub launch_backoff_max_ms: u64 => 1..=600_000,
        /// This many failed launches within `breaker_window_secs` stop launching for `breaker_open_secs`.
        pub breaker_failures: u32 => 1..=1_000,
        pub breaker_window_secs: u64 => 1..=3_600,
        pub breaker_open_secs: u64 => 1..=3_600,
        /// A process whose sandbox is not enforced counts as one that could not be launched.
        pub require_sandbox: bool,
        /// The least time between two known documents that `/readyz` sends through a worker process.
        pub canary_secs: u64 => 1..=86_400,
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
    /// The clocks and caps over every job.
    pub fn job_limits(&self) -> JobLimits {
        JobLimits {
            attempt_timeout: Duration::from_secs(self.attempt_timeout_secs),
            silence_timeout: Duration::from_secs(self.silence_timeout_secs),
            grace: Duration::from_millis(self.grace_ms),
            max_artifacts: self.max_artifacts,
        }
    }

    /// Settings of the pool that keeps so many processes at work at once.
    pub fn pool_settings(&self, processes: u32) -> PoolSettings {
        PoolSettings {
            processes,
            spares: self.spare_processes,
            is_shared: self.shared_by_owners,
            recycle_after_documents: self.recycle_after_documents,
            idle_cpu: Duration::from_millis(self.idle_cpu_ms),
            recycle_above_bytes: self.recycle_growth_mib.saturating_mul(MIB),
            breaker: BreakerSettings {
                first_delay: Duration::from_millis(self.launch_backoff_ms),
                max_delay: Duration::from_millis(self.launch_backoff_max_ms),
                failures: self.breaker_failures,
                window: Duration::from_secs(self.breaker_window_secs),
                open_for: Duration::from_secs(self.breaker_open_secs),
            },
        }
    }

    /// The shortest silence limit of a document whose worker fell silent before.
    pub fn repeat_silence_min(&self) -> Duration {
        Duration::from_millis(self.silence_again_min_ms)
    }

    pub fn memory_bytes(&self) -> u64 {
        self.memory_mib.saturating_mul(MIB)
    }

    /// The processor time that a process may use in its life: that of all its documents, and of one more for what it
    /// does without one. It cannot be raised from within, whatever a document does to the process.
    pub fn process_cpu_limit_secs(&self) -> u64 {
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
