//! What is SQLite's own, and the files beside it: damage is found and repaired, a full disk changes nothing, orphans
//! go, every statement walks an index. What any store must do is in [`crate::commands`].

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod corruption;
mod full_disk;
mod library;
mod orphans;
mod plans;
mod raw;
mod repair;
