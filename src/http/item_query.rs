//! Parameters of a list of items: which of them, and from where on. What contradicts itself is refused.

use schemars::JsonSchema;
use serde::Deserialize;

use super::AppState;
use super::cursor::{self, ItemListFilter, ListCursor};
use super::field_errors::FieldError;
use super::history::{AsOfQuery, PastView};
use super::lookup::{self, Paging};
use super::problem::Problem;
use quire_domain::failure::FailureCode;
use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;
use quire_store::items::{ItemFilter, NameSearch, StoredItem};
use quire_store::{StoreError, StoreSnapshot};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ItemListQuery {
    #[serde(flatten)]
    paging: Paging,
    /// Keeps those in one state.
    #[schemars(with = "Option<ItemState>")]
    state: Option<String>,
    /// Keeps those whose `failure` has this code, in whichever state they are.
    #[schemars(with = "Option<FailureCode>")]
    failure: Option<String>,
    /// Keeps those whose `name` holds this; ASCII letters in either case. One page looks at as many names as
    /// `http.max_searched_items`, so it may be empty and have a `next_cursor` that goes on.
    #[schemars(length(min = 1, max = 255), regex(pattern = r"^[^\u0000]*$"))]
    name: Option<String>,
    /// The position to begin with, instead of a cursor.
    #[schemars(with = "Option<u32>", range(min = 1, max = 2_147_483_647))]
    from: Option<String>,
    /// Only these positions, separated by commas, at most 200; instead of a cursor, a limit and a name. Those that are
    /// not there, and those that the filters do not keep, are absent.
    #[schemars(regex(pattern = r"^[0-9]+(,[0-9]+)*$"))]
    positions: Option<String>,
    /// Not with a name.
    #[serde(flatten)]
    as_of: AsOfQuery,
}

/// The most positions of one request.
const MAX_POSITIONS: usize = 200;
const MAX_NAME_CHARS: usize = 255;

impl ItemListQuery {
    /// # Errors
    /// `validation_failed` for a value that is not taken, or parameters that do not go together; `bad_cursor`.
    pub(super) fn read(&self, batch: BatchKey, app: &AppState) -> Result<WantedItems, Problem> {
        self.is_consistent()?;
        let state = lookup::one_of("state", self.state.as_deref(), ItemState::NAMES)?;
        let failure = lookup::one_of("failure", self.failure.as_deref(), FailureCode::NAMES)?;
        let name = self.name.as_deref().map(name).transpose()?;
        let filter = ItemListFilter::new(state, failure, name.as_deref());
        let place = match (&self.positions, &self.from) {
            (Some(list), _) => Place::At(positions(list)?),
            (None, Some(from)) => Place::Behind(position("from", from)? - 1),
            (None, None) => Place::Behind(self.behind(batch, filter)?),
        };
        let searched = app.engine.config.http.max_searched_items.min(i32::MAX as u64) as u32;
        Ok(WantedItems { filter, name, place, limit: self.paging.limit(app)?, searched })
    }

    /// The place in the log that the list is to be of.
    ///
    /// # Errors
    /// `validation_failed` for what is none, and beside a name.
    pub(super) fn as_of(&self) -> Result<Option<i64>, Problem> {
        let as_of = self.as_of.read()?;
        if as_of.is_some() && self.name.is_some() {
            return Err(contradiction("as_of", "a name is looked for in what is there now", "without name"));
        }
        Ok(as_of)
    }

    fn is_consistent(&self) -> Result<(), Problem> {
        let Paging { limit, cursor } = &self.paging;
        if self.from.is_some() && cursor.is_some() {
            return Err(contradiction("from", "a cursor says as well where to begin", "without cursor"));
        }
        let others = [
            ("cursor", cursor.is_some()),
            ("from", self.from.is_some()),
            ("limit", limit.is_some()),
            ("name", self.name.is_some()),
        ];
        match others.into_iter().find(|(_, is_given)| *is_given && self.positions.is_some()) {
            Some((other, _)) => {
                let why = format!("positions say which items are wanted, and {other} says otherwise");
                Err(contradiction("positions", &why, "without cursor, from, limit and name"))
            }
            None => Ok(()),
        }
    }

    fn behind(&self, batch: BatchKey, filter: ItemListFilter) -> Result<u32, Problem> {
        match self.paging.cursor()? {
            None => Ok(0),
            Some(ListCursor::Items { batch: of, filter: kept, after }) if of == batch && kept == filter => Ok(after),
            Some(_) => Err(cursor::foreign()),
        }
    }
}

fn contradiction(field: &str, why: &str, allowed: &str) -> Problem {
    let (field, detail) = (field.to_owned(), why.to_owned());
    Problem::invalid(FieldError { field, value: None, detail, allowed: Some(allowed.to_owned()) })
}

