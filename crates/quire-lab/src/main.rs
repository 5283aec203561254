//! Entry point of the laboratory: runs the worker process when a server starts itself as one, else the application.

use std::process::ExitCode;

/// The product's, so that memory is what the product takes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == "worker") {
        return quire_worker::child::main();
    }
    quire_lab::main()
}
