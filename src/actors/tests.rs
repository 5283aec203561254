//! The actors put together, in a world of virtual time.
