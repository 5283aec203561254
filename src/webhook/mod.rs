//! Webhooks on the wire: what is said, how it is signed, and how a stranger's server is reached without harm.
//!
//! May import `domain` and the clock's words; knows nothing of the store or of actors. The only room that makes HTTP
//! requests. Read in this order: [`payload`], [`signature`], [`networks`] (where nobody is sent to), [`names`] (from
//! a name to addresses that passed), [`egress`] (one attempt), [`answer`] (what a receiver says).

pub mod answer;
pub mod egress;
pub mod names;
pub mod networks;
pub mod payload;
pub mod signature;

#[cfg(test)]
mod tests;
