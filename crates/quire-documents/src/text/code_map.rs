//! A table of codes (`ToUnicode`, ISO 32000-1, 9.10.3) read entry by entry: a bad one is left out, the rest stays.
//!
//! The engine's own reader gives up the table at the first thing it does not expect. This one knows where an entry
//! begins: at a code, and, where a line lacks something, at the next line.

use std::fmt::Write as _;

use hayro_cmap::{CMap, CMapName, load_embedded};
use lopdf::{Dictionary, Document, Object, dictionary};
use memchr::memmem;

use tokens::{CMapToken, TokenKind, tokens};

mod tokens;

const MAX_ENTRIES: usize = 1 << 17;
/// No entry stands for more UTF-16 units; the engine's own limit is in characters.
const MAX_UNITS: usize = 256;
/// More than this are the characters of several glyphs, not of a ligature.
const MAX_LIGATURE_UNITS: usize = 4;
/// Stands for no character at all; Unicode will never give it a meaning.
pub(super) const NOTHING: char = '\u{fdd0}';

/// The same table, without what the engine cannot read. `None` when it reads all of it.
pub(super) fn mended(table: &[u8]) -> Option<Vec<u8>> {
    if is_whole(table) {
        return None;
    }
    let mut map = CodeMap::default();
    map.read(&tokens(table));
    Some(map.write())
}

fn is_whole(table: &[u8]) -> bool {
    let count = |word: &[u8]| memmem::find_iter(table, word).count();
    let is_balanced = count(b"beginbfchar") == count(b"endbfchar") && count(b"beginbfrange") == count(b"endbfrange");
    is_balanced && CMap::parse(table, load_embedded).is_some()
}

/// The first code, the last one, and what the first one stands for.
struct Entry(u32, u32, Vec<u16>);

#[derive(Default)]
struct CodeMap {
    /// A table that this one goes on from.
    base: Option<Vec<u8>>,
    entries: Vec<Entry>,
}

impl CodeMap {
    /// Tokens between two marks are read as the mark at their beginning says, else as the one at their end.
    fn read(&mut self, all: &[CMapToken]) {
        let (mut from, mut kind) = (0, None);
        for (at, token) in all.iter().enumerate() {
            let TokenKind::Word(word) = &token.what else { continue };
            let ended = match word.as_slice() {
                b"endbfchar" => kind.or(Some(Kind::Char)),
                b"endbfrange" => kind.or(Some(Kind::Range)),
                b"usecmap" => {
                    self.base = base(all.get(at.wrapping_sub(1)));
                    None
                }
                other if other.starts_with(b"begin") || other.starts_with(b"end") => kind,
                _ => continue,
            };
            self.entries_of(ended, &all[from..at]);
            (from, kind) = (at + 1, Kind::begun(word));
        }
        self.entries_of(kind, &all[from..]);
    }

    fn entries_of(&mut self, kind: Option<Kind>, part: &[CMapToken]) {
        let Some(kind) = kind else { return };
        let mut at = 0;
        while at < part.len() && self.entries.len() < MAX_ENTRIES {
            at += match kind {
                Kind::Char => self.char_at(&part[at..]),
                Kind::Range => self.range_at(&part[at..]),
            };
        }
    }

    /// Reads an entry `code text`, or passes over what is none; how many tokens that were.
    fn char_at(&mut self, part: &[CMapToken]) -> usize {
        let Some(length) = entry_at(part, 2) else { return 1 };
        let Some(code) = part[0].code() else { return length };
        let (text, after) = destination(&part[1..]);
        if let [Some(units), ..] = text.as_slice() {
            self.entries.push(Entry(code, code, units.clone()));
        }
        1 + after
    }

    /// Reads an entry `first last text` or `first last [text text …]`.
    fn range_at(&mut self, part: &[CMapToken]) -> usize {
        let Some(length) = entry_at(part, 3) else { return 1 };
        let (Some(first), Some(last)) = (part[0].code(), part[1].code()) else { return length };
        let last = last.max(first);
        let (text, after) = destination(&part[2..]);
        match (text.as_slice(), &part[2].what) {
            (texts, TokenKind::Open) => {
                let codes = (first..=last).zip(texts);
                self.entries.extend(codes.filter_map(|(code, units)| Some(Entry(code, code, units.clone()?))));
            }
            ([Some(units)], _) => self.entries.push(Entry(first, last, units.clone())),
            _ => {}
        }
        2 + after
    }

    /// An empty text is meant only where another code has the characters of its neighbours, too.
    fn settle_empty(&mut self) {
        let is_shared = self.entries.iter().any(|entry| entry.2.len() > MAX_LIGATURE_UNITS);
        if is_shared {
            let empty = self.entries.iter_mut().filter(|entry| entry.2.is_empty());
            empty.for_each(|entry| entry.2.extend(NOTHING.encode_utf16(&mut [0; 2]).iter()));
        }
        self.entries.retain(|entry| !entry.2.is_empty());
    }

