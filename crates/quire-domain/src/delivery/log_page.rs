//! Cuts a page of the log into frames.

use std::sync::Arc;

use super::filter::{EventMeta, SubscriptionFilter};

/// An event as far as its delivery is concerned.
pub trait LogEntry {
    fn seq(&self) -> i64;
    /// Bytes of the event on the wire.
    fn size(&self) -> usize;
    fn head(&self) -> EventMeta<'_>;
}

impl<E: LogEntry> LogEntry for Arc<E> {
    fn seq(&self) -> i64 {
        E::seq(self)
    }

    fn size(&self) -> usize {
        E::size(self)
    }

    fn head(&self) -> EventMeta<'_> {
        E::head(self)
    }
}

/// Events and bytes that may still be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendAllowance {
    pub events: u32,
    pub bytes: usize,
}

impl SendAllowance {
    /// Whether the slice stays within the allowance.
    pub fn fits(&self, cut: &LogPageSlice) -> bool {
        cut.events <= self.events && cut.bytes <= self.bytes
    }
}

/// The part of a page of the log that one frame covers, and how much of it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPageSlice {
    pub after: i64,
    /// The last `seq` of the stretch, wanted or not.
    pub upto: i64,
    pub events: u32,
    pub bytes: usize,
}

/// Events between a place and the page that should follow it are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogGap;

/// The longest part of `page` whose wanted events fit the allowance, and those events. The first one always fits: an
/// event larger than the whole window would hold its client up for ever.
///
/// # Errors
/// [`LogGap`] when the page does not begin right after `after`.
pub fn slice_log_page<'a, E: LogEntry>(
    after: i64,
    page: &'a [E],
    filter: &SubscriptionFilter,
    allowance: SendAllowance,
) -> Result<(LogPageSlice, Vec<&'a E>), LogGap> {
    if page.first().is_some_and(|first| first.seq() != after + 1) {
        return Err(LogGap);
    }
    let (mut cut, mut wanted) = (LogPageSlice { after, upto: after, events: 0, bytes: 0 }, Vec::new());
    for entry in page {
        if filter.wants(&entry.head()) {
            let fits = cut.events < allowance.events && cut.bytes + entry.size() <= allowance.bytes;
            if !fits && cut.events > 0 {
                break;
            }
            cut.events += 1;
            cut.bytes += entry.size();
            wanted.push(entry);
        }
        cut.upto = entry.seq();
    }
    Ok((cut, wanted))
}
