//! Send window: how much is on its way to a client without an acknowledgement.

use std::collections::VecDeque;

use super::log_page::{LogPageSlice, SendAllowance};

/// What was sent and is not acknowledged. Bounded by what it may hold: one entry a frame, and a frame has at least one
/// event.
#[derive(Debug, Default)]
pub struct SendWindow {
    sent: VecDeque<SentFrame>,
    events: u32,
    bytes: usize,
    acked: i64,
}

#[derive(Debug, Clone, Copy)]
struct SentFrame {
    upto: i64,
    events: u32,
    bytes: usize,
}

/// An `ack` of what was never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing with a seq greater than {upto} was sent so far")]
pub struct UnsentAck {
    pub upto: i64,
}

/// Room for so many frames is kept between two bursts.
const KEPT: usize = 4;

impl SendWindow {
    /// Allowance that is left; `None` when the window is full.
    pub fn allowance(&self, max: SendAllowance) -> Option<SendAllowance> {
        let (events, bytes) = (max.events.saturating_sub(self.events), max.bytes.saturating_sub(self.bytes));
        (events > 0 && bytes > 0).then_some(SendAllowance { events, bytes })
    }

    /// Counts a frame that goes out.
    pub fn record_sent(&mut self, cut: &LogPageSlice) {
        self.events += cut.events;
        self.bytes += cut.bytes;
        self.sent.push_back(SentFrame { upto: cut.upto, events: cut.events, bytes: cut.bytes });
    }

    /// Frees what the client has acknowledged; whether the `ack` says something new.
    ///
    /// # Errors
    /// [`UnsentAck`] for a `seq` behind the cursor `upto`.
    pub fn record_ack(&mut self, seq: i64, upto: i64) -> Result<bool, UnsentAck> {
        if seq > upto {
            return Err(UnsentAck { upto });
        }
        let is_news = seq > self.acked;
        self.acked = self.acked.max(seq);
        while let Some(first) = self.sent.front().filter(|first| first.upto <= seq).copied() {
            self.sent.pop_front();
            self.events -= first.events;
            self.bytes -= first.bytes;
        }
        if self.sent.is_empty() && self.sent.capacity() > KEPT {
            self.sent.shrink_to(KEPT);
        }
        Ok(is_news)
    }

    pub fn unacked_events(&self) -> u32 {
        self.events
    }

    /// Forgets all that is not acknowledged: the client was told to forget it, too.
    pub fn restart_at(&mut self, acked: i64) {
        *self = Self { acked, ..Self::default() };
    }
}
