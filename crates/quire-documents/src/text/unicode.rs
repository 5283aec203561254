//! Unicode properties that the layout needs: right to left, ligatures, accents that stand alone.

use unicode_bidi::{BidiClass, bidi_class};
use unicode_normalization::UnicodeNormalization;

use super::fragments::TextWord;
use super::glyph::{Glyph, GlyphText};

pub(super) fn is_rtl(c: char) -> bool {
    // Everything before Hebrew runs left to right: the common case costs one comparison.
    c >= '\u{590}' && matches!(bidi_class(c), BidiClass::R | BidiClass::AL)
}

/// Scripts that are set without spaces, and their punctuation. Korean has spaces.
pub(super) fn is_ideographic(c: char) -> bool {
    // As above: almost all of a text lies before these.
    c >= '\u{2e80}'
        && matches!(c,
        '\u{2e80}'..='\u{2fff}' | '\u{3001}'..='\u{312f}' | '\u{3190}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{fe10}'..='\u{fe1f}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff01}'..='\u{ff9f}'
        | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

fn is_ltr(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::L | BidiClass::EN | BidiClass::AN)
}

/// Positions of the glyphs of one word, which are given left to right, in the order they are read.
///
/// The reverse of the last rule of the bidirectional algorithm (UAX 9, L2): the whole runs right to
/// left, numbers and foreign words within it left to right.
pub(super) fn logical_order(glyphs: &[Glyph]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..glyphs.len()).collect();
    if glyphs.iter().any(|g| is_rtl(g.text.first())) {
        order.reverse();
        reverse_runs(&mut order, |i| is_ltr(glyphs[*i].text.first()), |i| is_rtl(glyphs[*i].text.first()));
        marks_after_letters(&mut order, glyphs);
    }
    order
}

/// A vowel sign stands at its letter's edge and may have got in front of it.
fn marks_after_letters(order: &mut [usize], glyphs: &[Glyph]) {
    for i in 1..order.len() {
        let (mark, letter) = (&glyphs[order[i - 1]], &glyphs[order[i]]);
        let is_mark = bidi_class(mark.text.first()) == BidiClass::NSM;
        let at = (mark.origin - letter.origin).dot(letter.direction);
        let slack = 0.05 * letter.size;
        if is_mark && is_rtl(letter.text.first()) && at > -slack && at < letter.advance() + slack {
            order.swap(i - 1, i);
        }
    }
}

/// Whether the glyphs run right to left and stand in the order in which they are seen.
pub(super) fn is_visual_rtl(glyphs: &[Glyph]) -> bool {
    // A glyph that stands for several words brings them in the order in which they are read.
    let holds_words = |g: &Glyph| matches!(&g.text, GlyphText::Several(text) if text.contains(' '));
    glyphs.iter().any(|g| is_rtl(g.text.first())) && !glyphs.iter().any(holds_words)
}

/// Words given left to right, in the order they are read.
pub(super) fn logical_words(mut words: Vec<TextWord>) -> Vec<TextWord> {
    let rtl = |w: &TextWord| w.text.chars().any(is_rtl);
    let ltr = |w: &TextWord| !rtl(w) && w.text.chars().any(is_ltr);
    let (right, left) = words.iter().fold((0, 0), |(r, l), w| (r + usize::from(rtl(w)), l + usize::from(ltr(w))));
    if right >= left {
        words.reverse();
        reverse_runs(&mut words, ltr, rtl);
    } else {
        reverse_runs(&mut words, rtl, ltr);
    }
    words
}

/// Reverses every longest run that starts and ends with `inner` and holds no `outer`.
fn reverse_runs<T>(items: &mut [T], inner: impl Fn(&T) -> bool, outer: impl Fn(&T) -> bool) {
    let mut i = 0;
    while i < items.len() {
        if !inner(&items[i]) {
            i += 1;
            continue;
        }
        let stop = items[i..].iter().position(&outer).map_or(items.len(), |n| i + n);
        let last = items[i..stop].iter().rposition(&inner).map_or(i, |n| i + n);
        items[i..=last].reverse();
        i = stop;
    }
}

/// A bracket within right-to-left text is shown as its mirror image.
pub(super) fn push_mirrored(text: &GlyphText, out: &mut String) {
    match text {
        GlyphText::Char(c) => out.push(mirrored(*c)),
        other => other.push_to(out),
    }
}

fn mirrored(c: char) -> char {
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '«' => '»',
        '»' => '«',
        other => other,
    }
}

/// Ligatures and presentation forms taken apart, if wanted; loose accents joined to their letter.
pub(super) fn tidy(text: String, expand_ligatures: bool) -> String {
    if text.is_ascii() {
        return text;
    }
    let text = if expand_ligatures && text.chars().any(is_presentation_form) { expand(&text) } else { text };
    if text.chars().any(is_combining) { text.nfc().collect() } else { text }
}

/// `ﬁ` → `fi`, and the shapes of Arabic and Hebrew letters → the letters.
fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if is_presentation_form(c) {
            out.extend(std::iter::once(c).nfkc());
        } else {
            out.push(c);
        }
    }
    out
}

fn is_presentation_form(c: char) -> bool {
    matches!(c, '\u{fb00}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{0132}' | '\u{0133}')
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}
