//! Owners never hear of each other, at the hub itself.

use std::sync::Arc;

use quire::actors::engine::{self, Engine};
use quire::actors::live::feed::EventFeed;
use quire::commands::submit::NewBatch;
use quire::config::Config;
use quire_base::clock;
use quire_domain::delivery::filter::SubscriptionFilter;
use quire_domain::ids::OwnerKey;
use quire_domain::operation::Operation;
use quire_store::batches::BatchSpec;
use tokio::time::timeout;

use crate::harness::DEADLINE;

const OTHER: OwnerKey = OwnerKey(2);

fn batch_of(owner: OwnerKey, items: usize) -> NewBatch {
    NewBatch {
        id: clock::new_batch_id(),
        owner,
        spec: BatchSpec { sealed: false, ..BatchSpec::for_operations(&[Operation::Noop]) },
        correlation: clock::new_correlation_id(),
        idempotency: None,
        items: vec![None; items],
    }
}

async fn engine(dir: &std::path::Path) -> Engine {
    let flags = [("server.data_dir", dir.to_string_lossy().into_owned()), ("log.files", "false".into())];
    let engine = Engine::start(Config::load(None, &flags).unwrap(), Some("/bin/true".into())).unwrap();
    let added = engine.context.db.write("owner.add", |txn| txn.owner_named("other")).await;
    assert_eq!(added.unwrap(), OTHER);
    engine
}

/// Waits until the feed has come so far.
async fn reaches(feed: &EventFeed, latest: i64) {
    let mut published = feed.watch_published_head();
    let reached = published.wait_for(|at| at.is_some_and(|at| at.reach.latest >= latest));
    timeout(DEADLINE, reached).await.unwrap().unwrap();
}

#[test]
fn the_feed_of_an_owner_holds_nothing_of_another() {
    let dir = tempfile::TempDir::new().unwrap();
    engine::run_on_actor_system(1, async {
        let engine = engine(dir.path()).await;
        let live = Arc::clone(&engine.live);
        let (own, other) = (live.feed(OwnerKey::LOCAL).await.unwrap(), live.feed(OTHER).await.unwrap());
        let mut batches = Vec::new();
        for owner in [OwnerKey::LOCAL, OTHER, OwnerKey::LOCAL, OTHER, OTHER] {
            let new = batch_of(owner, 0);
            batches.push((owner, new.id));
            engine.submit(new).await.unwrap();
        }
        for (feed, count) in [(&own, 2), (&other, 3)] {
            reaches(feed, count).await;
            let theirs: Vec<_> = batches.iter().filter(|(owner, _)| *owner == feed.owner).map(|(_, id)| *id).collect();
            let page = live.events_page(feed, 0).await.unwrap();
            assert_eq!(page.iter().map(|event| event.batch).collect::<Vec<_>>(), theirs);
            assert_eq!(page.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=count).collect::<Vec<_>>());
            let snapshot = live.snapshot(feed.owner, &SubscriptionFilter::Everything).await.unwrap();
            let mut standing: Vec<_> =
                snapshot.iter().flat_map(|frame| &frame.batches).map(|state| state.batch).collect();
            standing.sort();
            assert_eq!(standing, theirs);
        }
        drop((own, other));
        engine.shutdown(DEADLINE).await;
    });
}
