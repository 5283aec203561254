//! Oversized metadata: titles, outlines, names.

use super::raw::{PageDict, RawPdf};

/// The joke of the thousand million laughs, in the document's metadata.
pub(super) fn laughs() -> Vec<u8> {
    let mut entities = String::from("<!ENTITY l0 \"ha\">");
    for level in 1..30 {
        entities.push_str(&format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)));
    }
    let packet = format!("<?xpacket?><!DOCTYPE x [{entities}]><x:xmpmeta pdfaid:part=\"&l29;\">&l29;</x:xmpmeta>");
    with_metadata(packet.as_bytes())
}

/// Metadata of 8 MB, with tags that are never closed.
pub(super) fn long_metadata() -> Vec<u8> {
    with_metadata("<pdfaid:part>".repeat(650_000).as_bytes())
}

fn with_metadata(packet: &[u8]) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let metadata = raw.packed("/Type/Metadata/Subtype/XML", packet);
    raw.page(&PageDict { catalog: &format!("/Metadata {metadata} 0 R"), ..PageDict::default() })
}

/// Fifty thousand entries, a title of a megabyte, and values that lead back to themselves.
pub(super) fn long_info() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let info = raw.reserve();
    let entries: String = (0..50_000).map(|n| format!("/K{n}(v) ")).collect();
    let title = "\\376\\377".to_owned() + &"t".repeat(500_000);
    raw.set(info, format!("<</Title({title})/Author {info} 0 R/Producer[{info} 0 R]{entries}>>"));
    raw.finish_with(&format!("/Root {root} 0 R/Info {info} 0 R"))
}

/// Twenty thousand attachments, all of them the document's own catalog.
pub(super) fn attachments() -> Vec<u8> {
    let spec = "(a) <</Type/Filespec/F(a)/EF<</F 1 0 R>>>> ".repeat(20_000);
    let catalog = format!("/Names<</EmbeddedFiles<</Names[{spec}]>>>>");
    RawPdf::new().page(&PageDict { catalog: &catalog, ..PageDict::default() })
}

/// Notes and fields of long texts without a look of their own, all at one place.
pub(super) fn notes() -> Vec<u8> {
    let text = "n".repeat(1_000);
    let note = format!("<</Type/Annot/Subtype/FreeText/Rect[1e38 -1e38 9 9]/Contents({text})>>");
    RawPdf::new().page(&PageDict { page: &format!("/Annots[{}]", note.repeat(1_500)), ..PageDict::default() })
}