fn name(given: &str) -> Result<String, Problem> {
    let is_good = (1..=MAX_NAME_CHARS).contains(&given.chars().count()) && !given.contains('\0');
    is_good.then(|| given.to_owned()).ok_or_else(|| {
        lookup::wrong(
            "name",
            given,
            &format!("1 to {MAX_NAME_CHARS} characters of a document's name, none of them NUL"),
        )
    })
}

/// # Errors
/// `validation_failed` for what is no position, and for more of them than one request takes.
fn positions(list: &str) -> Result<Vec<u32>, Problem> {
    if list.split(',').count() > MAX_POSITIONS {
        let allowed = format!("at most {MAX_POSITIONS} positions");
        return Err(contradiction("positions", "the list is too long", &allowed));
    }
    list.split(',').map(|text| position("positions", text)).collect()
}

fn position(field: &str, text: &str) -> Result<u32, Problem> {
    let position = text.parse().ok().filter(|position| (1..=i32::MAX as u32).contains(position));
    position.ok_or_else(|| lookup::wrong(field, text, &format!("positions: whole numbers from 1 to {}", i32::MAX)))
}

/// Where the list begins, or all that it may hold.
#[derive(Debug)]
enum Place {
    Behind(u32),
    At(Vec<u32>),
}

/// One page of a list as it was asked for.
#[derive(Debug)]
pub(super) struct WantedItems {
    filter: ItemListFilter,
    name: Option<String>,
    place: Place,
    limit: u32,
    /// Names that are looked at.
    searched: u32,
}

/// Items of a page, and the position behind which the next one begins.
#[derive(Debug)]
pub(super) struct FoundItems {
    pub items: Vec<StoredItem>,
    pub next: Option<u32>,
}

impl WantedItems {
    pub(super) fn filter(&self) -> ItemListFilter {
        self.filter
    }

    /// # Errors
    /// When the store fails.
    pub(super) fn find(
        &self,
        snapshot: &mut dyn StoreSnapshot,
        batch: BatchKey,
        past: Option<&PastView>,
    ) -> Result<FoundItems, StoreError> {
        let after = match &self.place {
            Place::At(positions) => {
                let mut items = as_they_were(snapshot.items_at(batch, positions)?, past);
                items.retain(|stored| self.keeps(stored.item.state, stored.item.failure));
                return Ok(FoundItems { items, next: None });
            }
            Place::Behind(after) => *after,
        };
        if let Some(past) = past {
            let (items, all) = (past.batch.items.iter(), 1_u32..);
            let kept = all.zip(items).skip(after as usize).filter(|(_, item)| self.keeps(item.state, item.failure));
            let positions: Vec<_> = kept.map(|(position, _)| position).take(self.limit as usize + 1).collect();
            return Ok(self.page(as_they_were(snapshot.items_at(batch, &positions)?, Some(past))));
        }
        if let Some(name) = &self.name {
            return self.search(snapshot, batch, name, after);
        }
        let pick = match (self.filter.failure, self.filter.state) {
            (Some(code), state) => ItemFilter::Failing { code, state, after },
            (None, Some(state)) => ItemFilter::InState { state, after },
            (None, None) => ItemFilter::Behind { after },
        };
        Ok(self.page(snapshot.items(batch, pick, self.limit + 1)?))
    }

    /// Looks at a stretch of the batch, and goes on behind it when there is more.
    fn search(
        &self,
        snapshot: &mut dyn StoreSnapshot,
        batch: BatchKey,
        name: &str,
        after: u32,
    ) -> Result<FoundItems, StoreError> {
        let end = snapshot.batch(batch)?.batch.counts.total;
        let last = after.saturating_add(self.searched).min(i32::MAX as u32);
        let ItemListFilter { state, failure, .. } = self.filter;
        let search = NameSearch { part: name.to_owned(), state, failure, after, last };
        let page = self.page(snapshot.items_by_name(batch, &search, self.limit + 1)?);
        let next = page.next.or_else(|| (u64::from(last) < end).then_some(last));
        Ok(FoundItems { next, ..page })
    }

    /// Of one more than fit, whether there are more.
    fn page(&self, found: Vec<StoredItem>) -> FoundItems {
        let mut items = found;
        let has_more = items.len() > self.limit as usize;
        items.truncate(self.limit as usize);
        let next = items.last().filter(|_| has_more).map(|item| item.position);
        FoundItems { items, next }
    }

    fn keeps(&self, is: ItemState, failed_of: Option<FailureCode>) -> bool {
        let ItemListFilter { state, failure, .. } = self.filter;
        state.is_none_or(|state| is == state) && failure.is_none_or(|code| failed_of == Some(code))
    }
}

/// The items as they are, or those that were there as they were.
fn as_they_were(items: Vec<StoredItem>, past: Option<&PastView>) -> Vec<StoredItem> {
    match past {
        None => items,
        Some(past) => items.into_iter().filter_map(|stored| past.as_it_was(stored)).collect(),
    }
}
