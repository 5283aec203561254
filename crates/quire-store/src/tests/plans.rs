//! The statements that run for every item go through the index made for them.

use crate::testing::read_sqlite;
use crate::{OpenStore, StoreOptions, StoreSettings, Synchronous};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::sqlite::Sqlite;
use quire_domain::retry::RetryPolicy;
use tempfile::TempDir;

use crate::items::NameSearch;
use crate::schema::webhook_deliveries;
use crate::sqlite::deliveries::{first_due, newest};
use crate::sqlite::item_sql::{IndexScan, SelectItems};
use crate::sqlite::name_search::BY_DOCUMENT;
use crate::sqlite::name_sql::SelectByName;
use crate::sqlite::state_number::StateNumber;
use quire_domain::failure::FailureCode;
use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;
use quire_domain::webhook::DeliveryState;

struct TempStore {
    opened: OpenStore,
    _dir: TempDir,
}

impl TempStore {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let settings = StoreSettings {
            synchronous: Synchronous::Normal,
            readers: 1,
            group_max_writes: 1,
            checkpoint_wal_mib: 1,
            cache_mib: 1,
            min_free_mib: 0,
            disk_probe_secs: 1,
            orphan_grace_secs: 60,
            orphan_sweep_secs: 60,
        };
        let data_dir = dir.path().to_owned();
        let options = StoreOptions { data_dir, slots: 1, retry: RetryPolicy::default(), settings };
        Self { opened: OpenStore::open(options, 1).unwrap(), _dir: dir }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn plan(store: &TempStore, by: IndexScan) -> String {
    let binds: Vec<i32> = match by {
        IndexScan::Queued { after }
        | IndexScan::BackingOff { after }
        | IndexScan::Claimed { after }
        | IndexScan::Running { after } => vec![after],
        IndexScan::BackoffOver { .. } => vec![1],
        IndexScan::Notable { state, after } => vec![state, after],
        IndexScan::Succeeded { after } => vec![after],
        IndexScan::At { .. } | IndexScan::Failing { .. } => vec![],
    };
    let rendered = diesel::debug_query::<Sqlite, _>(&SelectItems { batch: 1, by, limit: 25 }).to_string();
    let sql = rendered.split(" -- binds").next().unwrap().to_owned();
    let mut query =
        diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).into_boxed::<Sqlite>().bind::<BigInt, _>(1i64);
    for bind in binds {
        query = query.bind::<Integer, _>(bind);
    }
    let steps: Vec<Step> = read_sqlite(&store.opened, |conn| query.bind::<BigInt, _>(25i64).load(conn)).unwrap();
    steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
}

#[test]
fn hot_picks_walk_their_partial_indexes_and_sort_nothing() {
    let store = TempStore::new();
    let walks = [
        (IndexScan::Queued { after: 0 }, "items_queued (batch=? AND position>?)"),
        (IndexScan::BackoffOver { now: 1 }, "items_backing_off (batch=? AND run_at<?)"),
        (IndexScan::Claimed { after: 0 }, "items_notable (batch=? AND state=? AND position>?)"),
        (IndexScan::Running { after: 0 }, "items_notable (batch=? AND state=? AND position>?)"),
        (IndexScan::Notable { state: 1, after: 0 }, "items_notable (batch=? AND state=? AND position>?)"),
        (IndexScan::Notable { state: 4, after: 9 }, "items_notable (batch=? AND state=? AND position>?)"),
        (IndexScan::Succeeded { after: 9 }, "PRIMARY KEY (batch=? AND position>?)"),
    ];
    for (by, way) in walks {
        let plan = plan(&store, by);
        assert!(plan.starts_with("SEARCH items USING ") && plan.ends_with(way), "{plan}");
        assert!(!plan.contains("B-TREE"), "{plan}");
    }
}

/// The plan of a statement whose parameters are left unbound.
fn plan_of(store: &TempStore, rendered: &str) -> String {
    let sql = rendered.split(" -- binds").next().unwrap();
    let query = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps: Vec<Step> = read_sqlite(&store.opened, |conn| query.load(conn)).unwrap();
    steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
}

