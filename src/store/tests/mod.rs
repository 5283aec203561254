//! The store on real files, without actors: every write goes through [`super::writer::Writer::commit`] directly.
//!
//! [`harness`] holds a store whose end recounts everything with [`super::check`]; [`corruption`] shows that the recount
//! is not blind; [`histories`] lives through random ones.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod corruption;
mod doors;
mod full_disk;
mod group_commit;
mod harness;
mod histories;
mod numbering;
mod plans;
mod standing;
mod sweeps;
mod webhooks;
