//! The statements of SQLite. What any store must do is the conformance suite of the commands.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plans;
