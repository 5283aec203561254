//! Batches, turns and reports in few words.

use super::TestStore;
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::submit::NewBatch;
use crate::commands::tick::{ClaimedItem, StartReport, TickRequest};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::{BatchKey, CorrelationId, Micros, OwnerKey};
use quire_domain::operation::Operation;
use quire_store::StoreError;
use quire_store::batches::BatchSpec;
use quire_store::write::WriteReply;

pub(crate) fn answer<T>(mut reply: WriteReply<T>) -> Result<T, StoreError> {
    reply.try_recv().expect("every write is answered when its commit returns")
}

pub(crate) fn by() -> CorrelationId {
    CorrelationId::parse("test").unwrap()
}

/// A sealed batch of bare items.
pub(crate) fn batch_of(items: usize) -> NewBatch {
    NewBatch {
        id: quire_base::clock::new_batch_id(),
        owner: OwnerKey::LOCAL,
        spec: BatchSpec::for_operations(&[Operation::Text]),
        correlation: by(),
        idempotency: None,
        items: vec![None; items],
    }
}

/// A batch that is described otherwise.
pub(crate) fn described(items: usize, describe: impl FnOnce(&mut BatchSpec)) -> NewBatch {
    let mut new = batch_of(items);
    describe(&mut new.spec);
    new
}

/// A tick that does nothing by itself.
pub(crate) fn turn_of(batch: BatchKey) -> TickRequest {
    TickRequest { batch, reports: Vec::new(), starts: Vec::new(), claim: 0, claim_items: 25, heartbeat: false }
}

pub(crate) fn start(claimed: &ClaimedItem, at: Micros) -> StartReport {
    StartReport { position: claimed.position, fence: claimed.fence, at }
}

pub(crate) fn report(claimed: &ClaimedItem, outcome: AttemptOutcome) -> AttemptReport {
    AttemptReport {
        position: claimed.position,
        fence: claimed.fence,
        outcome,
        started_at: Some(1),
        worker_pid: Some(7),
        work_micros: Some(1),
        peak_memory_bytes: None,
    }
}

pub(crate) fn success(claimed: &ClaimedItem) -> AttemptReport {
    report(claimed, AttemptOutcome::Succeeded { summary: None, artifacts: Vec::new() })
}

pub(crate) fn failure(claimed: &ClaimedItem, code: FailureCode) -> AttemptReport {
    report(claimed, AttemptOutcome::Failed(Failure::new(code, "seen in a test")))
}

/// The second owner of [`with_other_owner`].
pub(crate) const OTHER: OwnerKey = OwnerKey(2);

/// One that has another owner beside the local one.
pub(crate) fn with_other_owner(store: TestStore) -> TestStore {
    let mut store = store;
    assert_eq!(store.write(|txn| txn.owner_named("other")).unwrap(), OTHER);
    store
}
