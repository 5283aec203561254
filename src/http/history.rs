//! Batches as they were at a place in the log: `?as_of=SEQ`. Folded from their events, with folds kept in memory on the
//! way, so that a place near one that was asked for is a matter of few events.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::lookup;
use super::problem::{Problem, ProblemCode};
use quire_base::clock::rfc3339;
use quire_domain::history::{PastBatch, PastItem};
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_domain::item::{Item, ItemState};
use quire_store::attempts::AttemptRow;
use quire_store::batches::BatchView;
use quire_store::items::{ItemDetails, StoredItem};
use quire_store::{StoreError, StoreSnapshot};

/// A place in the log that an answer is to be of.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct AsOfQuery {
    /// As it was when this `seq` of the log was written, instead of as it is. Of all that one write changed, either
    /// everything is told or nothing.
    #[schemars(with = "Option<i64>", range(min = 1, max = 9_007_199_254_740_991_i64))]
    as_of: Option<String>,
}

/// The place in the log that an answer is of.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "AsOf")]
pub(super) struct AsOfView {
    /// As asked for, or the end of the write that it was in the middle of.
    pub seq: i64,
    /// When the batch's newest event up to there was written.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
}

/// A batch and its items at an earlier time.
#[derive(Debug, Clone)]
pub(super) struct PastView {
    pub seq: i64,
    pub batch: Arc<PastBatch>,
}

/// Folds in memory, the newest last. Bounded by bytes.
#[derive(Debug)]
pub(super) struct FoldCache {
    folds: Mutex<VecDeque<Fold>>,
    max_bytes: usize,
}

#[derive(Debug, Clone)]
struct Fold {
    key: BatchKey,
    view: PastView,
}

/// Events of one read.
const PAGE: u32 = 10_000;
/// A fold is kept after so many reads.
const PAGES_PER_FOLD: u32 = 5;
/// The largest `seq` that a reader of JSON takes for what it is.
const MAX_SEQ: i64 = (1 << 53) - 1;

impl AsOfQuery {
    /// # Errors
    /// `validation_failed` for what is no `seq`.
    pub(super) fn read(&self) -> Result<Option<i64>, Problem> {
        let seq = |text: &str| text.parse().ok().filter(|seq| (1..=MAX_SEQ).contains(seq));
        let read = |text| seq(text).ok_or_else(|| lookup::wrong("as_of", text, "a seq of your log: 1 or more"));
        self.as_of.as_deref().map(read).transpose()
    }
}

impl FoldCache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { folds: Mutex::default(), max_bytes }
    }

    /// The newest fold of the batch that is not of a later place.
    fn nearest(&self, key: BatchKey, seq: i64) -> Option<PastView> {
        let folds = self.folds.lock().unwrap_or_else(PoisonError::into_inner);
        let fit = folds.iter().filter(|fold| fold.key == key && fold.view.seq <= seq);
        fit.max_by_key(|fold| fold.view.seq).map(|fold| fold.view.clone())
    }

    fn keep(&self, key: BatchKey, view: &PastView) {
        let mut folds = self.folds.lock().unwrap_or_else(PoisonError::into_inner);
        if folds.iter().any(|fold| fold.key == key && fold.view.seq == view.seq) {
            return;
        }
        folds.push_back(Fold { key, view: view.clone() });
        let mut bytes: usize = folds.iter().map(Fold::bytes).sum();
        while bytes > self.max_bytes {
            let Some(oldest) = folds.pop_front() else { break };
            bytes -= oldest.bytes();
        }
    }
}

impl Fold {
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of::<PastBatch>() + self.view.batch.items.capacity() * size_of::<PastItem>()
    }
}

/// An owner's batch as it is, and as it was.
///
/// # Errors
/// `validation_failed` for a place that the log has not reached, `batch_not_found` for one before the batch was made,
/// `history_gone` where the log does not tell what was then.
pub(super) async fn batch_as_of(
    app: &AppState,
    owner: OwnerKey,
    id: &str,
    as_of: i64,
) -> Result<(BatchView, PastView), Problem> {
    let view = lookup::batch(app, owner, id).await?.view;
    let range = app.engine.live.log_range(owner).await?;
    if as_of > range.latest {
        let allowed = format!("1 to {}, the newest seq of your log", range.latest);
        return Err(lookup::wrong("as_of", &as_of.to_string(), &allowed));
    }
    let Some(log_after) = view.record.log_after.filter(|after| *after >= range.oldest - 1) else {
        let why = "The log does not tell each change of this batch from its beginning. Ask without `as_of`.";
        return Err(Problem::new(ProblemCode::HistoryGone, why));
    };
    let (key, folds, permit) = (view.record.key, Arc::clone(&app.folds), app.walks.permit().await);
    let folded = app.engine.context.read(move |snapshot| {
        // Held by the read itself, which goes on when its client has left.
        let _permit = permit;
        fold(snapshot, owner, key, (log_after, as_of), &folds)
    });
    let past = folded.await?.ok_or_else(|| {
        let why = format!("At {as_of} of your log this batch was not made yet; it began behind {log_after}.");
        Problem::new(ProblemCode::BatchNotFound, why)
    })?;
    Ok((view, past))
}

/// An owner's batch, and as it was where a place is given.
///
/// # Errors
/// As [`batch_as_of`].
pub(super) async fn now_or_as_of(
    app: &AppState,
    owner: OwnerKey,
    id: &str,
    as_of: Option<i64>,
) -> Result<(BatchView, Option<PastView>), Problem> {
    match as_of {
        None => Ok((lookup::batch(app, owner, id).await?.view, None)),
        Some(as_of) => batch_as_of(app, owner, id, as_of).await.map(|(view, past)| (view, Some(past))),
    }
}

