//! The runtime under the actors.

use std::future::Future;

use actix::System;

/// Runs `work` to its end on this thread, within a system whose blocking work shares `blocking_threads`.
///
/// # Panics
/// When the operating system gives no runtime; without one there is no process.
pub fn run_system<F: Future>(blocking_threads: usize, work: F) -> F::Output {
    let system = System::with_tokio_rt(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let built = runtime.enable_all().max_blocking_threads(blocking_threads.max(1)).build();
        built.unwrap_or_else(|error| panic!("no runtime can be made: {error}"))
    });
    system.block_on(work)
}
