//! The commands, as a person runs them.

mod demo;
mod doctor;
mod fsck;
pub(crate) mod harness;
mod keys;
mod names;
mod recovery;
mod remote;
mod resume;
mod run;
mod stop;
