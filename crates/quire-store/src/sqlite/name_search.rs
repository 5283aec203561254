//! Search in SQLite: each statement reads so many rows along an index, and no more.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::batch_filter::escaped;
use crate::batches::parse_id;
use crate::error::StoreError;
use crate::name_search::{NameSearchHit, NameSearchQueries, NameSearchRequest};
use quire_domain::ids::OwnerKey;

/// From the first of these ids to the second. Ids of all owners are looked at, the newest ones first.
const BY_ID: &str = "SELECT public_id, NULL AS position, title FROM \
    (SELECT owner, public_id, COALESCE(name, collection) AS title FROM batches \
     WHERE public_id >= ?2 AND public_id < ?3 ORDER BY public_id DESC LIMIT ?4) WHERE owner = ?1 LIMIT ?5";

const BY_NAME: &str = "SELECT public_id, NULL AS position, title FROM \
    (SELECT public_id, name, collection, COALESCE(name, collection) AS title FROM batches \
     WHERE owner = ?1 ORDER BY id DESC LIMIT ?4) \
    WHERE (name LIKE ?2 ESCAPE ?3 OR collection LIKE ?2 ESCAPE ?3) LIMIT ?5";

/// The join goes along the batches, or their order would have to be made.
pub(crate) const BY_DOCUMENT: &str = "SELECT public_id, position, title FROM \
    (SELECT batches.public_id, documents.position, documents.name AS title FROM batches \
     CROSS JOIN documents ON documents.batch = batches.id \
     WHERE batches.owner = ?1 ORDER BY batches.id DESC, documents.position LIMIT ?4) \
    WHERE title LIKE ?2 ESCAPE ?3 LIMIT ?5";

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    public_id: String,
    #[diesel(sql_type = Nullable<Integer>)]
    position: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
}

impl NameSearchQueries for SqliteConnection {
    fn search(&mut self, owner: OwnerKey, wanted: &NameSearchRequest) -> Result<Vec<NameSearchHit>, StoreError> {
        let mut hits: Vec<NameSearchHit> = Vec::new();
        let pattern = format!("%{}%", escaped(&wanted.text));
        let ids = beginning_of_an_id(&wanted.text).map(|from| (BY_ID, from.clone(), format!("{from}~")));
        let names = [BY_NAME, BY_DOCUMENT].map(|sql| (sql, pattern.clone(), "\\".to_owned()));
        for (sql, first, second) in ids.into_iter().chain(names) {
            let rows: Vec<Found> = diesel::sql_query(sql)
                .bind::<BigInt, _>(owner.0)
                .bind::<Text, _>(first)
                .bind::<Text, _>(second)
                .bind::<BigInt, _>(i64::from(wanted.looked_at))
                .bind::<BigInt, _>(i64::from(wanted.limit))
                .load(self)?;
            for Found { public_id, position, title } in rows {
                let hit = NameSearchHit { batch: parse_id(&public_id)?, item: position.map(|at| at as u32), title };
                if !hits.contains(&hit) {
                    hits.push(hit);
                }
            }
            if hits.len() >= wanted.limit as usize {
                break;
            }
        }
        hits.truncate(wanted.limit as usize);
        Ok(hits)
    }
}

/// Shorter ones are a part of many ids.
const MIN_DIGITS: usize = 4;

/// As ids are written: lower case, with dashes, whether or not these were given.
fn beginning_of_an_id(text: &str) -> Option<String> {
    let digits: Vec<char> = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    let is_one = (MIN_DIGITS..=32).contains(&digits.len()) && digits.iter().all(char::is_ascii_hexdigit);
    let dashed = digits
        .iter()
        .enumerate()
        .flat_map(|(nth, c)| [8, 12, 16, 20].contains(&nth).then_some('-').into_iter().chain([*c]));
    is_one.then(|| dashed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_is_written_as_ids_are() {
        for (given, beginning) in [
            ("018f", Some("018f")),
            ("018F00001", Some("018f0000-1")),
            ("018f0000-0000-7", Some("018f0000-0000-7")),
            ("018f0000000070008000000000000000", Some("018f0000-0000-7000-8000-000000000000")),
            ("018", None),
            ("july", None),
            ("018f00000000700080000000000000001", None),
        ] {
            assert_eq!(beginning_of_an_id(given).as_deref(), beginning, "{given}");
        }
    }
}
