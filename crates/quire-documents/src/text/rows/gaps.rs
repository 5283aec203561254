//! Words drawn into the gaps of a line that was drawn earlier, or later: the values of a form letter, the words in
//! another font.

use std::collections::BTreeMap;

use super::{Page, Row};
use crate::text::frame::FrameExtent;

/// Base lines of one line are no further apart, in parts of the size.
const SAME_BASE_EM: f64 = 0.1;
/// The larger of two sizes on one line, in parts of the smaller one.
const SAME_SIZE: f64 = 1.2;
/// Pieces of one line do not overlap by more, in parts of the size.
const OVERLAP_EM: f64 = 0.1;
/// Pieces with a gap as wide as that of two words touch, in parts of the size; gutters are wider.
const TOUCH_EM: f64 = 0.6;
/// Lines of one cell or column are no further apart, and begin, end or centre on one line, in parts of the size.
const LINE_STEP_EM: f64 = 2.2;
const ALIGNED_EM: f64 = 0.3;
/// Letters of a word; those in a row of formulas are fewer.
const WORD_LETTERS: usize = 3;
/// Base lines are filed under steps of this many points.
const STEP: f64 = 4.0;
/// More rows on one base line are no text.
const MAX_ROWS_ON_A_LINE: usize = 64;

/// Joins the rows of which one fills gaps of the other, in the place of the longer one.
pub(super) fn fill(rows: Vec<Row>, page: &Page<'_>) -> Vec<Row> {
    let in_column = in_columns(&rows);
    let mut slots: Vec<Option<Row>> = Vec::with_capacity(rows.len());
    let mut filed: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for mut row in rows {
        let mut place = slots.len();
        slots.push(None);
        let step = i64::from((row.extent.v / STEP) as i32);
        for earlier in filed.range(step - 1..=step + 1).flat_map(|(_, slots)| slots) {
            // Lines of cells side by side may touch as well, and are read cell by cell.
            let touch_em = if in_column[place] && in_column[*earlier] { 0.0 } else { TOUCH_EM };
            let fits = |other: &Row| page.interlock(other, &row, touch_em);
            let Some(other) = slots[*earlier].take_if(|other| fits(other)) else {
                continue;
            };
            if page.chars(&other) >= page.chars(&row) {
                place = *earlier;
            }
            page.join(&mut row, other);
        }
        slots[place] = Some(row);
        let filed = filed.entry(step).or_default();
        if filed.len() < MAX_ROWS_ON_A_LINE && !filed.contains(&place) {
            filed.push(place);
        }
    }
    slots.into_iter().flatten().collect()
}

/// Of each row, whether one next to it in the stream is the line above or below it in a cell or column.
fn in_columns(rows: &[Row]) -> Vec<bool> {
    let mut found = vec![false; rows.len()];
    for (i, pair) in rows.windows(2).enumerate() {
        let (a, b) = (&pair[0].extent, &pair[1].extent);
        let size = a.size.max(b.size);
        let aligned = [b.u0 - a.u0, b.u1 - a.u1, (b.u0 + b.u1 - a.u0 - a.u1) / 2.0];
        if (0.5 * size..=LINE_STEP_EM * size).contains(&(b.v - a.v))
            && aligned.iter().any(|off| off.abs() <= ALIGNED_EM * size)
        {
            found[i..=i + 1].fill(true);
        }
    }
    found
}

impl Page<'_> {
    /// Whether both are parts of one line: nothing overlaps, and one stands between pieces of the other or touches it.
    fn interlock(&self, a: &Row, b: &Row, touch_em: f64) -> bool {
        let size = a.extent.size.max(b.extent.size);
        if (a.extent.v - b.extent.v).abs() > SAME_BASE_EM * size
            || size > SAME_SIZE * a.extent.size.min(b.extent.size)
            || !self.words(a).chain(self.words(b)).any(is_word)
        {
            return false;
        }
        let mut pieces: Vec<(bool, &FrameExtent)> = a.pieces.iter().map(|i| (true, &self.extents[*i])).collect();
        pieces.extend(b.pieces.iter().map(|i| (false, &self.extents[*i])));
        pieces.sort_by(|a, b| a.1.u0.total_cmp(&b.1.u0));
        let gap = |pair: &[(bool, &FrameExtent)]| pair[1].1.u0 - pair[0].1.u1;
        let borders: Vec<f64> = pieces.windows(2).filter(|pair| pair[0].0 != pair[1].0).map(gap).collect();
        let apart = borders.iter().all(|gap| *gap >= -OVERLAP_EM * size);
        apart && (borders.len() > 1 || borders.iter().all(|gap| *gap < touch_em * size))
    }
}

fn is_word(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic()).any(|letters| letters.chars().count() >= WORD_LETTERS)
}
