//! One binary for all tests that run whole servers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cli_demo;
mod cli_fsck;
mod cli_harness;
mod cli_names;
mod cli_recovery;
mod cli_resume;
mod cli_run;
mod cli_stop;
mod harness;
mod house;
mod http_admin;
mod http_crash;
mod http_downloads;
mod http_fencing;
mod http_idempotency;
mod http_limits;
mod http_names;
mod http_orphans;
mod http_quarantine;
mod http_refusals;
mod http_serve;
mod http_submit;
mod http_verbs;
mod worker;
