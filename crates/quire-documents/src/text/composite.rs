//! Codes of composite (Type 0) fonts, as their dictionaries imply them: some are Unicode themselves,
//! others are numbers in one of Adobe's character collections.

use std::collections::HashMap;

use hayro_cmap::{BfString, CMap, CMapName, CidFamily, load_embedded};
use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as PdfString};

use super::fallback::is_meaningful;

/// Objects looked at in search of fonts.
const MAX_OBJECTS: usize = 300_000;
const MAX_FONTS: usize = 2_000;

/// By PostScript name, without a subset's tag.
pub(super) struct CompositeFonts(HashMap<String, Codes>);

enum Codes {
    /// `ToUnicode` is the identity.
    Unicode,
    /// Code → number in the collection → Unicode.
    Collection { encoding: Box<CMap>, ucs2: Box<CMap> },
}

impl CompositeFonts {
    pub(super) fn of(pdf: &Pdf) -> Self {
        let mut fonts = HashMap::new();
        for object in pdf.objects().into_iter().take(MAX_OBJECTS) {
            if fonts.len() >= MAX_FONTS {
                break;
            }
            let Object::Dict(dict) = object else { continue };
            if dict.get::<Name<'_>>(b"Subtype").is_some_and(|name| name.as_str() == "Type0")
                && let Some(base) = dict.get::<Name<'_>>(b"BaseFont")
                && let Some(codes) = codes(&dict)
            {
                fonts.insert(without_tag(base.as_str()).to_owned(), codes);
            }
        }
        Self(fonts)
    }

    pub(super) fn character(&self, font: &str, code: u32) -> Option<char> {
        let character = match self.0.get(font)? {
            Codes::Unicode => char::from_u32(code)?,
            Codes::Collection { encoding, ucs2 } => {
                let cid = (1..=4).find_map(|n| encoding.lookup_cid_code(code, n))?;
                match ucs2.lookup_bf_string(cid)? {
                    BfString::Char(c) => c,
                    BfString::String(text) => text.chars().next()?,
                }
            }
        };
        is_meaningful(character).then_some(character)
    }
}

fn codes(font: &Dict<'_>) -> Option<Codes> {
    let identity = font.get::<Name<'_>>(b"ToUnicode");
    if identity.is_some_and(|name| name.as_str().starts_with("Identity")) {
        return Some(Codes::Unicode);
    }
    let ucs2 = predefined(collection(font)?.ucs2_cmap()?)?;
    Some(Codes::Collection { encoding: Box::new(encoding(font)?), ucs2: Box::new(ucs2) })
}

fn encoding(font: &Dict<'_>) -> Option<CMap> {
    match font.get::<Object<'_>>(b"Encoding")? {
        Object::Name(name) => match CMapName::from_bytes(name.as_ref()) {
            CMapName::IdentityH => Some(CMap::identity_h()),
            CMapName::IdentityV => Some(CMap::identity_v()),
            other => predefined(other),
        },
        Object::Stream(stream) => parsed(&stream),
        _ => None,
    }
}

fn parsed(stream: &Stream<'_>) -> Option<CMap> {
    CMap::parse(&stream.decoded_data().ok()?, load_embedded)
}

fn predefined(name: CMapName<'_>) -> Option<CMap> {
    CMap::parse(load_embedded(name)?, load_embedded)
}

fn collection(font: &Dict<'_>) -> Option<CidFamily> {
    let descendant = font.get::<Array<'_>>(b"DescendantFonts")?.iter::<Dict<'_>>().next()?;
    let info = descendant.get::<Dict<'_>>(b"CIDSystemInfo")?;
    let registry = info.get::<PdfString<'_>>(b"Registry")?;
    let ordering = info.get::<PdfString<'_>>(b"Ordering")?;
    Some(CidFamily::from_registry_ordering(registry.as_bytes(), ordering.as_bytes()))
}

fn without_tag(name: &str) -> &str {
    match name.split_once('+') {
        Some((tag, rest)) if tag.len() == 6 => rest,
        _ => name,
    }
}
