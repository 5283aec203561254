//! Client outside the server: submits, acts, reads batches and the log, all at once, and writes each step to its
//! journal first.

mod calls;

use std::cell::{RefCell, RefMut};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::try_join3;

use super::checker::Checker;
use super::history::{HistoryEntry, ObservedBatch, PlannedBatch, Verb};
use super::journal::Journal;
use super::orders;
use super::plan::rng_of;
use quire_base::clock::{SeededRng, seeded_rng};
use quire_domain::batch::BatchControl;

use self::calls::ApiClient;

pub(super) struct Client {
    calls: ApiClient,
    state: RefCell<ClientState>,
    seed: u64,
}

/// Everything the client has at hand; never held over a wait.
struct ClientState {
    journal: Journal,
    checker: Checker,
    rng: SeededRng,
    /// The newest number of an order.
    keys: u64,
    /// Batches that were ordered or asked something in this life of the server, newest last.
    touched: Vec<String>,
    /// Batches that were asked something without an answer: let alone until the server has died.
    uncertain: BTreeSet<String>,
}

/// Batches under way; more are not ordered, so that each round can end.
const LIVE_MAX: usize = 12;
/// Batches touched before a death and looked at after it.
const LOOKS: usize = 12;
/// Events that are read again after a death.
const REREAD: i64 = 64;
/// Without any progress for so long nothing will come any more.
const STANDSTILL: Duration = Duration::from_secs(60);

impl Client {
    /// Goes on with the journal of an earlier torture, if there is one.
    ///
    /// # Errors
    /// When the journal cannot be used.
    pub(super) fn open(journal: &Path, seed: u64) -> anyhow::Result<Self> {
        let (journal, earlier) = Journal::open(journal)?;
        let mut checker = Checker::default();
        earlier.iter().for_each(|entry| checker.note(entry));
        let keys = newest(&earlier);
        let state = ClientState {
            journal,
            checker,
            rng: seeded_rng(seed),
            keys,
            touched: Vec::new(),
            uncertain: BTreeSet::new(),
        };
        Ok(Self { calls: ApiClient::new()?, state: RefCell::new(state), seed })
    }

