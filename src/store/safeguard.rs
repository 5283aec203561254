//! Safeguards that an experiment can disable, to show that they are needed.
//!
//! In the server each of them is always there: [`is_removed`] is a constant `false`. In tests it can be true for
//! the thread of one experiment, see `tests/controls.rs`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safeguard {
    /// A report counts only when its fence is that of the running attempt.
    Fence,
    /// Nothing of a batch is claimed that was paused, cancelled, halted or is over.
    CancelCheck,
    /// No more items run than there are slots.
    RoomToRun,
    /// The batch's counts move with the item, in the same transaction.
    CounterDelta,
    /// A write that fails is undone alone.
    Savepoint,
    /// Events are written in the transaction of what they tell.
    OneTransaction,
    /// The owner remembers the number of its newest event.
    Numbering,
    /// The collector leaves young blobs alone.
    OrphanGrace,
    /// A row may name a blob only while it is there.
    BlobCheck,
    /// Naming a blob in a row makes it young.
    Freshening,
}

#[cfg(test)]
impl Safeguard {
    pub const ALL: [Safeguard; 10] = [
        Safeguard::Fence,
        Safeguard::CancelCheck,
        Safeguard::RoomToRun,
        Safeguard::CounterDelta,
        Safeguard::Savepoint,
        Safeguard::OneTransaction,
        Safeguard::Numbering,
        Safeguard::OrphanGrace,
        Safeguard::BlobCheck,
        Safeguard::Freshening,
    ];
}

#[cfg(not(test))]
pub(super) const fn is_removed(_: Safeguard) -> bool {
    false
}

#[cfg(test)]
pub(super) use experiment::{is_removed, without};

#[cfg(test)]
mod experiment {
    use std::cell::Cell;

    use super::Safeguard;

    thread_local! {
        static REMOVED: Cell<Option<Safeguard>> = const { Cell::new(None) };
    }

    pub fn is_removed(safeguard: Safeguard) -> bool {
        REMOVED.get() == Some(safeguard)
    }

    /// Runs the experiment on this thread without the protection.
    pub fn without<T>(safeguard: Safeguard, experiment: impl FnOnce() -> T) -> T {
        let _back = Back(REMOVED.replace(Some(safeguard)));
        experiment()
    }

    struct Back(Option<Safeguard>);

    impl Drop for Back {
        fn drop(&mut self) {
            REMOVED.set(self.0);
        }
    }
}
