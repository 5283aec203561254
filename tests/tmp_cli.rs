#![allow(clippy::unwrap_used, clippy::expect_used)]
#[path = "it/cli_demo.rs"]
mod cli_demo;
#[path = "it/cli_harness.rs"]
mod cli_harness;
#[path = "it/cli_names.rs"]
mod cli_names;
#[path = "it/cli_resume.rs"]
mod cli_resume;
#[path = "it/cli_run.rs"]
mod cli_run;
#[path = "it/cli_stop.rs"]
mod cli_stop;
