//! `quire bench`: measures this machine, through the same engine that serves.

mod bare;
mod documents;
mod fanout;
mod isolation;
mod items;
mod owners;
mod recovery;

use super::CommandExit;
use super::args::{BenchArgs, BenchCommand};
use crate::commands::submit::{NewBatch, NewItem};
use quire_base::clock;
use quire_domain::ids::OwnerKey;
use quire_domain::operation::Operation;
use quire_store::batches::BatchSpec;

/// # Errors
/// When the engine cannot be started.
pub fn bench(args: BenchArgs) -> anyhow::Result<CommandExit> {
    match args.what {
        BenchCommand::Items { count, data_dir, jobs, synchronous } => {
            items::measure(count, data_dir, jobs, &synchronous)
        }
        BenchCommand::Recovery { items, running, starts, data_dir } => {
            recovery::measure(items, running, starts, data_dir)
        }
        BenchCommand::Fanout(fanout) => fanout::measure(fanout),
        BenchCommand::Listen(listen) => fanout::listeners::listen(listen),
        BenchCommand::Documents { paths, data_dir, jobs } => documents::measure(&paths, data_dir, jobs),
        BenchCommand::Isolation { paths, seconds, launches } => isolation::measure(&paths, seconds, launches),
        BenchCommand::Owners { paths, owners, documents, jobs } => owners::measure(&paths, owners, documents, jobs),
    }
}

/// A sealed batch of the local owner without anything special.
fn batch_of(operations: &[Operation], items: Vec<NewItem>) -> NewBatch {
    NewBatch {
        id: clock::new_batch_id(),
        owner: OwnerKey::LOCAL,
        spec: BatchSpec { name: Some("bench".into()), ..BatchSpec::of(operations) },
        correlation: clock::new_correlation_id(),
        idempotency: None,
        items,
    }
}

/// The same, to be extended.
fn open(mut new: NewBatch) -> NewBatch {
    new.spec.sealed = false;
    new
}