#[test]
fn failures_are_counted_from_their_index_alone() {
    let groups = "SELECT failure, COUNT(*), MIN(position) FROM items WHERE batch = ? AND state = ? AND failure IS NOT NULL \
                  GROUP BY failure";
    let plan = plan_of(&TempStore::new(), groups);
    assert!(plan.contains("COVERING INDEX items_failing") && !plan.contains("B-TREE"), "{plan}");
}

#[test]
fn items_that_failed_of_one_thing_and_names_of_a_stretch_are_walked_without_a_sort() {
    let store = TempStore::new();
    for state in [ItemState::Failed, ItemState::Running] {
        let number = StateNumber::of(Some(state))[0];
        let by = IndexScan::Failing { failure: "damaged", number, after: 9 };
        let select = SelectItems { batch: 1, by, limit: 25 };
        let plan = plan_of(&store, &diesel::debug_query::<Sqlite, _>(&select).to_string());
        assert!(plan.ends_with("items_failing (batch=? AND failure=? AND state=? AND position>?)"), "{plan}");
    }
    for (state, failure) in [(None, None), (Some(ItemState::Queued), Some(FailureCode::Damaged))] {
        let search = NameSearch { part: "a".into(), state, failure, after: 9, last: 90 };
        let select = SelectByName::new(BatchKey(1), &search, 25);
        let plan = plan_of(&store, &diesel::debug_query::<Sqlite, _>(&select).to_string());
        assert!(
            plan.starts_with("SEARCH documents USING PRIMARY KEY (batch=? AND position>? AND position<?)"),
            "{plan}"
        );
        assert!(plan.ends_with("SEARCH items USING PRIMARY KEY (batch=? AND position=?)"), "{plan}");
    }
}

#[test]
fn a_collection_is_walked_by_its_own_index_and_all_batches_by_theirs() {
    let store = TempStore::new();
    let plan = |collection: &str| {
        let query = format!(
            "EXPLAIN QUERY PLAN SELECT id FROM batches WHERE owner = 1 AND id < 9 {collection} ORDER BY id DESC LIMIT 5"
        );
        let steps: Vec<Step> = read_sqlite(&store.opened, |conn| diesel::sql_query(query).load(conn)).unwrap();
        steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
    };
    let narrowed = plan("AND collection = 'a'");
    assert!(narrowed.ends_with("batches_by_collection (owner=? AND collection=? AND id<?)"), "{narrowed}");
    assert!(plan("").ends_with("batches_by_owner (owner=? AND id<?)"), "control: {}", plan(""));
}

#[test]
fn a_status_is_walked_by_its_index_and_a_search_sorts_nothing() {
    let store = TempStore::new();
    let narrowed = "SELECT id FROM batches WHERE owner = 1 AND status = 'open' AND id < 9 ORDER BY id DESC LIMIT 5";
    let plan = plan_of(&store, narrowed);
    assert!(plan.ends_with("batches_by_status (owner=? AND status=? AND id<?)"), "{plan}");
    let plan = plan_of(
        &store,
        &BY_DOCUMENT.replace("ESCAPE ?3", "ESCAPE x").replace("?", "1").replace("ESCAPE x", "ESCAPE '\\'"),
    );
    assert!(plan.contains("batches_by_owner (owner=?)") && !plan.contains("B-TREE"), "{plan}");
}

#[test]
fn what_is_due_and_what_is_listed_walk_their_indexes() {
    let store = TempStore::new();
    let key = quire_domain::webhook::WebhookKey(1);
    let newest = |state| newest(key, state, 9);
    for (query, way) in [
        (first_due(key), "webhook_deliveries_due (webhook=?)"),
        (newest(None), "webhook_deliveries_newest (webhook=? AND id<?)"),
        (newest(Some(DeliveryState::Pending)), "webhook_deliveries_notable (webhook=? AND state=? AND id<?)"),
        (newest(Some(DeliveryState::Failed)), "webhook_deliveries_notable (webhook=? AND state=? AND id<?)"),
    ] {
        let query = query.select(webhook_deliveries::kind);
        let sql = diesel::debug_query::<Sqlite, _>(&query).to_string();
        let sql = sql.split(" -- binds").next().unwrap().to_owned();
        let plan: Vec<Step> =
            read_sqlite(&store.opened, |conn| diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn))
                .unwrap();
        let plan = plan.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ");
        assert!(plan.ends_with(way), "{plan}");
    }
}
