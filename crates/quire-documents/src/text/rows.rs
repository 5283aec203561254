//! *Row*: pieces of one base line that follow each other in the page's stream. Where the stream's order stays, some
//! rows stand in the wrong place all the same: lines drawn from the bottom up, words drawn into the gaps of a line that
//! was drawn before, labels drawn before all of their values.

mod gaps;
mod labels;
mod rising;

use super::fragments::TextFragment;
use super::frame::{FrameExtent, PageFrame};

/// Pieces of a row do not overlap by more, in parts of the size.
const SLACK_EM: f64 = 0.3;

/// The fragments' indices, row by row.
pub(super) fn settle(fragments: &[TextFragment], extents: &[FrameExtent], frame: &PageFrame) -> Vec<usize> {
    let page = Page { fragments, extents };
    let mut rows = page.rows(frame);
    rising::turn(&mut rows, &page);
    let rows = labels::pair(gaps::fill(rows, &page), &page);
    rows.into_iter().flat_map(|row| row.pieces.into_iter().chain(row.aside)).collect()
}

/// Orders the pieces of one line in the direction of its script.
pub(super) fn order_line(line: &mut [usize], fragments: &[TextFragment], extents: &[FrameExtent]) {
    line.sort_by(|a, b| extents[*a].u0.total_cmp(&extents[*b].u0));
    let rtl = line.iter().filter(|i| fragments[**i].rtl).count();
    if rtl * 2 > line.len() {
        line.reverse();
    }
}

struct Page<'a> {
    fragments: &'a [TextFragment],
    extents: &'a [FrameExtent],
}

#[derive(Debug)]
struct Row {
    pieces: Vec<usize>,
    /// Fragments in a direction of their own that follow the row in the stream, and go where it goes.
    aside: Vec<usize>,
    extent: FrameExtent,
}

impl Page<'_> {
    fn rows(&self, frame: &PageFrame) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::with_capacity(self.fragments.len());
        for i in 0..self.fragments.len() {
            let extent = self.extents[i];
            match rows.last_mut() {
                Some(row) if !frame.holds(&self.fragments[i]) => row.aside.push(i),
                Some(row) if self.continues(row, &extent) => {
                    row.extent = row.extent.with(&extent);
                    row.pieces.push(i);
                }
                _ => rows.push(Row { pieces: vec![i], aside: Vec::new(), extent }),
            }
        }
        rows
    }

    fn continues(&self, row: &Row, next: &FrameExtent) -> bool {
        row.aside.is_empty() && row.extent.same_line(next) && next.u0 >= row.extent.u1 - SLACK_EM * next.size
    }

    /// One row of both, in the place of the first.
    fn join(&self, row: &mut Row, other: Row) {
        row.extent = row.extent.with(&other.extent);
        row.pieces.extend(other.pieces);
        row.aside.extend(other.aside);
        order_line(&mut row.pieces, self.fragments, self.extents);
    }

    fn words<'a>(&'a self, row: &'a Row) -> impl DoubleEndedIterator<Item = &'a str> {
        row.pieces.iter().flat_map(|i| self.fragments[*i].words.iter().map(|word| word.text.as_str()))
    }

    fn chars(&self, row: &Row) -> usize {
        row.pieces.iter().map(|i| self.fragments[*i].chars()).sum()
    }
}
