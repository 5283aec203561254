//! Search for items by a part of their documents' names: a walk over the names of a stretch of the batch.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::state_number::StateNumber;
use crate::items::{ItemRow, NameSearch};
use quire_domain::ids::BatchKey;

pub(crate) struct SelectByName {
    batch: i64,
    after: i32,
    last: i32,
    pattern: String,
    /// None for any state.
    numbers: Option<Vec<StateNumber>>,
    failure: Option<&'static str>,
    limit: i64,
}

impl SelectByName {
    pub(crate) fn new(batch: BatchKey, search: &NameSearch, limit: u32) -> Self {
        Self {
            batch: batch.0,
            after: search.after as i32,
            last: search.last as i32,
            pattern: pattern(&search.part),
            numbers: search.state.map(|state| StateNumber::of(Some(state))),
            failure: search.failure.map(|code| code.as_str()),
            limit: i64::from(limit),
        }
    }
}

/// Of `LIKE … ESCAPE '\'`: the part anywhere, each of its characters standing for itself.
fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for char in part.chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern + "%"
}

/// The names lead: their table is narrow, and most of them do not fit.
const SELECT: &str = "SELECT items.position, state, generation, attempt, charged, timeouts, crashes, epoch, run_at, \
                      started_at, reason, failure, ended_at, correlation FROM documents CROSS JOIN items \
                      ON items.batch = documents.batch AND items.position = documents.position \
                      WHERE documents.batch = ";

impl QueryFragment<Sqlite> for SelectByName {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(SELECT);
        out.push_bind_param::<BigInt, _>(&self.batch)?;
        out.push_sql(" AND documents.position > ");
        out.push_bind_param::<Integer, _>(&self.after)?;
        out.push_sql(" AND documents.position <= ");
        out.push_bind_param::<Integer, _>(&self.last)?;
        out.push_sql(" AND coalesce(documents.folder || '/', '') || documents.name LIKE ");
        out.push_bind_param::<Text, _>(&self.pattern)?;
        out.push_sql(" ESCAPE '\\'");
        if let Some(numbers) = &self.numbers {
            any_of(&mut out, numbers)?;
        }
        if let Some(failure) = &self.failure {
            out.push_sql(" AND failure = ");
            out.push_bind_param::<Text, _>(failure)?;
        }
        out.push_sql(" ORDER BY documents.position LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

fn any_of<'b>(out: &mut AstPass<'_, 'b, Sqlite>, numbers: &'b [StateNumber]) -> QueryResult<()> {
    for (nth, number) in numbers.iter().enumerate() {
        out.push_sql(if nth == 0 { " AND (state = " } else { " OR state = " });
        out.push_bind_param::<Integer, _>(&number.state)?;
        out.push_sql(number.start());
    }
    out.push_sql(")");
    Ok(())
}

/// Cached by its text.
impl QueryId for SelectByName {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SelectByName {
    type SqlType = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<ItemRow, Sqlite>>;
}

impl RunQueryDsl<SqliteConnection> for SelectByName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_a_pattern_stands_for_itself() {
        assert_eq!(pattern(r"100%_a\b"), r"%100\%\_a\\b%");
    }
}
