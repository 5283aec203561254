//! Live delivery on real servers: nothing is missed, nothing comes twice, nobody is disturbed by another's trouble.

mod hostile;
mod isolation;
mod keys;
mod listener;
mod raw;
mod resuming;
mod serving;
mod tickets;
mod twins;
