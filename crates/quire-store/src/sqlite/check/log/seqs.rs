//! Check of each owner's sequence numbers.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel::sqlite::SqliteConnection;

use super::super::{Findings, Violation};
use crate::error::StoreError;
use crate::schema::owners;

#[derive(QueryableByName)]
struct Span {
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    last: i64,
}

#[derive(QueryableByName)]
struct Gap {
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
}

/// From 1 on without a gap, up to the one that the owner remembers.
pub(in super::super) fn check_seqs(
    conn: &mut SqliteConnection,
    page_rows: u32,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let page: Vec<(i64, i64)> = owners::table
            .filter(owners::id.gt(after))
            .order(owners::id)
            .limit(i64::from(page_rows))
            .select((owners::id, owners::last_seq))
            .load(conn)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (owner, last_seq) in page {
            check_owner(conn, owner, last_seq, findings)?;
        }
    }
}

fn check_owner(
    conn: &mut SqliteConnection,
    owner: i64,
    last_seq: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let span: Span = diesel::sql_query(
        "SELECT COUNT(*) AS count, COALESCE(MIN(seq), 1) AS first, COALESCE(MAX(seq), 0) AS last \
         FROM events WHERE owner = ?",
    )
    .bind::<BigInt, _>(owner)
    .get_result(conn)?;
    findings.looked_at.events += span.count as u64;
    if span.last != last_seq {
        let detail = format!("owner {owner} remembers {last_seq}, the newest event is {}", span.last);
        findings.add(Violation::LastSeq, None, None, detail);
    }
    if span.first != 1 || span.count != span.last {
        let missing = if span.first != 1 { 1 } else { first_gap(conn, owner)? };
        let detail = format!("owner {owner} has {} events up to {}; {missing} is missing", span.count, span.last);
        findings.add(Violation::SeqGap, None, None, detail);
    }
    Ok(())
}

fn first_gap(conn: &mut SqliteConnection, owner: i64) -> Result<i64, StoreError> {
    let gap: Gap = diesel::sql_query(
        "SELECT MIN(this.seq) + 1 AS seq FROM events AS this WHERE owner = ? AND NOT EXISTS \
         (SELECT 1 FROM events AS next WHERE next.owner = this.owner AND next.seq = this.seq + 1)",
    )
    .bind::<BigInt, _>(owner)
    .get_result(conn)?;
    Ok(gap.seq.unwrap_or(1))
}
