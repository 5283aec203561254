//! The audit log: who changed what of the server, each line with the change that it tells. Chained, so that a line that was
//! changed or taken out is found.

use diesel::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::enum_text::{from_json, parse, to_json};
use super::error::StoreError;
use super::schema::audit;
use quire_domain::audit::AuditAction;
use quire_domain::ids::Micros;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditActor {
    /// The public part of the key; none where no key was needed, and on the machine itself.
    pub key: Option<String>,
    pub owner: String,
    /// Whom it was done for, if for another.
    pub for_owner: Option<String>,
    pub correlation: String,
    /// The address that the request came from.
    pub peer: Option<String>,
}

impl AuditActor {
    /// Somebody who has the data directory itself.
    pub fn on_this_machine(correlation: &str) -> Self {
        let owner = "local".to_owned();
        Self { key: None, owner, for_owner: None, correlation: correlation.to_owned(), peer: None }
    }
}

/// What was done, to what. `before` and `after` never hold a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditNote {
    pub action: AuditAction,
    /// Such as `key:abcdefgh` or `actor:root/db`.
    pub object: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditLine {
    pub id: i64,
    pub at: Micros,
    pub actor: AuditActor,
    pub note: AuditNote,
    pub chain: [u8; 32],
}

/// Filter of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub object: Option<String>,
    pub action: Option<AuditAction>,
}

/// Queries of the audit log. Each fails with [`StoreError`] when the database fails.
pub trait AuditQueries {
    /// Lines behind `after`, oldest first, at most `limit`.
    fn audit_lines(&mut self, filter: &AuditFilter, after: i64, limit: u32) -> Result<Vec<AuditLine>, StoreError>;
}

/// Writes of the audit log, in the transaction of what they tell.
pub trait AuditWrites {
    fn audit(&mut self, by: &AuditActor, note: &AuditNote) -> Result<(), StoreError>;
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit)]
pub(super) struct AuditRow {
    #[diesel(skip_insertion)]
    pub id: i64,
    pub at: Micros,
    pub actor_key: Option<String>,
    pub actor_owner: String,
    pub for_owner: Option<String>,
    pub action: String,
    pub object: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub correlation: String,
    pub peer: Option<String>,
    pub chain: Vec<u8>,
}

/// The chain before the first line.
pub(super) const NO_CHAIN: [u8; 32] = [0; 32];

impl AuditRow {
    /// Its `id` is given by the database.
    pub(super) fn new(by: &AuditActor, note: &AuditNote, at: Micros, chain_before: &[u8]) -> Result<Self, StoreError> {
        let row = Self {
            id: 0,
            at,
            actor_key: by.key.clone(),
            actor_owner: by.owner.clone(),
            for_owner: by.for_owner.clone(),
            action: note.action.as_str().into(),
            object: note.object.clone(),
            before: note.before.as_ref().map(to_json).transpose()?,
            after: note.after.as_ref().map(to_json).transpose()?,
            correlation: by.correlation.clone(),
            peer: by.peer.clone(),
            chain: Vec::new(),
        };
        let chain = row.chain_behind(chain_before)?.to_vec();
        Ok(Self { chain, ..row })
    }

    /// SHA-256 of the chain before it and of all that the line says.
    pub(super) fn chain_behind(&self, before: &[u8]) -> Result<[u8; 32], StoreError> {
        let said = to_json(&(
            self.at,
            &self.actor_key,
            &self.actor_owner,
            &self.for_owner,
            &self.action,
            &self.object,
            &self.before,
            &self.after,
            &self.correlation,
            &self.peer,
        ))?;
        Ok(Sha256::new().chain_update(before).chain_update(said.as_bytes()).finalize().into())
    }

    pub(super) fn line(self) -> Result<AuditLine, StoreError> {
        let value = |text: Option<String>| text.as_deref().map(from_json).transpose();
        let chain = self.chain.as_slice().try_into();
        Ok(AuditLine {
            id: self.id,
            at: self.at,
            actor: AuditActor {
                key: self.actor_key,
                owner: self.actor_owner,
                for_owner: self.for_owner,
                correlation: self.correlation,
                peer: self.peer,
            },
            note: AuditNote {
                action: parse(&self.action)?,
                object: self.object,
                before: value(self.before)?,
                after: value(self.after)?,
            },
            chain: chain.map_err(|_| StoreError::Corrupt(format!("audit line {} has no chain", self.id)))?,
        })
    }
}
