//! Opaque cursors of lists: base64url over the version, the list, the place and a check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::problem::{Problem, ProblemCode};
use quire_domain::failure::FailureCode;
use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;
use quire_domain::webhook::{DeliveryKey, DeliveryState, WebhookKey};

/// Which list, and behind which of its rows it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ListCursor {
    /// Older than this batch, with one filter, of which this is a digest.
    Batches { before: BatchKey, filter: u64 },
    /// The items of one batch, with one filter.
    Items { batch: BatchKey, filter: ItemListFilter, after: u32 },
    /// The deliveries of one webhook, with one filter, older than this one.
    Deliveries { webhook: WebhookKey, state: Option<DeliveryState>, before: DeliveryKey },
}

/// Filter of a list of items; two lists are the same if it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ItemListFilter {
    pub state: Option<ItemState>,
    pub failure: Option<FailureCode>,
    /// Stands for the part of a name that is looked for, however long.
    name: Option<[u8; NAME_DIGEST_BYTES]>,
}

const NAME_DIGEST_BYTES: usize = 8;

impl ItemListFilter {
    pub(super) fn new(state: Option<ItemState>, failure: Option<FailureCode>, name: Option<&str>) -> Self {
        let digest = |name: &str| Sha256::digest(name).first_chunk().copied().unwrap_or_default();
        Self { state, failure, name: name.map(digest) }
    }
}

const VERSION: u8 = 2;
const CHECK_BYTES: usize = 4;

impl ListCursor {
    pub(super) fn encode(&self) -> String {
        let body = postcard::to_allocvec(&(VERSION, self)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([&check(&body)[..], &body].concat())
    }

    /// # Errors
    /// `bad_cursor` for a word that no list of this version gave out.
    pub(super) fn parse(word: &str) -> Result<Self, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(word).map_err(|_| foreign())?;
        let (sum, body) = bytes.split_at_checked(CHECK_BYTES).ok_or_else(foreign)?;
        if sum != check(body) {
            return Err(foreign());
        }
        match postcard::from_bytes(body) {
            Ok((VERSION, cursor)) => Ok(cursor),
            _ => Err(foreign()),
        }
    }
}

pub(super) fn foreign() -> Problem {
    Problem::new(
        ProblemCode::BadCursor,
        "Take `cursor` from the `next_cursor` of the same list with the same filter, unchanged.",
    )
}

/// Tells one filter of a list from another.
pub(super) fn filter_digest(filter: &impl Serialize) -> u64 {
    let digest = Sha256::digest(postcard::to_allocvec(filter).unwrap_or_default());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Catches accidents, not forgers: a cursor opens nothing that its user may not see anyway.
fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::digest(body);
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = ListCursor::Items {
            batch: BatchKey(7),
            filter: ItemListFilter::new(Some(ItemState::Failed), Some(FailureCode::Damaged), Some("july")),
            after: 300,
        };
        assert_eq!(ListCursor::parse(&cursor.encode()).unwrap(), cursor);
    }

    #[test]
    fn what_no_list_gave_out_is_refused() {
        let good = ListCursor::Batches { before: BatchKey(9), filter: 7 }.encode();
        for bad in ["", "A", "nonsense!", "AAAAAAAA", &good[1..], &format!("{good}AA")] {
            assert_eq!(ListCursor::parse(bad).unwrap_err().code(), ProblemCode::BadCursor, "{bad}");
        }
    }
}
