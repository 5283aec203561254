//! The store on real files, without actors: every write goes through [`super::writer::Writer::commit`] directly.

mod corruption;
mod doors;
mod full_disk;
mod group_commit;
pub mod harness;
mod histories;
mod numbering;
mod plans;
mod sweeps;
