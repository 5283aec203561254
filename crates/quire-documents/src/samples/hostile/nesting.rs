//! Deeply nested objects.

use super::raw::{HELLO, PageDict, RawPdf, stream};

/// Deeper than any stack that recurses once a level.
const DEEP: usize = 200_000;

/// An array in an array … as an entry of the page.
pub(super) fn arrays() -> Vec<u8> {
    entry(&"[".repeat(DEEP), &"]".repeat(DEEP))
}

/// Never closed.
pub(super) fn open_arrays() -> Vec<u8> {
    entry(&"[".repeat(DEEP * 5), "")
}

pub(super) fn dictionaries() -> Vec<u8> {
    entry(&"<</A".repeat(DEEP), &format!("1{}", ">>".repeat(DEEP)))
}

pub(super) fn arrays_of_dictionaries() -> Vec<u8> {
    entry(&"[<</A".repeat(DEEP), &format!("1{}", ">>]".repeat(DEEP)))
}

fn entry(open: &str, close: &str) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let deep = raw.add(format!("{open}{close}"));
    raw.page(&PageDict { page: &format!("/Annots {deep} 0 R/B {deep} 0 R"), ..PageDict::default() })
}

/// In the trailer, which is read first.
pub(super) fn trailer() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    raw.finish_with(&format!("/Root {root} 0 R/ID {}{}", "[".repeat(DEEP), "]".repeat(DEEP)))
}

/// As an operand in the page's content.
pub(super) fn operands() -> Vec<u8> {
    let deep = format!("{}{} TJ {HELLO}", "[".repeat(DEEP), "]".repeat(DEEP));
    RawPdf::new().page_of_packed(format!("{deep} {}", "<</A".repeat(DEEP)), "")
}

/// Two million saved states, never restored.
pub(super) fn states() -> Vec<u8> {
    RawPdf::new().page_of_packed(format!("{}{HELLO}", "q ".repeat(2_000_000)), "")
}

/// A million pieces of marked content, never ended.
pub(super) fn marks() -> Vec<u8> {
    RawPdf::new().page_of_packed(format!("{}{HELLO}", "/A BMC BT ".repeat(1_000_000)), "")
}

/// A million parentheses within one string.
pub(super) fn parentheses() -> Vec<u8> {
    let string = format!("{}{}", "(".repeat(1_000_000), ")".repeat(1_000_000));
    RawPdf::new().page_of_packed(format!("{HELLO} BT /F1 12 Tf 72 600 Td {string} Tj ET"), "")
}

/// A page under 20,000 levels of tree.
pub(super) fn page_tree() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream("", HELLO);
    let boxed = "/MediaBox[0 0 595 842]";
    let mut node = raw.add(format!("<</Type/Page{boxed}/Contents {content} 0 R>>"));
    for _ in 0..20_000 {
        node = raw.add(format!("<</Type/Pages/Count 1/Kids[{node} 0 R]>>"));
    }
    let root = raw.add(format!("<</Type/Catalog/Pages {node} 0 R>>"));
    raw.finish(root)
}

/// Bookmarks 20,000 levels deep.
pub(super) fn outline() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let mut entry = raw.add("<</Title(last)>>");
    for _ in 0..20_000 {
        entry = raw.add(format!("<</Title(a)/First {entry} 0 R>>"));
    }
    let outline = raw.add(format!("<</First {entry} 0 R>>"));
    raw.page(&PageDict { catalog: &format!("/Outlines {outline} 0 R"), ..PageDict::default() })
}

/// Functions stitched together from functions.
pub(super) fn functions() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let mut inner = raw.add("<</FunctionType 2/Domain[0 1]/N 1/C0[0 0 0]/C1[1 1 1]>>");
    for _ in 0..10_000 {
        let parts = format!("/Functions[{inner} 0 R]/Bounds[]/Encode[0 1]");
        inner = raw.add(format!("<</FunctionType 3/Domain[0 1]{parts}>>"));
    }
    let space = format!("/ColorSpace<</C [/Separation/A/DeviceRGB {inner} 0 R]>>");
    raw.page_of(format!("/C cs 1 scn {HELLO}"), &space)
}

/// A calculator function of braces.
pub(super) fn braces() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let program = format!("{}{}", "{".repeat(DEEP), "}".repeat(DEEP));
    let function = raw.packed("/FunctionType 4/Domain[0 1]/Range[0 1 0 1 0 1]", program);
    let space = format!("/ColorSpace<</C [/Separation/A/DeviceRGB {function} 0 R]>>");
    raw.page_of(format!("/C cs 1 scn {HELLO}"), &space)
}

/// Colours taken from tables of colours taken from tables; the first of them from itself.
pub(super) fn colours() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let first = raw.reserve();
    raw.set(first, format!("[/Indexed {first} 0 R 1 <000000>]"));
    let mut space = first;
    for _ in 0..10_000 {
        space = raw.add(format!("[/Indexed {space} 0 R 1 <000000>]"));
    }
    let spaces = format!("/ColorSpace<</C {space} 0 R/D {first} 0 R>>");
    raw.page_of(format!("/C cs 1 sc /D cs 1 sc {HELLO}"), &spaces)
}

/// References that lead to references, and round in a circle.
pub(super) fn references() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let circle = raw.reserve();
    let mut link = raw.add(format!("{circle} 0 R"));
    for _ in 0..20_000 {
        link = raw.add(format!("{link} 0 R"));
    }
    raw.set(circle, format!("{link} 0 R"));
    let length = raw.reserve();
    raw.set(length, stream(&format!("/Length {length} 0 R"), HELLO.as_bytes()));
    let content = format!("[{length} 0 R {link} 0 R]");
    let page = format!("/Rotate {link} 0 R/CropBox {link} 0 R");
    raw.page(&PageDict { content, page: &page, ..PageDict::default() })
}
