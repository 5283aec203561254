//! `quire bench`: measures this machine, through the same engine that serves.

mod bare;
mod documents;
mod fanout;
mod isolation;
mod items;
mod owners;
mod recovery;
mod soak;

use super::Exit;
use super::args::{Bench, BenchArgs};
use crate::clock;
use crate::domain::batch::FailurePolicy;
use crate::domain::ids::OwnerKey;
use crate::domain::operation::Operation;
use crate::store::batches::BatchOptions;
use crate::store::submit::{NewBatch, NewItem};

/// # Errors
/// When the engine cannot be started.
pub fn bench(args: BenchArgs) -> anyhow::Result<Exit> {
    match args.what {
        Bench::Items { count, data_dir, jobs, synchronous } => items::measure(count, data_dir, jobs, &synchronous),
        Bench::Recovery { items, running, starts, data_dir } => recovery::measure(items, running, starts, data_dir),
        Bench::Fanout(fanout) => fanout::measure(fanout),
        Bench::Listen(listen) => fanout::listeners::listen(listen),
        Bench::Documents { paths, data_dir, jobs } => documents::measure(&paths, data_dir, jobs),
        Bench::Isolation { paths, seconds, launches } => isolation::measure(&paths, seconds, launches),
        Bench::Owners { paths, owners, documents, jobs } => owners::measure(&paths, owners, documents, jobs),
        Bench::Soak { minutes, paths, data_dir, jobs } => soak::measure(minutes, &paths, data_dir, jobs),
    }
}

/// A sealed batch of the local owner without anything special.
fn batch_of(operations: &[Operation], items: Vec<NewItem>) -> NewBatch {
    NewBatch {
        id: clock::new_batch_id(),
        owner: OwnerKey::LOCAL,
        name: Some("bench".into()),
        collection: None,
        operations: operations.to_vec(),
        options: BatchOptions::default(),
        priority: 0,
        on_failure: FailurePolicy::Continue,
        sealed: true,
        not_before: None,
        deadline: None,
        correlation: clock::new_correlation_id(),
        idempotency: None,
        items,
    }
}
