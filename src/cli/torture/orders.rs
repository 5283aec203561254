//! What the client orders: batches of all sizes, kinds and policies, and what their items must come to.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::history::{Ending, Order, Verb};
use crate::clock::{self, Dice};
use crate::documents::samples;
use crate::domain::batch::FailurePolicy;

/// Shares are in percent.
fn chance(dice: &mut Dice, percent: u32) -> bool {
    dice.u32(0..100) < percent
}

/// A batch whose items read no document; some of them misbehave as told.
pub fn scripted(dice: &mut Dice, key: &str) -> Order {
    let items = match dice.u32(0..10) {
        0 => dice.u32(40..80),
        1..4 => 1,
        _ => dice.u32(2..16),
    };
    let mut order = bare(dice, key, items);
    let (mut scripts, mut ends) = (Map::new(), BTreeMap::new());
    for position in 1..=items {
        let (script, ending) = behaviour(dice);
        if let Some(script) = script {
            scripts.insert(position.to_string(), script);
        }
        if ending != Ending::Succeeds {
            ends.insert(position, ending);
        }
    }
    order.body["operations"] = json!(["noop"]);
    order.body["items"] = items.into();
    order.body["scripts"] = scripts.into();
    order.body["sealed"] = (!chance(dice, 15)).into();
    order.ends = ends;
    order
}

/// A batch of uploaded documents; `files` with their ends.
pub fn of_documents(dice: &mut Dice, key: &str, files: &[(String, Ending)]) -> Order {
    let mut order = bare(dice, key, files.len() as u32);
    order.body["operations"] = json!(["text", "info"]);
    order.body["files"] = files.iter().map(|(id, _)| Value::from(id.as_str())).collect();
    let positions = (1..).zip(files).filter(|(_, (_, ending))| *ending != Ending::Succeeds);
    order.ends = positions.map(|(position, (_, ending))| (position, *ending)).collect();
    order.has_documents = true;
    order
}

/// A small document, other bytes each time.
pub fn document(dice: &mut Dice) -> (Vec<u8>, Ending) {
    let number = dice.u64(..);
    if chance(dice, 10) {
        return (format!("Not a PDF at all: {number}\n").into_bytes(), Ending::Fails);
    }
    let mut bytes = samples::pages(dice.u32(1..4));
    // What follows the end of a document is nobody's business.
    bytes.extend_from_slice(format!("% {number}\n").as_bytes());
    (bytes, Ending::Succeeds)
}

/// For a batch that has not ended, as far as the client knows; or for one that has.
pub fn verb(dice: &mut Dice, is_live: bool) -> Verb {
    if !is_live {
        return Verb::Retry;
    }
    match dice.u32(0..20) {
        0..4 => Verb::Pause,
        4..10 => Verb::Resume,
        10..12 => Verb::Seal,
        12..15 => Verb::Extend(dice.u32(1..6)),
        15 => Verb::Retry,
        _ => Verb::Cancel,
    }
}

fn bare(dice: &mut Dice, key: &str, items: u32) -> Order {
    let on_failure = match dice.u32(0..10) {
        0..6 => FailurePolicy::Continue,
        6..8 => FailurePolicy::FailFast,
        _ => FailurePolicy::Rollback,
    };
    let mut body = json!({ "name": key, "priority": dice.i32(-3..4), "on_failure": on_failure });
    if chance(dice, 8) {
        body["not_before"] = clock::rfc3339(clock::now() + dice.i64(50_000..400_000)).into();
    }
    let has_deadline = chance(dice, 5);
    if has_deadline {
        body["deadline"] = clock::rfc3339(clock::now() + dice.i64(500_000..1_500_000)).into();
    }
    let key = key.to_owned();
    Order { key, body, items, ends: BTreeMap::new(), has_documents: false, on_failure, has_deadline }
}

fn behaviour(dice: &mut Dice) -> (Option<Value>, Ending) {
    let storage = json!({ "fail": { "code": "storage_failed", "detail": "as the script says" } });
    match dice.u32(0..200) {
        0..120 => (None, Ending::Succeeds),
        120..180 => (Some(json!({ "sleep": dice.u32(1..40) })), Ending::Succeeds),
        180..186 => (Some(json!({ "fail": { "code": "damaged", "detail": "as the script says" } })), Ending::Fails),
        186..189 => (Some(storage), Ending::Fails),
        189..194 => (Some(json!({ "fail_first": { "attempts": 1, "with": storage } })), Ending::Either),
        194..196 => (Some(json!({ "fail_first": { "attempts": 1, "with": "abort" } })), Ending::Either),
        196..197 => (Some(json!("abort")), Ending::Fails),
        197..198 => (Some(json!("garbage")), Ending::Fails),
        _ => (Some(json!("panic")), Ending::Fails),
    }
}
