//! The store on real files, without actors: every write goes through [`super::writer::Writer::commit`] directly.

mod harness;
