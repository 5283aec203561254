//! *Tracking*: letters set apart evenly, as in headings. Their gaps part no words; wider gaps and shown spaces do.

use std::ops::Range;

use super::fragments::{WORD_GAP_EM, gap};
use super::glyph::Glyph;
use super::unicode::is_ideographic;

/// Fewer letters are words of one letter each.
const MIN_LETTERS: usize = 4;
/// Which of the gaps, from the narrowest, is taken for the tracking: fewer than this part are gaps between words.
const TRACKING_RANK: f64 = 0.4;
/// A gap is even with the tracking up to this much off, in parts of the size: kerning stays.
const EVEN_EM: f64 = 0.06;
/// Part of the gaps that must be even.
const EVEN_SHARE: f64 = 0.75;
/// A gap between tracked words is wider than the tracking by this much, in parts of the size and of the tracking.
const WORD_EXTRA_EM: f64 = 0.12;
const WORD_EXTRA_SHARE: f64 = 0.3;
/// Kerning makes gaps of tracked letters narrower, but hardly closes them.
const KERNED_EM: f64 = 0.05;
/// Ideograms are set apart to fill a line; only gaps from here on are meant.
const IDEOGRAM_GAP_EM: f64 = 0.6;

/// The gaps from which on two neighbours of a fragment are two words; at first, as if nothing were tracked.
#[derive(Default)]
pub(super) struct WordGaps {
    tracked: Vec<(Range<usize>, f64)>,
    /// Number of wide gaps that `part` has met.
    wide: usize,
}

impl WordGaps {
    /// Those of `glyphs`, in the order in which they are seen, once all were asked about; `None` when nothing of them
    /// is tracked. Most text has too few wide gaps for that, and is looked at once.
    pub(super) fn tracked(&self, glyphs: &[Glyph]) -> Option<Self> {
        if self.wide + 1 < MIN_LETTERS {
            return None;
        }
        let limits = stretches(glyphs).into_iter().filter_map(|stretch| {
            let limit = limit(&glyphs[stretch.clone()])?;
            Some((stretch, limit))
        });
        let tracked: Vec<_> = limits.collect();
        (!tracked.is_empty()).then_some(Self { tracked, wide: 0 })
    }

    /// Whether a word ends before the glyph at `i`, which is no space, and neither is the one before it. Counts wide
    /// gaps for [`WordGaps::tracked`].
    pub(super) fn part(&mut self, glyphs: &[Glyph], i: usize) -> bool {
        let (last, next) = (&glyphs[i - 1], &glyphs[i]);
        let (gap, size) = (gap(last, next), gap_size(last, next));
        if gap <= WORD_GAP_EM * size {
            // A glyph that runs back to another word of a mirrored line starts anew.
            return next.mirrored && gap < -IDEOGRAM_GAP_EM * size;
        }
        self.wide += 1;
        let tracked = self.tracked.iter().find(|(range, _)| range.contains(&i) && range.contains(&(i - 1)));
        let limit = tracked.map_or(WORD_GAP_EM, |(_, limit)| *limit);
        let ideograms = is_ideographic(last.text.last()) && is_ideographic(next.text.first());
        gap > size * if ideograms { limit.max(IDEOGRAM_GAP_EM) } else { limit }
    }
}

/// The gap between two glyphs in parts of their size; `None` where one of them is a space.
fn apart(last: &Glyph, next: &Glyph) -> Option<f64> {
    let shown = !last.text.is_space() && !next.text.is_space();
    shown.then(|| gap(last, next) / gap_size(last, next))
}

/// The size that a gap is measured by.
fn gap_size(last: &Glyph, next: &Glyph) -> f64 {
    next.size.max(last.size * 0.6)
}

/// The runs in which every letter stands apart from both its neighbours: the last letter of an ordinary word does not.
fn stretches(glyphs: &[Glyph]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = 0;
    for i in 1..=glyphs.len() {
        let next = glyphs.get(i);
        if next.is_some_and(|next| apart(&glyphs[i - 1], next).is_none_or(|gap| gap >= KERNED_EM)) {
            continue;
        }
        let end = if next.is_some() { i - 1 } else { i };
        if end >= start + MIN_LETTERS {
            stretches.push(start..end);
        }
        start = i + 1;
    }
    stretches
}

/// Letters that are listed, not set as a word: an alphabet, or each small one before its capital.
fn is_list(letters: &[char]) -> bool {
    let pairs = letters.len().saturating_sub(1);
    let count = |is_so: fn(char, char) -> bool| letters.windows(2).filter(|pair| is_so(pair[0], pair[1])).count();
    let in_turn = count(|one, next| u32::from(one) + 1 == u32::from(next));
    let raised = count(|one, next| one.is_lowercase() && next.is_uppercase());
    in_turn * 2 > pairs || raised * 4 > pairs
}

/// From which gap on words are apart; `None` when the stretch is not tracked.
fn limit(stretch: &[Glyph]) -> Option<f64> {
    let shown = || stretch.iter().filter(|g| !g.text.is_space()).map(|g| g.text.first());
    let alphabetic: Vec<char> = shown().filter(|c| c.is_alphabetic()).collect();
    let letters = alphabetic.len();
    let signs = shown().filter(|c| c.is_alphanumeric() || is_ideographic(*c)).count();
    let ideograms = shown().any(is_ideographic);
    let shown = shown().count();
    let is_sparse = signs * 4 < shown * 3 || (letters * 2 < shown && !ideograms);
    if signs < MIN_LETTERS || is_sparse || is_list(&alphabetic) {
        return None;
    }
    let mut gaps: Vec<f64> = stretch.windows(2).filter_map(|pair| apart(&pair[0], &pair[1])).collect();
    gaps.sort_by(f64::total_cmp);
    let tracking = *gaps.get((TRACKING_RANK * gaps.len().checked_sub(1)? as f64) as usize)?;
    let limit = tracking + WORD_EXTRA_EM.max(WORD_EXTRA_SHARE * tracking);
    let within: Vec<f64> = gaps.into_iter().filter(|gap| *gap <= limit).collect();
    let even = within.iter().filter(|gap| (*gap - tracking).abs() <= EVEN_EM).count();
    let tracked =
        tracking > WORD_GAP_EM && within.len() + 1 >= MIN_LETTERS && even as f64 >= EVEN_SHARE * within.len() as f64;
    tracked.then_some(limit)
}
