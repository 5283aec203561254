//! The laboratory: what exists only to try the product.
//!
//! [`torture`] kills a server again and again, [`soak`] keeps one at work for minutes. Both try the program that they are
//! in: it starts itself as the server and as its worker processes, so every command of `quire` is in it as well.

mod args;
mod soak;
mod torture;

use std::process::ExitCode;

use self::args::{LabArgs, LabCommand};

/// The whole program, but for worker processes.
pub fn main() -> ExitCode {
    quire::app::run(|args: LabArgs| match args.command {
        LabCommand::Torture(args) => torture::torture(args),
        LabCommand::Soak(args) => soak::soak(args),
        LabCommand::Product(command) => quire::cli::dispatch(command),
    })
}
