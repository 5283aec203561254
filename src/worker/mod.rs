//! Worker processes: untrusted bytes are parsed here and nowhere else.
//!
//! Both ends of the channel live in this room. The parent's side: [`WorkerProcess`] (one process),
//! [`conduct`] (jobs through one process), [`Pool`] (which process is free). The child's door: [`child`].
//! May touch: `domain`, std, tokio, rustix, postcard, serde, tracing; `child` alone touches `documents`, `sandbox` alone
//! landlock, seccompiler and (with `child::door`) nix.
//! Never: actix, the store, HTTP.
//!
//! **A worker process can break only itself**: whatever it writes, and however it ends, the parent turns it into
//! one [`Conclusion`](conduct::Conclusion) for one job.

pub mod breaker;
pub mod canary;
pub mod channel;
pub mod child;
pub mod codec;
pub mod conclude;
pub mod conduct;
pub mod cpu_time;
pub mod deadlines;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzz;
pub mod ledger;
pub mod line;
pub mod outbox;
pub mod pool;
pub mod process;
pub mod protocol;
pub mod sandbox;
pub mod script;
pub mod settings;
pub mod silences;
pub mod stderr_tail;
pub mod stop;
pub mod walk;

pub use conduct::{Conclusion, Conducted, Observer, Stats, conduct};
pub use line::Job;
pub use pool::{Need, Pool, PoolHealth, Pooled, Tenant, Wear};
pub use process::{LaunchError, LaunchSpec, WorkerProcess};
pub use sandbox::{Posture, Trespass, Without};
pub use script::Script;
pub use settings::{Rules, WorkerSettings};
pub use silences::{Reached, SilenceLimit, Silences};
pub use stop::{StopHandle, StopSignal};
