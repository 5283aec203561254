//! Glyphs in the order of the page's stream → fragments: pieces of one line without a wide gap.

use std::ops::Range;

use kurbo::{Point, Rect, Vec2};

use super::glyph::Glyph;
use super::tracking::WordGaps;
use super::unicode::is_rtl;

/// A gap this wide, in parts of the size, separates two words.
pub(super) const WORD_GAP_EM: f64 = 0.15;
/// A gap this wide may separate two columns or cells.
const WIDE_GAP_EM: f64 = 1.0;
/// A glyph this far off the line so far starts another one; superscripts stay.
const OFF_LINE_EM: f64 = 0.6;
/// A step back of this much starts another line; kerning and accents stay.
const STEP_BACK_EM: f64 = 1.5;

/// Words of a fragment share their line's direction.
#[derive(Debug, Clone)]
pub(crate) struct TextWord {
    pub text: String,
    pub bbox: Rect,
}

#[derive(Debug, Clone)]
pub(super) struct TextFragment {
    pub words: Vec<TextWord>,
    /// Whether the document shows a space before this fragment on the same line.
    pub spaced: bool,
    pub direction: Vec2,
    /// Of the largest glyph.
    pub size: f64,
    /// On the baseline, of the largest glyph.
    pub base: Point,
    pub bbox: Rect,
    pub rtl: bool,
}

impl TextFragment {
    /// Whether this is part of a sentence rather than a number, a label or a formula.
    pub(super) fn is_prose(&self) -> bool {
        let is_word = |w: &&TextWord| w.text.chars().any(char::is_alphabetic);
        self.words.len() >= 2 && self.words.iter().filter(is_word).count() * 3 >= self.words.len() * 2
    }

    pub(super) fn chars(&self) -> usize {
        self.words.iter().map(|word| word.text.len()).sum()
    }
}

/// Cuts the page's glyphs into fragments, in stream order.
pub(super) fn cut(glyphs: &mut [Glyph], expand_ligatures: bool) -> Vec<TextFragment> {
    let mut fragments = Vec::new();
    let mut start = 0;
    let mut largest = 0;
    for i in 1..=glyphs.len() {
        if i < glyphs.len() && !is_break(&glyphs[largest], &glyphs[i - 1], &glyphs[i]) {
            if glyphs[i].size > glyphs[largest].size && !glyphs[i].text.is_space() {
                largest = i;
            }
            continue;
        }
        if let Some(fragment) = super::words::fragment(&mut glyphs[start..i], expand_ligatures) {
            fragments.push(fragment);
        }
        start = i;
        largest = i;
    }
    fragments
}

/// Whether `next` starts another fragment. Offsets are measured from the fragment's largest glyph, so that
/// a subscript may follow a superscript.
fn is_break(largest: &Glyph, last: &Glyph, next: &Glyph) -> bool {
    let direction = next.direction;
    let size = next.size.max(largest.size);
    let off_line = (next.origin - largest.origin).cross(direction).abs();
    if last.direction.dot(direction) < 0.9 || off_line > OFF_LINE_EM * size {
        return true;
    }
    if last.mirrored != next.mirrored {
        return true;
    }
    let along = (next.origin - last.end).dot(direction);
    if next.mirrored || is_rtl(next.text.first()) || is_rtl(last.text.first()) {
        // Such text may be shown in either direction: measure the gap on the nearer side.
        let backwards = (last.origin - next.end).dot(direction);
        return along.abs().min(backwards.abs()) > WIDE_GAP_EM * size;
    }
    along < -STEP_BACK_EM * size || along > WIDE_GAP_EM * size
}

/// Splits positions `0..n` into words, given the glyphs in visual order.
pub(super) fn word_ranges(glyphs: &[Glyph]) -> Vec<Range<usize>> {
    let mut gaps = WordGaps::default();
    let ranges = parted(glyphs, &mut gaps);
    gaps.tracked(glyphs).map_or(ranges, |mut tracked| parted(glyphs, &mut tracked))
}

fn parted(glyphs: &[Glyph], gaps: &mut WordGaps) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = None;
    for (i, glyph) in glyphs.iter().enumerate() {
        if glyph.text.is_space() {
            ranges.extend(start.take().map(|start| start..i));
            continue;
        }
        if let Some(from) = start
            && gaps.part(glyphs, i)
        {
            ranges.push(from..i);
            start = None;
        }
        start.get_or_insert(i);
    }
    ranges.extend(start.map(|start| start..glyphs.len()));
    ranges
}

pub(super) fn gap(last: &Glyph, next: &Glyph) -> f64 {
    (next.origin - last.end).dot(next.direction)
}
