//! The audit log in SQLite.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::txn::Txn;
use crate::audit::{AuditActor, AuditFilter, AuditLine, AuditNote, AuditQueries, AuditRow, AuditWrites, NO_CHAIN};
use crate::error::StoreError;
use crate::schema::audit;
use quire_base::safeguards::{Safeguard, is_disabled};

impl AuditQueries for SqliteConnection {
    fn audit_lines(&mut self, filter: &AuditFilter, after: i64, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let mut lines = audit::table.filter(audit::id.gt(after)).into_boxed();
        if let Some(object) = &filter.object {
            lines = lines.filter(audit::object.eq(object));
        }
        if let Some(action) = filter.action {
            lines = lines.filter(audit::action.eq(action.as_str()));
        }
        let rows: Vec<AuditRow> =
            lines.order(audit::id).limit(i64::from(limit)).select(AuditRow::as_select()).load(self)?;
        rows.into_iter().map(AuditRow::line).collect()
    }
}

impl AuditWrites for Txn<'_> {
    fn audit(&mut self, by: &AuditActor, note: &AuditNote) -> Result<(), StoreError> {
        if is_disabled(Safeguard::AuditWrite) {
            return Ok(());
        }
        let before = newest_chain(self.conn)?;
        let before = if is_disabled(Safeguard::AuditChain) { NO_CHAIN.to_vec() } else { before };
        let row = AuditRow::new(by, note, self.now, &before)?;
        diesel::insert_into(audit::table).values(&row).execute(self.conn)?;
        Ok(())
    }
}

fn newest_chain(conn: &mut SqliteConnection) -> Result<Vec<u8>, StoreError> {
    let newest = audit::table.order(audit::id.desc()).select(audit::chain).first(conn).optional()?;
    Ok(newest.unwrap_or_else(|| NO_CHAIN.to_vec()))
}

/// The first lines whose chain does not follow from the one before and from what they say.
pub(super) fn broken_links(conn: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    const PAGE: i64 = 1_000;
    let (mut broken, mut before, mut after) = (Vec::new(), NO_CHAIN.to_vec(), 0);
    loop {
        let page: Vec<AuditRow> = audit::table
            .filter(audit::id.gt(after))
            .order(audit::id)
            .limit(PAGE)
            .select(AuditRow::as_select())
            .load(conn)?;
        let Some(last) = page.last() else { return Ok(broken) };
        after = last.id;
        for row in page {
            if row.chain_behind(&before)?.as_slice() != row.chain.as_slice() {
                broken.push(row.id);
            }
            before = if is_disabled(Safeguard::AuditChain) { NO_CHAIN.to_vec() } else { row.chain };
        }
    }
}
