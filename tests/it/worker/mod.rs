//! The worker room with real processes: every way a process can end, and what is said of its jobs.

mod deaths;
pub(crate) mod harness;
mod hostile;
mod hostile_documents;
mod idle;
mod launches;
mod ordinary;
mod owners_apart;
mod puppet;
mod sandbox;
mod scripts;
mod stops;
mod zombie;
