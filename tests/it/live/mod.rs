//! Live delivery on real servers: nothing is missed, nothing comes twice, nobody is disturbed by another's trouble.

mod hostile;
mod listener;
mod resuming;
mod tickets;
mod twins;
