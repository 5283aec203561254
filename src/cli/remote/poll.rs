//! The long-poll side of a feed, for where no WebSocket gets through: the same log, the same places.

use std::time::Duration;

use serde::Deserialize;

use super::RemoteServer;
use super::feed::{FeedCursor, FeedUpdate};
use quire_domain::batch::{BatchOutcome, BatchStatus};
use quire_domain::counts::ItemCounts;
use quire_domain::event::EventView;
use quire_domain::ids::BatchId;
use quire_domain::live_frames::{BatchState, ResetReason, Snapshot, Subscribe};

/// Whether how things stand was asked for since the place became void.
#[derive(Debug, Default)]
pub(super) struct PollState {
    has_stand: bool,
}

#[derive(Deserialize)]
struct Page {
    epoch: String,
    latest: i64,
    next_after: i64,
    events: Vec<EventView>,
}

#[derive(Deserialize)]
struct Batches {
    batches: Vec<Batch>,
}

#[derive(Deserialize)]
struct Batch {
    id: BatchId,
    rev: u64,
    status: BatchStatus,
    outcome: Option<BatchOutcome>,
    generation: u32,
    counts: ItemCounts,
}

const WAIT_SECS: u32 = 20;
const PAGE: u32 = 256;
/// Empty pages come back at once from a server that is too old to wait.
const BREATH: Duration = Duration::from_millis(200);

impl PollState {
    pub(super) async fn next(
        &mut self,
        remote: &RemoteServer,
        wish: &Subscribe,
        place: &mut FeedCursor,
    ) -> anyhow::Result<FeedUpdate> {
        if place.epoch.is_none() || !self.has_stand {
            return self.stand(remote, wish, place).await;
        }
        loop {
            let page: Page = remote.get(&address(wish, place.after, PAGE, WAIT_SECS)).await?;
            if place.epoch.as_ref() != Some(&page.epoch) {
                *place = FeedCursor::default();
                return Ok(FeedUpdate::Reset(ResetReason::OtherEpoch));
            }
            place.after = page.next_after;
            if !page.events.is_empty() {
                return Ok(FeedUpdate::Events(page.events));
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    /// The log's end first, then the batches: what happens in between comes again as events, which do no harm.
    async fn stand(
        &mut self,
        remote: &RemoteServer,
        wish: &Subscribe,
        place: &mut FeedCursor,
    ) -> anyhow::Result<FeedUpdate> {
        let page: Page = remote.get(&address(wish, 0, 1, 0)).await?;
        let batches = match &wish.batch {
            Some(id) => vec![remote.get(&format!("/api/v1/batches/{id}")).await?],
            None => remote.get::<Batches>("/api/v1/batches?limit=50").await?.batches,
        };
        let after = if place.epoch.as_ref() == Some(&page.epoch) { place.after } else { page.latest };
        *place = FeedCursor { epoch: Some(page.epoch), after };
        self.has_stand = true;
        let batches = batches.into_iter().map(Batch::state).collect();
        Ok(FeedUpdate::Snapshot(Snapshot { as_of_seq: after, batches, more: false, complete: true }))
    }
}

impl Batch {
    fn state(self) -> BatchState {
        let Self { id, rev, status, outcome, generation, counts } = self;
        BatchState { batch: id, rev, status, outcome, generation, counts }
    }
}

fn address(wish: &Subscribe, after: i64, limit: u32, wait: u32) -> String {
    let mut address = format!("/api/v1/events?after={after}&limit={limit}&wait={wait}");
    if let Some(batch) = &wish.batch {
        address.push_str(&format!("&batch={batch}"));
    }
    address
}
