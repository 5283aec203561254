//! Workload of the client: batches of all sizes, kinds and policies, with the outcome that each of their items must
//! have.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::history::{ExpectedEnd, PlannedBatch, Verb};
use quire_base::clock::{self, SeededRng};
use quire_documents::samples;
use quire_domain::batch::FailurePolicy;

/// Shares are in percent.
fn chance(rng: &mut SeededRng, percent: u32) -> bool {
    rng.u32(0..100) < percent
}

/// A batch whose items read no document; some of them misbehave as told.
pub(super) fn scripted(rng: &mut SeededRng, key: &str) -> PlannedBatch {
    let items = match rng.u32(0..10) {
        0 => rng.u32(40..80),
        1..4 => 1,
        _ => rng.u32(2..16),
    };
    let mut order = bare(rng, key, items);
    let (mut scripts, mut ends) = (Map::new(), BTreeMap::new());
    for position in 1..=items {
        let (script, ending) = behaviour(rng);
        if let Some(script) = script {
            scripts.insert(position.to_string(), script);
        }
        if ending != ExpectedEnd::Succeeds {
            ends.insert(position, ending);
        }
    }
    order.body["operations"] = json!(["noop"]);
    order.body["items"] = items.into();
    order.body["scripts"] = scripts.into();
    order.body["sealed"] = (!chance(rng, 15)).into();
    order.ends = ends;
    order
}

/// A batch of uploaded documents; `files` with their ends.
pub(super) fn of_documents(rng: &mut SeededRng, key: &str, files: &[(String, ExpectedEnd)]) -> PlannedBatch {
    let mut order = bare(rng, key, files.len() as u32);
    order.body["operations"] = json!(["text", "info"]);
    order.body["files"] = files.iter().map(|(id, _)| Value::from(id.as_str())).collect();
    let positions = (1..).zip(files).filter(|(_, (_, ending))| *ending != ExpectedEnd::Succeeds);
    order.ends = positions.map(|(position, (_, ending))| (position, *ending)).collect();
    order.has_documents = true;
    order
}

/// A small document, other bytes each time.
pub(super) fn document(rng: &mut SeededRng) -> (Vec<u8>, ExpectedEnd) {
    let number = rng.u64(..);
    if chance(rng, 10) {
        return (format!("Not a PDF at all: {number}\n").into_bytes(), ExpectedEnd::Fails);
    }
    let mut bytes = samples::pages(rng.u32(1..4));
    // Bytes behind the end of a document are nobody's business.
    bytes.extend_from_slice(format!("% {number}\n").as_bytes());
    (bytes, ExpectedEnd::Succeeds)
}

/// For a batch that has not ended, as far as the client knows; or for one that has.
pub(super) fn verb(rng: &mut SeededRng, is_live: bool) -> Verb {
    if !is_live {
        return Verb::Retry;
    }
    match rng.u32(0..20) {
        0..4 => Verb::Pause,
        4..10 => Verb::Resume,
        10..12 => Verb::Seal,
        12..15 => Verb::Extend(rng.u32(1..6)),
        15 => Verb::Retry,
        _ => Verb::Cancel,
    }
}

fn bare(rng: &mut SeededRng, key: &str, items: u32) -> PlannedBatch {
    let on_failure = match rng.u32(0..10) {
        0..6 => FailurePolicy::Continue,
        6..8 => FailurePolicy::FailFast,
        _ => FailurePolicy::Rollback,
    };
    let mut body = json!({ "name": key, "priority": rng.i32(-3..4), "on_failure": on_failure });
    if chance(rng, 8) {
        body["not_before"] = clock::rfc3339(clock::now() + rng.i64(50_000..400_000)).into();
    }
    let has_deadline = chance(rng, 5);
    if has_deadline {
        body["deadline"] = clock::rfc3339(clock::now() + rng.i64(500_000..1_500_000)).into();
    }
    let key = key.to_owned();
    PlannedBatch { key, body, items, ends: BTreeMap::new(), has_documents: false, on_failure, has_deadline }
}

fn behaviour(rng: &mut SeededRng) -> (Option<Value>, ExpectedEnd) {
    let storage = json!({ "fail": { "code": "storage_failed", "detail": "as the script says" } });
    match rng.u32(0..200) {
        0..120 => (None, ExpectedEnd::Succeeds),
        120..180 => (Some(json!({ "sleep": rng.u32(1..40) })), ExpectedEnd::Succeeds),
        180..186 => {
            (Some(json!({ "fail": { "code": "damaged", "detail": "as the script says" } })), ExpectedEnd::Fails)
        }
        186..189 => (Some(storage), ExpectedEnd::Fails),
        189..194 => (Some(json!({ "fail_first": { "attempts": 1, "with": storage } })), ExpectedEnd::Either),
        194..196 => (Some(json!({ "fail_first": { "attempts": 1, "with": "abort" } })), ExpectedEnd::Either),
        196..197 => (Some(json!("abort")), ExpectedEnd::Fails),
        197..198 => (Some(json!("garbage")), ExpectedEnd::Fails),
        _ => (Some(json!("panic")), ExpectedEnd::Fails),
    }
}
