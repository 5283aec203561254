//! Entry point: runs the worker process when the server starts itself as one, else the application.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything else: a worker process has no runtime, no settings and no logs.
    if std::env::args_os().nth(1).is_some_and(|first| first == "worker") {
        return quire_worker::child::main();
    }
    quire::app::main()
}