/// None before the batch was made.
fn fold(
    snapshot: &mut dyn StoreSnapshot,
    owner: OwnerKey,
    key: BatchKey,
    (log_after, as_of): (i64, i64),
    folds: &FoldCache,
) -> Result<Option<PastView>, StoreError> {
    let mut past = folds.nearest(key, as_of);
    for read in 1.. {
        let after = past.as_ref().map_or(log_after, |past| past.seq);
        let is_last = go_on(snapshot, owner, key, (after, as_of), &mut past)?;
        if is_last {
            break;
        }
        if let Some(past) = past.as_ref().filter(|_| read % PAGES_PER_FOLD == 0) {
            folds.keep(key, past);
        }
    }
    end_of_write(snapshot, owner, key, as_of, &mut past)?;
    if let Some(past) = &past {
        folds.keep(key, past);
    }
    Ok(past)
}

/// Takes one page of events; whether it was the last one.
fn go_on(
    snapshot: &mut dyn StoreSnapshot,
    owner: OwnerKey,
    key: BatchKey,
    range: (i64, i64),
    past: &mut Option<PastView>,
) -> Result<bool, StoreError> {
    let page = snapshot.changes_of_batch(owner, key, range, PAGE)?;
    let is_last = page.len() < PAGE as usize;
    if let (true, Some(past)) = (page.is_empty(), past.as_mut()) {
        // Nothing has happened since: it stays the one that others have as well.
        past.seq = range.1;
        return Ok(is_last);
    }
    let mut batch = past.take().map(|past| Arc::unwrap_or_clone(past.batch));
    let mut seq = range.0;
    for logged in &page {
        batch = Some(PastBatch::after(batch, &logged.change).map_err(contradiction)?);
        seq = logged.seq;
    }
    *past = batch.map(|batch| PastView { seq: if is_last { range.1 } else { seq }, batch: Arc::new(batch) });
    Ok(is_last)
}

/// The events behind `as_of` that are of the same write: they follow it without a gap, with the same revision.
fn end_of_write(
    snapshot: &mut dyn StoreSnapshot,
    owner: OwnerKey,
    key: BatchKey,
    as_of: i64,
    past: &mut Option<PastView>,
) -> Result<(), StoreError> {
    let Some(before) = past else { return Ok(()) };
    let rev = before.batch.rev;
    let mut end = as_of;
    // The event at the place itself may be another batch's, or of an earlier write.
    let at_place = snapshot.changes_of_batch(owner, key, (as_of - 1, as_of), 1)?;
    if at_place.first().is_none_or(|logged| logged.change.data.rev != rev) {
        return Ok(());
    }
    loop {
        let page = snapshot.changes_of_batch(owner, key, (end, end + i64::from(PAGE)), PAGE)?;
        let begin = end;
        for logged in &page {
            if logged.seq != end + 1 || logged.change.data.rev != rev {
                break;
            }
            end = logged.seq;
        }
        if end == begin {
            return Ok(());
        }
        go_on(snapshot, owner, key, (begin, end), past)?;
    }
}

fn contradiction(error: quire_domain::history::HistoryError) -> StoreError {
    StoreError::Corrupt(format!("the log of a batch contradicts itself: {error}"))
}

impl PastView {
    pub(super) fn as_of(&self) -> AsOfView {
        AsOfView { seq: self.seq, at: rfc3339(self.batch.at) }
    }

    /// What was stays as it was, for as long as this version tells it.
    pub(super) fn etag(&self) -> String {
        format!("W/\"{}-as-of-{}\"", env!("CARGO_PKG_VERSION"), self.seq)
    }

    fn item(&self, position: u32) -> Option<&PastItem> {
        self.batch.items.get((position as usize).checked_sub(1)?)
    }

    /// The item as it was; its start has to be looked up in its attempts.
    pub(super) fn as_it_was(&self, stored: StoredItem) -> Option<StoredItem> {
        let PastItem { state, generation, attempt, reason, failure, since } = *self.item(stored.position)?;
        let item = Item { state, is_claimed: false, generation, attempt, reason, failure, ..stored.item };
        let is_same_attempt = (stored.item.generation, stored.item.attempt) == (generation, attempt);
        let started_at = if is_same_attempt { stored.started_at } else { 0 };
        Some(StoredItem { started_at, ended_at: state.is_terminal().then_some(since), item, ..stored })
    }

    /// Takes away what the items had not come to, and looks up when their attempts began.
    pub(super) fn turn_back(&self, page: &mut ItemDetails) {
        let starts: HashMap<_, _> = page.attempts.iter().map(|row| (attempt_of(row), row.started_at)).collect();
        let began = |stored: &StoredItem| {
            let attempt = (stored.position, stored.item.generation, stored.item.attempt);
            starts.get(&attempt).copied().unwrap_or(stored.started_at)
        };
        page.items = std::mem::take(&mut page.items)
            .into_iter()
            .filter_map(|stored| self.as_it_was(stored))
            .map(|stored| StoredItem { started_at: began(&stored), ..stored })
            .collect();
        page.attempts.retain(|row| self.had_ended(row));
    }

    /// Whether this attempt was over.
    fn had_ended(&self, row: &AttemptRow) -> bool {
        let (position, generation, attempt) = attempt_of(row);
        let Some(item) = self.item(position) else { return false };
        let (row, then) = ((generation, attempt), (item.generation, item.attempt));
        row < then || row == then && item.state != ItemState::Running
    }
}

/// The item's position, its generation, and the attempt's number in it.
fn attempt_of(row: &AttemptRow) -> (u32, u32, u32) {
    (row.position as u32, row.generation as u32, row.attempt as u32)
}
