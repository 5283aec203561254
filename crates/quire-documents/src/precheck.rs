//! Precheck of a file's bytes before any engine reads them: finds streams that an engine would unpack while it opens
//! the document or draws a page, and that hold more than is allowed.
//!
//! Reads no more syntax than it needs: the word `stream`, and the dictionary before it. What hides from that (a filter
//! named by a reference, a name in escapes, encryption) meets the limit of the process's memory instead. Page content
//! has nothing in its dictionary to be known by and is checked where it is read; images and attachments are never
//! unpacked.

use hayro_syntax::Filter;
use memchr::memmem;

use super::unpacking::exceeds;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::operation::DocumentLimits;

/// A stream's dictionary is looked for in this many bytes before it.
const DICTIONARY_BYTES: usize = 2_048;
const MAX_FILTERS: usize = 16;

/// Findings in the dictionaries of streams that engines unpack to open a document …
const TO_OPEN: &[(&[u8], &str)] = &[(b"/ObjStm", "an object stream"), (b"/XRef", "the table of objects")];
/// … and to draw its pages.
const TO_DRAW: &[(&[u8], &str)] = &[
    (b"/Form", "a form"),
    (b"/Length1", "a font"),
    (b"/Type1C", "a font"),
    (b"/CIDFontType0C", "a font"),
    (b"/OpenType", "a font"),
    (b"/CMap", "a font's table of codes"),
    (b"/PatternType", "a pattern"),
    (b"/ShadingType", "a shading"),
    (b"/FunctionType", "a function"),
];

/// `draws`: the pages will be drawn, not only counted.
///
/// # Errors
/// [`FailureCode::DecompressionLimit`] for the first stream that unpacks to more than the limit.
pub(super) fn check(bytes: &[u8], limits: &DocumentLimits, draws: bool) -> Result<(), Failure> {
    let limit = limits.max_decompressed_bytes;
    let marks = || TO_OPEN.iter().chain(TO_DRAW.iter().filter(|_| draws));
    for stream in streams(bytes) {
        let Some(filters) = filters(stream.dictionary) else { continue };
        if let Some((_, what)) = marks().find(|(mark, _)| memmem::find(stream.dictionary, mark).is_some())
            && exceeds(&filters, stream.data, limit)
        {
            let detail = format!("{what} unpacks to more than {limit} bytes");
            return Err(Failure::new(FailureCode::DecompressionLimit, detail));
        }
    }
    Ok(())
}

struct Found<'a> {
    dictionary: &'a [u8],
    data: &'a [u8],
}

/// In one walk through the bytes, however often a stream lacks its end.
fn streams(bytes: &[u8]) -> impl Iterator<Item = Found<'_>> {
    let mut ends = memmem::find_iter(bytes, b"endstream").peekable();
    memmem::find_iter(bytes, b"stream").filter_map(move |at| {
        let before = bytes[..at].trim_ascii_end();
        let begin = at + b"stream".len() + line_end(&bytes[at + b"stream".len()..])?;
        if !before.ends_with(b">>") {
            return None;
        }
        while ends.peek().is_some_and(|end| *end < begin) {
            ends.next();
        }
        let window = &before[before.len().saturating_sub(DICTIONARY_BYTES)..];
        let dictionary = &window[memmem::rfind(window, b"obj").unwrap_or(0)..];
        let marked = ends.peek().copied().unwrap_or(bytes.len());
        // Bytes that look like an end may stand within the data.
        let announced = number(dictionary, b"/Length").map_or(0, |length| begin.saturating_add(length));
        let end = if announced <= bytes.len() { marked.max(announced) } else { marked };
        Some(Found { dictionary, data: &bytes[begin..end] })
    })
}

