//! Webhooks on the wire: payloads, signatures, and requests to foreign servers without harm.
//!
//! May import `domain` and the clock's words; knows nothing of the store or of actors. The only module that makes HTTP
//! requests. Read in this order: [`payload`], [`signature`], [`network_guard`] (where nobody is sent to), [`resolver`]
//! (from a name to addresses that passed), [`client`] (one attempt), [`response`] (what a receiver says).

pub mod client;
pub mod network_guard;
pub mod payload;
pub mod resolver;
pub mod response;
pub mod signature;

#[cfg(test)]
mod tests;
