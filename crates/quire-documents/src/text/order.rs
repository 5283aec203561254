//! Reading order. Most producers write a page in the order in which it is read, and know better than any
//! geometry; so the stream's order stays unless it jumps about much more than reading by columns would. Where it
//! stays, single rows are put in their place.

use super::fragments::TextFragment;
use super::frame::{FrameExtent, PageFrame};
use super::{columns, rows};

/// Jumps a page may have more than the order by columns, before it is read by columns.
const TOLERATED_JUMPS: f64 = 2.0;
/// The same, in parts of the page's fragments.
const TOLERATED_SHARE: f64 = 0.1;
/// Pages with more fragments keep the stream's order: sorting them would cost more than it gives.
const MAX_FRAGMENTS: usize = 20_000;

/// Puts the fragments into the order in which they are read.
pub(super) fn arrange(fragments: Vec<TextFragment>, frame: &PageFrame) -> Vec<TextFragment> {
    if fragments.len() < 2 || fragments.len() > MAX_FRAGMENTS {
        return fragments;
    }
    let (main, side): (Vec<usize>, Vec<usize>) = (0..fragments.len()).partition(|i| frame.holds(&fragments[*i]));
    let extents: Vec<FrameExtent> = fragments.iter().map(|f| frame.extent(f)).collect();
    // Labels of figures and cells of tables come in any order: only prose shows whether one was kept.
    let jumps = |order: &[usize]| {
        let prose: Vec<usize> = order.iter().copied().filter(|i| fragments[*i].is_prose()).collect();
        jumps(&prose, &extents)
    };
    let as_written = jumps(&main);
    let tolerated = TOLERATED_JUMPS + TOLERATED_SHARE * main.len() as f64;
    let by_columns = (as_written > TOLERATED_JUMPS)
        .then(|| columns::sort(&main, &extents, &fragments))
        .filter(|by_columns| as_written > jumps(by_columns) + tolerated);
    let order = match by_columns {
        Some(by_columns) => [by_columns, side].concat(),
        None => rows::settle(&fragments, &extents, frame),
    };
    let mut slots: Vec<Option<TextFragment>> = fragments.into_iter().map(Some).collect();
    order.into_iter().filter_map(|i| slots[i].take()).collect()
}

/// Number of times an order leaves the natural path: on along the line, or down to a line below.
fn jumps(order: &[usize], extents: &[FrameExtent]) -> f64 {
    order.windows(2).map(|pair| jump(&extents[pair[0]], &extents[pair[1]])).sum()
}

fn jump(from: &FrameExtent, to: &FrameExtent) -> f64 {
    let size = from.size.max(to.size);
    if from.same_line(to) {
        let gap = (to.u0 - from.u1).max(from.u0 - to.u1);
        return if gap < 1.5 * size { 0.0 } else { 0.5 };
    }
    let down = to.v - from.v;
    if down > 0.0 && from.overlaps(to) { 0.0 } else { 1.0 }
}
