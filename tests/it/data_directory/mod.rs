//! The data directory: who may use it, what others see of it, and that it is the one that was opened.

mod newer;
mod place;
mod privacy;
