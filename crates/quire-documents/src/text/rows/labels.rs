//! A column of labels, and the columns of values that were drawn after it: read row by row. Columns of prose, and lists
//! in several columns, look alike; so a pairing needs evidence in the words.

use std::ops::Range;

use super::{Page, Row};
use crate::text::frame::FrameExtent;

/// Base lines of a label and its value are no further apart, in parts of the size.
const SAME_BASE_EM: f64 = 0.25;
/// The rows of a column begin or end on one line, give or take this, in parts of the size.
const ALIGNED_EM: f64 = 0.5;
/// Rows of a column are no further apart, in parts of the size.
const MAX_STEP_EM: f64 = 6.0;
/// Fewer pairs are chance.
const MIN_PAIRS: usize = 2;
/// Words a label has at most; labels without a colon, and their values, are shorter than lines of prose.
const MAX_WORDS: usize = 6;
const MAX_WORDS_WITHOUT_COLON: usize = 4;

/// Joins each label with its values.
pub(super) fn pair(rows: Vec<Row>, page: &Page<'_>) -> Vec<Row> {
    let columns = columns(&rows);
    if columns.len() < 2 {
        return rows;
    }
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(rows.len());
    let mut rest = columns.as_slice();
    while let Some(first) = rest.first() {
        let take = |rows: &mut [Option<Row>], range: &Range<usize>| -> Vec<Row> {
            rows[range.clone()].iter_mut().filter_map(Option::take).collect()
        };
        let n = table(&rows, rest, page);
        let mut lines = take(&mut rows, first);
        for column in &rest[1..n] {
            lines = page.join_columns(lines, take(&mut rows, column));
        }
        out.append(&mut lines);
        rest = &rest[n..];
    }
    out
}

/// Runs of rows that go down and begin, or end, on one line.
fn columns(rows: &[Row]) -> Vec<Range<usize>> {
    let mut columns = Vec::new();
    let mut start = 0;
    for end in 1..=rows.len() {
        if end == rows.len() || !follows(&rows[start], &rows[end - 1], &rows[end]) {
            columns.push(start..end);
            start = end;
        }
    }
    columns
}

fn follows(first: &Row, last: &Row, next: &Row) -> bool {
    let (first, last, next) = (&first.extent, &last.extent, &next.extent);
    let size = last.size.max(next.size);
    let step = next.v - last.v;
    let near = |a: f64, b: f64| (a - b).abs() <= ALIGNED_EM * size;
    step > 0.5 * size
        && step <= MAX_STEP_EM * size
        && (near(first.u0, next.u0) || near(first.u1, next.u1) || near(last.u1, next.u1))
}

/// Number of columns, from the first on, that are read row by row.
fn table(rows: &[Option<Row>], columns: &[Range<usize>], page: &Page<'_>) -> usize {
    let column = |i: usize| -> Vec<&Row> { rows[columns[i].clone()].iter().flatten().collect() };
    let first = column(0);
    let mut lines: Vec<FrameExtent> = first.iter().map(|row| row.extent).collect();
    let (mut n, mut proven) = (1, false);
    for i in 1..columns.len() {
        let next = column(i);
        let extents: Vec<FrameExtent> = next.iter().map(|row| row.extent).collect();
        let Some(pairs) = side_by_side(&lines, &extents) else {
            break;
        };
        let proof = page.proves(&first, &next, &pairs);
        if proof || pairs.len() > MIN_PAIRS && pairs.len() == next.len() && pairs.len() == first.len() {
            n = i + 1;
        }
        proven |= proof;
        for (line, row) in pairs {
            lines[line] = lines[line].with(&extents[row]);
        }
    }
    if proven { n } else { 1 }
}

/// The lines and rows that share a base line. `None` when the rows are no column beside these lines.
fn side_by_side(lines: &[FrameExtent], column: &[FrameExtent]) -> Option<Vec<(usize, usize)>> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut from = 0;
    for (i, row) in column.iter().enumerate() {
        let slack = SAME_BASE_EM * row.size;
        from += lines[from..].iter().take_while(|line| line.v < row.v - slack).count();
        let Some(line) = lines.get(from).filter(|line| line.v <= row.v + slack) else {
            continue;
        };
        if line.overlaps(row) {
            return None;
        }
        pairs.push((from, i));
        from += 1;
    }
    let (first, last) = (pairs.first()?, pairs.last()?);
    let beside = last.0 - first.0 + 1;
    (pairs.len() >= MIN_PAIRS && first.1 == 0 && pairs.len() * 5 >= beside * 3).then_some(pairs)
}

impl Page<'_> {
    /// Whether the words say that these are labels and values, whichever of them were drawn first.
    fn proves(&self, first: &[&Row], next: &[&Row], pairs: &[(usize, usize)]) -> bool {
        let mut labels: Vec<&Row> = pairs.iter().map(|(line, _)| first[*line]).collect();
        let mut values: Vec<&Row> = pairs.iter().map(|(_, row)| next[*row]).collect();
        if labels[0].extent.u0 > values[0].extent.u0 {
            std::mem::swap(&mut labels, &mut values);
        }
        let share = |rows: &[&Row], holds: &dyn Fn(&Row) -> bool| {
            rows.iter().filter(|row| holds(row)).count() as f64 / rows.len() as f64
        };
        let of_at_most = |words: usize| move |row: &Row| self.words(row).count() <= words;
        let has_digit = |row: &Row| self.words(row).any(|word| word.contains(|c: char| c.is_ascii_digit()));
        let has_colon = |row: &Row| self.words(row).next_back().is_some_and(|word| word.ends_with([':', '：']));
        let is_mark = |row: &Row| self.words(row).count() == 1 && self.words(row).all(is_mark);

        let named = share(&labels, &has_colon) >= 0.5 && share(&labels, &of_at_most(MAX_WORDS)) >= 0.75;
        let listed = share(&labels, &is_mark) >= 0.75;
        let short = of_at_most(MAX_WORDS_WITHOUT_COLON);
        let short = pairs.len() > MIN_PAIRS && share(&labels, &short) >= 0.75 && share(&values, &short) >= 0.75;
        let counted = short && share(&labels, &has_digit) <= 0.25 && share(&values, &has_digit) >= 0.6;
        named || listed || counted
    }

    /// The lines with the rows of the column, each on its base line.
    fn join_columns(&self, mut lines: Vec<Row>, column: Vec<Row>) -> Vec<Row> {
        let extents = |rows: &[Row]| -> Vec<FrameExtent> { rows.iter().map(|row| row.extent).collect() };
        let pairs = side_by_side(&extents(&lines), &extents(&column)).unwrap_or_default();
        let mut pairs = pairs.into_iter().peekable();
        let mut alone = Vec::new();
        for (i, row) in column.into_iter().enumerate() {
            match pairs.next_if(|(_, row)| *row == i) {
                Some((line, _)) => self.join(&mut lines[line], row),
                None => alone.push(row),
            }
        }
        lines.append(&mut alone);
        lines.sort_by(|a, b| a.extent.v.total_cmp(&b.extent.v));
        lines
    }
}

/// Label before an entry of a list: a bullet, `1.`, `b)`, `(iv)`.
fn is_mark(word: &str) -> bool {
    let inner = word.trim_start_matches('(').trim_end_matches([')', '.']);
    let counted = inner.len() < word.len() && !inner.is_empty() && inner.len() <= 3;
    let bullet = word.chars().count() == 1 && !word.chars().any(|c| c.is_alphanumeric() || c.is_ascii());
    bullet || word == "-" || word == "*" || counted && inner.chars().all(|c| c.is_ascii_alphanumeric())
}
