//! Order by geometry: find the gutter between two columns of prose, read what is left of it before what
//! is right of it, and let everything that crosses it (titles, wide figures) separate the two.

use super::fragments::TextFragment;
use super::frame::FrameExtent;
use super::rows::order_line;

/// Least width of a gutter, in parts of the median size.
const GUTTER_EM: f64 = 1.0;
/// Least number of lines on each side of a gutter.
const MIN_LINES: usize = 3;
/// Share of the fragments that may cross the gutter.
const MAX_CROSSING: f64 = 0.3;
/// Positions tried across the page.
const STEPS: usize = 200;
/// Columns within columns.
const MAX_DEPTH: usize = 6;

/// The given fragments' indices in reading order.
pub(super) fn sort(indices: &[usize], extents: &[FrameExtent], fragments: &[TextFragment]) -> Vec<usize> {
    let mut sorted = indices.to_vec();
    sorted.sort_by(|a, b| extents[*a].v.total_cmp(&extents[*b].v));
    let mut out = Vec::with_capacity(indices.len());
    Sorter { extents, fragments }.columns(&sorted, MAX_DEPTH, &mut out);
    out
}

struct Sorter<'a> {
    extents: &'a [FrameExtent],
    fragments: &'a [TextFragment],
}

impl Sorter<'_> {
    /// `part` is sorted from top to bottom.
    fn columns(&self, part: &[usize], depth: usize, out: &mut Vec<usize>) {
        let gutter = if depth == 0 { None } else { self.gutter(part) };
        let Some(gutter) = gutter else {
            return self.lines(part, out);
        };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for &i in part {
            let extent = &self.extents[i];
            if extent.u1 <= gutter {
                left.push(i);
            } else if extent.u0 >= gutter {
                right.push(i);
            } else {
                self.flush(&mut left, &mut right, depth, out);
                out.push(i);
            }
        }
        self.flush(&mut left, &mut right, depth, out);
    }

    fn flush(&self, left: &mut Vec<usize>, right: &mut Vec<usize>, depth: usize, out: &mut Vec<usize>) {
        for column in [left, right] {
            self.columns(column, depth - 1, out);
            column.clear();
        }
    }

    /// From top to bottom, within a line in the direction of its script.
    fn lines(&self, part: &[usize], out: &mut Vec<usize>) {
        let mut rest = part;
        while let Some(first) = rest.first() {
            let head = &self.extents[*first];
            let n = rest.iter().take_while(|i| self.extents[**i].same_line(head)).count().max(1);
            let mut line = rest[..n].to_vec();
            order_line(&mut line, self.fragments, self.extents);
            out.append(&mut line);
            rest = &rest[n..];
        }
    }

    /// The position with the fewest fragments across it, if there are columns of prose on both sides.
    fn gutter(&self, part: &[usize]) -> Option<f64> {
        // Columns are made of prose; figures and tables within them do not tell where the gutter is.
        let prose: Vec<usize> = part.iter().copied().filter(|i| self.fragments[*i].is_prose()).collect();
        let part = prose.as_slice();
        if part.len() < 2 * MIN_LINES {
            return None;
        }
        let extents = || part.iter().map(|i| &self.extents[*i]);
        let low = extents().map(|e| e.u0).fold(f64::INFINITY, f64::min);
        let high = extents().map(|e| e.u1).fold(f64::NEG_INFINITY, f64::max);
        let step = (high - low) / STEPS as f64;
        if !step.is_finite() || step <= 0.0 {
            return None;
        }
        let crossing = crossings(extents(), low, step);
        let needed = (GUTTER_EM * self.median_size(part) / step).ceil() as usize;
        let most = (MAX_CROSSING * part.len() as f64) as u32;
        widest_valley(&crossing, needed.max(1), most)
            .map(|bin| low + (bin as f64 + 0.5) * step)
            .filter(|gutter| self.has_columns_on_both_sides(part, *gutter))
    }

    fn median_size(&self, part: &[usize]) -> f64 {
        let mut sizes: Vec<f64> = part.iter().map(|i| self.extents[*i].size).collect();
        let middle = sizes.len() / 2;
        *sizes.select_nth_unstable_by(middle, f64::total_cmp).1
    }

    fn has_columns_on_both_sides(&self, part: &[usize], gutter: f64) -> bool {
        let side = |keep: &dyn Fn(&FrameExtent) -> bool| -> Vec<usize> {
            part.iter().copied().filter(|i| keep(&self.extents[*i])).collect()
        };
        let left = side(&|e| e.u1 <= gutter);
        let right = side(&|e| e.u0 >= gutter);
        self.count_lines(&left) >= MIN_LINES
            && self.count_lines(&right) >= MIN_LINES
            && self.stand_side_by_side(&left, &right)
    }

    fn count_lines(&self, side: &[usize]) -> usize {
        let new_line = |pair: &&[usize]| !self.extents[pair[1]].same_line(&self.extents[pair[0]]);
        side.len().min(1) + side.windows(2).filter(new_line).count()
    }

    fn stand_side_by_side(&self, left: &[usize], right: &[usize]) -> bool {
        let span = |side: &[usize]| Some((self.extents[*side.first()?].v, self.extents[*side.last()?].v));
        match (span(left), span(right)) {
            (Some((l0, l1)), Some((r0, r1))) => l0.max(r0) < l1.min(r1),
            _ => false,
        }
    }
}

/// Number of extents that lie across each of the positions.
fn crossings<'a>(extents: impl Iterator<Item = &'a FrameExtent>, low: f64, step: f64) -> Vec<u32> {
    let mut crossing = vec![0u32; STEPS];
    for extent in extents {
        let bin = |u: f64| (((u - low) / step).max(0.0) as usize).min(STEPS - 1);
        for count in &mut crossing[bin(extent.u0)..=bin(extent.u1)] {
            *count += 1;
        }
    }
    crossing
}

/// The middle of the run of at least `needed` positions with the fewest crossings, at most `most`.
fn widest_valley(crossing: &[u32], needed: usize, most: u32) -> Option<usize> {
    let margin = crossing.len() / 10;
    let inner = margin..crossing.len() - margin;
    // Fewest crossings first, then width, then nearness to the middle.
    let mut best: Option<(u32, usize, usize)> = None;
    let mut i = inner.start;
    while i < inner.end {
        let level = crossing[i];
        let run = crossing[i..inner.end].iter().take_while(|c| **c == level).count();
        if level <= most && run >= needed {
            let found = (level, usize::MAX - run, i + run / 2);
            best = Some(best.map_or(found, |b| b.min(found)));
        }
        i += run;
    }
    best.map(|(_, _, middle)| middle)
}