/// Bytes of the line end that has to stand here.
fn line_end(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

/// The first entry of this name that is a plain number.
fn number(dictionary: &[u8], key: &[u8]) -> Option<usize> {
    let found = memmem::find_iter(dictionary, key);
    found.filter_map(|at| digits(dictionary[at + key.len()..].trim_ascii_start())).next()
}

fn digits(text: &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[..length]).ok()?.parse().ok()
}

/// In the order of unpacking; none when there are none, or when they stand elsewhere.
fn filters(dictionary: &[u8]) -> Option<Vec<Filter>> {
    let at = memmem::find(dictionary, b"/Filter")? + b"/Filter".len();
    let value = dictionary[at..].trim_ascii_start();
    let names = match value {
        [b'[', rest @ ..] => &rest[..memchr::memchr(b']', rest)?],
        [b'/', rest @ ..] => &value[..=rest.iter().position(|byte| !byte.is_ascii_alphanumeric())?],
        _ => return None,
    };
    let names = names.split(|byte| *byte == b'/').skip(1);
    names.take(MAX_FILTERS).map(|name| filter(name.trim_ascii())).collect()
}

/// None for the filters of images.
fn filter(name: &[u8]) -> Option<Filter> {
    match name {
        b"FlateDecode" | b"Fl" => Some(Filter::FlateDecode),
        b"LZWDecode" | b"LZW" => Some(Filter::LzwDecode),
        b"RunLengthDecode" | b"RL" => Some(Filter::RunLengthDecode),
        b"ASCII85Decode" | b"A85" => Some(Filter::Ascii85Decode),
        b"ASCIIHexDecode" | b"AHx" => Some(Filter::AsciiHexDecode),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::samples::hostile::CAST;
    use crate::samples::pdf_with_pages;

    const LIMITS: DocumentLimits =
        DocumentLimits { max_file_bytes: 1 << 30, max_pages: 9, max_decompressed_bytes: 1 << 26, max_output_bytes: 1 };

    fn found(name: &str, draws: bool) -> Option<String> {
        let part = CAST.iter().find(|part| part.name == name).unwrap();
        check(&(part.make)(), &LIMITS, draws).err().map(|failure| failure.detail)
    }

    #[test]
    fn bombs_are_found_by_what_they_are() {
        for (name, what) in [
            ("bomb-object-stream", "an object stream"),
            ("bomb-xref-stream", "the table of objects"),
            ("bomb-form", "a form"),
            ("bomb-font-file", "a font"),
            ("bomb-function-table", "a function"),
        ] {
            let expected = format!("{what} unpacks to more than {} bytes", 1 << 26);
            assert_eq!(found(name, true), Some(expected), "{name}");
        }
    }

    #[test]
    fn what_nobody_unpacks_is_no_bomb() {
        assert_eq!(found("bomb-aside", true), None);
        assert_eq!(found("bomb-form", false), None);
        assert_eq!(check(&pdf_with_pages(50), &LIMITS, true), Ok(()));
    }

    #[test]
    fn an_end_within_the_data_does_not_hide_the_rest() {
        let text = b"1 0 obj<</Type/ObjStm/Length 40/Filter [ /FlateDecode\n/Fl]>>stream\r\n0 endstream 0123456789012345678901234567 endstream";
        let found: Vec<_> = streams(text).collect();
        assert_eq!((found.len(), found[0].data.len()), (1, 40));
        assert_eq!(filters(found[0].dictionary), Some(vec![Filter::FlateDecode; 2]));
        assert_eq!(streams(b"a downstream stream of endstream <<>>stream\n1").count(), 1);
    }

    #[test]
    fn filters_of_images_and_those_that_stand_elsewhere_are_left_alone() {
        assert_eq!(filters(b"<</Filter/DCTDecode>>"), None);
        assert_eq!(filters(b"<</Filter 7 0 R>>"), None);
        assert_eq!(filters(b"<</Length 7>>"), None);
        assert_eq!(filters(b"<</Filter /A85/Length 7>>"), Some(vec![Filter::Ascii85Decode]));
    }
}
