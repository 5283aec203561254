//! From files, uploaded now or before, to the items of a batch.

use std::sync::Arc;

use super::Front;
use super::mistakes::{FieldError, Mistakes};
use super::order::{Named, Wares};
use super::problem::Problem;
use super::upload::Received;
use crate::domain::ids::OwnerKey;
use crate::store::StoreError;
use crate::store::documents::{Document, Source};
use crate::store::files::{self, FileRow};
use crate::store::submit::NewItem;
use crate::store::vault::Vault;

/// Files named by id first, then those that came with the request, each in its order; or items without any.
///
/// # Errors
/// `validation_failed` naming every id that is not the owner's.
pub async fn gather(
    front: &Front,
    owner: OwnerKey,
    wares: Wares,
    uploaded: &[Received],
) -> Result<Vec<NewItem>, Problem> {
    let mut items = named(front, owner, wares.files).await?;
    items.extend(uploaded.iter().map(|received| {
        let (name, blob) = (received.name.clone(), received.blob().clone());
        Some(Document { name, size_bytes: blob.size_bytes, source: Source::Blob(blob.sha256), password: None })
    }));
    items.resize(items.len() + wares.items as usize, None);
    Ok(items)
}

async fn named(front: &Front, owner: OwnerKey, named: Vec<Named>) -> Result<Vec<NewItem>, Problem> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let vault = Arc::clone(&front.engine.world.vault);
    let found = front.engine.world.read(move |conn| {
        let (mut items, mut mistakes) = (Vec::new(), Mistakes::default());
        for (nth, named) in named.into_iter().enumerate() {
            match files::find(conn, owner, named.id) {
                Ok(row) => items.push(Some(document(named, row, &vault)?)),
                Err(StoreError::NotFound(_)) if mistakes.is_full() => mistakes.count(),
                Err(StoreError::NotFound(_)) => mistakes.add(unknown(nth, &named)),
                Err(error) => return Err(error),
            }
        }
        Ok((items, mistakes))
    });
    let (items, mistakes) = found.await?;
    if mistakes.is_empty() { Ok(items) } else { Err(Problem::invalid(mistakes)) }
}

fn document(named: Named, row: FileRow, vault: &Vault) -> Result<Document, StoreError> {
    Ok(Document {
        name: named.name.unwrap_or(row.name),
        size_bytes: row.size_bytes as u64,
        source: Source::Blob(row.sha256),
        password: named.password.map(|password| vault.seal(&password)).transpose()?,
    })
}

fn unknown(nth: usize, named: &Named) -> FieldError {
    FieldError {
        field: format!("files[{nth}].id"),
        value: Some(named.id.to_string().into()),
        detail: "there is no such file, or it is not yours".into(),
        allowed: Some("an id that POST /api/v1/files answered".into()),
    }
}
