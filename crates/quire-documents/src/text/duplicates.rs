//! Drops glyphs that are shown again at almost the same place: fake bold, shadows, outlined text.

use kurbo::Point;

use super::glyph::Glyph;

/// A glyph counts as repeated up to this far from its twin, in parts of its size.
const TOLERANCE_EM: f64 = 0.12;
/// Baselines are sorted into rows this many points high.
const ROW_PT: f64 = 3.0;
const BUCKETS: usize = 1 << 12;
const NONE: u32 = u32::MAX;

/// Finds the glyphs of a page by character and row.
pub(super) struct DuplicateGlyphs {
    heads: Vec<u32>,
    kept: Vec<Kept>,
}

/// Of a kept glyph, what tells most of the others apart from it: little memory is looked at.
struct Kept {
    origin: Point,
    first: char,
    /// The one kept before it in the same bucket.
    previous: u32,
}

impl Default for DuplicateGlyphs {
    fn default() -> Self {
        Self { heads: vec![NONE; BUCKETS], kept: Vec::new() }
    }
}

impl DuplicateGlyphs {
    /// Whether `kept` has the glyph already; when not, the caller must keep it now.
    pub(super) fn is_repeated(&mut self, glyph: &Glyph, kept: &[Glyph]) -> bool {
        let (tolerance, letter) = (tolerance(glyph), glyph.text.first());
        let first = row(glyph.origin.y - tolerance);
        let last = row(glyph.origin.y + tolerance).min(first.saturating_add(4));
        for row in first..=last {
            if self.has_twin(bucket(letter, row), glyph, letter, kept, tolerance) {
                return true;
            }
        }
        let bucket = bucket(letter, row(glyph.origin.y));
        self.kept.push(Kept { origin: glyph.origin, first: letter, previous: self.heads[bucket] });
        self.heads[bucket] = kept.len() as u32;
        false
    }

    fn has_twin(&self, bucket: usize, glyph: &Glyph, letter: char, kept: &[Glyph], tolerance: f64) -> bool {
        let mut index = self.heads[bucket];
        // Long chains only occur on pages made to be slow.
        for _ in 0..256 {
            let Some(other) = self.kept.get(index as usize) else {
                return false;
            };
            let apart = glyph.origin - other.origin;
            if apart.x.abs() <= tolerance
                && apart.y.abs() <= tolerance
                && letter == other.first
                && is_twin(glyph, &kept[index as usize])
            {
                return true;
            }
            index = other.previous;
        }
        false
    }
}

/// Of two glyphs at almost the same place.
fn is_twin(glyph: &Glyph, other: &Glyph) -> bool {
    (glyph.size - other.size).abs() <= 0.2 * glyph.size
        && glyph.direction.dot(other.direction) > 0.95
        && glyph.text == other.text
}

/// Never so wide that the second of two narrow letters would be taken for the first.
fn tolerance(glyph: &Glyph) -> f64 {
    let by_size = TOLERANCE_EM * glyph.size;
    by_size.min((0.45 * glyph.advance()).max(0.02 * glyph.size))
}

/// Rounded down; `floor` would be a call for each glyph. What a form's fields say is unbounded, hence saturating.
fn row(y: f64) -> i64 {
    let rows = y * (1.0 / ROW_PT);
    let towards_zero = rows as i64;
    towards_zero.saturating_sub(i64::from(rows < towards_zero as f64))
}

fn bucket(letter: char, row: i64) -> usize {
    let key = u64::from(u32::from(letter)) << 32 ^ row as u64 & 0xffff_ffff;
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn rows_are_rounded_down_and_end_where_numbers_do() {
        assert_eq!([-3.5, -3.0, -0.1, 0.0, 2.9, 3.5].map(row), [-2, -1, -1, 0, 0, 1]);
        assert_eq!([f64::NEG_INFINITY, -1e300, f64::INFINITY, f64::NAN].map(row), [i64::MIN, i64::MIN, i64::MAX, 0]);
    }
}
