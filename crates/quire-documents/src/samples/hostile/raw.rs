//! Documents put together byte by byte, so that they can break any rule.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Names of the font that every page has.
pub(super) const FONT: &str = "/F1 <</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";
/// Text that every engine reads.
pub(super) const HELLO: &str = "BT /F1 12 Tf 72 700 Td (Hello.) Tj ET\n";

/// A document that grows object by object.
pub(super) struct RawPdf {
    out: Vec<u8>,
    offsets: BTreeMap<u32, usize>,
    next: u32,
}

impl RawPdf {
    pub(super) fn new() -> Self {
        Self { out: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), offsets: BTreeMap::new(), next: 1 }
    }

    /// A number for an object that comes later.
    pub(super) fn reserve(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn add(&mut self, body: impl AsRef<[u8]>) -> u32 {
        let id = self.reserve();
        self.set(id, body);
        id
    }

    pub(super) fn set(&mut self, id: u32, body: impl AsRef<[u8]>) {
        self.offsets.insert(id, self.out.len());
        self.out.extend_from_slice(format!("{id} 0 obj\n").as_bytes());
        self.out.extend_from_slice(body.as_ref());
        self.out.extend_from_slice(b"\nendobj\n");
    }

    /// `entries` is the inside of the stream's dictionary without its length.
    pub(super) fn stream(&mut self, entries: &str, data: impl AsRef<[u8]>) -> u32 {
        let id = self.reserve();
        self.set_stream(id, entries, data);
        id
    }

    pub(super) fn set_stream(&mut self, id: u32, entries: &str, data: impl AsRef<[u8]>) {
        let data = data.as_ref();
        self.set(id, stream(&format!("{entries}/Length {}", data.len()), data));
    }

    /// A stream that zlib makes small.
    pub(super) fn packed(&mut self, entries: &str, data: impl AsRef<[u8]>) -> u32 {
        self.stream(&format!("{entries}/Filter/FlateDecode"), zlib(data))
    }

    /// Bytes that belong to no object.
    pub(super) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.out.extend_from_slice(bytes.as_ref());
    }

    pub(super) fn position(&self) -> usize {
        self.out.len()
    }

    /// As it stands, without a table.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Ends with a table of all objects.
    pub(super) fn finish(self, root: u32) -> Vec<u8> {
        self.finish_with(&format!("/Root {root} 0 R"))
    }

    /// `entries` is the inside of the trailer without its size.
    pub(super) fn finish_with(mut self, entries: &str) -> Vec<u8> {
        let start = self.out.len();
        let mut table = String::from("xref\n0 1\n0000000000 65535 f \n");
        for (id, offset) in &self.offsets {
            // Writing into a string does not fail.
            let _ = write!(table, "{id} 1\n{offset:010} 00000 n \n");
        }
        let _ = write!(table, "trailer\n<</Size {}{entries}>>\nstartxref\n{start}\n%%EOF\n", self.next);
        self.out.extend_from_slice(table.as_bytes());
        self.out
    }

    /// Ends with a stream of all objects; those of `inside` are (number, object stream, index).
    pub(super) fn finish_with_stream(mut self, root: u32, inside: &[(u32, u32, u32)]) -> Vec<u8> {
        let id = self.reserve();
        let start = self.out.len();
        let mut rows = BTreeMap::from([(0, [0, 0, 0]), (id, [1, start as u32, 0])]);
        rows.extend(self.offsets.iter().map(|(id, offset)| (*id, [1, *offset as u32, 0])));
        rows.extend(inside.iter().map(|(id, stream, index)| (*id, [2, *stream, *index])));
        let mut data = Vec::new();
        let mut index = String::new();
        for (id, [kind, second, third]) in rows {
            let _ = write!(index, "{id} 1 ");
            data.push(kind as u8);
            data.extend_from_slice(&second.to_be_bytes());
            data.extend_from_slice(&third.to_be_bytes());
        }
        let entries = format!("/Type/XRef/Size {}/W[1 4 4]/Index[{index}]/Root {root} 0 R", self.next);
        self.set_stream(id, &format!("{entries}/Filter/FlateDecode"), zlib(data));
        self.write(format!("startxref\n{start}\n%%EOF\n"));
        self.out
    }
}

/// The one page of a document.
#[derive(Default)]
pub(super) struct PageDict<'a> {
    /// Reference to the content, or the references of several.
    pub content: String,
    /// Inside of the page's resources beside its font.
    pub resources: &'a str,
    /// Further entries of the page.
    pub page: &'a str,
    /// Further entries of the catalog.
    pub catalog: &'a str,
}

impl RawPdf {
    /// A document of one page that shows `content`.
    pub(super) fn page_of(mut self, content: impl AsRef<[u8]>, resources: &str) -> Vec<u8> {
        let content = self.stream("", content);
        self.page(&PageDict { content: format!("{content} 0 R"), resources, ..PageDict::default() })
    }

    /// The same, with the content packed.
    pub(super) fn page_of_packed(mut self, content: impl AsRef<[u8]>, resources: &str) -> Vec<u8> {
        let content = self.packed("", content);
        self.page(&PageDict { content: format!("{content} 0 R"), resources, ..PageDict::default() })
    }

    /// A document of one page; without content of its own it says hello.
    pub(super) fn page(mut self, sheet: &PageDict<'_>) -> Vec<u8> {
        let catalog = self.tree_of(sheet);
        self.finish(catalog)
    }

    /// Adds the page, its tree and the catalog, whose number it returns.
    pub(super) fn tree_of(&mut self, sheet: &PageDict<'_>) -> u32 {
        let content = match sheet.content.as_str() {
            "" => format!("{} 0 R", self.stream("", HELLO)),
            content => content.to_owned(),
        };
        let (tree, page) = (self.reserve(), self.reserve());
        let resources = format!("<</Font<<{FONT}>>{}>>", sheet.resources);
        let boxed = if sheet.page.contains("/MediaBox") { "" } else { "/MediaBox[0 0 595 842]" };
        let entries = format!("/Contents {content}/Resources{resources}{boxed}{}", sheet.page);
        self.set(page, format!("<</Type/Page/Parent {tree} 0 R{entries}>>"));
        self.set(tree, format!("<</Type/Pages/Count 1/Kids[{page} 0 R]>>"));
        self.add(format!("<</Type/Catalog/Pages {tree} 0 R{}>>", sheet.catalog))
    }
}

/// A stream's body with whatever its dictionary says.
pub(super) fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    [format!("<<{entries}>>\nstream\n").as_bytes(), data, b"\nendstream"].concat()
}

pub(crate) fn zlib(data: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    let _ = encoder.write_all(data.as_ref());
    encoder.finish().unwrap_or_default()
}
