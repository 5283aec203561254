//! Decompression bombs: small streams that unpack to much.

use super::raw::{FONT, HELLO, PageDict, RawPdf, zlib};
use super::{deflate, lzw};

const GIB: usize = 1 << 30;
const MIB: usize = 1 << 20;

/// One megabyte of page content that unpacks to one gigabyte.
pub(super) fn content_once() -> Vec<u8> {
    one_content("/Filter/FlateDecode", &deflate::spaces(GIB))
}

/// A document of a few kilobytes that unpacks to 2 GiB: packed twice, so that even the packed stream is small.
pub fn decompression_bomb() -> Vec<u8> {
    one_content("/Filter[/FlateDecode/FlateDecode]", &zlib(deflate::spaces(2 * GIB)))
}

/// 64 GiB, packed five times; the text in hexadecimal around it all.
pub(super) fn content_five_times() -> Vec<u8> {
    let layers = (0..3).fold(deflate::spaces(2 * GIB), |packed, _| zlib(packed));
    let text: String = layers.iter().map(|byte| format!("{byte:02x}")).collect();
    let filters = "/Filter[/FlateDecode/ASCIIHexDecode/FlateDecode/FlateDecode/FlateDecode/FlateDecode]";
    one_content(filters, &zlib(text + ">"))
}

/// The older packing, 1 GiB.
pub(super) fn content_lzw() -> Vec<u8> {
    one_content("/Filter/LZWDecode", &lzw::spaces(GIB))
}

/// A document whose page content unpacks to `bytes` bytes, packed once.
pub fn bomb_of(bytes: usize) -> Vec<u8> {
    one_content("/Filter/FlateDecode", &deflate::spaces(bytes))
}

/// A document of two pages: one says hello, the other's content unpacks to 1 GiB.
pub fn good_page_and_bomb_page() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let contents = [raw.stream("", HELLO), raw.stream("/Filter/FlateDecode", deflate::spaces(GIB))];
    let tree = raw.reserve();
    let page =
        |content| format!("<</Type/Page/Parent {tree} 0 R/Contents {content} 0 R/Resources<</Font<<{FONT}>>>>>>");
    let kids: String = contents.map(|content| format!("{} 0 R ", raw.add(page(content)))).concat();
    raw.set(tree, format!("<</Type/Pages/Count 2/MediaBox[0 0 595 842]/Kids[{kids}]>>"));
    let root = raw.add(format!("<</Type/Catalog/Pages {tree} 0 R>>"));
    raw.finish(root)
}

fn one_content(entries: &str, data: &[u8]) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream(entries, data);
    raw.page(&PageDict { content: format!("{content} 0 R"), ..PageDict::default() })
}

/// Content in 400 parts, each the same stream of 8 MiB.
pub(super) fn content_in_parts() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let part = raw.stream("/Filter/FlateDecode", deflate::spaces(8 * MIB));
    let parts = format!("[{}]", format!("{part} 0 R ").repeat(400));
    raw.page(&PageDict { content: parts, ..PageDict::default() })
}

/// A form of 2 GiB, shown by a harmless page.
pub(super) fn form() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let entries = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Filter[/FlateDecode/FlateDecode]";
    let form = raw.stream(entries, zlib(deflate::spaces(2 * GIB)));
    raw.page_of(format!("{HELLO} /X Do"), &format!("/XObject<</X {form} 0 R>>"))
}

/// The page tree in an object stream of 1 GiB.
pub(super) fn object_stream() -> Vec<u8> {
    objects_within(1, GIB)
}

/// A hundred object streams of 16 MiB.
pub(super) fn many_object_streams() -> Vec<u8> {
    objects_within(100, 16 * MIB)
}

fn objects_within(streams: u32, bytes: usize) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream("", HELLO);
    let (root, tree) = (raw.reserve(), raw.reserve());
    let pages: Vec<u32> = (0..streams).map(|_| raw.reserve()).collect();
    let kids: String = pages.iter().map(|page| format!("{page} 0 R ")).collect();
    raw.set(root, format!("<</Type/Catalog/Pages {tree} 0 R>>"));
    raw.set(tree, format!("<</Type/Pages/Count {streams}/Kids[{kids}]>>"));
    let mut inside = Vec::new();
    for page in pages {
        let head = format!("{page} 0 ");
        let boxed = "/MediaBox[0 0 595 842]";
        let body = format!("{head}<</Type/Page/Parent {tree} 0 R{boxed}/Contents {content} 0 R>>");
        let entries = format!("/Type/ObjStm/N 1/First {}/Filter/FlateDecode", head.len());
        let holder = raw.stream(&entries, deflate::padded(body.as_bytes(), bytes));
        inside.push((page, holder, 0));
    }
    raw.finish_with_stream(root, &inside)
}

