//! The server as a whole: one for a directory, its keys, its actors, its end.

mod keyring;
mod planned_deaths;
mod running;
mod second_server;
mod shutdown;
mod standstill;
