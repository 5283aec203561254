//! The glyphs of one fragment → its words, in logical order.

use kurbo::{Point, Rect, Vec2};

use super::accents;
use super::fragments::{TextFragment, TextWord, word_ranges};
use super::glyph::Glyph;
use super::unicode;

/// Parts of the size above and below the baseline that a line of type takes up.
const ASCENT_EM: f64 = 0.75;
const DESCENT_EM: f64 = 0.22;

/// `None` when there is nothing but spaces.
pub(super) fn fragment(glyphs: &mut [Glyph], expand_ligatures: bool) -> Option<TextFragment> {
    accents::attach(glyphs);
    let mirrored = glyphs.first().is_some_and(|g| g.mirrored);
    let visual = !mirrored && unicode::is_visual_rtl(glyphs);
    let rtl = mirrored || visual;
    if visual {
        sort_visually(glyphs);
    }
    let ranges = word_ranges(glyphs);
    if mirrored {
        glyphs.iter_mut().for_each(|glyph| *glyph = glyph.turned());
    }
    let mut words: Vec<TextWord> = ranges
        .into_iter()
        .map(|range| word(&glyphs[range], visual, expand_ligatures))
        .filter(|word| !word.text.is_empty())
        .collect();
    let bbox = words.iter().map(|w| w.bbox).reduce(|a, b| a.union(b))?;
    if mirrored {
        let direction = glyphs.first()?.direction;
        words.sort_by(|a, b| along(a, direction).total_cmp(&along(b, direction)));
    }
    if rtl {
        words = unicode::logical_words(words);
    }
    let largest = glyphs.iter().filter(|g| !g.text.is_space()).max_by(|a, b| a.size.total_cmp(&b.size))?;
    Some(TextFragment {
        words,
        spaced: glyphs.first()?.text.is_space(),
        direction: largest.direction,
        size: largest.size,
        base: largest.origin,
        bbox,
        rtl,
    })
}

fn along(word: &TextWord, direction: Vec2) -> f64 {
    word.bbox.center().to_vec2().dot(direction)
}

fn sort_visually(glyphs: &mut [Glyph]) {
    let Some(direction) = glyphs.first().map(|g| g.direction) else {
        return;
    };
    let position = |g: &Glyph| g.origin.to_vec2().dot(direction);
    glyphs.sort_by(|a, b| position(a).total_cmp(&position(b)));
}

fn word(glyphs: &[Glyph], rtl: bool, expand_ligatures: bool) -> TextWord {
    let mut text = String::with_capacity(glyphs.len());
    let order: Vec<usize> = if rtl { unicode::logical_order(glyphs) } else { Vec::new() };
    let is_mirrored = rtl && glyphs.len() > 1 && glyphs.iter().any(|g| unicode::is_rtl(g.text.first()));
    for i in 0..glyphs.len() {
        let i = order.get(i).copied().unwrap_or(i);
        if is_mirrored {
            unicode::push_mirrored(&glyphs[i].text, &mut text);
        } else {
            glyphs[i].text.push_to(&mut text);
        }
    }
    let text = unicode::tidy(text, expand_ligatures);
    let bbox = glyphs.iter().map(glyph_box).reduce(|a, b| a.union(b)).unwrap_or_default();
    TextWord { text, bbox }
}

fn glyph_box(glyph: &Glyph) -> Rect {
    let up = Vec2::new(glyph.direction.y, -glyph.direction.x) * glyph.size;
    let corner = |p: Point, em: f64| p + up * em;
    Rect::from_points(corner(glyph.origin, ASCENT_EM), corner(glyph.end, -DESCENT_EM))
        .union(Rect::from_points(corner(glyph.origin, -DESCENT_EM), corner(glyph.end, ASCENT_EM)))
}
