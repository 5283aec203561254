//! Lines drawn from the bottom of a column to its top.

use super::{Page, Row};

/// Fewer rows that rise in turn are a formula or a figure.
const MIN_ROWS: usize = 3;
/// Steps up from one line to the next, in parts of the size.
const MIN_STEP_EM: f64 = 0.8;
const MAX_STEP_EM: f64 = 3.0;

/// Turns every run of rows that rises, so that it is read from its top.
pub(super) fn turn(rows: &mut [Row], page: &Page<'_>) {
    let (mut start, mut turned) = (0, false);
    for end in 1..=rows.len() {
        if end < rows.len() && rises(&rows[end - 1], &rows[end]) {
            continue;
        }
        let whole = end - start == rows.len();
        let run = &mut rows[start..end];
        // The numbers in the next column of a table rise as its words did.
        turned = run.len() >= MIN_ROWS && (whole || turned || are_words(run, page));
        if turned {
            run.reverse();
        }
        start = end;
    }
}

fn rises(last: &Row, next: &Row) -> bool {
    let size = last.extent.size.max(next.extent.size);
    let step = last.extent.v - next.extent.v;
    (MIN_STEP_EM * size..=MAX_STEP_EM * size).contains(&step) && last.extent.overlaps(&next.extent)
}

/// The numbers along an axis rise as well, and are no lines.
fn are_words(rows: &[Row], page: &Page<'_>) -> bool {
    let has_letters = |row: &&Row| page.words(row).any(|word| word.chars().any(char::is_alphabetic));
    rows.iter().filter(has_letters).count() * 4 >= rows.len()
}
