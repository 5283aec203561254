//! Translates the settings into those of each module.

use crate::config::{Config, SandboxWithoutLayer, Synchronous};
use crate::store::StoreSettings;
use crate::worker::{DisabledLayer, JobLimits, LaunchSpec, WorkerSettings};

/// Launch specification of worker processes; also used without an engine.
pub fn launch_spec(config: &Config) -> LaunchSpec {
    LaunchSpec::new(&worker_settings(config))
}

/// Settings of the store; also used without an engine.
pub fn store_settings(config: &Config) -> StoreSettings {
    StoreSettings {
        data_dir: config.server.data_dir.clone(),
        sync_full: config.store.synchronous == Synchronous::Full,
        readers: config.store.readers as u32,
        checkpoint_wal_mib: config.store.checkpoint_wal_mib as u32,
        cache_mib: config.store.cache_mib as u32,
        slots: config.slots(),
        retry: config.retry,
    }
}

/// The clocks and caps over every job; also for a look without an engine.
pub fn rules(config: &Config) -> JobLimits {
    worker_settings(config).rules()
}

pub(super) fn worker_settings(config: &Config) -> WorkerSettings {
    let worker = &config.worker;
    WorkerSettings {
        processes: config.slots(),
        spare_processes: worker.spare_processes as u32,
        shared_by_owners: worker.shared_by_owners,
        memory_mib: worker.memory_mib,
        stack_mib: worker.stack_mib,
        cpu_secs: worker.cpu_secs,
        attempt_timeout_secs: worker.attempt_timeout_secs,
        silence_timeout_secs: worker.silence_timeout_secs,
        silence_again_min_ms: worker.silence_again_min_ms,
        grace_ms: worker.grace_ms,
        ready_timeout_secs: worker.ready_timeout_secs,
        max_output_mib: worker.max_output_mib,
        max_artifacts: worker.max_artifacts as u32,
        idle_cpu_ms: worker.idle_cpu_ms,
        recycle_after_documents: worker.recycle_after_documents as u32,
        recycle_above_mib: worker.recycle_growth_mib,
        launch_backoff_ms: worker.launch_backoff_ms,
        launch_backoff_max_ms: worker.launch_backoff_max_ms,
        breaker_failures: worker.breaker_failures as u32,
        breaker_window_secs: worker.breaker_window_secs,
        breaker_open_secs: worker.breaker_open_secs,
        require_sandbox: worker.require_sandbox,
        sandbox_without: match config.testing.sandbox_without {
            SandboxWithoutLayer::Nothing => DisabledLayer::Nothing,
            SandboxWithoutLayer::Landlock => DisabledLayer::Landlock,
            SandboxWithoutLayer::Seccomp => DisabledLayer::Seccomp,
            SandboxWithoutLayer::Both => DisabledLayer::Both,
        },
    }
}
