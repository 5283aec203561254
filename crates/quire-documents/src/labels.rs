//! Page labels: the names a viewer shows for pages (`iv`, `A-3`), ISO 32000-1, 12.4.2.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Name, String as PdfString};
use serde::Serialize;

/// Bounds of the walk through the number tree.
const MAX_NODES: usize = 10_000;
const MAX_RANGES: usize = 100_000;
/// Longer Roman and letter numerals are noise.
const MAX_NUMERAL: u32 = 5_000;

/// From `from` on, until the next range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LabelRange {
    /// Index of the first page, counted from 0.
    pub from: u32,
    /// `D`, `R`, `r`, `A` or `a`; none for labels without a number.
    pub style: Option<String>,
    pub prefix: String,
    /// Number of the first page of the range.
    pub start: u32,
}

/// Sorted ranges; empty when the document names none.
#[derive(Debug, Default)]
pub(crate) struct PageLabels(pub Vec<LabelRange>);

impl PageLabels {
    /// The label of the page with this index, counted from 0.
    pub(crate) fn label(&self, index: u32) -> Option<String> {
        let after = self.0.partition_point(|range| range.from <= index);
        let range = self.0.get(after.checked_sub(1)?)?;
        let number = range.start.saturating_add(index - range.from);
        let numeral = match range.style.as_deref() {
            Some("R") => roman(number),
            Some("r") => roman(number).to_lowercase(),
            Some("A") => letters(number),
            Some("a") => letters(number).to_lowercase(),
            Some(_) => number.to_string(),
            None => String::new(),
        };
        Some(format!("{}{numeral}", range.prefix))
    }
}

/// Reads the catalog's number tree.
pub(crate) fn of_pages(pdf: &Pdf) -> PageLabels {
    let root = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let mut open: Vec<Dict<'_>> = root.and_then(|catalog| catalog.get::<Dict<'_>>(b"PageLabels")).into_iter().collect();
    let mut ranges = Vec::new();
    // The count of nodes bounds cycles, too.
    for _ in 0..MAX_NODES {
        let Some(node) = open.pop() else { break };
        if let Some(kids) = node.get::<Array<'_>>(b"Kids") {
            open.extend(kids.iter::<Dict<'_>>().take(MAX_NODES - open.len().min(MAX_NODES)));
        }
        if let Some(pairs) = node.get::<Array<'_>>(b"Nums") {
            let mut pairs = pairs.flex_iter();
            while let Some((from, dict)) = pairs.next::<(u32, Dict<'_>)>() {
                if ranges.len() >= MAX_RANGES {
                    break;
                }
                ranges.push(range(from, &dict));
            }
        }
    }
    ranges.sort_by_key(|range| range.from);
    PageLabels(ranges)
}

fn range(from: u32, dict: &Dict<'_>) -> LabelRange {
    LabelRange {
        from,
        style: dict.get::<Name<'_>>(b"S").map(|name| name.as_str().to_owned()),
        prefix: dict.get::<PdfString<'_>>(b"P").map(|prefix| text_string(prefix.as_bytes())).unwrap_or_default(),
        start: dict.get::<u32>(b"St").unwrap_or(1).max(1),
    }
}

/// A text string of a document: UTF-16 or UTF-8 with a mark, else taken as Latin-1.
pub(crate) fn text_string(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        other => other.iter().map(|byte| pdf_doc_char(*byte)).collect(),
    }
}

/// PDFDocEncoding, ISO 32000-1, annex D.3.
fn pdf_doc_char(byte: u8) -> char {
    const FROM_18: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const FROM_80: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł',
        'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x18..=0x1f => FROM_18[usize::from(byte - 0x18)],
        0x80..=0xa0 => FROM_80[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

fn roman(number: u32) -> String {
    const NUMERALS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if number > MAX_NUMERAL {
        return number.to_string();
    }
    let mut rest = number;
    let mut out = String::new();
    for (value, numeral) in NUMERALS {
        while rest >= value {
            out.push_str(numeral);
            rest -= value;
        }
    }
    out
}

/// A to Z, then AA to ZZ, and so on.
fn letters(number: u32) -> String {
    if number == 0 || number > MAX_NUMERAL {
        return number.to_string();
    }
    let letter = char::from(b'A' + ((number - 1) % 26) as u8);
    std::iter::repeat_n(letter, ((number - 1) / 26 + 1) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::{LabelRange, PageLabels, letters, roman, text_string};

    fn range(from: u32, style: &str, prefix: &str, start: u32) -> LabelRange {
        LabelRange { from, style: Some(style.into()), prefix: prefix.into(), start }
    }

    #[test]
    fn a_preface_has_roman_numbers_and_an_appendix_a_prefix() {
        let labels = PageLabels(vec![range(0, "r", "", 1), range(4, "D", "", 1), range(7, "D", "A-", 8)]);
        let names: Vec<_> = (0..9).filter_map(|i| labels.label(i)).collect();
        assert_eq!(names, ["i", "ii", "iii", "iv", "1", "2", "3", "A-8", "A-9"]);
    }

    #[test]
    fn numerals_and_text_strings_follow_the_standard() {
        assert_eq!(roman(1994), "MCMXCIV");
        assert_eq!((letters(26), letters(27)), ("Z".into(), "AA".into()));
        assert_eq!(text_string(b"\xfe\xff\x00A\x26\x3a"), "A☺");
        assert_eq!(text_string(b"caf\xe9 \x84"), "café —");
    }
}
