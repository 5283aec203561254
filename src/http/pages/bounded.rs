//! A stream of JSON with short strings: what is behind the first bytes of a string is left out, at a place where the
//! string stays one. Nesting that is deeper than any artifact's ends the stream, as a parser would remember each level.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Deeper than words in lines in blocks of a page.
const MAX_DEPTH: u32 = 32;

pub(super) struct ShortStrings<R> {
    inner: R,
    max_bytes: usize,
    depth: u32,
    place: Place,
    cuts: CutCounter,
}

/// Strings that were cut at one depth of the nesting.
#[derive(Debug, Clone)]
pub(super) struct CutCounter {
    depth: u32,
    count: Rc<Cell<u64>>,
}

impl CutCounter {
    pub(super) fn at(depth: u32) -> Self {
        Self { depth, count: Rc::default() }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.get()
    }
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Outside,
    /// In a string of which so many bytes were passed on.
    Within(usize, Unit),
    /// In the rest of a string, of which nothing is passed on.
    Beyond {
        is_escaped: bool,
    },
}

/// What is left of the character that is being passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Done,
    /// Behind the half of a character that is written as two escapes.
    HalfDone,
    /// Behind a backslash.
    Escape,
    /// So many hexadecimal digits of an escape have come, and what they say so far.
    Hex(u8, u16),
}

impl<R: Read> ShortStrings<R> {
    pub(super) fn new(inner: R, max_bytes: usize, cuts: CutCounter) -> Self {
        Self { inner, max_bytes, depth: 0, place: Place::Outside, cuts }
    }

    /// Whether the byte is passed on.
    fn take(&mut self, byte: u8) -> io::Result<bool> {
        match self.place {
            Place::Outside => self.outside(byte).map(|()| true),
            Place::Within(passed, unit) => Ok(self.within(byte, passed, unit)),
            Place::Beyond { is_escaped } => {
                let is_end = byte == b'"' && !is_escaped;
                self.place = match is_end {
                    true => Place::Outside,
                    false => Place::Beyond { is_escaped: byte == b'\\' && !is_escaped },
                };
                Ok(is_end)
            }
        }
    }

    fn outside(&mut self, byte: u8) -> io::Result<()> {
        match byte {
            b'"' => self.place = Place::Within(0, Unit::Done),
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth > MAX_DEPTH { Err(io::Error::other("it is nested too deeply")) } else { Ok(()) }
    }

    fn within(&mut self, byte: u8, passed: usize, unit: Unit) -> bool {
        if byte == b'"' && matches!(unit, Unit::Done | Unit::HalfDone) {
            self.place = Place::Outside;
            return true;
        }
        let is_continued = byte & 0xC0 == 0x80;
        if unit == Unit::Done && passed >= self.max_bytes && !is_continued {
            if self.depth == self.cuts.depth {
                self.cuts.count.set(self.cuts.count.get() + 1);
            }
            self.place = Place::Beyond { is_escaped: byte == b'\\' };
            return false;
        }
        self.place = Place::Within(passed + 1, unit.behind(byte));
        true
    }
}

impl Unit {
    fn behind(self, byte: u8) -> Self {
        match self {
            Unit::Done | Unit::HalfDone if byte == b'\\' => Unit::Escape,
            Unit::Done | Unit::HalfDone => Unit::Done,
            Unit::Escape if byte == b'u' => Unit::Hex(0, 0),
            Unit::Escape => Unit::Done,
            Unit::Hex(digits, value) => {
                let value = value << 4 | (byte as char).to_digit(16).unwrap_or(0) as u16;
                match digits {
                    3 if (0xD800..0xDC00).contains(&value) => Unit::HalfDone,
                    3 => Unit::Done,
                    digits => Unit::Hex(digits + 1, value),
                }
            }
        }
    }
}

impl<R: Read> Read for ShortStrings<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let given = self.inner.read(buffer)?;
            let mut kept = 0;
            for at in 0..given {
                let byte = buffer[at];
                if self.take(byte)? {
                    buffer[kept] = byte;
                    kept += 1;
                }
            }
            // Nothing means the end, so a piece of which nothing is left is followed by another.
            if kept > 0 || given == 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shortened(json: &str, max_bytes: usize) -> (String, u64) {
        let cuts = CutCounter::at(1);
        let mut kept = String::new();
        ShortStrings::new(json.as_bytes(), max_bytes, cuts.clone()).read_to_string(&mut kept).unwrap();
        (kept, cuts.count())
    }

    #[test]
    fn a_string_is_cut_where_it_stays_one() {
        for (given, kept) in [
            (r#"["abcdef"]"#, r#"["abc"]"#),
            (r#"["abc"]"#, r#"["abc"]"#),
            (r#"["ab\"cd"]"#, r#"["ab\""]"#),
            (r#"["abc\\"]"#, r#"["abc"]"#),
            (r#"["abc\\\""]"#, r#"["abc"]"#),
            (r#"["\u0041\u0042"]"#, r#"["\u0041"]"#),
            (r#"["\ud83d\ude00\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#),
            ("[\"aßßß\"]", "[\"aß\"]"),
            ("[\"😀😀\"]", "[\"😀\"]"),
        ] {
            let (short, cuts) = shortened(given, 3);
            assert_eq!((short.as_str(), cuts), (kept, u64::from(given != kept)), "{given}");
            let all: Vec<String> = serde_json::from_str(given).unwrap();
            let read: Vec<String> = serde_json::from_str(&short).unwrap();
            assert!(all[0].starts_with(&read[0]));
        }
    }

    #[test]
    fn strings_elsewhere_are_cut_and_not_counted_and_nesting_has_an_end() {
        assert_eq!(shortened(r#"[["abcdef"]]"#, 3), (r#"[["abc"]]"#.to_owned(), 0));
        let deep = "[".repeat(33);
        let cuts = CutCounter::at(1);
        assert!(ShortStrings::new(deep.as_bytes(), 3, cuts).read_to_end(&mut Vec::new()).is_err());
    }
}