    fn write(mut self) -> Vec<u8> {
        self.settle_empty();
        // A search finds one of several only by chance; the first one stays.
        self.entries.sort_by_key(|entry| entry.0);
        self.entries.dedup_by(|next, kept| next.0 <= kept.1);
        let mut out = self.base.unwrap_or_default();
        let mut text = String::from("begincmap beginbfrange\n");
        for Entry(first, last, units) in &self.entries {
            let units: String = units.iter().map(|unit| format!("{unit:04x}")).collect();
            // Writing into a string does not fail.
            let _ = writeln!(text, "<{first:08x}> <{last:08x}> <{units}>");
        }
        text.push_str("endbfrange endcmap\n");
        out.extend_from_slice(text.as_bytes());
        out
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Char,
    Range,
}

impl Kind {
    fn begun(word: &[u8]) -> Option<Self> {
        match word {
            b"beginbfchar" => Some(Self::Char),
            b"beginbfrange" => Some(Self::Range),
            _ => None,
        }
    }
}

/// The length of the entry that begins here, with so many tokens. None when it is none: it does not begin with a
/// string, or its line ends early and the next line is a whole one.
fn entry_at(part: &[CMapToken], length: usize) -> Option<usize> {
    let entry = part.get(..length).filter(|entry| matches!(entry[0].what, TokenKind::Bytes(_)))?;
    let Some(cut) = entry.iter().position(|token| token.line != entry[0].line) else { return Some(length) };
    let next = part[cut].line;
    let whole = part[cut..].iter().take_while(|token| token.line == next).take(length).count();
    (whole < length).then_some(length)
}

/// Characters that codes stand for, and how many tokens say so. None for what has no characters.
fn destination(part: &[CMapToken]) -> (Vec<Option<Vec<u16>>>, usize) {
    if part[0].what != TokenKind::Open {
        return (vec![part[0].units()], 1);
    }
    // A list that does not end stops at its line's end, or where a word begins.
    let line = part[0].line;
    let ends = |token: &CMapToken| matches!(token.what, TokenKind::Close | TokenKind::Open | TokenKind::Word(_));
    let inside = part[1..].iter().position(ends).unwrap_or(part.len() - 1);
    let closed = part.get(1 + inside).is_some_and(|token| token.what == TokenKind::Close);
    let inside = if closed { inside } else { part[1..=inside].iter().take_while(|token| token.line == line).count() };
    (part[1..=inside].iter().map(CMapToken::units).collect(), 1 + inside + usize::from(closed))
}

/// `/Name usecmap`, when there is such a table.
fn base(token: Option<&CMapToken>) -> Option<Vec<u8>> {
    let TokenKind::Name(name) = &token?.what else { return None };
    load_embedded(CMapName::from_bytes(name))?;
    Some([b"/", name.as_slice(), b" usecmap\n"].concat())
}

impl CMapToken {
    fn code(&self) -> Option<u32> {
        match &self.what {
            TokenKind::Bytes(bytes) if (1..=4).contains(&bytes.len()) => {
                Some(bytes.iter().fold(0, |code, byte| code << 8 | u32::from(*byte)))
            }
            _ => None,
        }
    }

    fn units(&self) -> Option<Vec<u16>> {
        Some(match &self.what {
            // A single byte is a character, too.
            TokenKind::Bytes(bytes) => {
                let (first, rest) = bytes.split_at(bytes.len() % 2);
                let pairs = rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                first.iter().map(|byte| u16::from(*byte)).chain(pairs).take(MAX_UNITS).collect()
            }
            TokenKind::Name(name) => named(name)?.encode_utf16().collect(),
            _ => return None,
        })
    }
}

/// The character of a glyph's name. The engine for structure knows them as parts of an encoding.
fn named(name: &[u8]) -> Option<String> {
    const CODE: u8 = 1;
    if let Some(digits) = name.strip_prefix(b"uni").and_then(|digits| std::str::from_utf8(digits).ok()) {
        return Some(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?.to_string());
    }
    let differences: Vec<Object> = vec![i64::from(CODE).into(), Object::Name(name.to_vec())];
    let font: Dictionary = dictionary! { "Type" => "Font", "Encoding" => dictionary! { "Differences" => differences } };
    let nothing = Document::new();
    let encoding = font.get_font_encoding(&nothing).ok()?;
    Document::decode_text(&encoding, &[CODE]).ok().filter(|text| !text.is_empty() && !text.contains('\u{1}'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