    pub(super) fn checker(&self) -> RefMut<'_, Checker> {
        RefMut::map(self.state.borrow_mut(), |state| &mut state.checker)
    }

    /// Writes down what the torture itself did.
    ///
    /// # Errors
    /// When the journal's disk fails.
    pub(super) fn record(&self, entry: &HistoryEntry) -> anyhow::Result<()> {
        let mut state = self.state.borrow_mut();
        state.journal.write(entry)?;
        state.checker.note(entry);
        if matches!(entry, HistoryEntry::Down { .. }) {
            state.uncertain.clear();
        }
        Ok(())
    }

    /// Uses the server for as long as it is asked to; what is under way when this is dropped has no answer.
    ///
    /// # Errors
    /// When the journal's disk fails.
    pub(super) async fn live(&self, url: &str, cycle: u32) -> anyhow::Result<Infallible> {
        self.state.borrow_mut().rng = rng_of(self.seed, cycle);
        try_join3(self.order(url), self.ask(url), self.listen(url)).await.map(|(never, ..)| never)
    }

    /// Resumes and seals whatever waits for it, until all batches have ended or nothing moves any more; then reads the
    /// whole log again.
    ///
    /// # Errors
    /// When the server does not answer, or the journal's disk fails.
    pub(super) async fn settle(&self, url: &str) -> anyhow::Result<()> {
        self.order_again(url, 100).await?;
        let mut moved = (Instant::now(), 0);
        loop {
            let all = self.calls.all(url).await?;
            let live: Vec<&ObservedBatch> = all.iter().filter(|seen| seen.outcome.is_none()).collect();
            let progress = all.iter().map(|seen| seen.counts.terminal() + seen.rev).sum::<u64>();
            if progress != moved.1 {
                moved = (Instant::now(), progress);
            }
            if live.is_empty() || moved.0.elapsed() > STANDSTILL {
                break;
            }
            for seen in live {
                self.release(url, seen).await?;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // All of it, from the beginning: what was seen in earlier lives must still be there, and be the same.
        let mut after = Some(0);
        while let Some(from) = after {
            after = self.read_on(url, from).await?;
        }
        Ok(())
    }

    async fn release(&self, url: &str, seen: &ObservedBatch) -> anyhow::Result<()> {
        if seen.control == BatchControl::Paused {
            self.verb(url, &seen.id, Verb::Resume).await?;
        }
        if !seen.sealed {
            self.verb(url, &seen.id, Verb::Seal).await?;
        }
        Ok(())
    }

    async fn order(&self, url: &str) -> anyhow::Result<Infallible> {
        self.order_again(url, 80).await?;
        loop {
            self.nap(5..50).await;
            if self.checker().live_and_ended(0).0.len() >= LIVE_MAX {
                continue;
            }
            let key = self.new_key();
            let order = match self.roll(4) {
                0 => self.upload(url, &key).await?,
                _ => Some(orders::scripted(&mut self.state.borrow_mut().rng, &key)),
            };
            let Some(order) = order else { continue };
            self.record(&HistoryEntry::Ordered(order.clone()))?;
            if self.roll(8) == 0 {
                let (one, other) = tokio::join!(self.send(url, &order), self.send(url, &order));
                one.and(other)?;
            } else {
                self.send(url, &order).await?;
            }
        }
    }

    /// Orders without an answer, under their old keys; some never come again.
    async fn order_again(&self, url: &str, percent: u32) -> anyhow::Result<()> {
        let unanswered = self.checker().unanswered();
        for order in unanswered {
            if self.roll(100) < percent {
                self.send(url, &order).await?;
            }
        }
        Ok(())
    }

    async fn send(&self, url: &str, order: &PlannedBatch) -> anyhow::Result<()> {
        let Some(answer) = self.calls.submit(url, order).await else { return Ok(()) };
        match (answer.status, answer.seen) {
            (202, Some(seen)) => {
                self.state.borrow_mut().touched.push(seen.id.clone());
                self.record(&HistoryEntry::Accepted { key: order.key.clone(), seen })
            }
            (status @ 400..429, _) => anyhow::bail!("the order {} is refused: {status} {}", order.key, answer.text),
            // Busy, or about to end: it comes again.
            _ => Ok(()),
        }
    }

    async fn upload(&self, url: &str, key: &str) -> anyhow::Result<Option<PlannedBatch>> {
        let mut files = Vec::new();
        for _ in 0..self.roll(4) + 1 {
            let (bytes, ending) = orders::document(&mut self.state.borrow_mut().rng);
            let Some(id) = self.calls.upload(url, bytes).await else { return Ok(None) };
            self.record(&HistoryEntry::Uploaded { id: id.clone() })?;
            files.push((id, ending));
        }
        Ok(Some(orders::of_documents(&mut self.state.borrow_mut().rng, key, &files)))
    }

    async fn ask(&self, url: &str) -> anyhow::Result<Infallible> {
        let touched = std::mem::take(&mut self.state.borrow_mut().touched);
        for batch in touched.iter().rev().take(LOOKS) {
            self.look(url, batch).await?;
        }
        loop {
            self.nap(3..40).await;
            if self.roll(12) == 0
                && let Some(running) = self.calls.running(url).await
            {
                self.record(&HistoryEntry::Listed { running })?;
            }
            let Some((batch, is_live)) = self.choose() else { continue };
            if self.roll(3) == 0 {
                self.look(url, &batch).await?;
            } else {
                let verb = orders::verb(&mut self.state.borrow_mut().rng, is_live);
                self.verb(url, &batch, verb).await?;
            }
        }
    }

    /// A batch that may be asked, and whether it lives.
    fn choose(&self) -> Option<(String, bool)> {
        let mut state = self.state.borrow_mut();
        let (live, ended) = state.checker.live_and_ended(8);
        let is_live = ended.is_empty() || state.rng.u32(0..12) > 0;
        let from = if is_live { live } else { ended };
        let may_be_asked: Vec<_> = from.into_iter().filter(|batch| !state.uncertain.contains(batch)).collect();
        state.rng.choice(may_be_asked).map(|batch| (batch, is_live))
    }

    async fn verb(&self, url: &str, batch: &str, verb: Verb) -> anyhow::Result<()> {
        self.record(&HistoryEntry::Asked { batch: batch.to_owned(), verb })?;
        self.state.borrow_mut().uncertain.insert(batch.to_owned());
        let Some(answer) = self.calls.verb(url, batch, verb).await else { return Ok(()) };
        if matches!(answer.status, 200..300 | 404 | 409) {
            let mut state = self.state.borrow_mut();
            state.uncertain.remove(batch);
            state.touched.push(batch.to_owned());
        }
        self.record(&HistoryEntry::Answered { batch: batch.to_owned(), status: answer.status, seen: answer.seen })
    }

    async fn look(&self, url: &str, batch: &str) -> anyhow::Result<()> {
        match self.calls.look(url, batch).await {
            Some(answer) => {
                self.record(&HistoryEntry::Looked { batch: batch.to_owned(), status: answer.status, seen: answer.seen })
            }
            None => Ok(()),
        }
    }

    async fn listen(&self, url: &str) -> anyhow::Result<Infallible> {
        let again = (self.last_seq() - REREAD).max(0);
        self.read_on(url, again).await?;
        loop {
            self.nap(5..30).await;
            self.read_on(url, self.last_seq()).await?;
        }
    }

    /// Cursor to go on from; none when there was nothing, or no answer.
    async fn read_on(&self, url: &str, after: i64) -> anyhow::Result<Option<i64>> {
        let lines = self.calls.events(url, after).await.unwrap_or_default();
        let last = lines.last().map(|line| line.seq);
        if last.is_some() {
            self.record(&HistoryEntry::Events { lines })?;
        }
        Ok(last)
    }

    async fn nap(&self, millis: std::ops::Range<u64>) {
        let millis = self.state.borrow_mut().rng.u64(millis);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    fn last_seq(&self) -> i64 {
        self.checker().last_seq()
    }

    fn roll(&self, sides: u32) -> u32 {
        self.state.borrow_mut().rng.u32(0..sides)
    }

    fn new_key(&self) -> String {
        let mut state = self.state.borrow_mut();
        state.keys += 1;
        format!("{:x}-{:06}", self.seed, state.keys)
    }
}

/// The newest number of an order. Numbers are passed over where a document was not taken, so a count would lag behind.
fn newest(entries: &[HistoryEntry]) -> u64 {
    let number = |entry: &HistoryEntry| match entry {
        HistoryEntry::Ordered(order) => order.key.rsplit_once('-')?.1.parse().ok(),
        _ => None,
    };
    entries.iter().filter_map(number).max().unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_torture_that_goes_on_gives_no_number_twice() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal.jsonl");
        let client = Client::open(&journal, 7).unwrap();
        let keys: Vec<String> = (0..4).map(|_| client.new_key()).collect();
        // The documents of the others were not taken.
        for key in [&keys[0], &keys[3]] {
            client.record(&HistoryEntry::Ordered(orders::scripted(&mut seeded_rng(7), key))).unwrap();
        }
        drop(client);
        assert_eq!(Client::open(&journal, 7).unwrap().new_key(), "7-000005");
    }
}
