//! What a batch's items failed of, group by group.

use schemars::JsonSchema;
use serde::Serialize;

use super::api::{HandlerResult, Okay};
use super::auth::Owner;
use super::lookup::{self, ById};
use quire_domain::failure::{FailureClass, FailureCode};
use quire_domain::ids::BatchKey;
use quire_domain::retry::FailReason;
use quire_store::items::FailureGroup;
use quire_store::{StoreError, StoreSnapshot};

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FailureGroups {
    /// The batch's revision that all of this is of.
    rev: u64,
    /// The largest first.
    groups: Vec<FailureGroupView>,
}

/// The failed items of one code.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FailureGroup")]
struct FailureGroupView {
    code: FailureCode,
    class: FailureClass,
    /// Why the example ended; others of the group may have ended for another reason.
    reason: Option<FailReason>,
    remedy: &'static str,
    count: u64,
    /// Whether another try may help although nothing has changed; any failed item can be tried again.
    retryable: bool,
    example: FailureExample,
}

/// The first item of the group.
#[derive(Debug, Serialize, JsonSchema)]
struct FailureExample {
    position: u32,
    name: Option<String>,
    detail: Option<String>,
}

/// Failed items by their code, all of one revision.
pub(super) async fn groups((id, app, Owner(owner)): ById) -> HandlerResult<Okay<FailureGroups>> {
    let key = lookup::batch(&app, owner, &id).await?.view.record.key;
    let read = app.engine.context.read(move |snapshot| {
        let rev = snapshot.batch(key)?.rev;
        let mut found = snapshot.failure_groups(key)?;
        found.sort_by_key(|group| (std::cmp::Reverse(group.items), group.code));
        let groups = found.iter().map(|group| described(snapshot, key, group)).collect::<Result<_, _>>()?;
        Ok(FailureGroups { rev, groups })
    });
    Ok(Okay::new(&read.await?))
}

fn described(
    snapshot: &mut dyn StoreSnapshot,
    batch: BatchKey,
    group: &FailureGroup,
) -> Result<FailureGroupView, StoreError> {
    let (code, position) = (group.code, group.first_position);
    let item = snapshot.item(batch, position)?.item;
    let name = snapshot.document(batch, position)?.map(|document| document.name);
    let attempt = snapshot.newest_attempt(batch, position)?;
    let attempt = attempt.filter(|attempt| attempt.failure.as_deref() == Some(code.as_str()));
    Ok(FailureGroupView {
        code,
        class: code.class(),
        reason: item.reason,
        remedy: code.remedy(),
        count: group.items,
        retryable: code.class().may_pass(),
        example: FailureExample { position, name, detail: attempt.and_then(|attempt| attempt.detail) },
    })
}
