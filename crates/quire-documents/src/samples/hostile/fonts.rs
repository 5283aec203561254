//! Malformed and oversized fonts.

use super::raw::{HELLO, RawPdf};

const SPACE: &str = "1 begincodespacerange <0000> <ffff> endcodespacerange";

/// Files of the three kinds that hold noise.
pub(super) fn noise() -> Vec<u8> {
    let noise: Vec<u8> = (0_u32..40_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let marked = |head: &[u8]| [head, &noise].concat();
    let mut raw = RawPdf::new();
    let files = [
        ("TrueType", "FontFile2", raw.packed("/Length1 40000", marked(b"\0\x01\0\0\0\x10"))),
        ("Type1", "FontFile", raw.packed("/Length1 9/Length2 9/Length3 0", marked(b"%!PS-AdobeFont-1.0\neexec "))),
        ("Type1", "FontFile3", raw.packed("/Subtype/Type1C", marked(b"\x01\0\x04\x04"))),
    ];
    let mut fonts = String::new();
    for (number, (kind, key, file)) in files.iter().enumerate() {
        let descriptor = format!("<</Type/FontDescriptor/FontName/A/Flags 4/{key} {file} 0 R>>");
        fonts.push_str(&format!("/N{number}<</Type/Font/Subtype/{kind}/BaseFont/A/FontDescriptor{descriptor}>>"));
    }
    let show = "BT 72 500 Td /N0 9 Tf (AB) Tj /N1 9 Tf (AB) Tj /N2 9 Tf (AB) Tj ET";
    raw.page_of(format!("{HELLO}{show}"), &format!("/Font<<{fonts}>>"))
}

/// A font that says it has a glyph for every character there could be, twenty thousand times over.
pub(super) fn every_character() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let file = raw.packed("/Length1 400000", true_type(&cmap(20_000)));
    let descriptor = format!("<</Type/FontDescriptor/FontName/A/Flags 4/FontFile2 {file} 0 R>>");
    let font = format!("<</Type/Font/Subtype/TrueType/BaseFont/A/FontDescriptor{descriptor}>>");
    let font = raw.add(font);
    raw.page_of(format!("{HELLO} BT /F9 12 Tf 72 600 Td (ABC\\200) Tj ET"), &format!("/Font<</F9 {font} 0 R>>"))
}

/// A table `cmap` of format 12 whose groups each hold everything.
fn cmap(groups: u32) -> Vec<u8> {
    let mut table = b"\0\0\0\x01\0\x03\0\x0a\0\0\0\x0c\0\x0c\0\0".to_vec();
    for number in [16 + 12 * groups, 0, groups] {
        table.extend_from_slice(&number.to_be_bytes());
    }
    for _ in 0..groups {
        for number in [0_u32, 0x10_ffff, 1] {
            table.extend_from_slice(&number.to_be_bytes());
        }
    }
    table
}

/// A font of 65,535 empty glyphs around a table `cmap`.
fn true_type(cmap: &[u8]) -> Vec<u8> {
    let head = [b"\0\x01\0\0\0\x01\0\0\0\0\0\0\x5f\x0f\x3c\xf5\0\0\x03\xe8".as_slice(), &[0; 34]].concat();
    let maxp = [b"\0\x01\0\0\xff\xff".as_slice(), &[0; 26]].concat();
    let hhea = [b"\0\x01\0\0".as_slice(), &[0; 30], b"\0\x01"].concat();
    let (hmtx, loca) = (vec![0; 4 + 2 * 65_534], vec![0; 2 * 65_536]);
    let tables: [(&[u8], &[u8]); 7] = [
        (b"cmap", cmap),
        (b"glyf", &[0; 4]),
        (b"head", &head),
        (b"hhea", &hhea),
        (b"hmtx", &hmtx),
        (b"loca", &loca),
        (b"maxp", &maxp),
    ];
    let mut out = b"\0\x01\0\0\0\x07\0\x40\0\x02\0\x30".to_vec();
    let mut at = out.len() + 16 * tables.len();
    for (tag, data) in tables {
        out.extend_from_slice(tag);
        for number in [0, at as u32, data.len() as u32] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        at += data.len();
    }
    tables.iter().for_each(|(_, data)| out.extend_from_slice(data));
    out
}

/// Ranges of characters as long as numbers go, ten thousand of them.
pub(super) fn endless_ranges() -> Vec<u8> {
    let ranges = "1 beginbfrange <00000000> <ffffffff> <0041> endbfrange\n".repeat(10_000);
    mapped(&format!("begincmap {SPACE} {ranges} endcmap"))
}

/// A table that is built on itself.
pub(super) fn built_on_itself() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let map = raw.reserve();
    let program = format!("/A usecmap begincmap {SPACE} 1 begincidrange <0000> <ffff> 0 endcidrange endcmap");
    raw.set_stream(map, &format!("/Type/CMap/CMapName/A/UseCMap {map} 0 R"), program);
    composite(raw, &format!("/Encoding {map} 0 R"), "")
}

/// Characters that stand for texts of a megabyte each.
pub(super) fn long_characters() -> Vec<u8> {
    let one = format!("1 beginbfchar <0041> <{}> endbfchar\n", "0041".repeat(250_000));
    mapped(&format!("begincmap {SPACE} {one} endcmap"))
}

fn mapped(program: &str) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let map = raw.packed("", program);
    composite(raw, &format!("/Encoding/Identity-H/ToUnicode {map} 0 R"), "")
}

/// Widths for four thousand million glyphs.
pub(super) fn endless_widths() -> Vec<u8> {
    let widths = "/W[0 4294967295 500 0 65535 1 -5 5 9]/W2[0 4294967295 1 1 1]/DW 4294967295";
    composite(RawPdf::new(), "/Encoding/Identity-H", widths)
}

fn composite(mut raw: RawPdf, entries: &str, descendant: &str) -> Vec<u8> {
    let system = "/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 7>>";
    let part = raw.add(format!("<</Type/Font/Subtype/CIDFontType2/BaseFont/A{system}{descendant}>>"));
    let font = raw.add(format!("<</Type/Font/Subtype/Type0/BaseFont/A/DescendantFonts[{part} 0 R]{entries}>>"));
    let show = format!("BT /F9 12 Tf 72 600 Td <{}> Tj ET", "0041".repeat(200));
    raw.page_of(format!("{HELLO}{show}"), &format!("/Font<</F9 {font} 0 R>>"))
}

/// A simple font whose first and last characters are as far apart as can be.
pub(super) fn endless_codes() -> Vec<u8> {
    let codes = "/FirstChar -2147483648/LastChar 2147483647/Widths[1 2 3]/MissingWidth 1e38";
    let names = "/Encoding<</Differences[2147483647/A -1/B 255/C/D/E/F]>>";
    let font = format!("<</Type/Font/Subtype/Type1/BaseFont/Helvetica{codes}{names}>>");
    RawPdf::new().page_of(format!("{HELLO} BT /F9 12 Tf 72 600 Td (AB\\377) Tj ET"), &format!("/Font<</F9 {font}>>"))
}
