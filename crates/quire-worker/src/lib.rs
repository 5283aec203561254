//! Worker processes: untrusted bytes are parsed here and nowhere else.
//!
//! Both ends of the channel live in this crate. The parent's side: [`WorkerProcess`] (one process), [`run_jobs`] (jobs
//! through one process), [`ProcessPool`] (which process is free). The child's door: [`child`]. `child` alone calls
//! `quire_documents`; `sandbox` alone landlock, seccompiler and (with `child::harden`) nix.
//!
//! **A worker process can break only itself**: whatever it writes, and however it ends, the parent turns it into
//! one [`JobResult`](run_jobs::JobResult) for one job.

pub mod breaker;
pub mod canary;
pub mod channel;
pub mod child;
pub mod codec;
pub mod cpu_time;
pub mod deadlines;
pub mod exit_status;
pub mod fault_script;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
pub mod job_session;
pub mod jobs;
pub mod last_silence;
pub mod output_quota;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod run_jobs;
pub mod sandbox;
pub mod send_buffer;
pub mod session_stop;
pub mod settings;
pub mod stderr_tail;

pub use fault_script::FaultScript;
pub use jobs::WorkerJob;
pub use last_silence::{LastSilenceByItem, RetrySilenceLimit, WorkPosition};
pub use pool::{LaunchPlan, PoolHealth, PoolMember, PoolSettings, ProcessLease, ProcessPool, ProcessUsage, Tenant};
pub use process::{LaunchError, LaunchSpec, WorkerProcess};
pub use run_jobs::{JobObserver, JobResult, JobStats, SessionLeftover, run_jobs};
pub use sandbox::{DisabledLayer, EscapeProbe, SandboxStatus};
pub use session_stop::{SessionStopHandle, SessionStopSignal};
pub use settings::{JobLimits, WorkerSettings};
