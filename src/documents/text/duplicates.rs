//! Drops glyphs that are shown again at almost the same place: fake bold, shadows, outlined text.

use super::glyph::Glyph;

/// A glyph counts as repeated up to this far from its twin, in parts of its size.
const TOLERANCE_EM: f64 = 0.12;
/// Baselines are sorted into rows this many points high.
const ROW_PT: f64 = 3.0;
const BUCKETS: usize = 1 << 12;
const NONE: u32 = u32::MAX;

/// Finds the glyphs of a page by character and row.
pub(super) struct Duplicates {
    heads: Vec<u32>,
    /// Per kept glyph: the one kept before it in the same bucket.
    previous: Vec<u32>,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { heads: vec![NONE; BUCKETS], previous: Vec::new() }
    }
}

impl Duplicates {
    /// Whether `kept` has the glyph already; when not, the caller must keep it now.
    pub fn is_repeated(&mut self, glyph: &Glyph, kept: &[Glyph]) -> bool {
        let tolerance = tolerance(glyph);
        let first = row(glyph.origin.y - tolerance);
        let last = row(glyph.origin.y + tolerance).min(first + 4);
        for row in first..=last {
            if self.has_twin(bucket(glyph, row), glyph, kept, tolerance) {
                return true;
            }
        }
        let bucket = bucket(glyph, row(glyph.origin.y));
        self.previous.push(self.heads[bucket]);
        self.heads[bucket] = kept.len() as u32;
        false
    }

    fn has_twin(&self, bucket: usize, glyph: &Glyph, kept: &[Glyph], tolerance: f64) -> bool {
        let mut index = self.heads[bucket];
        // Long chains only occur on pages made to be slow.
        for _ in 0..256 {
            let Some(other) = kept.get(index as usize) else {
                return false;
            };
            if is_twin(glyph, other, tolerance) {
                return true;
            }
            index = self.previous[index as usize];
        }
        false
    }
}

fn is_twin(glyph: &Glyph, other: &Glyph, tolerance: f64) -> bool {
    let apart = glyph.origin - other.origin;
    apart.x.abs() <= tolerance
        && apart.y.abs() <= tolerance
        && (glyph.size - other.size).abs() <= 0.2 * glyph.size
        && glyph.direction.dot(other.direction) > 0.95
        && glyph.text == other.text
}

/// Never so wide that the second of two narrow letters would be taken for the first.
fn tolerance(glyph: &Glyph) -> f64 {
    let by_size = TOLERANCE_EM * glyph.size;
    by_size.min((0.45 * glyph.advance()).max(0.02 * glyph.size))
}

fn row(y: f64) -> i64 {
    (y / ROW_PT).floor() as i64
}

fn bucket(glyph: &Glyph, row: i64) -> usize {
    let key = u64::from(u32::from(glyph.text.first())) << 32 ^ row as u64 & 0xffff_ffff;
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize & (BUCKETS - 1)
}
