//! *Blank*: a code without characters whose glyph draws nothing, but moves on. What the eye takes for a space is one.

use std::collections::HashMap;

use hayro_interpret::font::{Glyph as EngineGlyph, GlyphRun, OutlineGlyph, Type3Glyph};
use hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask,
};
use kurbo::{Affine, BezPath, Rect};

use super::glyph::{Glyph, GlyphText};

/// More glyphs than this are not remembered but looked at anew.
const MAX_GLYPHS: usize = 10_000;
/// More blanks than other glyphs are no spaces but a text that cannot be seen; this few say nothing.
const FEW: usize = 2;
/// A step of less than this part of the size is none.
const MOVE_EM: f64 = 0.01;

/// Which glyphs draw something. Lives as long as the document.
#[derive(Default)]
pub(super) struct GlyphInk(HashMap<u128, bool>);

impl GlyphInk {
    pub(super) fn has<'a>(&mut self, glyph: &EngineGlyph<'a>, paint: &Paint<'a>) -> bool {
        let key = match glyph {
            EngineGlyph::Outline(outline) => outline.identifier().cache_key(),
            EngineGlyph::Type3(type3) => type3.cache_key(),
        };
        if self.0.len() >= MAX_GLYPHS {
            self.0.clear();
        }
        *self.0.entry(key).or_insert_with(|| match glyph {
            EngineGlyph::Outline(outline) => has_outline(outline),
            EngineGlyph::Type3(type3) => is_drawn(type3, paint),
        })
    }
}

fn has_outline(glyph: &OutlineGlyph) -> bool {
    // Of a font that is not in the document, only codes of no letter are known to be empty.
    let is_known = glyph.font_data().is_some()
        || glyph.glyph_id().to_u32() != 0
        || matches!(glyph.char_code(), 0x00..=0x20 | 0x7f..=0xa0);
    !is_known || glyph.outline().segments().next().is_some()
}

fn is_drawn<'a>(glyph: &Type3Glyph<'a>, paint: &Paint<'a>) -> bool {
    let mut pen = Pen(false);
    glyph.interpret(&mut pen, Affine::IDENTITY, Affine::IDENTITY, paint);
    pen.0
}

/// Whether anything was drawn.
struct Pen(bool);

impl<'a> Device<'a> for Pen {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.0 |= path.segments().next().is_some();
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {
        self.0 = true;
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.0 = true;
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_clip_rect(&mut self, _: &Rect) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

/// The blanks of one page: where in the order of glyphs they are, and what they say if they are none.
#[derive(Default)]
pub(super) struct BlankGlyphs(Vec<(usize, GlyphText)>);

impl BlankGlyphs {
    pub(super) fn note(&mut self, at: usize, otherwise: GlyphText) {
        self.0.push((at, otherwise));
    }

    /// A glyph that does not even move on is nothing at all.
    pub(super) fn text_of(glyph: &Glyph) -> GlyphText {
        if glyph.advance() < MOVE_EM * glyph.size { GlyphText::Several(Box::default()) } else { GlyphText::Char(' ') }
    }

    /// Takes the blanks back where they are no spaces; how many of them are no more than a guess.
    pub(super) fn settle(self, glyphs: &mut [Glyph]) -> u64 {
        let seen = || glyphs.iter().filter(|glyph| !glyph.text.is_space()).count();
        let mut guessed = 0;
        if self.0.len() > FEW && self.0.len() > seen() {
            for (at, otherwise) in self.0 {
                guessed += u64::from(otherwise != GlyphText::Unmapped);
                glyphs[at].text = otherwise;
            }
        }
        guessed
    }
}

#[cfg(test)]
mod tests {
    use lopdf::{Document, Object, Stream, dictionary};

    use crate::samples::{saved, with_content};
    use crate::text::tests::{page, with_letters};

    /// One page in a Type 3 font: `a` and `b` are drawn and have characters, `c` is not drawn and has none.
    fn with_drawn_font(last: &str, content: &str) -> Vec<u8> {
        let mut document = Document::load_mem(&with_content(content)).unwrap_or_default();
        let map = "begincmap 2 beginbfchar <61> <0061> <62> <0062> endbfchar endcmap";
        let map = document.add_object(Stream::new(dictionary! {}, map.into()));
        let mut glyph = |ink: &str| {
            let program = format!("600 0 0 0 500 700 d1 {ink}");
            document.add_object(Stream::new(dictionary! {}, program.into_bytes()))
        };
        let letter = glyph("0 0 500 700 re f");
        let last = glyph(last);
        let font = dictionary! {
            "Type" => "Font", "Subtype" => "Type3", "FontBBox" => vec![0.into(), 0.into(), 600.into(), 700.into()],
            "FontMatrix" => vec![0.001.into(), 0.into(), 0.into(), 0.001.into(), 0.into(), 0.into()],
            "CharProcs" => dictionary! { "g1" => letter, "g2" => letter, "g3" => last },
            "Encoding" => dictionary! { "Differences" => vec![0x61.into(), "g1".into(), "g2".into(), "g3".into()] },
            "FirstChar" => 0x61, "LastChar" => 0x63, "Widths" => vec![600.into(); 3], "ToUnicode" => map,
        };
        for object in document.objects.values_mut() {
            if let Ok(dict) = object.as_dict_mut()
                && let Ok(resources) = dict.get_mut(b"Resources").and_then(Object::as_dict_mut)
            {
                resources.set("Font", dictionary! { "F1" => font.clone() });
            }
        }
        saved(document)
    }

    #[test]
    fn a_code_without_characters_that_draws_nothing_parts_two_words() {
        let page = page(&with_drawn_font("", "BT /F1 12 Tf 72 700 Td (abcabacb) Tj ET"));
        assert_eq!((&page["text"], &page["unmapped_chars"]), (&"ab aba b\n".into(), &0.into()));
        assert_eq!(page["needs_ocr"], false);
    }

    #[test]
    fn a_code_without_characters_that_draws_is_no_blank() {
        let page = page(&with_drawn_font("0 0 500 700 re f", "BT /F1 12 Tf 72 700 Td (abcab) Tj ET"));
        assert_eq!(page["text"], "abcab\n");
    }

    #[test]
    fn a_code_of_no_letter_is_a_blank_in_a_font_that_is_not_embedded() {
        let letters = with_letters(&["x", "y"], "BT /F1 12 Tf 72 700 Td (AB\\003BA) Tj ET");
        let page = page(&letters);
        assert_eq!((&page["text"], &page["unmapped_chars"]), (&"xy yx\n".into(), &0.into()));
    }

    #[test]
    fn a_text_of_nothing_but_blanks_is_an_unknown_text() {
        let shown = "(ccccccccccccccccccccccccccccccccccc) Tj ".repeat(3);
        let page = page(&with_drawn_font("", &format!("BT /F1 8 Tf 36 700 Td {shown} ET")));
        assert_eq!(page["char_count"], 105);
        assert_eq!(page["needs_ocr_reasons"][0], "characters_guessed");
    }

    #[test]
    fn a_text_that_cannot_be_seen_keeps_its_unknown_characters() {
        let letters = with_letters(&["x", "y"], "BT 3 Tr /F1 12 Tf 72 700 Td (AB\\003BA) Tj ET");
        assert_eq!(page(&letters)["unmapped_chars"], 1);
    }
}
