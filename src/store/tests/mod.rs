//! The store on real files, without actors: every write goes through [`super::writer::Writer::commit`] directly.
//!
//! [`harness`] holds a store whose end recounts everything with [`super::check`]; [`corruption`] shows that the recount
//! is not blind; [`histories`] lives through random ones; [`controls`] takes each protection away and sees it missed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod controls;
mod corruption;
mod doors;
mod fencing;
mod full_disk;
mod group_commit;
pub(crate) mod harness;
mod histories;
mod numbering;
mod orphans;
mod plans;
mod repair;
mod standing;
mod sweeps;
mod webhooks;
pub(crate) mod witness;
