//! The worker room with real processes: every way a process can end, and what is said of its jobs.

mod deaths;
pub mod harness;
mod ordinary;
mod scripts;
mod stops;
