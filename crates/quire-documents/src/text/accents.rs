//! Accents that are shown as glyphs of their own over a letter, as TeX does: `´` and `e` → `é`.

use unicode_normalization::char::compose;

use super::glyph::{Glyph, GlyphText};

/// Joins every such accent to the letter that it stands over; its own glyph becomes empty.
pub(super) fn attach(glyphs: &mut [Glyph]) {
    for i in 0..glyphs.len() {
        let Some(mark) = combining(&glyphs[i].text) else {
            continue;
        };
        let before = i.checked_sub(1);
        let after = (i + 1 < glyphs.len()).then_some(i + 1);
        for letter in [after, before].into_iter().flatten() {
            if stands_over(&glyphs[i], &glyphs[letter])
                && let Some(text) = accented(&glyphs[letter].text, mark)
            {
                glyphs[letter].text = text;
                glyphs[i].text = GlyphText::Several(Box::default());
                // The letter alone now says how far the two reach.
                glyphs[i].origin = glyphs[letter].origin;
                glyphs[i].end = if letter > i { glyphs[letter].origin } else { glyphs[letter].end };
                break;
            }
        }
    }
}

/// The combining form of a spacing accent.
fn combining(text: &GlyphText) -> Option<char> {
    let GlyphText::Char(c) = text else {
        return None;
    };
    Some(match c {
        '`' => '\u{300}',
        '´' => '\u{301}',
        'ˆ' => '\u{302}',
        '˜' => '\u{303}',
        '¯' | 'ˉ' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        _ => return None,
    })
}

/// Whether the middle of the accent lies within the letter.
fn stands_over(accent: &Glyph, letter: &Glyph) -> bool {
    let direction = letter.direction;
    let middle = (accent.origin.midpoint(accent.end) - letter.origin).dot(direction);
    let off_line = (accent.origin - letter.origin).cross(direction).abs();
    let slack = 0.1 * letter.size;
    middle > -slack && middle < letter.advance() + slack && off_line < 0.5 * letter.size
}

fn accented(letter: &GlyphText, mark: char) -> Option<GlyphText> {
    let letter = match letter {
        GlyphText::Char('ı') => 'i',
        GlyphText::Char('ȷ') => 'j',
        GlyphText::Char(c) if c.is_alphabetic() => *c,
        _ => return None,
    };
    Some(match compose(letter, mark) {
        Some(whole) => GlyphText::Char(whole),
        None => GlyphText::Several(format!("{letter}{mark}").into()),
    })
}
