//! Cases of the demo, each with the outcome it should have.

use quire_domain::failure::FailureCode::{self, *};

pub(super) struct DemoDocument {
    pub file: &'static str,
    pub what: &'static str,
    /// Any of these; none for a document that succeeds.
    pub failures: &'static [FailureCode],
}

const fn part(file: &'static str, what: &'static str, failures: &'static [FailureCode]) -> DemoDocument {
    DemoDocument { file, what, failures }
}

/// In the order of the play.
pub(super) const CAST: [DemoDocument; 11] = [
    part("report.pdf", "an ordinary report", &[]),
    part("two-columns.pdf", "a paper in two columns", &[]),
    part("ten-pages.pdf", "ten pages", &[]),
    part("cut-off-but-readable.pdf", "the report, its last tenth missing", &[]),
    part("truncated.pdf", "only the first bytes of the report", &[Truncated, Damaged, NotAPdf, NoPages]),
    part("empty.pdf", "a file without a byte", &[EmptyFile]),
    part("not-a-pdf.pdf", "a letter under the wrong name", &[NotAPdf]),
    part("zero-pages.pdf", "a document without pages", &[NoPages]),
    part("encrypted.pdf", "a document that needs a password", &[NeedsPassword]),
    part("decompression-bomb.pdf", "a few kilobytes that unpack to 2 GiB", BY_A_LIMIT),
    part("endless.pdf", "forms within forms: no machine ever finishes it", BY_A_LIMIT),
];

/// Which limit ends a hostile document first depends on the machine.
const BY_A_LIMIT: &[FailureCode] = &[DecompressionLimit, OutOfMemory, TimedOutSilent, TimedOutTotal, TimedOutCpu];
