//! Text that has no glyphs of its own, laid evenly along a stretch of a line, word by word.

use std::iter;

use kurbo::{Point, Vec2};

use super::glyph::{Glyph, GlyphText};
use super::unicode::is_rtl;

/// A piece of a line on which text may be laid.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineStretch {
    /// On the baseline, where the line begins for the eye.
    pub from: Point,
    pub direction: Vec2,
    pub length: f64,
    /// Height of the em square.
    pub size: f64,
}

/// Lays the whole text along the stretch. White space becomes blanks, also at the ends.
pub(super) fn along(text: &str, stretch: LineStretch) -> Vec<Glyph> {
    let chars = text.chars().count();
    let step = stretch.length / chars.max(1) as f64;
    let rtl = text.chars().any(is_rtl);
    let mut at = 0;
    let mut glyphs = Vec::new();
    for token in tokens(text) {
        let to = at + token.chars().count();
        // Text that is read from the right stands mirrored on the line.
        let (near, far) = if rtl { (chars - to, chars - at) } else { (at, to) };
        let place = |chars: usize| stretch.from + stretch.direction * (step * chars as f64);
        glyphs.push(Glyph {
            text: said(token),
            origin: place(near),
            end: place(far),
            direction: stretch.direction,
            size: stretch.size,
            mirrored: false,
        });
        at = to;
    }
    glyphs
}

/// Words and the white space between them, in turns.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    iter::from_fn(move || {
        let space = rest.chars().next()?.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != space).unwrap_or(rest.len());
        let (token, left) = rest.split_at(end);
        rest = left;
        Some(token)
    })
}

fn said(token: &str) -> GlyphText {
    let mut chars = token.chars();
    match (chars.next(), chars.next()) {
        (Some(c), _) if c.is_whitespace() => GlyphText::Char(' '),
        (Some(c), None) => GlyphText::Char(c),
        _ => GlyphText::Several(token.into()),
    }
}
