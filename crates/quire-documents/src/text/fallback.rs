//! Unicode for glyphs of which the engine does not know it, from the surest source to the weakest: the
//! embedded font's own table read backwards, what the font's dictionary implies, the bare code.

use std::collections::HashMap;

use hayro_interpret::Paint;
use hayro_interpret::font::{Glyph as EngineGlyph, OutlineGlyph};
use hayro_syntax::Pdf;
use skrifa::{FontRef, MetadataProvider};

use super::blanks::GlyphInk;
use super::composite::CompositeFonts;
use super::device::usable_char;

/// More fonts than this in one document are not remembered but looked at anew.
const MAX_FONTS: usize = 512;

/// Lives as long as the document.
pub(super) struct GlyphFallback<'p> {
    pdf: &'p Pdf,
    by_glyph: HashMap<u128, HashMap<u32, char>>,
    /// Read when the first glyph needs it: it takes a walk through the whole document.
    composite: Option<CompositeFonts>,
    ink: GlyphInk,
}

/// Quality of what is known of a glyph without Unicode.
pub(super) enum GlyphMatch {
    Known(char),
    /// Taken from the bare code.
    Guessed(char),
    Unknown,
}

impl<'p> GlyphFallback<'p> {
    pub(super) fn new(pdf: &'p Pdf) -> Self {
        Self { pdf, by_glyph: HashMap::new(), composite: None, ink: GlyphInk::default() }
    }

    pub(super) fn text_of(&mut self, glyph: &EngineGlyph<'_>) -> GlyphMatch {
        match glyph {
            EngineGlyph::Outline(outline) => self.of_outline(outline).map_or(GlyphMatch::Unknown, GlyphMatch::Known),
            EngineGlyph::Type3(type3) => of_code(type3.char_code()).map_or(GlyphMatch::Unknown, GlyphMatch::Guessed),
        }
    }

    /// Whether it draws anything, as far as can be said.
    pub(super) fn has_ink<'a>(&mut self, glyph: &EngineGlyph<'a>, paint: &Paint<'a>) -> bool {
        self.ink.has(glyph, paint)
    }

    fn of_outline(&mut self, glyph: &OutlineGlyph) -> Option<char> {
        let font = glyph.font_data()?;
        if self.by_glyph.len() >= MAX_FONTS {
            self.by_glyph.clear();
        }
        let data = font.data.clone();
        let by_glyph = self.by_glyph.entry(font.cache_key).or_insert_with(|| characters_by_glyph((*data).as_ref()));
        // Glyph 0 stands for all that the font lacks.
        let id = glyph.glyph_id().to_u32();
        let known = by_glyph.get(&id).copied().filter(|_| id != 0);
        known.or_else(|| {
            let pdf = self.pdf;
            let fonts = self.composite.get_or_insert_with(|| CompositeFonts::of(pdf));
            fonts.character(font.postscript_name.as_deref()?, glyph.char_code())
        })
    }
}

/// Type 3 fonts made of bitmaps often keep the codes of the font they came from.
fn of_code(code: u32) -> Option<char> {
    Some(match code {
        0x21..=0x7e | 0xa1..=0xff => char::from_u32(code)?,
        // Ligatures of TeX's T1 encoding.
        0x1b => 'ﬀ',
        0x1c => 'ﬁ',
        0x1d => 'ﬂ',
        0x1e => 'ﬃ',
        0x1f => 'ﬄ',
        _ => return None,
    })
}

/// The font's own table from character to glyph, turned round; the lowest character wins.
fn characters_by_glyph(data: &[u8]) -> HashMap<u32, char> {
    let mut map = HashMap::new();
    let Ok(font) = FontRef::new(data) else {
        return map;
    };
    for (character, glyph) in font.charmap().mappings() {
        if let Some(character) = char::from_u32(character).filter(|c| is_meaningful(*c)) {
            map.entry(glyph.to_u32()).or_insert(character);
        }
    }
    map
}

/// Symbol fonts map their glyphs into the private use area, which says nothing.
pub(super) fn is_meaningful(c: char) -> bool {
    usable_char(c) && !matches!(c, '\u{e000}'..='\u{f8ff}')
}
