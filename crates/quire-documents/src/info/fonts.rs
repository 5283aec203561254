//! All fonts of the document, wherever they are used.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object};
use serde::Serialize;

use super::report::BoundedList;
use super::walk;

const MAX_FONTS: usize = 5_000;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct FontInfo {
    /// Without the tag of a subset (`ABCDEF+`); `null` for most Type 3 fonts.
    pub name: Option<String>,
    /// `Type1`, `TrueType`, `Type0`, `Type3`, `MMType1`.
    #[serde(rename = "type")]
    pub kind: String,
    pub embedded: bool,
    pub subset: bool,
}

/// By name, each once.
pub(super) fn list(doc: &Document) -> BoundedList<FontInfo> {
    let mut fonts = BTreeSet::new();
    for object in doc.objects.values() {
        if fonts.len() >= MAX_FONTS {
            return BoundedList { items: fonts.into_iter().collect(), cut: true };
        }
        match object {
            Object::Dictionary(dict) => {
                fonts.extend(font(doc, dict));
                // Fonts may also stand right in the resources.
                let inline = walk::dict(doc, dict, b"Font")
                    .or_else(|| walk::dict(doc, walk::dict(doc, dict, b"Resources")?, b"Font"));
                for (_, entry) in inline.into_iter().flat_map(|fonts| fonts.iter().take(MAX_FONTS)) {
                    fonts.extend(entry.as_dict().ok().and_then(|dict| font(doc, dict)));
                }
            }
            Object::Stream(stream) => {
                let resources = walk::dict(doc, &stream.dict, b"Resources");
                let inline = resources.and_then(|resources| walk::dict(doc, resources, b"Font"));
                for (_, entry) in inline.into_iter().flat_map(|fonts| fonts.iter().take(MAX_FONTS)) {
                    fonts.extend(entry.as_dict().ok().and_then(|dict| font(doc, dict)));
                }
            }
            _ => {}
        }
    }
    BoundedList { items: fonts.into_iter().collect(), cut: false }
}

fn font(doc: &Document, dict: &Dictionary) -> Option<FontInfo> {
    let is_font = walk::name(doc, dict, b"Type").as_deref() == Some("Font");
    let kind = walk::name(doc, dict, b"Subtype")?;
    // The descendants of composite fonts are part of these.
    if !is_font || kind.starts_with("CIDFont") {
        return None;
    }
    let descendant =
        walk::array(doc, dict, b"DescendantFonts").and_then(|fonts| walk::as_dict(walk::resolve(doc, fonts.first()?)?));
    let descriptor = walk::dict(doc, descendant.unwrap_or(dict), b"FontDescriptor");
    let in_file = |d: &Dictionary| [b"FontFile".as_slice(), b"FontFile2", b"FontFile3"].iter().any(|key| d.has(key));
    let full = walk::name(doc, dict, b"BaseFont");
    let (subset, name) = match full.as_deref().and_then(|name| name.split_once('+')) {
        Some((tag, rest)) if tag.len() == 6 => (true, Some(rest.to_owned())),
        _ => (false, full),
    };
    Some(FontInfo { name, embedded: kind == "Type3" || descriptor.is_some_and(in_file), kind, subset })
}
