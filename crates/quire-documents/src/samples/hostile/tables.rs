//! Cross-reference tables that lie, and documents with thousands of revisions.

use std::fmt::Write as _;

use super::raw::{HELLO, PageDict, RawPdf, stream};

/// A table whose predecessor is itself.
pub(super) fn previous_is_itself() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let start = raw.position();
    raw.finish_with(&format!("/Root {root} 0 R/Prev {start}"))
}

/// A table for old readers that names one for new readers, which names the old one.
pub(super) fn hybrid_circle() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let at = raw.position();
    let entries = format!("/Type/XRef/Size 2/W[1 4 1]/Index[0 1]/Root {root} 0 R/Prev {at}");
    raw.stream(&entries, [0; 6]);
    let start = raw.position();
    raw.finish_with(&format!("/Root {root} 0 R/XRefStm {at}/Prev {start}"))
}

/// Two thousand tables, each the predecessor of the next, and a new page content with each.
pub(super) fn two_thousand_updates() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream("", HELLO);
    let root = raw.tree_of(&PageDict { content: format!("{content} 0 R"), ..PageDict::default() });
    let mut out = raw.finish(root);
    for number in 0..2_000 {
        let previous = last_start(&out);
        let at = out.len();
        let text = format!("BT /F1 12 Tf 72 700 Td (Update {number}.) Tj ET");
        let body = stream(&format!("/Length {}", text.len()), text.as_bytes());
        out.extend_from_slice(format!("{content} 0 obj\n").as_bytes());
        out.extend_from_slice(&body);
        out.extend_from_slice(b"\nendobj\n");
        let start = out.len();
        let table = format!("xref\n{content} 1\n{at:010} 00000 n \n");
        let trailer = format!("trailer\n<</Size 9/Root {root} 0 R/Prev {previous}>>\nstartxref\n{start}\n%%EOF\n");
        out.extend_from_slice((table + &trailer).as_bytes());
    }
    out
}

fn last_start(bytes: &[u8]) -> usize {
    let tail = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(64)..]).into_owned();
    let number = tail.rsplit("startxref\n").next().and_then(|rest| rest.lines().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// A section of four thousand million entries.
pub(super) fn endless_section() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let start = raw.position();
    raw.write("xref\n0 4294967295\n0000000000 65535 f \n");
    raw.write(format!("trailer\n<</Size 4294967295/Root {root} 0 R>>\nstartxref\n{start}\n%%EOF\n"));
    raw.into_bytes()
}

/// Fields of 2 GiB each, and an index of everything.
pub(super) fn endless_fields() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let start = raw.position();
    let sizes = "/Size 2147483647/W[0 2147483647 2147483647]/Index[0 2147483647 0 2147483647]";
    raw.stream(&format!("/Type/XRef{sizes}/Root {root} 0 R"), [1; 64]);
    raw.write(format!("startxref\n{start}\n%%EOF\n"));
    raw.into_bytes()
}

/// An object stream that announces two thousand million objects.
pub(super) fn announced_objects() -> Vec<u8> {
    object_stream("/N 2147483647/First 2147483647")
}

/// An object stream that extends itself.
pub(super) fn extends_itself() -> Vec<u8> {
    object_stream("/N 1/First 4/Extends 4 0 R")
}

/// An object stream that says it lies within an object stream: in itself.
pub(super) fn within_itself() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let holder = raw.reserve();
    raw.finish_with_stream(root, &[(holder, holder, 0)])
}

fn object_stream(entries: &str) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let outline = raw.reserve();
    let holder = raw.stream(&format!("/Type/ObjStm{entries}"), format!("{outline} 0 <</Title(a)>>"));
    raw.finish_with_stream(root, &[(outline, holder, 0)])
}

/// Streams whose announced lengths are too short, too long, negative, or no number.
pub(super) fn wrong_lengths() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let mut parts = String::new();
    for length in ["0", "3", "4294967295", "-7", "/Name", "[1]", "99 0 R"] {
        let part = raw.add(stream(&format!("/Length {length}"), HELLO.as_bytes()));
        // Writing into a string does not fail.
        let _ = write!(parts, "{part} 0 R ");
    }
    raw.page(&PageDict { content: format!("[{parts}]"), ..PageDict::default() })
}

/// Twenty thousand streams of wrong length, without an end: each is looked for in all the rest.
pub(super) fn streams_without_end() -> Vec<u8> {
    let mut raw = RawPdf::new();
    for _ in 0..20_000 {
        raw.add("<</Length 99999999>>\nstream\nno end");
    }
    raw.page(&PageDict::default())
}

/// Every object's place is that of the table itself.
pub(super) fn all_in_one_place() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let start = raw.position();
    let rows = format!("{start:010} 00000 n \n").repeat(2_000);
    raw.write(format!("xref\n0 2000\n{rows}trailer\n<</Size 2000/Root {root} 0 R>>\nstartxref\n{start}\n%%EOF\n"));
    raw.into_bytes()
}
