//! The interface against `docs/api/openapi.json`. Every answer that a test of this program gets from a server is
//! compared with the document: see [`document::Contract`], which the harness asks.

mod answers;
pub(crate) mod document;
mod fuzz;