/// The table of objects itself unpacks to 1 GiB.
pub(super) fn xref_stream() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let start = raw.position();
    let entries = format!("/Type/XRef/Size 99999999/W[1 4 4]/Root {root} 0 R/Filter/FlateDecode");
    raw.stream(&entries, deflate::spaces(GIB));
    raw.write(format!("startxref\n{start}\n%%EOF\n"));
    raw.into_bytes()
}

/// An embedded font of 2 GiB.
pub(super) fn font_file() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let file = raw.stream("/Length1 99/Filter[/FlateDecode/FlateDecode]", zlib(deflate::spaces(2 * GIB)));
    let descriptor = format!("<</Type/FontDescriptor/FontName/A/Flags 32/FontFile2 {file} 0 R>>");
    let font = format!("<</Type/Font/Subtype/TrueType/BaseFont/A/FontDescriptor{descriptor}>>");
    raw.page_of(format!("{HELLO} BT /F9 12 Tf 72 600 Td (A) Tj ET"), &format!("/Font<</F9 {font}>>"))
}

/// A table from codes to characters of 1 GiB.
pub(super) fn to_unicode() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let map = raw.stream("/Filter/FlateDecode", deflate::spaces(GIB));
    let font = format!("<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode {map} 0 R>>");
    let font = raw.add(font);
    raw.page_of("BT /F9 12 Tf 72 600 Td (A) Tj ET", &format!("/Font<</F9 {font} 0 R>>"))
}

/// A colour profile of 1 GiB.
pub(super) fn colour_profile() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let profile = raw.stream("/N 3/Filter/FlateDecode", deflate::spaces(GIB));
    let spaces = format!("/ColorSpace<</C [/ICCBased {profile} 0 R]>>");
    raw.page_of(format!("/C cs 1 0 0 sc {HELLO}"), &spaces)
}

/// A sampled function whose table would have 2^32 entries.
pub(super) fn function_table() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let entries = "/FunctionType 0/Domain[0 1 0 1]/Range[0 1 0 1 0 1]/Size[65536 65536]/BitsPerSample 8";
    let table = raw.stream(&format!("{entries}/Filter/FlateDecode"), deflate::spaces(GIB));
    let spaces = format!("/ColorSpace<</C [/DeviceN[/A/B]/DeviceRGB {table} 0 R]>>");
    raw.page_of(format!("/C cs 1 0 scn {HELLO}"), &spaces)
}

/// Rows announced as 2 GiB long.
pub(super) fn predictor() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let parameters = "/DecodeParms<</Predictor 12/Columns 2147483647/Colors 32/BitsPerComponent 16>>";
    let content = raw.stream(&format!("/Filter/FlateDecode{parameters}"), zlib(HELLO));
    raw.page(&PageDict { content: format!("{content} 0 R"), ..PageDict::default() })
}

/// Streams that nobody has to unpack for text or facts: an attachment and the document's metadata, 1 GiB each.
pub(super) fn aside() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let file = raw.stream("/Type/EmbeddedFile/Filter/FlateDecode", deflate::spaces(GIB / 2));
    let metadata = raw.stream("/Type/Metadata/Subtype/XML/Filter/FlateDecode", deflate::spaces(GIB / 2));
    let names = format!("/Names<</EmbeddedFiles<</Names[(a) <</F(a)/EF<</F {file} 0 R>>>>]>>>>");
    let catalog = format!("{names}/Metadata {metadata} 0 R");
    raw.page(&PageDict { catalog: &catalog, ..PageDict::default() })
}

/// One form of 4 MiB, shown 100,000 times: each is little, all are too much.
pub(super) fn form_again_and_again() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let entries = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode";
    let form = raw.stream(entries, deflate::spaces(4 * MIB));
    raw.page_of_packed("/X Do ".repeat(100_000), &format!("/XObject<</X {form} 0 R>>"))
}
