//! Bulk insert: many rows in one statement, in a few fixed sizes, so that SQLite prepares each of them once.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::{Sqlite, SqliteConnection};

/// A row that can be written with others of its kind.
pub(super) trait BulkRow {
    /// `INSERT INTO … (…) VALUES `
    const HEAD: &'static str;

    /// The values in the order of the columns, separated by commas.
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()>;
}

const SIZES: [usize; 4] = [64, 16, 4, 1];

pub(super) fn insert_many<R: BulkRow>(conn: &mut SqliteConnection, rows: &[R]) -> QueryResult<()> {
    let mut rest = rows;
    while !rest.is_empty() {
        let size = SIZES.into_iter().find(|size| *size <= rest.len()).unwrap_or(1);
        let (now, later) = rest.split_at(size);
        BulkInsert(now).execute(conn)?;
        rest = later;
    }
    Ok(())
}

struct BulkInsert<'a, R>(&'a [R]);

impl<R: BulkRow> QueryFragment<Sqlite> for BulkInsert<'_, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(R::HEAD);
        for (nth, row) in self.0.iter().enumerate() {
            out.push_sql(if nth == 0 { "(" } else { ", (" });
            row.bind(&mut out)?;
            out.push_sql(")");
        }
        Ok(())
    }
}

/// Cached by its text: one for each kind of row and size.
impl<R> QueryId for BulkInsert<'_, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R> RunQueryDsl<SqliteConnection> for BulkInsert<'_, R> {}

/// Binds values of the given SQL types, with commas between.
macro_rules! bind_all {
    ($out:ident, $first_type:ty => $first:expr $(, $type:ty => $value:expr)* $(,)?) => {{
        $out.push_bind_param::<$first_type, _>(&$first)?;
        $($out.push_sql(", "); $out.push_bind_param::<$type, _>(&$value)?;)*
        Ok(())
    }};
}
pub(super) use bind_all;
