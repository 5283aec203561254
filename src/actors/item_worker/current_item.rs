//! The item that is at work, since when, and the message to the batch when it takes a while.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::commands::tick::{ClaimedItem, StartReport};
use quire_base::clock;
use quire_domain::ids::Micros;

/// The item that the worker process is at; shared by who hears the process and who looks at the clock.
#[derive(Debug, Clone, Default)]
pub(super) struct CurrentItem(Rc<Cell<Option<StartReport>>>);

impl CurrentItem {
    pub(super) fn begins(&self, item: &ClaimedItem, at: Micros) {
        self.0.set(Some(StartReport { position: item.position, fence: item.fence, at }));
    }

    pub(super) fn ends(&self) {
        self.0.set(None);
    }

    /// When the item was taken, if it is the one at work.
    pub(super) fn since(&self, position: u32) -> Option<Micros> {
        self.0.get().filter(|start| start.position == position).map(|start| start.at)
    }

    /// Does the work, and tells every start of an item that is at it for longer than `patience`, once.
    pub(super) async fn watch<T>(
        &self,
        work: impl Future<Output = T>,
        patience: Duration,
        tell: impl Fn(StartReport),
    ) -> T {
        let (mut work, mut told) = (pin!(work), None);
        loop {
            let look = tokio::time::sleep(self.due_in(patience, told));
            match select(work.as_mut(), pin!(look)).await {
                Either::Left((done, _)) => return done,
                Either::Right(_) => {
                    let due = self.0.get().filter(|start| told != Some(*start) && is_over(start, patience));
                    due.into_iter().for_each(&tell);
                    told = due.or(told);
                }
            }
        }
    }

    /// Time until the start of the item at work, or else of the next one, has to be reported.
    fn due_in(&self, patience: Duration, told: Option<StartReport>) -> Duration {
        match self.0.get() {
            Some(start) if told != Some(start) => patience.saturating_sub(age(&start)),
            _ => patience,
        }
    }
}

fn is_over(start: &StartReport, patience: Duration) -> bool {
    age(start) >= patience
}

fn age(start: &StartReport) -> Duration {
    Duration::from_micros(clock::now().saturating_sub(start.at).max(0) as u64)
}
