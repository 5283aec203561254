//! Commands on a store with real files, without actors: every write goes through
//! [`Writer::commit`](quire_store::Writer::commit) directly.
//!
//! **`suite` is the conformance suite**: what it asks holds on any store, so it is there once for each
//! [`harness::Harness`]. [`harness`] holds a store whose end recounts everything. In the suite `histories`
//! lives through random ones, and `controls` takes each protection away and sees it missed. [`group_commit`] is of the
//! writer alone.

#![allow(clippy::unwrap_used, clippy::expect_used)]
// One suite, once for each store.
#![allow(clippy::duplicate_mod)]

mod again;
mod fold;
mod group_commit;
pub(crate) mod harness;
mod on_sqlite;
mod on_sqlite_again;
mod sqlite;
pub(crate) mod witness;
