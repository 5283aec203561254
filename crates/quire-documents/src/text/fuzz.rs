//! Glyphs in arbitrary places, through the whole layout.

use kurbo::{Point, Vec2};
use unicode_normalization::UnicodeNormalization;

use super::duplicates::DuplicateGlyphs;
use super::glyph::{Glyph, GlyphText};
use super::hyphens::Vocabulary;
use super::layout;
use quire_domain::operation::TextOptions;

/// Letters of both directions, an ideogram, accents, ligatures, brackets, hyphens, spaces, and what nobody knows.
const ALPHABET: [char; 18] =
    ['a', 'b', 'Z', '1', '字', 'א', 'ש', '(', ')', ' ', '-', '´', '\u{301}', 'ﬁ', 'ﬄ', '\u{5b8}', '\t', '\u{fffd}'];
/// Those of the alphabet that the text must still hold, as often as the page: nothing joins, drops or changes them.
const LASTING: [char; 7] = ['b', 'Z', '1', '字', 'א', 'ש', 'a'];

/// Every byte of `data` is part of a glyph. Nothing may panic, no place be without a number, and no letter be lost.
pub fn layout(data: &[u8]) {
    let mut tape = data.iter().copied();
    let flags = tape.next().unwrap_or(0);
    let options = TextOptions { expand_ligatures: flags & 1 == 0, join_hyphens: flags & 2 == 0, boxes: true };
    let mut vocabulary = Vocabulary::default();
    let mut at = Point::new(72.0, 72.0);
    let (mut glyphs, mut duplicates) = (Vec::new(), DuplicateGlyphs::default());
    while let Some(glyph) = next(&mut tape, &mut at) {
        if flags & 4 == 0 || !duplicates.is_repeated(&glyph, &glyphs) {
            glyphs.push(glyph);
        }
    }
    let shown: String = glyphs.iter().map(|glyph| letters(&glyph.text)).collect();
    let blocks = layout::blocks(&mut glyphs, options, &mut vocabulary);
    let text = layout::text_of(&blocks);
    for letter in LASTING {
        assert_eq!(count(&text, letter), count(&shown, letter), "{letter}: {shown:?} became {text:?}");
    }
    let words = blocks.iter().flat_map(|block| &block.lines).flat_map(|line| &line.words);
    assert!(words.into_iter().all(|word| word.bbox.is_finite() && !word.text.is_empty()));
}

fn count(text: &str, letter: char) -> usize {
    text.nfd().filter(|c| *c == letter).count()
}

fn letters(text: &GlyphText) -> String {
    let mut out = String::new();
    text.push_to(&mut out);
    out
}

/// Places are what the collector lets through: numbers within a million points.
fn next(tape: &mut impl Iterator<Item = u8>, at: &mut Point) -> Option<Glyph> {
    let (what, step) = (tape.next()?, tape.next()?);
    let size = f64::from(tape.next()?) / 8.0 + 1e-3;
    let letter = ALPHABET[usize::from(what) % ALPHABET.len()];
    let text = match what {
        0..200 => GlyphText::Char(letter),
        200..220 => GlyphText::Several(format!("a{letter}b").into()),
        220..230 => GlyphText::Several(Box::default()),
        _ => GlyphText::Unmapped,
    };
    let direction = match step >> 6 {
        0 | 1 => Vec2::new(1.0, 0.0),
        2 => Vec2::new(0.0, 1.0),
        _ => Vec2::from_angle(f64::from(step)),
    };
    // Mostly on along the line; now and then back, down, or far away.
    let move_by = match step & 0x3f {
        0..48 => direction * (size * f64::from(step & 7) / 8.0),
        48..56 => Vec2::new(-f64::from(what), size),
        56..62 => Vec2::new(f64::from(what), -size),
        _ => Vec2::new(f64::from(what) * 7e3, f64::from(step) * 3e3),
    };
    *at += move_by;
    if at.x.abs() > 9e5 || at.y.abs() > 9e5 {
        *at = Point::new(72.0, 72.0);
    }
    let end = *at + direction * (size * 0.6);
    let glyph = Glyph { text, origin: *at, end, direction, size, mirrored: what & 16 != 0 };
    *at = end;
    Some(glyph)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_letter_is_lost_wherever_it_stands(data in prop::collection::vec(any::<u8>(), 0..1_500)) {
            super::layout(&data);
        }
    }

    #[test]
    fn a_layout_that_loses_a_letter_would_be_noticed() {
        assert_ne!(super::count("abá", 'a'), super::count("ab", 'a'));
    }
}
